"""The cash of a book in equal parts: at market the last name gets as much as the first."""

from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.desk.table import DAY, Table

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.guard import Limits
from maemae.desk.orders import OrderState
from maemae.desk.plausibility import DayRange
from maemae.desk.prices import Quote
from maemae.desk.records import Declined, Listed
from maemae.desk.rules import BookRules, DeskRules, Entry
from maemae.desk.terms import Exits, OrderWay
from maemae.market.costs import CostRules
from maemae.market.kinds import Kind, Market
from maemae.market.ticks import tick_size

FREE = Limits(orders_per_minute=None, entries_per_name=None, collar=None)
FEE = Fraction(CostRules.VIRTUAL.fee_rate)
LIMIT = OrderWay(kind="limit", offset_ticks=0, wait_seconds=60)


@dataclass
class Broker:
    """A broker that sets aside the upper limit price for orders at market, and fills when told."""

    prices: dict[str, int]
    uppers: dict[str, int]
    limit: bool
    cash: int
    table: Table = field(init=False)
    numbers: int = 0
    seen: int = 0
    pending: list[cmd.Send] = field(default_factory=list)

    def __post_init__(self) -> None:
        entry = Entry(amount=lambda p: p.part(p.wanted), names=len(self.prices), exits=Exits())
        book = BookRules(
            entry=entry,
            search_every=timedelta(hours=1),
            signal_every=timedelta(seconds=1),
            order=LIMIT if self.limit else OrderWay(),
        )
        rules = DeskRules(
            books={"scalper": book},
            costs=CostRules.VIRTUAL,
            limits=FREE,
            balance_every=timedelta(hours=1),
        )
        self.table = Table(Desk(rules))
        self.table.open(self.cash)

    def aside(self, code: str) -> int:
        return self.prices[code] if self.limit else self.uppers[code]

    @property
    def free(self) -> Fraction:
        """Won that are neither spent nor set aside."""
        open_ = sum(one.quantity * self.aside(one.code) for one in self.pending)
        return self.table.desk.state.cash - open_ * (1 + FEE)

    def answer(self) -> None:
        """Answer what the desk asks and take what it sends."""
        while self.seen < len(self.table.commands):
            command = self.table.commands[self.seen]
            self.seen += 1
            if isinstance(command, cmd.Ask) and command.query is ev.Query.POWER:
                amount = int(self.free / (1 + FEE))
                self.table.power(command.key, amount // self.aside(command.key), amount)
            elif isinstance(command, cmd.Send):
                self.pending.append(command)
                assert self.free >= 0
                self.numbers += 1
                self.table.accept(command.intent, self.numbers)

    def fill(self, which: int) -> None:
        """Fill one of the orders that wait."""
        send = self.pending.pop(which % len(self.pending))
        number = self.table.desk.state.blotter.order(send.intent).order_no
        assert number is not None
        self.table.later(0.1)
        self.table.notice(number, send.code, send.quantity, self.prices[send.code])
        self.answer()

    def look(self) -> None:
        self.table.later(0.1)
        for code, price in self.prices.items():
            self.table.desk.quotes[code] = Quote(price, self.table.now)
        self.table.say(ev.Timer(at=self.table.now, name="signal:scalper"))
        self.answer()

    def buy(self, fills: list[int]) -> dict[str, int]:
        """Let the book buy all the names; return what each came to in won."""
        offers = tuple(
            ev.Candidate(Listed(code=code), price, day=DayRange(upper=self.uppers[code]))
            for code, price in self.prices.items()
        )
        self.table.say(ev.Candidates(at=self.table.now, book="scalper", offers=offers))
        self.answer()
        order = iter([*fills, *[0] * 100])
        while self.pending:
            if next(order) % 3:
                self.look()
            self.fill(next(order))
            self.look()
        blotter = self.table.desk.state.blotter
        return {one.code: one.amount for one in blotter.orders.values() if one.amount}


def grid(price: int) -> int:
    return price - price % tick_size(price, DAY.date(), Market.KOSPI, Kind.STOCK)


PRICES = st.tuples(st.integers(1_000, 300_000), st.integers(72, 128))


@settings(max_examples=60, deadline=None)
@example(drawn=[(10_000, 100)] * 2, cash=4_004_000, limit=False, fills=[])
@example(drawn=[(1_000, 72)] * 3, cash=20_000_000, limit=False, fills=[])
@given(
    drawn=st.lists(PRICES, min_size=1, max_size=8),
    cash=st.integers(20_000_000, 200_000_000),
    limit=st.booleans(),
    fills=st.lists(st.integers(0, 7), max_size=16),
)
def test_parts_differ_by_no_more_than_a_share_of_the_dearest_name(
    drawn: list[tuple[int, int]], cash: int, limit: bool, fills: list[int]
) -> None:
    bases = {f"{n:06}": base for n, (base, _) in enumerate(drawn, 10)}
    broker = Broker(
        prices={
            code: grid(base * percent // 100)
            for (code, base), (_, percent) in zip(bases.items(), drawn, strict=True)
        },
        uppers={code: grid(base * 130 // 100) for code, base in bases.items()},
        limit=limit,
        cash=cash,
    )
    parts = broker.buy(fills)
    assert parts.keys() == broker.prices.keys()
    assert max(parts.values()) - min(parts.values()) <= max(broker.prices.values())
    assert not [r for r in broker.table.records if isinstance(r, Declined)]
    state = broker.table.desk.state
    assert state.cash >= 0
    assert {one.state for one in state.blotter.orders.values()} == {OrderState.FILLED}

"""Whatever is wanted, by whom and under which halt: no command goes against a halt or a limit.

The rules are read here a second time, off the desk's books and its limits, without the guard.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.desk.table import DAY, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.guard import BookLimits, Limits
from maemae.desk.orders import Order, OrderState
from maemae.desk.rules import DeskRules
from maemae.desk.terms import AfterWait, OrderWay
from maemae.market.kinds import Side
from maemae.market.ticks import is_on_grid

CODES = ("005930", "000660", "035420")
BOOKS = ("scalper", "chaser", "hurried", "target")
TIGHT = st.sampled_from((150_000, 600_000, 1_100_000, 2_500_000))
"""Won: below, about and above what an entry of a million comes to."""

BOUNDS = {
    "order_value": TIGHT,
    "order_quantity": st.sampled_from((15, 60, 105)),
    "name_exposure": TIGHT,
    "total_exposure": TIGHT,
    "positions": st.sampled_from((1, 2)),
    "orders_per_minute": st.sampled_from((1, 4)),
    "entries_per_name": st.sampled_from((1, 2)),
    "collar": st.sampled_from((Decimal("0.01"), Decimal("0.05"))),
}
OF_BOOK = {"capital": TIGHT, "order_value": TIGHT, "name_exposure": TIGHT}


@st.composite
def bounds(draw: st.DrawFn, choice: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    """Draw few bounds at a time, so that none always hides behind another."""
    set_ = draw(st.sets(st.sampled_from(sorted(choice)), max_size=2))
    return {name: draw(choice[name]) if name in set_ else None for name in sorted(choice)}


ACTIONS = st.sampled_from(
    ("offer", "exact", "price", "halt", "pause", "flatten", "order", "amend", "amend", "cancel",
     "move", "plan", "wait", "way", "accept", "accept", "fill", "due", "bell", "power")
)  # fmt: skip
PICK = st.integers(0, 5)
PRICES = st.sampled_from((9_900, 9_990, 10_000, 10_050, 10_400, 12_000))
WILD = PRICES | st.sampled_from((-10_000, 0, 1, 9_951, 10_003, 29_900, 10**12))


class Step(NamedTuple):
    action: str
    first: int
    second: int
    price: int
    wild: int

    @property
    def code(self) -> str:
        return CODES[self.first % 3]

    @property
    def book(self) -> str:
        return BOOKS[self.second % 4]

    @property
    def quantity(self) -> int:
        return (1, 10, 40, 100, 200, 400)[self.second]


STEPS = st.lists(st.builds(Step, ACTIONS, PICK, PICK, PRICES, WILD), min_size=8, max_size=50)


def made(limits: dict[str, Any], of_book: dict[str, Any]) -> DeskRules:
    plain = rules(**limits)
    book = replace(plain.books["scalper"], limits=BookLimits(**of_book))
    limit = OrderWay(kind="limit", wait_seconds=5)
    ways = {
        "scalper": book,
        "chaser": replace(book, order=replace_way(limit, then=AfterWait.CHASE, offset_ticks=2)),
        "hurried": replace(book, order=replace_way(limit, then=AfterWait.MARKET)),
        "target": book,
    }
    return replace(plain, books=ways)


def replace_way(way: OrderWay, **more: Any) -> OrderWay:
    values = {name: getattr(way, name) for name in way.__struct_fields__}
    return OrderWay(**(values | more))


class Trading:
    """A desk and whoever gives it orders; every command is held against halts and limits."""

    def __init__(self, told: DeskRules) -> None:
        self.table = Table(Desk(told))
        self.limits: Limits = told.bounds
        self.number = 0
        self.tickets = 0
        self.waiting: set[str] = set()
        """Names whose price a person's amendment waits for."""
        self.table.open(cash=3_000_000)
        for code in CODES:
            self.say(self.quoted(code, 10_000))

    @property
    def live(self) -> list[Order]:
        return list(self.table.desk.state.blotter.live())

    def quoted(self, code: str, price: int) -> ev.Price:
        listed = rec.Listed(code=code, name=code)
        return ev.Price(at=self.table.now, code=code, price=price, polled=True, listed=listed)

    def say(self, event: ev.Event) -> None:
        amends = isinstance(event, ev.AmendOrdered)
        self.persons = amends or (isinstance(event, ev.Price) and event.code in self.waiting)
        """Whether a person may be who gives a strategy's order another price in this step."""
        for command in self.table.say(event):
            if isinstance(command, cmd.Send | cmd.SendAmend):
                self.check(command)
            if amends and isinstance(command, cmd.Ask):
                self.waiting.add(command.key)

    # What happens.

    def act(self, step: Step) -> None:
        getattr(self, f"_{step.action}")(self.table.later(1), step)

    def _offer(self, at: datetime, step: Step) -> None:
        offers = (ev.Candidate(rec.Listed(code=step.code, name=step.code), step.price),)
        self.say(ev.Candidates(at=at, book=step.book, offers=offers))
        self._power(at, step)

    def _exact(self, at: datetime, step: Step) -> None:
        listed = rec.Listed(code=step.code, name=step.code)
        limit = step.wild if step.quantity % 3 else None
        offers = (ev.Candidate(listed, step.price, quantity=step.quantity, limit=limit),)
        self.say(ev.Candidates(at=at, book=step.book, offers=offers))
        self._power(at, step)

    def _power(self, at: datetime, step: Step) -> None:
        each = 13_000
        most = max(0, self.table.desk.state.free_cash) // each
        self.say(ev.BuyingPower(at=at, code=step.code, quantity=most, amount=most * each))

    def _price(self, at: datetime, step: Step) -> None:
        self.say(self.quoted(step.code, step.price))

    def _halt(self, at: datetime, step: Step) -> None:
        level = (*rec.Halt, rec.Halt.ALL, rec.Halt.NONE)[CODES.index(step.code) + step.quantity % 3]
        self.say(ev.HaltOrdered(at=at, level=level, reason="test"))

    def _pause(self, at: datetime, step: Step) -> None:
        level = rec.Halt.ENTRIES if step.quantity > 10 else rec.Halt.NONE
        self.say(ev.HaltOrdered(at=at, level=level, reason="test", book=step.book))

    def _flatten(self, at: datetime, step: Step) -> None:
        self.say(
            ev.FlattenOrdered(at=at, reason="test", book=step.book if step.quantity > 1 else None)
        )

    def _order(self, at: datetime, step: Step) -> None:
        self.tickets += 1
        side = Side.SELL if step.quantity == 1 else Side.BUY
        self.say(
            ev.OrderOrdered(
                at=at,
                ticket=str(self.tickets),
                book=step.book,
                side=side,
                code=step.code,
                quantity=step.quantity if step.wild else step.wild,
                price=step.wild if step.price != 10_050 else None,
            )
        )

    def _amend(self, at: datetime, step: Step) -> None:
        for order in self.live[: CODES.index(step.code) + 1]:
            self.say(ev.AmendOrdered(at=at, intent=order.intent, price=step.wild, ticket="t"))
            if order.amending is not None and step.quantity > 10:
                self.number += 1
                number = self.number if step.quantity > 40 else None
                failure = "" if number else "timeout"
                self.say(
                    ev.AmendAnswered(at=at, intent=order.intent, order_no=number, failure=failure)
                )

    def _cancel(self, at: datetime, step: Step) -> None:
        for order in self.live[:1]:
            may = order.state is OrderState.WORKING and order.amending is None
            fresh = may and not order.cancelling
            sent = [
                c
                for c in self.table.say(ev.CancelOrdered(at=at, intent=order.intent))
                if isinstance(c, cmd.SendCancel)
            ]
            assert bool(sent) is fresh, "a cancel is always let through"
            if sent and step.quantity > 10:
                self.say(ev.CancelAnswered(at=at, intent=order.intent, failure="timeout"))

    def _move(self, at: datetime, step: Step) -> None:
        origin = BOOKS[(BOOKS.index(step.book) + 1) % 4]
        self.say(ev.MoveOrdered(at=at, ticket="m", origin=origin, book=step.book, code=step.code))

    def _plan(self, at: datetime, step: Step) -> None:
        buys = (
            ev.Candidate(
                rec.Listed(code=step.code, name=step.code), 10_000, quantity=step.quantity
            ),
        )
        self.say(
            ev.PlanOpened(
                at=at,
                book=step.book,
                plan="p",
                day=date(2022, 6, 2),
                fingerprint="f",
                buys=buys,
                sells=CODES[:1] if step.quantity > 40 else (),
                until=at + timedelta(minutes=5),
            )
        )
        self._power(at, step)

    def _wait(self, at: datetime, step: Step) -> None:
        self.table.later(step.quantity)

    def _way(self, at: datetime, step: Step) -> None:
        at = self.table.later(5)
        for order in self.live:
            self.say(ev.Timer(at=at, name=f"way:{order.intent}"))

    def _accept(self, at: datetime, step: Step) -> None:
        for order in self.live:
            if order.state is OrderState.INTENDED:
                self.number += 1
                self.say(ev.OrderAccepted(at=at, intent=order.intent, order_no=self.number))

    def _fill(self, at: datetime, step: Step) -> None:
        for order in self.live[:1]:
            if order.state is OrderState.WORKING and order.order_no is not None:
                self.say(
                    ev.Notice(
                        at=at,
                        kind=ev.NoticeKind.FILLED,
                        order_no=order.order_no,
                        original_no=None,
                        side=order.side,
                        code=order.code,
                        quantity=min(step.quantity, order.remaining),
                        price=order.price or 10_000,
                        executed=at.replace(microsecond=0),
                    )
                )

    def _due(self, at: datetime, step: Step) -> None:
        self.say(ev.ExitsDue(at=at, book=step.book, codes=CODES, reason="exit_rule"))
        self.say(self.quoted(step.code, step.price))

    def _bell(self, at: datetime, step: Step) -> None:
        if step.quantity == 400:
            self.table.now = max(
                at, DAY.replace(hour=15, minute=(15, 25, 40)[CODES.index(step.code)])
            )
        self.say(ev.Timer(at=self.table.now, name=f"signal:{step.book}"))

    # What is allowed.

    def check(self, command: cmd.Send | cmd.SendAmend) -> None:
        desk, at = self.table.desk, self.table.now
        state, order = desk.state, desk.state.blotter.order(command.intent)
        assert state.halt is not rec.Halt.ALL, "the kill switch lets nothing but cancels through"
        assert DAY.replace(hour=9) <= at < DAY.replace(hour=15, minute=30), "outside the session"
        assert command.quantity > 0
        last = desk.quotes[order.code]
        if command.price is not None:
            assert command.price > 0
            assert is_on_grid(command.price, at.date(), order.listed.market, order.listed.kind)
            beyond = command.price - last.price
            beyond *= 1 if order.side is Side.BUY else -1
            assert self.limits.collar is None or beyond <= last.price * self.limits.collar
        if order.side is Side.BUY:
            self.check_halts(order)
            self.check_buy(command, order)

    def check_halts(self, order: Order) -> None:
        state = self.table.desk.state
        if order.reason == rec.BY_HAND or self.persons:
            assert state.halt in (rec.Halt.NONE, rec.Halt.ENTRIES)
        else:
            assert state.halt is rec.Halt.NONE
            assert order.book not in state.paused

    def check_buy(self, command: cmd.Send | cmd.SendAmend, order: Order) -> None:
        desk, at, limits = self.table.desk, self.table.now, self.limits
        state, last, of_book = desk.state, desk.quotes[order.code], limits.of(order.book)
        price = last.price if command.price is None else command.price
        value = price * command.quantity
        tied = list(self.tied_up(order))
        assert at - last.seen <= limits.quote_age
        within(value, limits.order_value)
        within(value, of_book.order_value)
        within(command.quantity, limits.order_quantity)
        in_name = [(book, won) for book, code, won in tied if code == order.code]
        within(value + sum(won for _, won in in_name), limits.name_exposure)
        in_book = sum(won for book, won in in_name if book == order.book)
        within(value + in_book, of_book.name_exposure)
        within(value + sum(won for _, _, won in tied), limits.total_exposure)
        within(len({code for _, code, _ in tied} | {order.code}), limits.positions)
        of_this_book = sum(won for book, _, won in tied if book == order.book)
        assert isinstance(of_book.capital, int | None)
        within(of_this_book + order.reserved, of_book.capital)
        assert state.free_cash >= 0
        assert order.reserved >= value
        assert [o.intent for o in state.blotter.live(code=order.code)] == [order.intent]
        if isinstance(command, cmd.Send):
            recent = [o for o in state.blotter.orders.values() if at - o.intended < MINUTE]
            within(len(recent), limits.orders_per_minute)
            within(self.entered(order.code), limits.entries_per_name)

    def tied_up(self, but: Order) -> Iterator[tuple[str, str, int]]:
        state = self.table.desk.state
        for (book, code), position in state.portfolio.positions.items():
            yield book, code, position.paid
        for order in state.blotter.live(side=Side.BUY):
            if order is not but:
                yield order.book, order.code, order.reserved

    def entered(self, code: str) -> int:
        buys = [o for o in self.table.desk.state.blotter.orders.values() if o.side is Side.BUY]
        return sum(o.code == code for o in buys)


MINUTE = timedelta(minutes=1)


def within(value: int, bound: int | None) -> None:
    assert bound is None or value <= bound


@settings(max_examples=150)
@given(bounds(BOUNDS), bounds(OF_BOOK), STEPS)
@example(dict.fromkeys(BOUNDS), dict.fromkeys(OF_BOOK), [Step("order", 0, 5, 10_000, 10_000)])
@example(
    dict.fromkeys(BOUNDS) | {"positions": 1},
    dict.fromkeys(OF_BOOK),
    [Step("order", 0, 1, 10_000, 10_000), Step("order", 1, 1, 10_000, 10_000)],
)
@example(
    dict.fromkeys(BOUNDS) | {"orders_per_minute": 1},
    dict.fromkeys(OF_BOOK),
    [Step("order", 0, 1, 10_000, 10_000), Step("order", 1, 1, 10_000, 10_000)],
)
@example(
    dict.fromkeys(BOUNDS),
    dict.fromkeys(OF_BOOK),
    [
        Step("order", 0, 4, 10_000, 10_000),
        Step("accept", 0, 4, 10_000, 10_000),
        Step("fill", 0, 4, 10_000, 10_000),
        Step("halt", 2, 0, 10_000, 10_000),
        Step("order", 0, 0, 10_000, 10_000),
    ],
)
@example(
    dict.fromkeys(BOUNDS) | {"entries_per_name": 1},
    dict.fromkeys(OF_BOOK),
    [
        Step("order", 0, 1, 10_000, 10_000),
        Step("accept", 0, 1, 10_000, 10_000),
        Step("fill", 0, 1, 10_000, 10_000),
        Step("order", 0, 1, 10_000, 10_000),
    ],
)
@example(
    dict.fromkeys(BOUNDS),
    dict.fromkeys(OF_BOOK),
    [Step("order", 0, 2, 10_000, 9_900), Step("accept", 0, 0, 10_000, 1),
     Step("halt", 2, 0, 10_000, 1), Step("amend", 0, 0, 10_000, 10_050)],
)  # fmt: skip
def test_no_command_goes_against_a_halt_or_a_limit(
    limits: dict[str, Any], of_book: dict[str, Any], steps: list[Step]
) -> None:
    trading = Trading(made(limits, of_book))
    for step in steps:
        trading.act(step)

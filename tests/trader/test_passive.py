"""Trading teaches what the server does: by single events, and by a day over real sockets."""

from dataclasses import replace
from datetime import time
from fractions import Fraction
from pathlib import Path

import pytest
from tests.desk.table import OPENS, Table, rules
from tests.exchange.conftest import DAY
from tests.trader.days import place
from tests.trader.test_recorder import moment_of, scalper

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.orders import Order
from maemae.desk.records import Listed
from maemae.exchange.sources import SyntheticSource
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.profile.facts import Fact
from maemae.profile.observed import ENOUGH, Observed, Time, read_observed
from maemae.trader.passive import Passive, saving
from maemae.trader.server_profile import observed_path

CODE = "005930"


class Watched(Table):
    """A desk on a table, and what its events teach."""

    def __init__(self) -> None:
        super().__init__(Desk(rules()))
        self.saved: list[int] = []
        self.seen = Observed()
        self.passive = Passive(self.seen, lambda _: self.saved.append(1))
        step = self.desk.step

        def watched(event: ev.Event) -> object:
            turn = step(event)
            self.passive(event, turn)
            return turn

        self.desk.step = watched  # type: ignore[assignment, method-assign]
        self.open()

    def counts(self, fact: Fact) -> tuple[int, int]:
        one = self.seen.facts.get(fact.value)
        return (one.yes, one.no) if one else (0, 0)

    def taken(self, number: int = 7, code: str = CODE) -> Order:
        self.offer(code)
        self.power(code, amount=1_000_000)
        order = self.desk.state.blotter.order(self.sends()[-1].intent)
        self.later()
        self.say(ev.OrderAccepted(at=self.now, intent=order.intent, order_no=number))
        return order

    def rows(self, *rows: ev.Execution) -> None:
        self.say(ev.Executions(at=self.now, rows=rows, asked=0, asked_at=self.now))


@pytest.fixture
def table() -> Watched:
    return Watched()


def row(order: Order, number: int = 7, **given: object) -> ev.Execution:
    base = ev.Execution(
        order_no=number, side=Side.BUY, code=CODE, quantity=order.quantity,
        filled=0, amount=0, price=0, ordered=OPENS, remaining=order.quantity,
    )  # fmt: skip
    return replace(base, **given)  # type: ignore[arg-type]


def test_a_list_is_timed_from_the_reply_on(table: Watched) -> None:
    order = table.taken()
    assert table.seen.times[Time.REPLY] == [1_000]
    table.rows()
    table.later(2)
    table.rows(row(order))
    assert table.seen.times[Time.LISTED] == [2_000]
    assert table.counts(Fact.LIST_PROMPT) == (1, 0)
    assert table.counts(Fact.REMAINING_STATED) == (1, 0)
    assert table.counts(Fact.LISTS_ORDERS) == (1, 0)


def test_a_list_that_is_late_is_a_no_with_its_seconds(table: Watched) -> None:
    order = table.taken()
    table.later(8)
    table.rows()
    table.later(1)
    table.rows(row(order))
    assert table.counts(Fact.LIST_PROMPT) == (0, ENOUGH)
    assert table.seen.facts[Fact.LIST_PROMPT].seconds == 8


def notice(table: Watched, order: Order, number: int = 7) -> None:
    table.say(
        ev.Notice(
            at=table.now, kind=ev.NoticeKind.ACCEPTED, order_no=number, original_no=None,
            side=Side.BUY, code=CODE, quantity=order.quantity, price=0, executed=table.now,
        )
    )  # fmt: skip


def test_notices_count_whether_they_come_before_or_after_the_reply(table: Watched) -> None:
    order = table.taken()
    notice(table, order)
    notice(table, order)
    assert table.counts(Fact.NOTICES_COME) == (1, 0)
    notice(table, order, number=8)
    table.taken(8, "000660")
    assert table.counts(Fact.NOTICES_COME) == (2, 0)


@pytest.mark.parametrize("gap", [False, True])
def test_an_order_without_a_notice_counts_only_while_the_stream_was_up(
    table: Watched, *, gap: bool
) -> None:
    table.taken()
    if gap:
        table.say(ev.StreamChanged(at=table.later(), up=False))
        table.say(ev.StreamChanged(at=table.later(3), up=True))
        assert table.seen.times[Time.GAP] == [3_000]
    table.later(31)
    table.rows()
    table.later(31)
    table.rows()
    assert table.counts(Fact.NOTICES_COME) == (0, 0 if gap else 1)


@pytest.mark.parametrize(("amounts", "counted"), [((70_000, 70_000), (1, 0)), ((0,), (0, ENOUGH)),
                                                 ((60_000, 70_000), (0, ENOUGH))])  # fmt: skip
def test_an_amount_that_changes_without_shares_came_late(
    table: Watched, amounts: tuple[int, ...], counted: tuple[int, int]
) -> None:
    order = table.taken()
    for amount in amounts:
        table.later()
        table.rows(row(order, filled=1, amount=amount, remaining=order.quantity - 1))
    assert table.counts(Fact.AMOUNT_PROMPT) == counted


def test_codes_are_counted_and_a_blank_remainder_is_a_no(table: Watched) -> None:
    table.taken()
    for reason in ("EGW00201 too fast", "order list: rmn_qty is blank"):
        table.say(ev.Unavailable(at=table.later(), query=ev.Query.EXECUTIONS, reason=reason))
    assert table.seen.codes == {"EGW00201": 1}
    assert table.counts(Fact.REMAINING_STATED) == (0, 1)


def test_it_is_saved_now_and_then(table: Watched) -> None:
    table.rows()
    assert table.saved == []
    table.later(700)
    table.rows()
    assert table.saved == [1]


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "file").write_text("")
    saving(tmp_path / "file" / "x.json", said.append)(Observed())
    [one] = said
    assert "x.json" in one


async def test_a_day_over_sockets_shows_most_of_it(tmp_path: Path) -> None:
    async with place(tmp_path, SyntheticSource(7, krx(), DAY), DAY, time(9, 0)) as here:
        settings = here.settings(scalper())
        await here.trade_until(settings, moment_of("09:20"))
    seen = read_observed(observed_path(tmp_path / "state", "sim"))
    known = seen.known()
    assert {fact for fact, one in known.items() if one.value is False} == set()
    assert {Fact.LIST_PROMPT, Fact.NOTICES_COME, Fact.LISTS_ORDERS, Fact.BALANCE_PROMPT} <= set(
        known
    )
    assert all(len(seen.times[time]) > 10 for time in (Time.REPLY, Time.NOTICE, Time.BALANCE))


def sold(table: Watched) -> Order:
    """Hold ten shares and let a stop loss of them rest, known by its number."""
    table.bought()
    table.price(CODE, 9_000)
    table.price(CODE, 9_000)
    sale = table.desk.state.blotter.order(table.sends()[-1].intent)
    assert sale.side is Side.SELL
    table.later()
    table.say(ev.OrderAccepted(at=table.now, intent=sale.intent, order_no=9))
    return sale


@pytest.mark.parametrize(
    ("lacks", "after", "counted"), [(True, 1, (1, 0)), (True, 30, (1, 0)), (False, 1, (0, 0)),
                                    (False, 11, (0, 1))],
)  # fmt: skip
def test_a_sale_that_rests_shows_whether_what_can_be_sold_shrinks(
    table: Watched, *, lacks: bool, after: int, counted: tuple[int, int]
) -> None:
    sale = sold(table)
    table.later(after)
    for _ in range(2):
        free = 0 if lacks else sale.quantity
        line = ev.Holding(code=CODE, quantity=sale.quantity, price=9_000, sellable=free)
        cash = table.desk.state.cash
        table.say(ev.Balance(at=table.now, cash=cash, holdings=(line,), asked=10**6))
    assert table.counts(Fact.SELLABLE_SHRINKS) == counted
    assert (table.counts(Fact.FIGURES_PROMPT)[0] == 1) is (lacks and after == 1)


@pytest.mark.parametrize(
    ("lacks", "after", "counted"), [(True, 1, (1, 0)), (False, 1, (0, 0)), (False, 11, (0, 1))]
)
def test_a_purchase_that_rests_shows_whether_the_buying_power_shrinks(
    table: Watched, *, lacks: bool, after: int, counted: tuple[int, int]
) -> None:
    known = ev.Price(
        at=table.now, code=CODE, price=10_000, polled=True, listed=Listed(code=CODE, name="x")
    )
    table.say(known)
    wanted = ev.OrderOrdered(
        at=table.now, ticket="t", book="scalper", side=Side.BUY, code=CODE, quantity=10, price=9_900
    )
    table.say(wanted)
    intent = table.sends()[-1].intent
    table.say(ev.OrderAccepted(at=table.now, intent=intent, order_no=9))
    table.later(after)
    state = table.desk.state
    state.power_share = Fraction(1)
    amount = state.free_cash if lacks else state.cash
    for _ in range(2):
        table.say(ev.BuyingPower(at=table.now, code=CODE, quantity=1, amount=amount))
    assert table.counts(Fact.POWER_SHRINKS) == counted

"""Orders by hand for other sessions and exchanges: after hours, NXT, SOR."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.desk.table import DAY, Table, rules

from maemae.clock import KST
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.sending import FOLLOW_EVERY, ORDERS
from maemae.desk.terms import AT_MARKET, AfterWait, OrderWay, Route
from maemae.market.kinds import Side
from maemae.market.phases import Venue

SAMSUNG = rec.Listed(code="005930", name="삼성전자")
LATER = datetime(2026, 10, 13, tzinfo=KST)
"""A day with an after-market on KRX and on NXT."""


def started(at: datetime, ends: datetime | None = None) -> ev.Started:
    """A trading day of regular hours, as the shell tells of it."""
    opens, auction, closes = (
        at.replace(hour=hour, minute=minute) for hour, minute in ((9, 0), (15, 20), (15, 30))
    )
    return ev.Started(at=at, opens=opens, auction=auction, closes=closes, ends=ends)


def opened(
    at: str, day: datetime = LATER, *, ends: str | None = "20:00", way: OrderWay = AT_MARKET
) -> Table:
    """A table at a time of day whose desk knows a price, and stays until `ends`.

    `way` is how its book orders.
    """

    def clock(text: str) -> datetime:
        hour, minute = map(int, text.split(":"))
        return day.replace(hour=hour, minute=minute)

    told = rules()
    book = replace(told.books["scalper"], order=way)
    table = Table(Desk(replace(told, books={"scalper": book})), clock(at))
    table.say(started(table.now, None if ends is None else clock(ends)))
    table.balance(10_000_000)
    priced(table)
    return table


def priced(table: Table, price: int = 10_000) -> None:
    table.say(ev.Price(at=table.now, code="005930", price=price, polled=True, listed=SAMSUNG))


def order(table: Table, **more: Any) -> None:
    values: dict[str, Any] = {
        "book": rec.OWNER, "code": "005930", "ticket": "t", "side": Side.BUY, "quantity": 10,
    } | more  # fmt: skip
    table.say(ev.OrderOrdered(at=table.now, **values))


def declined(table: Table) -> list[str]:
    return [r.rule for r in table.records if isinstance(r, rec.Declined)]


@pytest.mark.parametrize(
    ("at", "given", "until"),
    [
        ("08:35", {"kind": "05"}, "08:40"),
        ("15:35", {"kind": "06"}, "16:00"),
        ("16:30", {"kind": "41", "price": 10_000}, "20:00"),
        ("16:30", {"kind": "44"}, "20:00"),
        ("08:10", {"kind": "27", "price": 10_000, "exchange": Venue.NXT}, "08:50"),
        ("10:00", {"price": 10_000, "exchange": Venue.NXT}, "20:00"),
        ("10:00", {"kind": "13", "exchange": Venue.NXT}, "15:20"),
        ("15:45", {"price": 10_000, "exchange": Venue.NXT}, "20:00"),
        ("10:00", {"exchange": Venue.SOR}, "15:30"),
        ("18:00", {"price": 10_000, "exchange": Venue.SOR}, "20:00"),
        ("08:45", {"kind": "00", "price": 10_000}, "15:30"),
    ],
)
def test_an_order_goes_out_in_the_hours_of_its_kind(
    at: str, given: dict[str, Any], until: str
) -> None:
    table = opened(at)
    order(table, **given)
    assert declined(table) == []
    (send,) = table.sends()
    hour, minute = map(int, until.split(":"))
    kind = given.get("kind") or ("00" if "price" in given else "01")
    exchange = given.get("exchange", Venue.KRX)
    assert send.route == Route(
        kind=kind, exchange=exchange, until=LATER.replace(hour=hour, minute=minute)
    )
    assert table.desk.state.blotter.order(send.intent).reserve == (
        100_000 if "price" in given else 130_000
    )


@pytest.mark.parametrize(
    ("at", "given", "rule"),
    [
        ("10:00", {"kind": "05"}, "outside_session"),
        ("15:10", {"kind": "06"}, "outside_session"),
        ("15:45", {"kind": "41", "price": 10_000}, "outside_session"),
        ("16:30", {}, "outside_session"),
        ("16:30", {"kind": "00", "price": 10_000}, "outside_session"),
        ("08:10", {"price": 10_000, "exchange": Venue.NXT}, None),
        ("08:55", {"price": 10_000, "exchange": Venue.NXT}, "outside_session"),
        ("15:25", {"price": 10_000, "exchange": Venue.NXT}, "outside_session"),
        ("16:30", {"kind": "07", "price": 10_000}, "outside_session"),
        ("10:00", {"exchange": Venue.NXT}, "order_kind"),
        ("10:00", {"kind": "21", "exchange": Venue.SOR}, "order_kind"),
        ("15:35", {"kind": "06", "price": 10_000}, "order_kind"),
        ("16:30", {"kind": "41"}, "order_kind"),
        ("10:00", {"kind": "22", "price": 10_000}, "order_kind"),
        ("10:00", {"kind": "99"}, "order_kind"),
        ("16:30", {"kind": "41", "price": 10_003}, "off_grid"),
        ("16:30", {"kind": "41", "price": 10_600}, "collar"),
        ("16:30", {"kind": "44", "quantity": 5_000}, "cash"),
        ("16:30", {"kind": "44", "side": Side.SELL}, "not_held"),
    ],
)
def test_the_guard_judges_it_like_any_other(
    at: str, given: dict[str, Any], rule: str | None
) -> None:
    table = opened(at)
    order(table, **given)
    assert declined(table) == ([] if rule is None else [rule])
    assert len(table.sends()) == (rule is None)


def test_single_price_orders_were_taken_before_there_was_an_after_market() -> None:
    table = opened("16:30", DAY, ends="18:00")
    order(table, kind="07", price=10_000)
    order(table, kind="41", price=10_000, code="005930")
    assert len(table.sends()) == 1
    assert declined(table) == ["outside_session"]


def test_the_kill_switch_holds_for_them_too() -> None:
    table = opened("16:30")
    table.say(ev.HaltOrdered(at=table.now, level=rec.Halt.ALL, reason="test"))
    order(table, kind="44")
    assert (declined(table), table.sends()) == (["halted"], [])


def test_without_a_day_that_goes_on_nothing_is_sent_in_a_foreign_session() -> None:
    table = Table(Desk(rules()), LATER.replace(hour=17))
    table.balance(10_000_000)
    priced(table)
    order(table, kind="44")
    assert (declined(table), table.sends()) == (["outside_session"], [])


def test_a_change_goes_to_where_the_order_is() -> None:
    table = opened("16:30")
    order(table, kind="41", price=10_000)
    intent = table.sends()[-1].intent
    table.accept(intent, 5)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_990))
    (amended,) = [c for c in table.commands if isinstance(c, cmd.SendAmend)]
    table.say(ev.AmendAnswered(at=table.now, intent=intent, order_no=6))
    table.say(ev.CancelOrdered(at=table.now, intent=intent))
    (cancelled,) = [c for c in table.commands if isinstance(c, cmd.SendCancel)]
    route = table.sends()[-1].route
    assert route is not None
    assert amended.route == cancelled.route == route


def test_a_new_price_is_refused_when_its_session_is_over() -> None:
    table = opened("15:19")
    order(table, price=10_000, exchange=Venue.NXT)
    intent = table.sends()[-1].intent
    table.accept(intent, 5)
    table.later(3 * 60)
    priced(table)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_990))
    assert declined(table) == ["outside_session"]


def test_what_is_left_ends_with_its_own_session_and_frees_its_cash() -> None:
    table = opened("15:40")
    order(table, kind="06")
    intent = table.sends()[-1].intent
    table.accept(intent, 5)
    table.notice(5, "005930", 4, 10_000)
    assert table.desk.state.free_cash < 10_000_000 - 40_000
    until = LATER.replace(hour=16, minute=1)
    table.now = until
    asked = len(table.asks())
    table.say(ev.Timer(at=table.now, name=ORDERS))
    assert ev.Query.EXECUTIONS in table.asks()[asked:]
    # An answer that lacks a fill, or that was asked too early, ends nothing.
    early = table.row(5, "005930", 10, 4, amount=40_000, remaining=6)
    table.say(
        ev.Executions(
            at=table.now, rows=(early,), asked=table.desk.state.version,
            asked_at=until - timedelta(minutes=1, seconds=1),
        )
    )  # fmt: skip
    assert table.desk.state.blotter.order(intent).state is OrderState.WORKING
    table.say(
        ev.Executions(
            at=table.now, rows=(early,), asked=table.desk.state.version, asked_at=table.now
        )
    )
    one = table.desk.state.blotter.order(intent)
    assert (one.state, one.filled) == (OrderState.EXPIRED, 4)
    assert table.desk.state.free_cash == table.desk.state.cash


def looked_after(table: Table) -> bool:
    """Whether a look around asks what became of orders, and is due again."""
    asked = len(table.asks())
    table.later(10)
    said = table.say(ev.Timer(at=table.now, name=ORDERS))
    assert cmd.Wake(ORDERS, table.now + FOLLOW_EVERY) in said
    return ev.Query.EXECUTIONS in table.asks()[asked:]


@pytest.mark.parametrize(
    ("at", "given"),
    [
        ("08:10", {"kind": "27", "price": 10_000, "exchange": Venue.NXT}),
        ("15:40", {"kind": "06"}),
        ("16:30", {"kind": "41", "price": 10_000}),
    ],
)
def test_an_order_is_looked_after_in_its_own_session(at: str, given: dict[str, Any]) -> None:
    """Its fill may be told by no notice, in the evening as at noon."""
    table = opened(at, ends=None)
    assert not looked_after(table)
    order(table, **given)
    (send,) = table.sends()
    assert cmd.Wake(ORDERS, table.now + FOLLOW_EVERY) in table.commands
    table.accept(send.intent, 5)
    assert looked_after(table)
    table.inquire(table.row(5, "005930", 10, 10, price=10_000, amount=100_000, ended=True))
    assert table.desk.state.portfolio.shares("005930") == 10
    assert not looked_after(table)


def test_one_that_was_on_its_way_at_a_restart_is_looked_after() -> None:
    table = opened("16:30", ends=None)
    order(table, kind="41", price=10_000)
    table.accept(table.sends()[-1].intent, 5)
    again = Table(Desk(rules(), table.records), table.now)
    again.say(started(again.now))
    assert cmd.Wake(ORDERS, again.now + FOLLOW_EVERY) in again.commands
    assert looked_after(again)


def test_the_broker_states_a_price_of_its_own_for_a_lost_order_at_the_close() -> None:
    table = opened("15:40")
    order(table, kind="06")
    intent = table.sends()[-1].intent
    table.lose(intent)
    table.inquire(table.row(7, "005930", 10, 0, price=10_000))
    assert table.desk.state.blotter.order(intent).order_no == 7


def test_the_day_stays_open_while_an_order_lives_in_a_later_session() -> None:
    table = opened("15:19", ends=None)
    order(table, price=10_000, exchange=Venue.NXT)
    order(table, price=9_900, code="000660")
    table.say(
        ev.Price(
            at=table.now, code="000660", price=10_000, polled=True, listed=rec.Listed(code="000660")
        )
    )
    for number, send in enumerate(table.sends(), 5):
        table.accept(send.intent, number)
    nxt, krx = (send.intent for send in table.sends())
    table.now = LATER.replace(hour=15, minute=31)
    asked = len(table.asks())
    table.say(ev.Timer(at=table.now, name="close"))
    assert not table.desk.finished
    assert ev.Query.EXECUTIONS in table.asks()[asked:]
    rows = [
        table.row(5, "005930", 10, 0, price=10_000, remaining=10),
        table.row(6, "000660", 10, 0, price=9_900, remaining=10),
    ]
    table.say(
        ev.Executions(
            at=table.now, rows=tuple(rows), asked=table.desk.state.version, asked_at=table.now
        )
    )
    blotter = table.desk.state.blotter
    assert blotter.order(krx).state is OrderState.EXPIRED
    assert blotter.order(nxt).state is OrderState.WORKING
    table.now = LATER.replace(hour=20, minute=1)
    table.say(ev.Timer(at=table.now, name="close"))
    table.balance(10_000_000)
    table.inquire(*table.known())
    assert table.desk.finished
    assert blotter.order(nxt).state is OrderState.EXPIRED


def bought_ten(table: Table, **more: Any) -> None:
    """Let the book buy ten shares at 10,000."""
    order(table, book="scalper", **more)
    table.accept(table.sends()[-1].intent, 5)
    table.notice(5, "005930", 10, 10_000)


def shown(table: Table, price: int) -> None:
    """Let a balance show the ten shares at a price."""
    state = table.desk.state
    holding = ev.Holding(code="005930", quantity=10, price=price)
    table.say(ev.Balance(at=table.now, cash=state.cash, holdings=(holding,), asked=state.version))


def test_prices_of_the_evening_are_no_closes() -> None:
    table = opened("15:31")
    bought_ten(table, kind="06")
    shown(table, 10_000)
    table.now = LATER.replace(hour=20, minute=1)
    table.say(ev.Timer(at=table.now, name="close"))
    shown(table, 10_700)
    table.inquire(*table.known())
    assert [r.closes for r in table.records if isinstance(r, rec.DayClosed)] == [{"005930": 10_000}]
    assert table.desk.finished


def test_a_day_that_was_closed_keeps_its_closes_when_the_evening_is_over() -> None:
    table = opened("15:29", ends=None)
    bought_ten(table)

    def close(price: int) -> dict[str, int]:
        table.later(60)
        table.say(ev.Timer(at=table.now, name="close"))
        shown(table, price)
        table.inquire(*table.known())
        assert table.desk.finished
        return [r.closes for r in table.records if isinstance(r, rec.DayClosed)][-1]

    table.later(120)
    assert close(10_000) == {"005930": 10_000}
    again = Table(Desk(rules(), table.records), LATER.replace(hour=17))
    again.say(started(again.now, ends=LATER.replace(hour=20)))
    table = again
    shown(table, 10_700)
    table.now = LATER.replace(hour=20, minute=1)
    assert close(10_700) == {"005930": 10_000}


@pytest.mark.parametrize("restarted", ["15:45", "18:00"])
def test_a_restart_in_the_evening_keeps_the_closes(restarted: str) -> None:
    """Seen as an ex-rights day the next morning: without a close nothing tells it."""
    table = opened("15:31")
    bought_ten(table, kind="06")
    shown(table, 10_000)
    table.now = LATER.replace(hour=15, minute=35)
    shown(table, 10_050)
    hour, minute = map(int, restarted.split(":"))
    again = Table(Desk(rules(), table.records), LATER.replace(hour=hour, minute=minute))
    again.say(started(again.now, ends=LATER.replace(hour=20)))
    shown(again, 10_300)
    again.now = LATER.replace(hour=20, minute=1)
    again.say(ev.Timer(at=again.now, name="close"))
    shown(again, 10_300)
    again.inquire(*again.known())
    last = [r.closes for r in again.records if isinstance(r, rec.DayClosed)][-1]
    assert last == {"005930": 10_300 if restarted == "15:45" else 10_050}
    assert again.desk.finished


def test_records_of_before_have_no_route() -> None:
    told = b'{"type":"intended","at":"2022-06-02T09:00:00+09:00","intent":"20220602-00001"'
    told += b',"book":"b","side":"buy","listed":{"code":"005930"},"quantity":1,"reason":"x"}'
    assert msgspec.json.decode(told, type=rec.Intended).route is None
    late = rec.Intended(
        at=LATER, intent="20261013-00001", book="b", side=Side.BUY, listed=SAMSUNG, quantity=1,
        reason="x", route=Route(kind="44", until=LATER),
    )  # fmt: skip
    kept = msgspec.json.encode(late)
    assert msgspec.json.decode(kept, type=rec.Intended) == late


def entered(table: Table) -> cmd.Send:
    """Let the book buy what its source offers."""
    table.offer("000660")
    table.power("000660")
    return table.sends()[-1]


@pytest.mark.parametrize(
    ("at", "way", "kind", "exchange", "until"),
    [
        ("15:35", OrderWay(code="06"), "06", Venue.KRX, "16:00"),
        ("08:30", OrderWay(code="05"), "05", Venue.KRX, "08:40"),
        ("16:05", OrderWay(code="44"), "44", Venue.KRX, "20:00"),
        ("16:05", OrderWay(kind="limit", code="41"), "41", Venue.KRX, "20:00"),
        ("10:00", OrderWay(exchange=Venue.SOR), "01", Venue.SOR, "15:30"),
        ("10:00", OrderWay(kind="limit", exchange=Venue.NXT), "00", Venue.NXT, "20:00"),
        ("10:00", OrderWay(code="13"), "13", Venue.KRX, "15:20"),
    ],
)
def test_a_book_enters_where_and_when_its_orders_go(
    at: str, way: OrderWay, kind: str, exchange: Venue, until: str
) -> None:
    table = opened(at, ends=None, way=way)
    send = entered(table)
    hour, minute = map(int, until.split(":"))
    ends = LATER.replace(hour=hour, minute=minute)
    assert send.route == Route(kind=kind, exchange=exchange, until=ends)
    assert (send.price is None) is (way.kind == "market")
    order = table.desk.state.blotter.order(send.intent)
    assert (order.way is None) is (kind in {"05", "06", "41", "44"})


@pytest.mark.parametrize("at", ["10:00", "15:25", "16:01"])
def test_a_book_of_another_session_leaves_the_regular_one_alone(at: str) -> None:
    table = opened(at, way=OrderWay(code="06"))
    table.offer("000660")
    table.power("000660")
    assert table.sends() == []


def test_its_source_is_asked_when_its_session_takes_orders_and_the_day_waits_for_its_end() -> None:
    table = opened("10:00", ends=None, way=OrderWay(code="06"))
    wakes = {c.name: c.at for c in table.commands if isinstance(c, cmd.Wake)}
    assert wakes["search:scalper"] == LATER.replace(hour=15, minute=30)
    assert wakes["close"] == LATER.replace(hour=16, minute=1)


def test_what_is_due_is_not_sold_in_the_session_in_which_its_book_buys() -> None:
    table = opened("15:35", way=OrderWay(code="06"))
    send = entered(table)
    table.accept(send.intent, 5)
    table.notice(5, "000660", send.quantity, 10_000)
    table.say(ev.ExitsDue(at=table.now, book="scalper", codes=("000660",), reason="exit_rule"))
    table.later(60)
    table.say(ev.Timer(at=table.now, name="signal:scalper"))
    table.price("000660", 9_000)
    assert [one.side for one in table.sends()] == [Side.BUY]


def test_a_stated_limit_goes_to_krx_whatever_the_way_of_the_book() -> None:
    table = opened("10:00", way=OrderWay(exchange=Venue.SOR))
    offer = ev.Candidate(rec.Listed(code="000660", name="x"), 10_000, limit=9_900)
    table.say(ev.Candidates(at=table.now, book="scalper", offers=(offer,)))
    table.power("000660")
    assert table.sends()[-1].route is None


def test_an_entry_by_sor_is_made_a_market_order_there() -> None:
    way = OrderWay(kind="limit", then=AfterWait.MARKET, exchange=Venue.SOR)
    table = opened("10:00", way=way)
    send = entered(table)
    table.accept(send.intent, 5)
    table.now += timedelta(seconds=11)
    table.tell("000660", 10_000)
    table.say(ev.Price(at=table.now, code="000660", price=10_000, polled=True))
    table.say(ev.Timer(at=table.now, name=f"way:{send.intent}"))
    (amended,) = [c for c in table.commands if isinstance(c, cmd.SendAmend)]
    assert amended.price is None
    assert amended.route is not None
    assert (amended.route.code_at(None), amended.route.exchange) == ("01", Venue.SOR)
    table.say(ev.AmendAnswered(at=table.now, intent=send.intent, order_no=6))
    assert table.desk.state.blotter.order(send.intent).at_market


@pytest.mark.parametrize("kind", ["03", "04", "00"])
def test_a_sale_that_rests_does_not_keep_a_stop_loss_back(kind: str) -> None:
    table = opened("10:00")
    bought_ten(table, **({"price": 10_000} if kind == "00" else {}))
    order(
        table, book="scalper", side=Side.SELL, kind=kind, ticket="s",
        price=12_000 if kind == "00" else None,
    )  # fmt: skip
    sale = table.sends()[-1]
    table.accept(sale.intent, 6)
    for _again in range(2):
        table.later(5)
        table.price("005930", 9_000)
    cancels = [c for c in table.commands if isinstance(c, cmd.SendCancel)]
    assert [c.intent for c in cancels] == [sale.intent]
    table.say(ev.CancelAnswered(at=table.now, intent=sale.intent))
    table.inquire(
        table.row(5, "005930", 10, 10, price=10_000, amount=100_000, ended=True),
        table.row(6, "005930", 10, 0, side=Side.SELL, ended=True, cancelled=True),
    )
    table.later(1)
    table.price("005930", 9_000)
    assert [(one.side, one.route) for one in table.sends()[2:]] == [(Side.SELL, None)]


def test_an_amended_order_ends_with_its_session_by_all_its_numbers() -> None:
    table = opened("16:30")
    order(table, kind="41", price=10_000)
    (send,) = table.sends()
    table.accept(send.intent, 5)
    table.notice(5, "005930", 4, 10_000)
    table.say(ev.AmendOrdered(at=table.now, intent=send.intent, price=9_900, ticket="a"))
    table.say(ev.AmendAnswered(at=table.now, intent=send.intent, order_no=6))
    known = table.desk.state.blotter.order(send.intent)
    assert known.numbers == [5, 6]
    table.now = LATER.replace(hour=20, minute=2)

    def told(*rows: ev.Execution) -> OrderState:
        version = table.desk.state.version
        table.say(ev.Executions(at=table.now, rows=rows, asked=version, asked_at=table.now))
        return table.desk.state.blotter.order(send.intent).state

    before = table.row(5, "005930", 10, 4, price=10_000, amount=40_000)
    after = table.row(6, "005930", 6, 0, price=9_900, original_no=5, remaining=6)
    assert told(after) is OrderState.WORKING
    assert told(before, after) is OrderState.EXPIRED


def test_a_book_enters_at_no_time_on_a_day_without_its_session() -> None:
    table = opened("10:00", way=OrderWay(kind="limit", code="07"))
    table.offer("000660")
    table.power("000660")
    assert table.sends() == []
    assert declined(table) == []

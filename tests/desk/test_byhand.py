"""Orders of a person: the same guard, the same books; exits by the clock; other limits."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.desk.table import DAY, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.terms import Exits
from maemae.market.kinds import Side

SAMSUNG = rec.Listed(code="005930", name="삼성전자")


def order(
    table: Table, side: Side = Side.BUY, quantity: int = 10, **more: Any
) -> list[cmd.Command]:
    values: dict[str, Any] = {"book": "scalper", "code": "005930", "ticket": "t"} | more
    return table.say(ev.OrderOrdered(at=table.now, side=side, quantity=quantity, **values))


def known(table: Table, price: int = 10_000) -> None:
    table.open()
    table.say(ev.Price(at=table.now, code="005930", price=price, polled=True, listed=SAMSUNG))


def declined(table: Table) -> list[str]:
    return [r.rule for r in table.records if isinstance(r, rec.Declined) and r.ticket == "t"]


def working(table: Table, **more: Any) -> str:
    known(table)
    order(table, price=9_900, **more)
    intent = table.sends()[-1].intent
    table.accept(intent, 5)
    return intent


def test_an_order_by_hand_waits_for_a_price_and_is_sent(table: Table) -> None:
    table.open()
    assert order(table) == [cmd.Ask(ev.Query.PRICE, "005930")]
    table.say(ev.Price(at=table.later(), code="005930", price=10_000, polled=True, listed=SAMSUNG))
    (send,) = table.sends()
    assert (send.side, send.quantity, send.price) == (Side.BUY, 10, None)
    intent = table.desk.state.blotter.order(send.intent)
    assert (intent.reason, intent.reserve) == ("by_hand", 10 * 13_000)


def test_without_a_price_it_is_declined_with_the_reason(table: Table) -> None:
    table.open()
    order(table)
    table.say(
        ev.Unavailable(at=table.now, query=ev.Query.PRICE, key="005930", reason="no connection")
    )
    assert declined(table) == ["no_price"]
    assert table.sends() == []


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"price": 10_600}, "collar"),
        ({"price": 9_951}, "off_grid"),
        ({"quantity": 0}, "no_quantity"),
        ({"quantity": 5_000}, "cash"),
        ({"side": Side.SELL}, "not_held"),
    ],
)
def test_the_guard_stands_before_a_persons_order_too(
    table: Table, more: dict[str, Any], rule: str
) -> None:
    known(table)
    order(table, **more)
    assert declined(table) == [rule]
    assert table.sends() == []


def test_orders_by_hand_go_on_while_entries_are_halted_but_not_with_the_kill_switch(
    table: Table,
) -> None:
    known(table)
    table.say(ev.HaltOrdered(at=table.now, level=rec.Halt.ENTRIES, reason="test"))
    order(table)
    assert len(table.sends()) == 1
    table.say(ev.HaltOrdered(at=table.now, level=rec.Halt.ALL, reason="test"))
    order(table, code="000660")
    table.say(
        ev.Price(
            at=table.now, code="000660", price=10_000, polled=True, listed=rec.Listed(code="000660")
        )
    )
    assert declined(table) == ["halted"]


def test_selling_by_hand_leaves_what_is_already_being_sold(table: Table) -> None:
    table.open()
    table.bought()
    order(table, side=Side.SELL, quantity=70, price=10_050)
    assert table.sends()[-1].quantity == 70
    table.accept(table.sends()[-1].intent, 2)
    order(table, side=Side.SELL, quantity=31, price=10_050)
    assert declined(table) == ["not_held"]


def test_the_owners_shares_can_be_sold_by_the_owner(table: Table) -> None:
    table.open(c005930=7)
    table.say(ev.Price(at=table.now, code="005930", price=10_000, polled=True, listed=SAMSUNG))
    order(table, side=Side.SELL, quantity=7, book=rec.OWNER)
    table.accept(table.sends()[-1].intent, 2)
    table.notice(2, "005930", 7, 10_000, side=Side.SELL)
    assert table.desk.state.portfolio.foreign == {}


def test_an_amended_order_lives_on_under_its_new_number(table: Table) -> None:
    intent = working(table)
    (send,) = [
        c
        for c in table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_950))
        if isinstance(c, cmd.SendAmend)
    ]
    assert (send.order_no, send.price, send.quantity) == (5, 9_950, 10)
    table.say(ev.AmendAnswered(at=table.now, intent=intent, order_no=6))
    table.notice(6, "005930", 4, 9_950)
    one = table.desk.state.blotter.order(intent)
    assert (one.order_no, one.price, one.filled, one.state) == (6, 9_950, 4, OrderState.WORKING)


@pytest.mark.parametrize(
    ("price", "rule"),
    [(10_600, "collar"), (9_951, "off_grid"), (0, "bad_price"), (-9_900, "bad_price")],
)
def test_another_price_passes_the_guard_like_a_new_order(
    table: Table, price: int, rule: str
) -> None:
    intent = working(table)
    said = table.say(ev.AmendOrdered(at=table.now, intent=intent, price=price, ticket="t"))
    assert not any(isinstance(one, cmd.SendAmend) for one in said)
    assert declined(table) == [rule]
    assert table.desk.state.blotter.order(intent).price == 9_900


def test_another_price_waits_for_a_price_of_the_moment(table: Table) -> None:
    intent = working(table)
    table.later(90)
    said = table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_950, ticket="t"))
    assert said == [cmd.Ask(ev.Query.PRICE, "005930")]
    table.say(ev.Unavailable(at=table.now, query=ev.Query.PRICE, key="005930", reason="no"))
    assert declined(table) == ["no_price"]
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_950, ticket="t"))
    said = table.say(ev.Price(at=table.now, code="005930", price=10_000, listed=SAMSUNG))
    assert [one.price for one in said if isinstance(one, cmd.SendAmend)] == [9_950]


def test_the_notice_of_an_amendment_may_come_before_its_reply(table: Table) -> None:
    intent = working(table)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_950))
    table.notice(6, "005930", 10, 9_950, kind=ev.NoticeKind.AMENDED, original_no=5)
    table.say(ev.AmendAnswered(at=table.now, intent=intent, order_no=6))
    assert table.desk.state.blotter.order(intent).numbers == [5, 6]


def test_an_amendment_that_is_refused_ends_no_order_that_was_filled_before_it(
    table: Table,
) -> None:
    intent = working(table)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_950))
    table.say(ev.AmendAnswered(at=table.now, intent=intent, order_no=6))
    said = table.notice(6, "005930", 10, 9_950, kind=ev.NoticeKind.REFUSED, original_no=5)
    assert cmd.Wake("resolve", table.now) in said
    order = table.desk.state.blotter.order(intent)
    assert order.state is OrderState.WORKING
    table.inquire(
        table.row(5, "005930", 10, 4, amount=39_600, price=9_900, ended=True, cancelled=True),
        table.row(6, "005930", 10, 0, price=9_950, original_no=5, ended=True),
    )
    assert (order.state, order.filled) == (OrderState.CANCELLED, 4)


def test_an_amendment_whose_reply_was_lost_is_found_by_inquiry(table: Table) -> None:
    intent = working(table)
    table.say(ev.AmendOrdered(at=table.now, intent=intent, price=9_950))
    commands = table.say(ev.AmendAnswered(at=table.now, intent=intent, failure="timeout"))
    assert cmd.Ask(ev.Query.EXECUTIONS, version=table.desk.state.version) in commands
    table.inquire(
        table.row(5, "005930", 10, 3, amount=29_700, price=9_900, ended=True),
        table.row(6, "005930", 7, 2, amount=19_900, price=9_950, original_no=5),
    )
    one = table.desk.state.blotter.order(intent)
    assert (one.order_no, one.filled, one.amount) == (6, 5, 49_600)
    assert one.state is OrderState.WORKING


def test_a_cancel_by_hand_ends_the_order(table: Table) -> None:
    intent = working(table)
    (cancel,) = [
        c
        for c in table.say(ev.CancelOrdered(at=table.now, intent=intent))
        if isinstance(c, cmd.SendCancel)
    ]
    assert cancel.order_no == 5
    table.say(ev.CancelAnswered(at=table.now, intent=intent))
    table.notice(7, "005930", 10, 0, kind=ev.NoticeKind.CANCELLED, original_no=5)
    assert table.desk.state.blotter.order(intent).state is OrderState.CANCELLED


@pytest.mark.parametrize("event", [ev.CancelOrdered, ev.AmendOrdered])
def test_what_cannot_be_cancelled_or_amended_is_said(table: Table, event: Any) -> None:
    table.open()
    more = {"price": 1} if event is ev.AmendOrdered else {}
    table.say(event(at=table.now, intent="none", **more))
    assert table.incidents()[0].endswith("_impossible")


@pytest.mark.parametrize(
    ("exits", "at", "reason"),
    [
        (Exits(at=time(15, 10)), DAY.replace(hour=15, minute=9), None),
        (Exits(at=time(15, 10)), DAY.replace(hour=15, minute=10), "time_of_day"),
        (Exits(days=5), DAY.replace(hour=10) + timedelta(days=6), None),
        (Exits(days=5), DAY.replace(hour=10) + timedelta(days=8), "max_holding"),
        (Exits(days=5, at=time(15, 10)), DAY.replace(hour=10) + timedelta(days=8), None),
        (Exits(trailing=Decimal("0.05")), DAY.replace(hour=10), None),
    ],
)
def test_exits_by_the_clock(exits: Exits, at: Any, reason: str | None) -> None:
    """2022-06-02 plus five sessions is 2022-06-10: the 6th was a holiday."""
    table = Table(Desk(rules(exits=exits)))
    table.open()
    table.bought()
    table.now = at
    if at.date() != DAY.date():
        table.say(
            ev.Started(
                at=at,
                opens=at.replace(hour=9),
                auction=at.replace(hour=15, minute=20),
                closes=at.replace(hour=15, minute=30),
            )
        )
        table.balance(table.desk.state.cash, c005930=100)
    table.price("005930", 10_000)
    reasons = [r.reason for r in table.records if isinstance(r, rec.Intended)]
    assert reasons[1:] == ([reason] if reason else [])


def test_a_trailing_stop_follows_the_high_across_a_restart() -> None:
    exits = Exits(trailing=Decimal("0.05"))
    table = Table(Desk(rules(exits=exits)))
    table.open()
    table.bought()
    table.price("005930", 12_000)
    again = Table(Desk(rules(exits=exits), table.records), now=table.now)
    again.start()
    again.price("005930", 11_450)
    assert again.sends() == []
    again.price("005930", 11_400)
    assert again.sends()[-1].side is Side.SELL


def test_a_books_own_loss_stops_its_entries() -> None:
    table = Table(Desk(rules(book_loss=5_000)))
    table.open()
    table.bought()
    table.price("005930", 9_950)
    table.offer("000660")
    table.power("000660")
    halted = [(r.reason, r.book) for r in table.records if isinstance(r, rec.Halted)]
    assert halted == [("book_loss", "scalper")]
    assert len(table.sends()) == 1


def test_an_order_by_hand_takes_the_slot_that_an_entry_was_waiting_for(table: Table) -> None:
    table.open()
    table.offer("000660", "000270")
    table.power("000660")
    table.accept(table.sends()[-1].intent, 1)
    table.notice(1, "000660", 100, 10_000)
    table.say(ev.Price(at=table.now, code="005930", price=10_000, polled=True, listed=SAMSUNG))
    order(table)
    before = len(table.sends())
    table.power("000270")
    assert len(table.sends()) == before


def test_a_trailing_stop_counts_from_the_dearest_execution_of_the_purchase() -> None:
    """A purchase at market walks up the book; no trade but our own may tell of its last price."""
    table = Table(Desk(rules(exits=Exits(trailing=Decimal("0.05")))))
    table.open()
    table.offer("005930", price=10_000)
    table.power("005930")
    table.accept(table.sends()[0].intent, 1)
    table.notice(1, "005930", 40, 10_000)
    table.notice(1, "005930", 60, 10_300)
    assert table.desk.state.portfolio.positions["scalper", "005930"].high == 10_300


def test_shares_whose_price_was_known_before_they_were_ours_are_looked_at_at_once() -> None:
    """The notice of the execution comes before the number that makes it ours."""
    table = Table(Desk(rules(exits=Exits(stop_loss=Decimal("0.0001")))))
    table.open()
    table.offer("005930", price=10_000)
    table.power("005930")
    table.notice(1, "005930", 100, 10_000)
    table.accept(table.sends()[0].intent, 1)
    assert [send.side for send in table.sends()] == [Side.BUY, Side.SELL]

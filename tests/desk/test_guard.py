"""The guard's rules one by one, at their bounds: what just passes, and what just does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.desk.facts import CASH, NOW, held, opened, order

from maemae.desk import records as rec
from maemae.desk.exits import STOP_LOSS
from maemae.desk.guard import (
    ENTRY_RULES,
    EXIT_RULES,
    HALTING,
    UNBOUND,
    BookLimits,
    Limits,
    Proposal,
    held_back,
    refusal,
)
from maemae.desk.orders import OrderState
from maemae.desk.state import State
from maemae.market.kinds import Currency, Kind, Market, Side

S = OrderState
FREE = Limits(orders_per_minute=None, entries_per_name=None, refusals_in_a_row=None, collar=None)
BUY = Proposal(
    at=NOW,
    book="book",
    code="005930",
    side=Side.BUY,
    quantity=10,
    price=10_000,
    seen=NOW,
    reserve=101_000,
    in_session=True,
)
SELL = replace(BUY, side=Side.SELL, reserve=0)


def said(state: State | None = None, limits: Limits = FREE, /, **more: Any) -> str | None:
    return refusal(state or opened(), limits, replace(BUY, **more))


def sold(state: State | None = None, limits: Limits = FREE, /, **more: Any) -> str | None:
    return refusal(state or opened(), limits, replace(SELL, **more))


def bound(**limits: Any) -> Limits:
    return replace(FREE, **limits)


def booked(**limits: Any) -> Limits:
    return bound(books={"book": BookLimits(**limits)})


def halted(level: rec.Halt) -> State:
    state = opened()
    state.apply(rec.Halted(at=NOW, level=level, reason="test"))
    return state


def test_without_bounds_an_order_in_session_passes() -> None:
    assert said() is None
    assert sold() is None


def test_what_is_bounded_when_nobody_says_anything() -> None:
    limits = Limits()
    assert (limits.daily_loss, limits.order_value, limits.order_quantity) == (None, None, None)
    assert (limits.name_exposure, limits.total_exposure, limits.positions) == (None, None, None)
    assert (limits.orders_per_minute, limits.entries_per_name) == (60, 5)
    assert (limits.refusals_in_a_row, limits.book_loss) == (5, None)
    assert (limits.collar, limits.quote_age) == (Decimal("0.05"), timedelta(seconds=60))
    assert (limits.clock_off, limits.clock_halt) == (timedelta(seconds=3), timedelta(seconds=5))
    assert limits.books == {}
    assert BookLimits() == UNBOUND == limits.of("any")
    assert (UNBOUND.capital, UNBOUND.order_value, UNBOUND.name_exposure, UNBOUND.loss) == (
        None,
        None,
        None,
        None,
    )
    assert (BUY.loss, BUY.book_loss, BUY.limit, BUY.last, BUY.listed, BUY.by_hand, BUY.amends) == (
        0,
        0,
        None,
        None,
        None,
        False,
        None,
    )


@pytest.mark.parametrize(
    ("level", "strategy", "by_hand", "leave"),
    [
        (rec.Halt.NONE, None, None, None),
        (rec.Halt.ENTRIES, "halted", None, None),
        (rec.Halt.EXITS_ONLY, "halted", "halted", None),
        (rec.Halt.ALL, "halted", "halted", "kill_switch"),
    ],
)
def test_what_each_halt_stops(
    level: rec.Halt, strategy: str | None, by_hand: str | None, leave: str | None
) -> None:
    assert said(halted(level)) == strategy
    assert said(halted(level), by_hand=True) == by_hand
    assert sold(halted(level)) == leave
    assert sold(halted(level), by_hand=True) == leave


@pytest.mark.parametrize("ask", [said, sold])
def test_no_shares_and_no_session_are_no_order(ask: Callable[..., str | None]) -> None:
    assert ask(quantity=0) == ask(quantity=-1) == "no_quantity"
    assert ask(quantity=1) is None
    assert ask(in_session=False) == "outside_session"


@pytest.mark.parametrize("become", [S.INTENDED, S.UNKNOWN, S.WORKING])
@pytest.mark.parametrize("side", list(Side))
def test_a_name_with_a_living_order_is_not_entered_again(become: S, side: Side) -> None:
    state = opened()
    order(state, side=side, become=become)
    assert said(state) == "duplicate"
    assert said(state, by_hand=True) == "duplicate"
    assert said(state, code="000660") is None


def test_a_new_price_for_an_order_is_no_duplicate_of_it() -> None:
    state = opened()
    mine = order(state)
    assert said(state, amends=mine) is None
    order(state)
    assert said(state, amends=mine) == "duplicate"


def test_an_exit_is_not_sent_twice_but_a_person_may() -> None:
    state = opened()
    order(state, side=Side.SELL)
    assert sold(state) == "duplicate"
    assert sold(state, by_hand=True) is None
    assert sold(state, book="other") is None
    assert sold(state, code="000660") is None
    bought = opened()
    order(bought, side=Side.BUY)
    assert sold(bought) is None


@pytest.mark.parametrize("ask", [said, sold])
def test_a_limit_price_must_lie_on_the_grid_of_its_market(ask: Callable[..., str | None]) -> None:
    stock = rec.Listed(code="005930")
    assert ask(limit=10_010, listed=stock) is None
    assert ask(limit=10_011, listed=stock) == "off_grid"
    assert ask(limit=10_011) is None
    assert ask(limit=None, listed=stock) is None
    fund = rec.Listed(code="069500", market=Market.KOSPI, kind=Kind.ETF)
    assert ask(limit=10_005, listed=fund) is None
    assert ask(limit=10_005, listed=stock) == "off_grid"
    # From 2023-01-25 on the ticks of both markets are the same.
    before = NOW.replace(year=2022, month=6, day=2)
    kosdaq = rec.Listed(code="035720", market=Market.KOSDAQ)
    large = {"limit": 250_100, "at": before, "seen": before}
    assert ask(listed=kosdaq, **large) is None
    assert ask(listed=stock, **large) == "off_grid"


def test_the_collar_holds_on_the_costly_side_alone() -> None:
    limits = bound(collar=Decimal("0.05"))
    assert said(None, limits, limit=10_500, last=10_000) is None
    assert said(None, limits, limit=10_501, last=10_000) == "collar"
    assert said(None, limits, limit=1, last=10_000) is None
    assert sold(None, limits, limit=9_500, last=10_000) is None
    assert sold(None, limits, limit=9_499, last=10_000) == "collar"
    assert sold(None, limits, limit=99_999, last=10_000) is None
    for ask in (said, sold):
        assert ask(None, limits, limit=None, last=10_000) is None
        assert ask(None, limits, limit=99_999 if ask is said else 1, last=None) is None
        assert ask(None, FREE, limit=99_999 if ask is said else 1, last=10_000) is None


def test_a_price_may_be_so_old_and_no_older() -> None:
    limits = bound(quote_age=timedelta(seconds=60))
    assert said(None, limits, seen=NOW - timedelta(seconds=60)) is None
    assert said(None, limits, seen=NOW - timedelta(seconds=61)) == "stale_quote"
    assert sold(None, limits, seen=NOW - timedelta(hours=3)) is None


def test_losses_stop_entries_when_they_are_reached() -> None:
    assert said(None, bound(daily_loss=100), loss=99) is None
    assert said(None, bound(daily_loss=100), loss=100) == "daily_loss"
    assert said(None, bound(daily_loss=100), book_loss=100) is None
    assert said(None, bound(book_loss=100), book_loss=99) is None
    assert said(None, bound(book_loss=100), book_loss=100) == "book_loss"
    assert said(None, bound(book_loss=100), loss=100) is None
    assert said(None, booked(loss=100), book_loss=99) is None
    assert said(None, booked(loss=100), book_loss=100) == "book_loss"
    assert said(None, booked(loss=100), book_loss=100, book="other") is None
    tighter = replace(booked(loss=50), book_loss=100)
    assert said(None, tighter, book_loss=50) == "book_loss"
    assert said(None, FREE, loss=10**9, book_loss=10**9) is None


def test_which_books_stop_for_a_loss_of_their_own() -> None:
    assert not FREE.bounds_loss("book")
    assert bound(book_loss=1).bounds_loss("book")
    assert booked(loss=1).bounds_loss("book")
    assert not booked(loss=1).bounds_loss("other")


def test_the_size_of_one_order_is_bounded() -> None:
    assert said(None, bound(order_value=100_000)) is None
    assert said(None, bound(order_value=99_999)) == "order_value"
    assert said(None, booked(order_value=100_000)) is None
    assert said(None, booked(order_value=99_999)) == "book_order_value"
    assert said(None, booked(order_value=99_999), book="other") is None
    assert said(None, bound(order_quantity=10)) is None
    assert said(None, bound(order_quantity=9)) == "order_quantity"
    assert said(None, bound(order_value=0)) == "order_value"


def test_what_a_name_ties_up_is_what_it_cost_and_what_its_buys_reserve() -> None:
    state = opened()
    held(state, quantity=10, price=20_000)  # 200,000
    held(state, book="other", quantity=1, price=3_000)
    order(state, "000660", reserve=50_000)
    order(state, "000660", side=Side.SELL, reserve=7_000_000)
    assert said(state, bound(name_exposure=303_000)) is None
    assert said(state, bound(name_exposure=302_999)) == "name_exposure"
    assert said(state, bound(total_exposure=353_000)) is None
    assert said(state, bound(total_exposure=352_999)) == "total_exposure"
    assert said(state, booked(name_exposure=300_000)) is None
    assert said(state, booked(name_exposure=299_999)) == "book_name_exposure"
    assert said(state, booked(name_exposure=1), book="other") is None
    assert said(state, booked(name_exposure=99_999), code="035420") == "book_name_exposure"


def test_a_new_price_does_not_count_what_the_order_had_reserved() -> None:
    state = opened()
    mine = order(state, reserve=90_000)
    assert said(state, bound(name_exposure=100_000), amends=mine) is None
    assert said(state, bound(total_exposure=100_000), amends=mine) is None
    assert said(state, booked(name_exposure=100_000), amends=mine) is None


def test_so_many_names_and_no_more() -> None:
    state = opened()
    held(state, "000660")
    order(state, "035420")
    assert said(state, bound(positions=3)) is None
    assert said(state, bound(positions=2)) == "positions"
    assert said(state, bound(positions=2), code="000660") is None


@pytest.mark.parametrize("market", list(Market))
def test_a_book_buys_nothing_that_is_quoted_in_other_money_than_its_own(market: Market) -> None:
    listed = rec.Listed(code="005930", market=market)
    assert said(None, FREE, listed=listed) is None
    assert said(None, booked(currency=Currency.KRW), listed=listed) is None
    assert said(None, booked(currency=Currency.USD), listed=listed) == "currency"
    assert sold(None, booked(currency=Currency.USD), listed=listed) is None


def test_a_capital_bounds_what_a_book_spends() -> None:
    state = opened()
    held(state, quantity=10, price=20_000)
    held(state, book="other", quantity=99, price=20_000)
    order(state, "000660", reserve=50_000)
    spent = state.committed("book")
    assert spent >= 250_000
    assert said(state, booked(capital=spent + 101_000)) is None
    assert said(state, booked(capital=spent + 100_999)) == "capital"
    assert said(state, booked(capital=1), book="third") is None
    mine = order(state, "035420", reserve=90_000)
    again = booked(capital=spent + 101_000)
    assert said(state, again, code="035420", amends=mine) is None
    assert said(state, booked(capital=spent + 100_999), code="035420", amends=mine) == "capital"
    assert said(state, again) == "capital"


def test_a_capital_may_be_a_share_of_what_there_was_in_the_morning() -> None:
    state = opened(worth=CASH)
    assert booked(capital=Decimal("0.5")).left(state, "book") == CASH // 2
    assert booked(capital=Decimal("0.33333333")).left(state, "book") == 3_333_333
    assert booked(capital=300).left(state, "book") == 300
    assert booked(capital=300).left(state, "other") is None
    assert FREE.left(state, "book") is None


@pytest.mark.parametrize(
    ("become", "counts"),
    [
        (S.INTENDED, True), (S.UNKNOWN, True), (S.WORKING, True), (S.FILLED, True),
        (S.CANCELLED, True), (S.EXPIRED, True), (S.REFUSED, False), (S.NEVER_ARRIVED, False),
    ],
)  # fmt: skip
def test_which_orders_count_as_entries_into_a_name(become: S, counts: bool) -> None:
    state = opened()
    order(state, become=become)
    rule = ENTRY_RULES["entries_per_name"]
    assert rule(state, bound(entries_per_name=1), BUY) is counts
    assert not rule(state, bound(entries_per_name=2), BUY)
    assert not rule(state, bound(entries_per_name=1), replace(BUY, code="000660"))


def test_sales_and_new_prices_are_no_entries() -> None:
    state = opened()
    mine = order(state)
    order(state, side=Side.SELL)
    rule = ENTRY_RULES["entries_per_name"]
    assert rule(state, bound(entries_per_name=1), BUY)
    assert not rule(state, bound(entries_per_name=1), replace(BUY, amends=mine))


def test_orders_of_the_last_minute_are_counted_whatever_became_of_them() -> None:
    state = opened()
    order(state, "000660", at=NOW - timedelta(seconds=60), become=S.FILLED)
    assert said(state, bound(orders_per_minute=1)) is None
    order(state, "000660", at=NOW - timedelta(seconds=59), become=S.REFUSED)
    assert said(state, bound(orders_per_minute=2)) is None
    assert said(state, bound(orders_per_minute=1)) == "orders_per_minute"


def test_refusals_in_a_row_stop_entries() -> None:
    state = opened()
    for _ in range(3):
        order(state, "000660", become=S.REFUSED)
    assert said(state, bound(refusals_in_a_row=3)) is None
    assert said(state, bound(refusals_in_a_row=2)) == "refusals"


def test_cash_that_others_have_set_aside_is_not_spent() -> None:
    state = opened(cash=200_000)
    mine = order(state, "000660", reserve=99_000)
    assert said(state) is None
    assert said(state, reserve=101_001) == "cash"
    assert said(state, reserve=200_000, code="000660", amends=mine) is None
    assert said(state, reserve=200_001, code="000660", amends=mine) == "cash"
    assert sold(opened(cash=0), reserve=5) is None


@pytest.mark.parametrize(
    ("level", "held"),
    [
        (rec.Halt.NONE, []),
        (rec.Halt.ENTRIES, ["strategy"]),
        (rec.Halt.EXITS_ONLY, ["strategy", "person", "amended"]),
        (rec.Halt.ALL, ["strategy", "person", "amended", "exit"]),
    ],
)
def test_a_halt_holds_back_what_has_not_left_yet(level: rec.Halt, held: list[str]) -> None:
    state = halted(level)
    orders = {
        "strategy": state.blotter.order(order(state)),
        "person": state.blotter.order(order(state, "000660")),
        "amended": state.blotter.order(order(state, "035420")),
        "exit": state.blotter.order(order(state, "000270", side=Side.SELL)),
    }
    orders["person"].reason = rec.BY_HAND
    orders["amended"].amending = 9_900
    assert [name for name, one in orders.items() if held_back(state, one)] == held


def test_a_paused_book_holds_back_its_own_entry_alone() -> None:
    state = opened()
    state.apply(rec.Halted(at=NOW, level=rec.Halt.ENTRIES, reason="test", book="book"))
    assert held_back(state, state.blotter.order(order(state)))
    assert not held_back(state, state.blotter.order(order(state, "000660", book="other")))


@pytest.mark.parametrize("limit", [0, -100])
def test_a_limit_price_is_above_zero(limit: int) -> None:
    assert said(limit=limit, last=10_000) == "bad_price"
    assert sold(limit=limit, last=10_000) == "bad_price"


def test_the_rules_are_looked_at_in_this_order() -> None:
    assert list(EXIT_RULES) == [
        "kill_switch", "unit", "no_quantity", "bad_price", "order_kind", "outside_session",
        "duplicate", "off_grid", "collar",
    ]  # fmt: skip
    assert list(ENTRY_RULES) == [
        "halted", "unit", "no_quantity", "bad_price", "order_kind", "outside_session", "duplicate",
        "currency", "off_grid", "collar", "stale_quote", "daily_loss", "book_loss", "order_value",
        "book_order_value", "order_quantity", "name_exposure", "book_name_exposure",
        "total_exposure", "capital", "positions", "entries_per_name", "stopped_today",
        "orders_per_minute", "refusals", "cash",
    ]  # fmt: skip
    assert {"daily_loss", "refusals"} == HALTING


@pytest.mark.parametrize(
    ("sale", "rule"),
    [
        ({}, "stopped_today"),
        ({"reason": "take_profit"}, None),
        ({"reason": "trailing_stop"}, None),
        ({"book": "other"}, None),
        ({"code": "000660"}, None),
        ({"side": Side.BUY}, None),
    ],
)
def test_what_the_stop_loss_of_a_book_sold_today_is_not_bought_again(
    sale: dict[str, Any], rule: str | None
) -> None:
    state = opened()
    fact = {"book": "book", "code": "005930", "side": Side.SELL, "reason": STOP_LOSS} | sale
    reason, code = fact.pop("reason"), fact.pop("code")
    state.apply(
        rec.Intended(
            at=NOW - timedelta(hours=1), intent="1", listed=rec.Listed(code=code), quantity=10,
            reserve=0, reason=reason, **fact,
        )
    )  # fmt: skip
    state.apply(rec.Refused(at=NOW, intent="1", code="", message=""))
    assert said(state, booked(after_stop=False)) == rule
    assert said(state, booked(after_stop=True)) is None
    assert said(state, FREE) is None
    assert said(state, booked(after_stop=False), by_hand=True) is None

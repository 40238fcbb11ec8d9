"""Properties of the venue under random order flow, in process and without sockets."""

import contextlib
from dataclasses import dataclass, field
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import DAY, LISTINGS

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.moment import MINUTE, SECOND, Moment, moment_at
from maemae.exchange.orders import Happening, Order, OrderEvent, OrderKind, Status, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket
from maemae.exchange.venue import Venue
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

CASH = 5_000_000
HELD = 40


@dataclass
class Log:
    """Remembers what happened."""

    events: list[OrderEvent] = field(default_factory=list)

    def on_order(self, event: OrderEvent) -> None:
        self.events.append(event)


def _account(number: str = "11111111-01", rules: CostRules = CostRules.VIRTUAL) -> Account:
    account = Account(number, rules, DAY, CASH)
    account.holdings["000020"] = Holding("000020", HELD, HELD * 9_000)
    return account


def _venue(market: DayMarket, *accounts: Account, at: str = "09:30") -> tuple[Venue, Log]:
    venue, log = Venue(market, accounts), Log()
    venue.listen(log)
    venue.advance(moment_at(DAY, time.fromisoformat(at)))
    return venue, log


CODES = st.sampled_from([one.code for one in LISTINGS])
KINDS = st.sampled_from(["00", "01", "02", "03", "04", "11", "12", "13", "14", "15", "16"])
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "order", "cancel", "amend", "wait"]),
        CODES,
        st.sampled_from(list(Side)),
        KINDS,
        st.integers(1, 400),
        st.integers(690, 1_310),
        st.integers(0, 3_600),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(actions=ACTIONS, start=st.sampled_from(["08:40", "09:00", "11:00", "15:15", "15:25"]))
def test_nothing_is_lost_or_made(
    market: DayMarket, actions: list[tuple[str, str, Side, str, int, int, int]], start: str
) -> None:
    account = _account()
    venue, log = _venue(market, account, at=start)
    for action, code, side, kind, quantity, price, seconds in actions:
        _act(venue, account, action, Ticket(code, side, OrderKind(kind), quantity, 10 * price))
        venue.advance(venue.now + seconds * SECOND)
        assert account.reserved <= account.cash
        assert all(account.sellable(one) >= 0 for one in account.holdings)
    venue.advance(market.hours.close + MINUTE)
    _check_books(market, account)
    _check_notices(account, log)


def _act(venue: Venue, account: Account, action: str, ticket: Ticket) -> None:
    numbers = list(account.orders)
    with contextlib.suppress(Refusal):
        if action == "order":
            venue.submit(account, ticket)
        elif action == "cancel" and numbers:
            venue.cancel(account, numbers[ticket.quantity % len(numbers)])
        elif action == "amend" and numbers:
            number = numbers[ticket.quantity % len(numbers)]
            venue.amend(account, number, ticket.kind, ticket.price, None)


def _check_books(market: DayMarket, account: Account) -> None:
    bought = sum(f.quantity * f.price for f in account.fills if f.side is Side.BUY)
    sold = sum(f.quantity * f.price for f in account.fills if f.side is Side.SELL)
    costs = account.costs
    assert account.cash == CASH - bought + sold - costs.fee - costs.tax
    assert account.cash >= 0
    assert account.reserved == 0
    for one in LISTINGS:
        moved = sum(
            f.quantity if f.side is Side.BUY else -f.quantity
            for f in account.fills
            if f.code == one.code
        )
        assert account.held(one.code) == moved + (HELD if one.code == "000020" else 0)
        assert account.held(one.code) >= 0
    for fill in account.fills:
        row = market.rows[fill.code]
        one = market.listings[row]
        assert one.lower <= fill.price <= one.upper
        assert fill.price in market.grid(row)
        hours = market.hours
        assert hours.open <= fill.at < hours.auction or fill.at == hours.close
        order = account.orders[fill.number]
        if order.live_kind is not OrderKind.MARKET and order.price:
            assert fill.price <= order.price or fill.side is Side.SELL
            assert fill.price >= order.price or fill.side is Side.BUY


def _check_notices(account: Account, log: Log) -> None:
    for order in account.orders.values():
        own = [event for event in log.events if event.order is order]
        filled = sum(event.quantity for event in own if event.what is Happening.FILLED)
        assert filled == order.filled <= order.quantity
        assert order.status is not Status.ACCEPTED
        ended = sum(
            event.quantity
            for event in own
            if event.what in (Happening.CANCELLED, Happening.AMENDED, Happening.EXPIRED)
        )
        if not order.is_cancel and order.status is not Status.REFUSED:
            assert filled + ended == order.quantity


def _send(venue: Venue, account: Account, *ticket: object) -> Order:
    code, side, kind, quantity, price = ticket
    order = venue.submit(account, Ticket(code, side, OrderKind(kind), quantity, price))  # type: ignore[arg-type]
    venue.advance(venue.now + SECOND)
    return order


@pytest.mark.parametrize(
    ("ticket", "reason"),
    [
        (("000010", Side.BUY, "00", 1, 10_003), Reason.OFF_TICK),
        (("000010", Side.BUY, "00", 1, 13_010), Reason.OUTSIDE_LIMITS),
        (("000010", Side.BUY, "01", 400, 0), Reason.NO_CASH),
        (("000010", Side.SELL, "01", 1, 0), Reason.NO_HOLDING),
        (("000020", Side.SELL, "01", HELD + 1, 0), Reason.NO_SHARES),
        (("999999", Side.BUY, "01", 1, 0), Reason.UNKNOWN_CODE),
        (("000050", Side.BUY, "01", 1, 0), Reason.HALTED),
        (("000010", Side.BUY, "01", 0, 0), Reason.BAD_QUANTITY),
        (("000010", Side.BUY, "06", 1, 0), Reason.WRONG_KIND),
    ],
)
def test_refusals_leave_no_trace(
    market: DayMarket, ticket: tuple[object, ...], reason: Reason
) -> None:
    account = _account()
    venue, log = _venue(market, account)
    with pytest.raises(Refusal) as caught:
        _send(venue, account, *ticket)
    assert caught.value.reason is reason
    assert (account.orders, account.free, log.events) == ({}, CASH, [])


@pytest.mark.parametrize(
    ("at", "reason"), [("08:29", Reason.BEFORE_HOURS), ("15:30", Reason.AFTER_HOURS)]
)
def test_no_orders_outside_the_session(market: DayMarket, at: str, reason: Reason) -> None:
    account = _account()
    venue, _ = _venue(market, account, at=at)
    with pytest.raises(Refusal) as caught:
        _send(venue, account, "000010", Side.BUY, "01", 1, 0)
    assert caught.value.reason is reason


def test_a_market_buy_holds_back_the_upper_limit_price(market: DayMarket) -> None:
    account = _account()
    venue, _ = _venue(market, account)
    venue.submit(account, Ticket("000010", Side.BUY, OrderKind.MARKET, 100))
    assert account.reserved == 100 * 13_000 + int(100 * 13_000 * account.rules.fee_rate)
    venue.advance(venue.now + SECOND)
    assert account.reserved == 0
    assert account.held("000010") == 100


def test_an_order_before_the_open_is_filled_at_the_opening_price(market: DayMarket) -> None:
    account = _account()
    venue, log = _venue(market, account, at="08:40")
    order = _send(venue, account, "000010", Side.BUY, "01", 10, 0)
    assert [event.what for event in log.events] == [Happening.ACCEPTED]
    venue.advance(market.hours.open)
    assert (order.filled, order.amount) == (10, 10 * 10_100)


def test_an_unfilled_order_ends_with_the_day(market: DayMarket) -> None:
    account = _account()
    venue, log = _venue(market, account)
    order = _send(venue, account, "000010", Side.BUY, "00", 10, 7_500)
    venue.advance(market.hours.close + MINUTE)
    assert order.status is Status.EXPIRED
    assert log.events[-1].what is Happening.EXPIRED
    assert account.free == CASH


def test_an_amendment_takes_the_originals_place(market: DayMarket) -> None:
    account = _account()
    venue, log = _venue(market, account)
    first = _send(venue, account, "000010", Side.BUY, "00", 10, 7_500)
    second = venue.amend(account, first.number, OrderKind.LIMIT, 8_000, 4)
    venue.advance(venue.now + SECOND)
    assert (first.remaining, second.remaining, second.price) == (6, 4, 8_000)
    assert log.events[-1].request == second.number
    request = venue.cancel(account, first.number)
    venue.advance(venue.now + SECOND)
    assert (first.status, request.quantity, second.remaining) == (Status.CANCELLED, 6, 4)


def test_a_cancellation_that_comes_too_late_is_refused(market: DayMarket) -> None:
    account = _account()
    venue, log = _venue(market, account)
    order = venue.submit(account, Ticket("000010", Side.BUY, OrderKind.MARKET, 5))
    venue.cancel(account, order.number)
    venue.advance(venue.now + SECOND)
    assert order.status is Status.FILLED
    assert log.events[-1].what is Happening.REFUSED
    with pytest.raises(Refusal):
        venue.cancel(account, order.number)


def test_a_locked_name_is_not_sold_to_a_buyer(market: DayMarket) -> None:
    account = _account()
    venue, _ = _venue(market, account)
    order = _send(venue, account, "000030", Side.BUY, "01", 10, 0)
    venue.advance(market.hours.auction - SECOND)
    assert order.filled == 0


def test_fok_is_all_or_nothing_and_ioc_takes_what_is_there(market: DayMarket) -> None:
    account = _account()
    venue, _ = _venue(market, account)
    whole = _send(venue, account, "0004K0", Side.BUY, "14", 300, 0)
    part = _send(venue, account, "0004K0", Side.BUY, "13", 300, 0)
    assert (whole.filled, whole.status) == (0, Status.CANCELLED)
    assert 0 < part.filled < 300
    assert part.status is Status.CANCELLED


def test_cash_settles_in_two_days(market: DayMarket) -> None:
    account = _account()
    venue, _ = _venue(market, account)
    _send(venue, account, "000010", Side.BUY, "01", 100, 0)
    cash = account.cash
    days = (DAY.replace(day=6), DAY.replace(day=7), DAY.replace(day=8))
    seen: list[tuple[int, int]] = []
    for day in days:
        account.begin_day(day)
        assert account.cash == cash
        seen.append((account.settled, account.cash_next_day))
    assert seen == [(CASH, CASH), (CASH, cash), (cash, cash)]


def test_two_runs_are_the_same(market: DayMarket) -> None:
    def run() -> list[tuple[int, int, int, Moment]]:
        account = _account()
        venue, _ = _venue(market, account, at="08:40")
        for kind in ("01", "00", "01", "00"):
            price = 10_200 if kind == "00" else 0
            _send(venue, account, "000010", Side.BUY, kind, 20, price)
            venue.advance(venue.now + 20 * MINUTE)
        return [(f.number, f.quantity, f.price, f.at) for f in account.fills]

    first, second = run(), run()
    assert first == second
    assert len(first) >= 3

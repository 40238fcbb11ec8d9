"""What holds whatever clients order: two accounts, two days, every kind and session."""

import contextlib
from collections.abc import Sequence
from datetime import date, time
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import LISTINGS, hours

from maemae.exchange.accounts import Account, FillRecord, Holding
from maemae.exchange.hours import Hours
from maemae.exchange.moment import MINUTE, SECOND, Moment, moment_at
from maemae.exchange.orders import Happening, Order, OrderEvent, OrderKind, Place, Status, Ticket
from maemae.exchange.refusals import Refusal
from maemae.exchange.replay import DayMarket
from maemae.exchange.venue import LATENCY, Venue
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.market.phases import Venue as Market

DAYS = (date(2026, 10, 13), date(2026, 10, 14))
CASH, HELD = 8_000_000, 60
CODES = [one.code for one in LISTINGS[:4]]
STARTS = ("08:05", "08:29", "08:45", "09:00", "11:00", "15:15", "15:25", "15:45", "16:10")

ACTION = st.tuples(
    st.sampled_from(["order", "order", "order", "cancel", "amend"]),
    st.integers(0, 1),
    st.sampled_from(CODES),
    st.sampled_from(list(Side)),
    st.sampled_from(list(OrderKind)),
    st.sampled_from(list(Place)),
    st.integers(1, 300),
    st.integers(690, 1_310),
    st.sampled_from([0, 10_000, LATENCY, SECOND, 40 * SECOND, 20 * MINUTE]),
)
DAY = st.tuples(st.sampled_from(STARTS), st.lists(ACTION, max_size=25))
Action = tuple[str, int, str, Side, OrderKind, Place, int, int, Moment]
Actions = Sequence[Action]


class Log:
    """Remembers what happened, in order."""

    def __init__(self) -> None:
        self.events: list[OrderEvent] = []

    def on_order(self, event: OrderEvent) -> None:
        self.events.append(event)


@settings(max_examples=40, deadline=None)
@given(days=st.tuples(DAY, DAY), impact=st.sampled_from([0.0, 1.0]))
def test_nothing_is_lost_or_made_over_days_and_sessions(
    days: Sequence[tuple[str, Actions]], impact: float
) -> None:
    accounts = [
        Account(f"{n}1111111-01", rules, DAYS[0], CASH)
        for n, rules in enumerate((CostRules.REAL, CostRules.VIRTUAL), start=1)
    ]
    for account in accounts:
        account.holdings[CODES[1]] = Holding(CODES[1], HELD, HELD * 9_000)
    number = 1
    for day, (start, actions) in zip(DAYS, days, strict=True):
        if day != DAYS[0]:
            for account in accounts:
                account.begin_day(day)
        market = DayMarket(LISTINGS, hours(day), 7)
        venue, log = Venue(market, accounts, first_number=number, impact=impact), Log()
        venue.listen(log)
        venue.advance(moment_at(day, time.fromisoformat(start)))
        for action in actions:
            _act(venue, accounts, action)
        venue.run_out()
        for account in accounts:
            _check_fills(market, account, log)
            _check_notices(account, log)
        number = venue.next_number
    for account in accounts:
        _check_totals(account)


def _act(venue: Venue, accounts: list[Account], action: Action) -> None:
    what, who, code, side, kind, place, quantity, price, wait = action
    account = accounts[who]
    numbers = list(account.orders)
    with contextlib.suppress(Refusal):
        if what == "order":
            ticket = Ticket(code, side, kind, quantity, 10 * price, 10 * price, place)
            venue.submit(account, ticket)
        elif what == "cancel" and numbers:
            venue.cancel(account, numbers[quantity % len(numbers)])
        elif what == "amend" and numbers:
            venue.amend(account, numbers[quantity % len(numbers)], kind, 10 * price, None)
    venue.advance(venue.now + wait)
    for one in accounts:
        assert 0 <= one.reserved <= one.cash
        assert all(one.sellable(held) >= 0 for held in one.holdings)


def _in_session(times: Hours, order: Order, at: Moment) -> bool:
    kind = order.kind
    if order.place is Place.NXT:
        day = times.day
        return any(
            span.start <= at < span.end and kind.rule.allowed(session, Market.NXT, day)
            for session, span in times.nxt.items()
        )
    if kind.session is None:
        return times.open <= at < times.auction or at == times.close
    span = times.off_hours[kind.session]
    return span.start <= at < span.end


def _check_fills(market: DayMarket, account: Account, log: Log) -> None:
    today = [one for one in account.fills if one.number in account.orders]
    for fill in today:
        order, row = account.orders[fill.number], market.rows[fill.code]
        one = market.listings[row]
        assert one.lower <= fill.price <= one.upper
        assert fill.price in market.grid(row) or _at_a_mid_price(fill, log)
        assert _in_session(market.hours, order, fill.at)
        if order.live_kind is not OrderKind.MARKET and order.price and not order.kind.is_mid:
            assert order.accepts(fill.price)
    assert account.reserved == 0
    assert all(one.status is not Status.ACCEPTED for one in account.orders.values())


def _at_a_mid_price(fill: FillRecord, log: Log) -> bool:
    """Tell whether a fill is of a mid-price order, or of one that met it: between two ticks."""
    return any(
        one.order.kind.is_mid
        and (one.at, one.price, one.order.code) == (fill.at, fill.price, fill.code)
        for one in log.events
        if one.what is Happening.FILLED
    )


def _check_notices(account: Account, log: Log) -> None:
    for order in account.orders.values():
        own = [event for event in log.events if event.order is order]
        filled = sum(event.quantity for event in own if event.what is Happening.FILLED)
        assert filled == order.filled <= order.quantity
        ended = (Happening.CANCELLED, Happening.AMENDED, Happening.EXPIRED)
        taken = sum(event.quantity for event in own if event.what in ended)
        if not order.is_cancel and order.status is not Status.REFUSED:
            assert filled + taken == order.quantity


def _check_totals(account: Account) -> None:
    bought, sold = (
        sum(one.quantity * one.price for one in account.fills if one.side is side) for side in Side
    )
    costs = account.total_costs
    assert account.cash == CASH - bought + sold - costs.fee - costs.tax >= 0
    for code in CODES:
        moved = sum(
            one.quantity if one.side is Side.BUY else -one.quantity
            for one in account.fills
            if one.code == code
        )
        assert account.held(code) == moved + (HELD if code == CODES[1] else 0) >= 0


BID = st.tuples(
    st.integers(0, 1), st.integers(988, 1_012), st.integers(1, 4_000), st.integers(0, 90)
)


@settings(max_examples=40, deadline=None)
@given(bids=st.lists(BID, min_size=2, max_size=12), side=st.sampled_from(list(Side)))
def test_better_prices_and_earlier_orders_come_first(
    market: DayMarket, bids: list[tuple[int, int, int, int]], side: Side
) -> None:
    accounts = [Account(f"{n}1111111-01", CostRules.REAL, market.hours.day, 10**12) for n in (1, 2)]
    for account in accounts:
        account.holdings[CODES[0]] = Holding(CODES[0], 10**6, 10**10)
    venue, log = Venue(market, accounts), Log()
    venue.listen(log)
    venue.advance(market.hours.open + 30 * MINUTE)
    orders = []
    for who, price, quantity, wait in bids:
        ticket = Ticket(CODES[0], side, OrderKind.LIMIT, quantity, 10 * price)
        orders.append(venue.submit(accounts[who], ticket))
        venue.advance(venue.now + wait * SECOND)
    venue.run_out()
    fills = [one for one in log.events if one.what is Happening.FILLED]
    done = {
        order.number: max((one.at for one in fills if one.order is order), default=None)
        if order.filled == order.quantity
        else None
        for order in orders
    }
    for first, second in permutations(orders, 2):
        if _comes_before(first, second):
            passed = [one for one in fills if one.order is second and one.at > first.at + LATENCY]
            last = done[first.number]
            assert all(last is not None and last <= one.at for one in passed)


def _comes_before(first: Order, second: Order) -> bool:
    if first.price == second.price:
        return first.number < second.number
    return first.price > second.price if first.side is Side.BUY else first.price < second.price


@pytest.mark.parametrize("kind", list(OrderKind))
def test_every_kind_has_an_end(kind: OrderKind) -> None:
    # Since NXT was there, KRX had the single price only for what NXT does not trade.
    day = date(2024, 3, 4) if kind is OrderKind.SINGLE_PRICE else DAYS[0]
    market = DayMarket(LISTINGS, hours(day), 7)
    account = Account("11111111-01", CostRules.REAL, day, 10**9)
    place = Place.KRX if Market.KRX in kind.rule.venues else Place.NXT
    venue = Venue(market, [account])
    span = market.hours.off_hours.get(kind.session) if kind.session else None
    if place is Place.NXT:
        span = min(market.hours.nxt.values(), key=lambda one: one.start)
    venue.advance(span.start if span else market.hours.open + MINUTE)
    order = venue.submit(account, Ticket(CODES[0], Side.BUY, kind, 5, 10_000, 10_000, place))
    venue.run_out()
    assert order.status in (Status.FILLED, Status.CANCELLED, Status.EXPIRED)
    assert account.reserved == 0

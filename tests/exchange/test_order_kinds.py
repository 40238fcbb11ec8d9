"""Mid-price and stop orders, and the sessions outside regular hours."""

from datetime import date, time

import pytest
from tests.exchange.conftest import LISTINGS, hours, listing

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.depth import Depth, Level
from maemae.exchange.listing import Listing
from maemae.exchange.moment import MINUTE, SECOND, moment_at
from maemae.exchange.orders import OrderKind, Status, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket, Point
from maemae.exchange.venue import Venue
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

DAY = date(2026, 10, 13)
CODE = "000010"
IDLE = listing("000060", (10_000, 10_000, 10_000, 10_000), 0)


def _venue(at: str, listings: list[Listing] | None = None) -> tuple[Venue, Account]:
    market = DayMarket(listings or [*LISTINGS, IDLE], hours(DAY), 7)
    account = Account("11111111-01", CostRules.REAL, DAY, 100_000_000)
    account.holdings[CODE] = Holding(CODE, 500, 5_000_000)
    venue = Venue(market, [account])
    venue.advance(_at(at))
    return venue, account


def _at(clock_time: str) -> int:
    return moment_at(DAY, time.fromisoformat(clock_time))


def _refused(venue: Venue, account: Account, ticket: Ticket) -> Reason:
    with pytest.raises(Refusal) as caught:
        venue.submit(account, ticket)
    return caught.value.reason


def _ticket(kind: str, price: int = 0, side: Side = Side.BUY, **given: int) -> Ticket:
    return Ticket(
        CODE, side, OrderKind(kind), given.get("quantity", 10), price, given.get("stop", 0)
    )


def test_a_mid_price_order_trades_between_bid_and_ask() -> None:
    venue, account = _venue("09:30")
    order = venue.submit(account, _ticket("21"))
    venue.advance(venue.now + SECOND)
    depth = venue.floor.book(CODE).depth
    assert order.price == (depth.asks[0].price + depth.bids[0].price) // 2
    venue.advance(venue.now + 10 * MINUTE)
    assert order.status is Status.FILLED
    low, high = LISTINGS[0].low, LISTINGS[0].high
    assert all(low <= fill.price <= high for fill in account.fills)
    assert account.reserved == 0


def test_mid_price_orders_of_clients_meet() -> None:
    venue, account = _venue("09:30")
    venue.submit(account, _ticket("21", side=Side.SELL))
    lonely = venue.submit(account, _ticket("24", quantity=20))
    part = venue.submit(account, _ticket("23", quantity=20))
    venue.advance(venue.now + 60_000)
    assert (lonely.filled, lonely.status) == (0, Status.CANCELLED)
    assert (part.filled, part.status) == (10, Status.CANCELLED)
    assert {fill.price for fill in account.fills} == {account.fills[0].price}


def test_a_mid_price_order_follows_the_book() -> None:
    venue, account = _venue("09:30")
    order = venue.submit(account, _ticket("21"))
    venue.advance(venue.now + 60_000)
    book = venue.floor.book(CODE)
    book.show(Point(9_000, 0, 10_100, 1, True), Depth([Level(10_120, 5)], [Level(10_080, 5)]))
    assert order.price == 10_100


def test_a_stop_order_waits_for_its_price() -> None:
    venue, account = _venue("09:30")
    reach = LISTINGS[0].high
    order = venue.submit(account, _ticket("22", reach, stop=reach))
    venue.advance(venue.now + SECOND)
    assert order.waits
    row = venue.floor.market.rows[CODE]
    points = [p for p in venue.floor.market.points(row, venue.hours.auction) if p.price >= reach]
    first = next(point for point in points if point.at > venue.now)
    venue.advance(first.at - 1)
    assert (order.waits, order.filled) == (True, 0)
    venue.advance(first.at + MINUTE)
    assert not order.waits
    assert order.filled == 10
    assert order.stop == reach


def test_a_sale_stops_below() -> None:
    venue, account = _venue("09:30")
    never = venue.submit(account, _ticket("22", 7_010, Side.SELL, stop=7_010))
    at_once = venue.submit(account, _ticket("22", 7_010, Side.SELL, stop=12_000))
    venue.advance(venue.now + SECOND)
    assert (never.filled, at_once.filled) == (0, 10)
    changed = venue.amend(account, never.number, OrderKind.STOP, 7_020, None)
    venue.advance(venue.now + SECOND)
    assert (changed.waits, changed.stop, changed.price) == (True, 7_010, 7_020)
    with pytest.raises(Refusal):
        venue.amend(account, changed.number, OrderKind.LIMIT, 7_030, None)
    venue.advance(venue.hours.close + MINUTE)
    assert changed.status is Status.EXPIRED


@pytest.mark.parametrize(("stop", "reason"), [(10_003, "OFF_TICK"), (20_000, "OUTSIDE_LIMITS")])
def test_a_stop_price_is_a_price(stop: int, reason: str) -> None:
    venue, account = _venue("09:30")
    assert _refused(venue, account, _ticket("22", 10_000, stop=stop)) is Reason[reason]


def test_mid_price_and_stop_orders_need_continuous_trading() -> None:
    venue, account = _venue("08:45")
    assert _refused(venue, account, _ticket("21")) is Reason.WRONG_KIND
    assert _refused(venue, account, _ticket("22", 10_000, stop=10_000)) is Reason.WRONG_KIND


def test_after_the_close_trades_are_at_the_close() -> None:
    venue, account = _venue("15:29")
    assert _refused(venue, account, _ticket("06")) is Reason.WRONG_KIND
    venue.advance(_at("15:35"))
    assert _refused(venue, account, _ticket("01")) is Reason.AFTER_HOURS
    order = venue.submit(account, _ticket("06"))
    assert account.reserved >= 10 * LISTINGS[0].close > account.reserved - 1_000
    venue.advance(_at("15:40"))
    assert order.filled == 0
    with pytest.raises(Refusal):
        venue.amend(account, order.number, OrderKind.POST_CLOSE, 0, None)
    venue.advance(_at("16:00"))
    assert [(fill.price, fill.at > _at("15:40")) for fill in account.fills] == [
        (LISTINGS[0].close, True)
    ]
    assert _refused(venue, account, _ticket("06")) is Reason.AFTER_HOURS
    assert venue.floor.state(CODE).volume == LISTINGS[0].volume


def test_before_the_open_trades_are_at_the_close_before() -> None:
    venue, account = _venue("08:30")
    first = venue.submit(account, _ticket("05"))
    venue.advance(_at("08:41"))
    assert [fill.price for fill in account.fills] == [LISTINGS[0].base]
    assert first.status is Status.FILLED
    assert _refused(venue, account, _ticket("05")) is Reason.WRONG_KIND


def test_what_the_close_does_not_fill_ends_with_its_session() -> None:
    venue, account = _venue("15:45")
    order = venue.submit(account, _ticket("06", side=Side.SELL, quantity=1))
    locked = venue.submit(account, Ticket("000030", Side.BUY, OrderKind.POST_CLOSE, 10))
    request = venue.cancel(account, order.number)
    venue.advance(_at("16:01"))
    assert (order.status, request.status) == (Status.CANCELLED, Status.CANCELLED)
    assert (locked.filled, locked.status) == (0, Status.EXPIRED)


def test_the_after_market_trades_until_eight() -> None:
    venue, account = _venue("15:59")
    assert _refused(venue, account, _ticket("41", 10_400)) is Reason.BEFORE_HOURS
    venue.advance(_at("16:30"))
    buy = venue.submit(account, _ticket("44"))
    rest = venue.submit(account, _ticket("41", 10_350))
    gone = venue.submit(account, _ticket("43", 10_000))
    venue.advance(venue.now + SECOND)
    assert buy.filled == 10
    assert gone.status is Status.CANCELLED
    assert _refused(venue, account, _ticket("41", 14_000)) is Reason.OUTSIDE_LIMITS
    changed = venue.amend(account, rest.number, OrderKind.AFTER_LIMIT, 9_000, None)
    venue.advance(_at("20:01"))
    assert changed.status is Status.EXPIRED
    assert all(abs(fill.price - LISTINGS[0].close) <= 60 for fill in account.fills)
    assert venue.floor.state(CODE).price == LISTINGS[0].close
    assert account.reserved == 0


def test_the_after_market_takes_no_idle_instruments() -> None:
    venue, account = _venue("16:30")
    ticket = Ticket("000060", Side.BUY, OrderKind.AFTER_LIMIT, 1, 10_000)
    assert _refused(venue, account, ticket) is Reason.NOT_IN_SESSION


def test_orders_of_the_regular_session_are_not_carried_over() -> None:
    venue, account = _venue("15:00")
    order = venue.submit(account, _ticket("00", 7_500))
    venue.advance(_at("16:01"))
    assert order.status is Status.EXPIRED

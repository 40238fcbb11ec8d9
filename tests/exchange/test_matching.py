"""Price-time priority, queues, partial fills, auctions and locked limits."""

import pytest
from tests.exchange.conftest import DAY, LISTINGS, hours

from maemae.exchange.depth import Depth, Level, depth_around
from maemae.exchange.grid import grid
from maemae.exchange.matching import OrderBook
from maemae.exchange.orders import Order, OrderKind, Status, Ticket
from maemae.exchange.replay import DayMarket, Point
from maemae.market.kinds import Market, Side

BUY, SELL = Side.BUY, Side.SELL
DAY_MARKET = DayMarket(LISTINGS[:1], hours(), 7)


class Floor:
    """An order book that keeps its fills."""

    def __init__(self) -> None:
        self.fills: list[tuple[int, int, int]] = []
        self.book = OrderBook(self._filled)
        self._count = 0

    def _filled(self, order: Order, quantity: int, price: int, at: int) -> None:
        order.filled += quantity
        if order.filled == order.quantity:
            order.status = Status.FILLED
        self.fills.append((order.number, quantity, price))

    def enter(self, side: Side, quantity: int, price: int = 0, kind: str = "") -> Order:
        self._count += 1
        what = OrderKind(kind or ("00" if price else "01"))
        order = Order(self._count, "a", Ticket("000010", side, what, quantity, price), self._count)
        self.book.enter(order, self._count)
        return order

    def trade(self, price: int, volume: int, *, bought: bool, depth: Depth | None = None) -> None:
        self.book.trade(Point(1, 99, price, volume, bought), depth or Depth())


def depth() -> Depth:
    return Depth(
        asks=[Level(1_001, 30), Level(1_002, 50), Level(1_003, 80)],
        bids=[Level(1_000, 40), Level(999, 60), Level(998, 70)],
    )


@pytest.fixture
def floor() -> Floor:
    floor = Floor()
    floor.book.depth = depth()
    return floor


def test_a_market_order_walks_the_levels_and_its_rest_stays(floor: Floor) -> None:
    order = floor.enter(BUY, 200)
    assert floor.fills == [(1, 30, 1_001), (1, 50, 1_002), (1, 80, 1_003)]
    assert order.remaining == 40
    floor.trade(1_004, 5, bought=True, depth=Depth(asks=[Level(1_004, 25)], bids=[]))
    assert floor.fills[3:] == [(1, 25, 1_004)]
    assert order.remaining == 15


def test_a_limit_order_stops_at_its_price(floor: Floor) -> None:
    order = floor.enter(BUY, 100, 1_002)
    assert floor.fills == [(1, 30, 1_001), (1, 50, 1_002)]
    assert order.remaining == 20
    assert floor.book.orders == [order]


def test_taken_shares_are_gone(floor: Floor) -> None:
    floor.enter(BUY, 20)
    floor.enter(BUY, 20)
    assert floor.fills == [(1, 20, 1_001), (2, 10, 1_001), (2, 10, 1_002)]


def test_a_resting_order_waits_behind_what_was_displayed(floor: Floor) -> None:
    floor.enter(BUY, 10, 1_000)
    floor.trade(1_000, 25, bought=False, depth=depth())
    assert floor.fills == []
    floor.trade(1_000, 18, bought=False, depth=depth())
    assert floor.fills == [(1, 3, 1_000)]
    floor.trade(1_000, 50, bought=False, depth=depth())
    assert floor.fills[1:] == [(1, 7, 1_000)]


def test_a_queue_gets_shorter_when_the_display_does(floor: Floor) -> None:
    floor.enter(BUY, 10, 1_000)
    floor.trade(1_001, 1, bought=True, depth=Depth([Level(1_001, 9)], [Level(1_000, 4)]))
    floor.trade(1_000, 5, bought=False, depth=depth())
    assert floor.fills == [(1, 1, 1_000)]


def test_better_prices_first_then_earlier_orders(floor: Floor) -> None:
    floor.book.depth = Depth()
    for price in (990, 995, 995):
        floor.enter(BUY, 10, price)
    floor.trade(980, 25, bought=False)
    assert floor.fills == [(2, 10, 995), (3, 10, 995), (1, 5, 990)]


def test_an_order_that_the_market_trades_through_is_filled_at_its_price(floor: Floor) -> None:
    floor.enter(BUY, 50, 998)
    crossed = Depth(asks=[Level(996, 20), Level(997, 30)], bids=[Level(995, 5)])
    floor.trade(996, 10, bought=False, depth=crossed)
    assert floor.fills == [(1, 10, 998), (1, 20, 998), (1, 20, 998)]


def test_clients_trade_with_one_another_at_the_earlier_price(floor: Floor) -> None:
    floor.book.depth = Depth()
    floor.enter(SELL, 10, 1_005)
    floor.enter(SELL, 10, 1_004)
    floor.enter(BUY, 15, 1_010)
    assert floor.fills == [(2, 10, 1_004), (3, 10, 1_004), (1, 5, 1_005), (3, 5, 1_005)]


def test_displayed_shares_that_came_first_are_taken_first(floor: Floor) -> None:
    floor.enter(SELL, 10, 1_001)
    floor.enter(BUY, 35, 1_001)
    assert floor.fills == [(2, 30, 1_001), (1, 5, 1_001), (2, 5, 1_001)]


def test_an_auction_has_one_price(floor: Floor) -> None:
    floor.book.depth = Depth()
    for side, quantity, price in ((BUY, 30, 0), (BUY, 30, 1_010), (BUY, 99, 1_000), (BUY, 9, 999)):
        order = Order(
            len(floor.book.orders) + 1, "a",
            Ticket("000010", side, OrderKind("00" if price else "01"), quantity, price), 0,
        )  # fmt: skip
        floor.book.rest(order)
    floor.book.auction(1_000, 100, 5)
    assert floor.fills == [(1, 30, 1_000), (2, 30, 1_000)]
    floor.book.auction(1_000, 100, 6)
    assert floor.fills[2:] == [(3, 50, 1_000)]


def test_a_conditional_order_becomes_a_market_order(floor: Floor) -> None:
    order = floor.enter(BUY, 10, 990, kind="02")
    floor.book.convert()
    floor.book.auction(1_020, 10, 5)
    assert floor.fills == [(order.number, 10, 1_020)]


@pytest.mark.parametrize(("price", "asks", "bids"), [(13_000, 0, 10), (7_000, 10, 0)])
def test_a_locked_limit_has_one_side(price: int, asks: int, bids: int) -> None:
    book = depth_around(DAY_MARKET, 0, Point(5, 0, price, 10, True), 1)
    assert (len(book.asks), len(book.bids)) == (asks, bids)


@pytest.mark.parametrize("bought", [True, False])
@pytest.mark.parametrize("price", [7_010, 10_000, 12_990])
def test_levels_are_on_the_grid_and_inside_the_limits(price: int, bought: bool) -> None:
    steps = grid(DAY, Market.KOSPI)
    book = depth_around(DAY_MARKET, 0, Point(5, 0, price, 10, bought), 1)
    asks, bids = [one.price for one in book.asks], [one.price for one in book.bids]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert (asks[0] if bought else bids[0]) == price
    assert all(one in steps and 7_000 <= one <= 13_000 for one in asks + bids)
    assert bids[0] < asks[0]

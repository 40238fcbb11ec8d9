"""A real book that does not know of us: known books, known trades, fills reckoned by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.exchange.depth import Level
from maemae.exchange.fed.book import FedBook
from maemae.exchange.fed.care import CARES, CareName
from maemae.exchange.moment import Moment
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.exchange.replay import Point
from maemae.market.kinds import Side

Shown = Sequence[tuple[int, int]]

ASKS: Shown = [(10_010, 100), (10_020, 200), (10_030, 300)]
BIDS: Shown = [(10_000, 150), (9_990, 250), (9_980, 350)]


@dataclass
class Desk:
    """A book with its care, and the fills of the orders that were put into it."""

    care: CareName = "usual"
    fills: list[tuple[int, int, int]] = field(default_factory=list)
    """Order number, shares, price."""

    def __post_init__(self) -> None:
        self.book = FedBook(self._fill, CARES[self.care])
        self._number = 0

    def _fill(self, order: Order, quantity: int, price: int, at: Moment) -> None:
        del at
        assert 0 < quantity <= order.remaining
        order.filled += quantity
        self.fills.append((order.number, quantity, price))

    def see(self, asks: Shown = ASKS, bids: Shown = BIDS) -> None:
        self.book.see([Level(*one) for one in asks], [Level(*one) for one in bids], 0)

    def order(self, side: Side, quantity: int, price: int = 0) -> Order:
        self._number += 1
        kind = OrderKind.LIMIT if price else OrderKind.MARKET
        order = Order(self._number, "a", Ticket("000010", side, kind, quantity, price), 0)
        self.book.enter(order, self._number)
        return order

    def trade(self, price: int, quantity: int, *, bought: bool) -> None:
        self.book.arrive(Point(0, 0, price, quantity, bought))

    @property
    def got(self) -> list[tuple[int, int]]:
        return [(quantity, price) for _number, quantity, price in self.fills]


def test_an_order_at_market_walks_the_book_and_takes_what_is_shown() -> None:
    desk = Desk()
    desk.see()
    order = desk.order(Side.BUY, 250)
    assert desk.got == [(100, 10_010), (150, 10_020)]
    assert order.remaining == 0


def test_what_is_left_of_an_order_at_market_takes_what_is_shown_next() -> None:
    desk = Desk()
    desk.see()
    order = desk.order(Side.BUY, 700)
    assert order.remaining == 100
    desk.see()
    assert order.remaining == 100
    desk.see(asks=[*ASKS[:2], (10_030, 340)])
    assert desk.got[3:] == [(40, 10_030)]
    desk.see(asks=[(10_040, 500)])
    assert desk.got[4:] == [(60, 10_040)]


def test_shares_taken_stay_taken_while_the_level_stands() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 100, 10_010)
    for _ in range(3):
        desk.see()
        assert desk.order(Side.BUY, 100, 10_010).remaining == 100
    assert desk.got == [(100, 10_010)]


def test_shares_that_come_new_to_a_level_can_be_taken() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 100, 10_010)
    desk.see(asks=[(10_010, 130), *ASKS[1:]])
    assert desk.order(Side.BUY, 100).filled == 100
    assert desk.got[1:] == [(30, 10_010), (70, 10_020)]


def test_a_level_that_was_worn_down_and_filled_up_again_is_new() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 100, 10_010)
    desk.see(asks=[(10_010, 20), *ASKS[1:]])
    desk.see(asks=[(10_010, 120), *ASKS[1:]])
    desk.order(Side.BUY, 100, 10_010)
    assert desk.got[1:] == [(100, 10_010)]


def test_a_level_that_left_the_book_is_new_when_it_returns() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 100, 10_010)
    desk.see(asks=ASKS[1:])
    desk.see()
    desk.order(Side.BUY, 100, 10_010)
    assert desk.got == [(100, 10_010)] * 2


def test_a_resting_order_waits_for_the_queue_before_it() -> None:
    desk = Desk()
    desk.see()
    order = desk.order(Side.BUY, 50, 10_000)
    desk.trade(10_000, 100, bought=False)
    assert not desk.fills
    desk.trade(10_000, 70, bought=False)
    assert desk.got == [(20, 10_000)]
    desk.trade(10_000, 70, bought=False)
    assert order.remaining == 0


def test_trades_of_buyers_at_its_price_fill_no_purchase() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 50, 10_000)
    desk.trade(10_000, 1_000, bought=True)
    assert not desk.fills


def test_a_touch_without_volume_fills_nothing() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 50, 10_000)
    desk.see(asks=[(10_000, 500)], bids=[(9_990, 100)])
    desk.book.see_best(Level(9_980, 500), Level(9_970, 100), 0)
    assert not desk.fills


def test_trades_through_its_price_fill_it_up_to_their_volume() -> None:
    desk = Desk()
    desk.see()
    order = desk.order(Side.BUY, 50, 10_000)
    desk.trade(9_990, 30, bought=False)
    assert desk.got == [(30, 10_000)]
    desk.trade(9_990, 30, bought=False)
    assert order.remaining == 0
    assert desk.got[1:] == [(20, 10_000)]


def test_a_trade_serves_the_better_price_first_and_once() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 30, 10_000)
    desk.order(Side.BUY, 30, 10_010)  # Takes what is shown.
    desk.see(asks=[(10_020, 10)], bids=BIDS)
    desk.order(Side.BUY, 30, 10_010)
    desk.trade(10_000, 190, bought=False)
    assert desk.fills[1:] == [(3, 30, 10_010), (1, 10, 10_000)]


@pytest.mark.parametrize(("care", "ahead"), [("usual", 75), ("careful", 150), ("easy", 0)])
def test_who_leaves_the_queue_stood_where_the_care_says(care: CareName, ahead: int) -> None:
    desk = Desk(care)
    desk.see(bids=[(10_000, 150)])
    order = desk.order(Side.BUY, 50, 10_000)
    desk.see(bids=[(10_000, 300)])  # 150 came behind it.
    desk.see(bids=[(10_000, 150)])  # 150 of 300 left.
    assert order.ahead == ahead


def test_the_queue_is_never_longer_than_what_is_shown() -> None:
    desk = Desk("careful")
    desk.see()
    order = desk.order(Side.BUY, 50, 10_000)
    desk.see(bids=[(10_000, 40)])
    assert order.ahead == 40
    desk.see(bids=[(10_000, 400)])
    assert order.ahead == 40
    desk.see(bids=[(9_990, 250)])
    assert order.ahead == 0


def test_a_price_too_deep_to_be_shown_has_a_queue_that_nobody_knows() -> None:
    desk = Desk()
    desk.see()
    order = desk.order(Side.BUY, 50, 9_900)
    desk.trade(9_900, 5_000, bought=False)
    assert not desk.fills
    desk.see(asks=[(9_910, 10)], bids=[(9_900, 60)])
    assert order.ahead == 60
    desk.trade(9_900, 70, bought=False)
    assert desk.got == [(10, 9_900)]


def test_an_order_that_came_before_any_book_meets_the_first_one() -> None:
    desk = Desk()
    limit, deep = desk.order(Side.BUY, 150, 10_010), desk.order(Side.BUY, 50, 9_990)
    assert not desk.fills
    desk.see()
    assert desk.fills == [(1, 100, 10_010)]
    assert deep.ahead == 250
    desk.see()
    desk.see(asks=[(10_010, 400)])
    assert limit.filled == 100  # It has met its book: what touches it later fills nothing.


def test_an_old_book_is_hidden_and_what_was_taken_of_it_stays_taken() -> None:
    desk = Desk()
    desk.see()
    desk.order(Side.BUY, 60, 10_010)
    desk.book.doubt(0)
    order = desk.order(Side.BUY, 100)
    assert order.filled == 0
    desk.see()
    assert desk.got == [(60, 10_010), (40, 10_010), (60, 10_020)]


def test_a_careful_fill_leaves_half_to_others() -> None:
    desk = Desk("careful")
    desk.see()
    desk.order(Side.BUY, 100)
    assert desk.got == [(50, 10_010), (50, 10_020)]
    desk.order(Side.BUY, 100, 10_000)
    desk.trade(9_990, 31, bought=False)
    desk.trade(9_990, 1, bought=False)
    assert desk.got[2:] == [(15, 10_000), (1, 10_000)]


def test_an_auction_fills_by_its_print_and_leaves_the_queue_unknown() -> None:
    desk = Desk()
    better, same = (
        Order(n, "a", Ticket("000010", Side.BUY, OrderKind.LIMIT, 100, price), 0)
        for n, price in ((1, 10_100), (2, 10_000))
    )
    for order in (better, same):
        desk.book.rest(order)
    desk.book.auction(10_000, 240, 0)
    assert desk.fills == [(1, 100, 10_000), (2, 20, 10_000)]
    desk.trade(10_000, 500, bought=False)
    assert same.filled == 20


@given(
    care=st.sampled_from(list(CARES)),
    seed=st.integers(0, 10_000),
    steps=st.integers(1, 60),
)
def test_nobody_is_filled_by_more_than_was_shown_and_traded(
    care: CareName, seed: int, steps: int
) -> None:
    """Whatever happens: bought shares are at most all asks that ever came new, and all trades."""
    chance, desk = Random(seed), Desk(care)
    supply, before = 0, dict[int, int]()
    for _ in range(steps):
        match chance.randrange(3):
            case 0:
                low = 10_000 + 10 * chance.randrange(-3, 4)
                asks = [(low + 10 * n, chance.randrange(1, 200)) for n in range(3)]
                now = dict(asks)
                supply += sum(max(0, n - before.get(price, 0)) for price, n in now.items())
                before = now
                desk.see(asks, [(low - 10 * n, chance.randrange(1, 200)) for n in range(1, 4)])
            case 1:
                quantity = chance.randrange(1, 100)
                supply += quantity
                price = 10_000 + 10 * chance.randrange(-4, 5)
                desk.trade(price, quantity, bought=chance.random() < 0.5)
            case _:
                price = 0 if chance.random() < 0.3 else 10_000 + 10 * chance.randrange(-4, 5)
                desk.order(Side.BUY, chance.randrange(1, 300), price)
        assert sum(quantity for quantity, _price in desk.got) <= supply

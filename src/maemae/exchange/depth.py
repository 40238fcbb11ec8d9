"""The displayed order book: ten levels a side around the replayed price."""

from dataclasses import dataclass

from maemae.exchange.grid import Grid
from maemae.exchange.listing import Listing
from maemae.exchange.noise import mix
from maemae.exchange.replay import Point
from maemae.market.kinds import Side

LEVELS = 10
_CROWD = 20
"""At a locked limit that many times the usual shares queue."""

_POINTS_PER_LEVEL = 1_500
"""A level shows about this fraction of the day's volume."""


@dataclass(slots=True)
class Level:
    """Shares offered at a price."""

    price: int
    quantity: int


class Depth:
    """Displayed asks (매도호가) and bids (매수호가), the best first.

    Clients' fills take shares away; the next trade of the replayed market redraws everything.
    No asks are shown at the locked upper limit, no bids at the locked lower limit.
    """

    def __init__(self, asks: list[Level] | None = None, bids: list[Level] | None = None) -> None:
        self.asks = asks or []
        self.bids = bids or []

    def against(self, side: Side) -> list[Level]:
        """Return the levels that an order of this side can take."""
        return self.asks if side is Side.BUY else self.bids

    def beside(self, side: Side) -> list[Level]:
        """Return the levels that an order of this side joins."""
        return self.bids if side is Side.BUY else self.asks

    @property
    def middle(self) -> int | None:
        """Half-way between best ask and bid, cut to the won (중간가); None without both."""
        if not self.asks or not self.bids:
            return None
        return (self.asks[0].price + self.bids[0].price) // 2

    def queued(self, side: Side, price: int) -> int:
        """Return the displayed shares that an order joining at a price stands behind.

        Beyond the ten levels the last level's shares are assumed.
        """
        levels = self.beside(side)
        for level in levels:
            if level.price == price:
                return level.quantity
        if not levels:
            return 0
        last = levels[-1]
        deeper = price < last.price if side is Side.BUY else price > last.price
        return last.quantity if deeper else 0

    def shown(self, side: Side, price: int) -> int | None:
        """Return the displayed shares at a price, or None where it is not displayed."""
        return next((one.quantity for one in self.beside(side) if one.price == price), None)

    @staticmethod
    def take(levels: list[Level], quantity: int) -> None:
        """Take shares from the best level, which must have them."""
        levels[0].quantity -= quantity
        if levels[0].quantity == 0:
            del levels[0]


def depth_around(listing: Listing, grid: Grid, point: Point, key: tuple[int, int]) -> Depth:
    """Draw the book after a trade: a buy was at the best ask, a sale at the best bid.

    Args:
        listing: the instrument.
        grid: its prices.
        point: the trade.
        key: seed and row, which choose the quantities.
    """
    step = grid.floor(point.price)
    lowest, highest = grid.ceil(listing.lower), grid.floor(listing.upper)
    unit = max(1, listing.volume // _POINTS_PER_LEVEL)
    best_ask = step if point.bought and step > lowest else step + 1
    best_bid = best_ask - 1
    if step >= highest:
        best_ask, best_bid = highest + 1, highest
    elif step <= lowest:
        best_ask, best_bid = lowest, lowest - 1
    asks = range(best_ask, min(best_ask + LEVELS, highest + 1))
    bids = range(best_bid, max(best_bid - LEVELS, lowest - 1), -1)
    depth = Depth(
        [_level(grid, s, unit, (*key, point.index, n, 1)) for n, s in enumerate(asks)],
        [_level(grid, s, unit, (*key, point.index, n, 2)) for n, s in enumerate(bids)],
    )
    if not depth.asks:
        depth.bids[0].quantity *= _CROWD
    if not depth.bids:
        depth.asks[0].quantity *= _CROWD
    return depth


def _level(grid: Grid, step: int, unit: int, key: tuple[int, ...]) -> Level:
    nearness = key[-2]
    quantity = unit // 2 + mix(*key) % (unit + 1)
    return Level(grid.price(step), max(1, quantity + quantity * nearness // 8))

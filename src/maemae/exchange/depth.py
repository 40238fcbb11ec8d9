"""The displayed order book: ten levels a side around the replayed price."""

from dataclasses import dataclass

from maemae.exchange.grid import Grid
from maemae.exchange.liquidity import MILLION, Liquidity
from maemae.exchange.noise import mix
from maemae.exchange.replay import DayMarket, Point
from maemae.market.kinds import Side

LEVELS = 10
_CROWD = 20
"""At a locked limit that many times the usual shares queue."""


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

    def thinned(self, part: int) -> "Depth":
        """Return the book with one share of so many, but one at each price at least."""
        if part == 1:
            return self
        asks, bids = (
            [Level(one.price, max(1, one.quantity // part)) for one in side]
            for side in (self.asks, self.bids)
        )
        return Depth(asks, bids)


def depth_around(market: DayMarket, row: int, point: Point, seed: int) -> Depth:
    """Draw the book after a trade: a buy was at the best ask, a sale at the best bid.

    Args:
        market: the instrument's day.
        row: the instrument.
        point: the trade.
        seed: chooses the quantities.
    """
    listing, grid = market.listings[row], market.grid(row)
    liquidity, drawn = market.liquidity(row), mix(seed, row, point.index)
    step = grid.floor(point.price)
    lowest, highest = grid.ceil(listing.lower), grid.floor(listing.upper)
    apart = _apart(liquidity.apart * point.price, grid.tick(step), mix(0, state=drawn))
    if step >= highest:
        best_ask, best_bid = highest + 1, highest
    elif step <= lowest:
        best_ask, best_bid = lowest, lowest - 1
    elif point.bought:
        best_ask, best_bid = step, max(step - apart, lowest)
    else:
        best_ask, best_bid = min(step + apart, highest), step
    asks = range(best_ask, min(best_ask + LEVELS, highest + 1))
    bids = range(best_bid, max(best_bid - LEVELS, lowest - 1), -1)
    depth = Depth(
        [_level(grid, s, liquidity, n, mix(n, 1, state=drawn)) for n, s in enumerate(asks)],
        [_level(grid, s, liquidity, n, mix(n, 2, state=drawn)) for n, s in enumerate(bids)],
    )
    if not depth.asks:
        depth.bids[0].quantity *= _CROWD
    if not depth.bids:
        depth.asks[0].quantity *= _CROWD
    return depth


def _apart(wanted: int, tick: int, noise: int) -> int:
    """Return how many ticks lie between bid and ask: so many millionths of a won on average."""
    whole, rest = divmod(wanted, tick * MILLION)
    return max(1, whole + (noise % (tick * MILLION) < rest))


def _level(grid: Grid, step: int, liquidity: Liquidity, behind: int, noise: int) -> Level:
    """Return a level; `behind`: how many are nearer to the middle."""
    unit = liquidity.level(grid.tick(step))
    quantity = unit // 2 + noise % (unit + 1)
    return Level(grid.price(step), (quantity + quantity * behind // 8) or 1)

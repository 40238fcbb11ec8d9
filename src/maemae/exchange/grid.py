"""The price grid of a market on a day, as an array: ticks become steps of an index."""

from bisect import bisect_left, bisect_right
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from maemae.market.kinds import Kind, Market
from maemae.market.limits import limit_percent
from maemae.market.ticks import Bands, tick_bands

Prices = npt.NDArray[np.int64]

_HIGHEST = 4_000_000
"""Won; above the dearest share of the Korean market by a factor of three."""


class Grid:
    """All valid prices of a market on a day, ascending, up to four million won.

    Args:
        bands: the tick table of the day.
        percent: the width of the day's price limits on one side.
    """

    def __init__(self, bands: Bands, percent: int) -> None:
        ends = [start for start, _ in bands[1:]] + [_HIGHEST]
        parts = [
            np.arange(start or tick, end, tick, dtype=np.int64)
            for (start, tick), end in zip(bands, ends, strict=True)
        ]
        self.prices: Prices = np.concatenate(parts)
        self._sorted: list[int] = self.prices.tolist()
        gaps = np.diff(self.prices)
        self._gaps: list[int] = [*gaps.tolist(), int(gaps[-1])]
        self._starts = np.array([start for start, _ in bands], dtype=np.int64)
        self._ticks = np.array([tick for _, tick in bands], dtype=np.int64)
        self._percent = percent

    def floor(self, price: int) -> int:
        """Return the index of the highest valid price at or below a price (0: the lowest)."""
        return max(0, bisect_right(self._sorted, price) - 1)

    def ceil(self, price: int) -> int:
        """Return the index of the lowest valid price at or above a price."""
        return min(len(self._sorted) - 1, bisect_left(self._sorted, price))

    def price(self, index: int) -> int:
        """Return the price at an index."""
        return self._sorted[index]

    def tick(self, index: int) -> int:
        """Return the step from the price at an index to the next one."""
        return self._gaps[index]

    def below(self, prices: Prices) -> Prices:
        """Return for each price the highest valid one at or below it (or else the lowest)."""
        at = np.searchsorted(self.prices, prices, side="right") - 1
        found: Prices = self.prices[np.maximum(0, at)]
        return found

    def above(self, prices: Prices) -> Prices:
        """Return for each price the lowest valid one at or above it (or else the highest)."""
        at = np.searchsorted(self.prices, prices, side="left")
        found: Prices = self.prices[np.minimum(at, len(self.prices) - 1)]
        return found

    def limits(self, bases: Prices) -> tuple[Prices, Prices]:
        """Return the day's lower and upper limits of many ordinary shares, by their base prices.

        The same rule as `maemae.market.limits.price_limits`.
        """
        tick = self._tick(bases)
        width = np.maximum(bases * self._percent // 100 // tick * tick, tick)
        lower, upper = np.maximum(bases - width, self._ticks[0]), bases + width
        return lower + -lower % self._tick(lower), upper - upper % self._tick(upper)

    def _tick(self, prices: Prices) -> Prices:
        found: Prices = self._ticks[np.searchsorted(self._starts, prices, side="right") - 1]
        return found

    def __contains__(self, price: object) -> bool:
        """Tell whether a price is valid."""
        return isinstance(price, int) and self.price(self.floor(price)) == price


def grid(on: date, market: Market, kind: Kind = Kind.STOCK) -> Grid:
    """Return the (shared) grid of a market on a day."""
    return _grid(tick_bands(on, market, kind), limit_percent(on, market))


@lru_cache(maxsize=64)
def _grid(bands: Bands, percent: int) -> Grid:
    return Grid(bands, percent)

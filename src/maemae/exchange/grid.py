"""The price grid of a market on a day, as an array: ticks become steps of an index."""

from bisect import bisect_left, bisect_right
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from maemae.market.kinds import Kind, Market
from maemae.market.ticks import tick_bands

Prices = npt.NDArray[np.int64]

_HIGHEST = 4_000_000
"""Won; above the dearest share of the Korean market by a factor of three."""


class Grid:
    """All valid prices of a market on a day, ascending, up to four million won."""

    def __init__(self, on: date, market: Market, kind: Kind = Kind.STOCK) -> None:
        bands = tick_bands(on, market, kind)
        ends = [start for start, _ in bands[1:]] + [_HIGHEST]
        parts = [
            np.arange(start or tick, end, tick, dtype=np.int64)
            for (start, tick), end in zip(bands, ends, strict=True)
        ]
        self.prices: Prices = np.concatenate(parts)
        self._sorted: list[int] = self.prices.tolist()

    def floor(self, price: int) -> int:
        """Return the index of the highest valid price at or below a price (0: the lowest)."""
        return max(0, bisect_right(self._sorted, price) - 1)

    def ceil(self, price: int) -> int:
        """Return the index of the lowest valid price at or above a price."""
        return min(len(self._sorted) - 1, bisect_left(self._sorted, price))

    def price(self, index: int) -> int:
        """Return the price at an index."""
        return self._sorted[index]

    def __contains__(self, price: object) -> bool:
        """Tell whether a price is valid."""
        return isinstance(price, int) and self.price(self.floor(price)) == price


@lru_cache(maxsize=64)
def grid(on: date, market: Market, kind: Kind = Kind.STOCK) -> Grid:
    """Return the (shared) grid of a market on a day."""
    return Grid(on, market, kind)

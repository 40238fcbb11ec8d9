"""What clients' own trades do to the price, where a scenario asks for it.

The replayed market trades whatever the clients do. With an impact, what they have bought of an
instrument over the day beyond what they sold raises its later trades, and the other way round, by

    strength * (day's high - day's low) * square root of (shares / day's volume)

won: the square-root law of market impact, with the day's range for its volatility. The move lasts
for the day, and is taken back by trading the other way.
"""

from math import isqrt

import numpy as np
import numpy.typing as npt

from maemae.exchange.moment import Moment
from maemae.exchange.replay import DayMarket

_THOUSAND = 1_000


class Impact:
    """Moves a day's prices with the clients' fills.

    Args:
        market: the day's market, whose later prices are changed.
        strength: the factor above; 0: no impact.
    """

    def __init__(self, market: DayMarket, strength: float) -> None:
        self._market = market
        self._permille = round(strength * _THOUSAND)
        self._net: dict[int, int] = {}
        self._plain: dict[int, npt.NDArray[np.int64]] = {}

    def fill(self, code: str, shares: int, at: Moment) -> None:
        """Take in a fill of a client in the regular session; `shares` bought, negative for sold."""
        if not self._permille:
            return
        market = self._market
        row = market.rows[code]
        coming = market.next_point(row, at)
        self._net[row] = self._net.get(row, 0) + shares
        if coming is None:
            return
        if row not in self._plain:
            self._plain[row] = market.path(row)[0]
        later = self._plain[row][coming.index :] + self.moved(row)
        market.reprice(row, coming.index, self._valid(row, later))

    def moved(self, row: int) -> int:
        """Return by how many won an instrument's coming trades are moved, ticks apart."""
        net, one = self._net.get(row, 0), self._market.listings[row]
        if not net or not one.volume:
            return 0
        force = self._permille * (one.high - one.low)
        won = isqrt(force * force * abs(net) // one.volume) // _THOUSAND
        return won if net > 0 else -won

    def _valid(self, row: int, prices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return prices on the tick grid and within the day's limits."""
        one, grid = self._market.listings[row], self._market.grid(row)
        steps = np.searchsorted(grid.prices, prices, side="right") - 1
        valid: npt.NDArray[np.int64] = grid.prices[
            np.clip(steps, grid.ceil(one.lower), grid.floor(one.upper))
        ]
        return valid

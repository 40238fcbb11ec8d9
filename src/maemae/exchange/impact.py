"""What clients' own trades do to the price, where a scenario asks for it.

The replayed market trades whatever the clients do. With an impact, what they have bought of an
instrument over the day beyond what they sold raises its later trades, and the other way round, in
proportion: by the price that so many shares of the displayed book stand in, times 0.4. With a
strength above one the book of KRX is so much thinner besides (`Venue`).

Proportion is what keeps a round trip from paying: by a square root, bought in small parts and sold
at once, the price rose by more than it had cost (Huberman and Stanzl, Price manipulation and
quasi-arbitrage, Econometrica 72, 2004). With 0.4 of the book, whoever sells at once what he bought
in parts gives up more by walking down the book than he gained, however deep it happens to be.

The move lasts until the closing auction, whose price is that of the bar, as is the next day's base.
"""

import numpy as np
import numpy.typing as npt

from maemae.exchange.liquidity import MILLION
from maemae.exchange.moment import Moment
from maemae.exchange.replay import DayMarket

_THOUSAND = 1_000
_OF_THE_BOOK = 400
"""Thousandths of the price in which so many shares stand. `tests/exchange/test_impact.py`."""


class Impact:
    """Moves a day's prices with the clients' fills.

    Args:
        market: the day's market, whose later prices are changed.
        strength: times the move above; 0: no impact.
    """

    def __init__(self, market: DayMarket, strength: float) -> None:
        self._market = market
        self._permille = round(strength * _THOUSAND)
        self._net: dict[int, int] = {}
        self._plain: dict[int, npt.NDArray[np.int64]] = {}

    def fill(self, code: str, shares: int, at: Moment) -> None:
        """Take in a fill of a client; `shares` bought, negative for sold.

        Those in sessions besides continuous trading move nothing.
        """
        market = self._market
        if not self._permille or not market.hours.open <= at < market.hours.auction:
            return
        row = market.rows[code]
        coming = market.next_point(row, at)
        self._net[row] = self._net.get(row, 0) + shares
        if coming is None or coming.index == market.last_index:
            return
        if row not in self._plain:
            self._plain[row] = market.path(row)[0]
        later = self._plain[row][coming.index :].copy()
        later[:-1] = self._valid(row, later[:-1] + self.moved(row))
        market.reprice(row, coming.index, later)

    def moved(self, row: int) -> int:
        """Return by how many won an instrument's coming trades are moved, ticks apart."""
        market, net = self._market, self._net.get(row, 0)
        one = market.listings[row]
        if not net or not one.volume:
            return 0
        # A price has one share at least, however thin the book is.
        least = MILLION // market.grid(row).tick(market.grid(row).ceil(one.lower))
        per = max(market.liquidity(row).density * _THOUSAND // self._permille, least)
        won = _OF_THE_BOOK * abs(net) * MILLION // (_THOUSAND * per)
        return won if net > 0 else -won

    def _valid(self, row: int, prices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return prices on the tick grid and within the day's limits."""
        one, grid = self._market.listings[row], self._market.grid(row)
        steps = np.searchsorted(grid.prices, prices, side="right") - 1
        valid: npt.NDArray[np.int64] = grid.prices[
            np.clip(steps, grid.ceil(one.lower), grid.floor(one.upper))
        ]
        return valid

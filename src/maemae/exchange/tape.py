"""The running figures of one instrument's day, for whoever looks at it closely."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maemae.exchange.moment import MILLISECOND, Moment
from maemae.exchange.replay import DayMarket

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tape:
    """Figures at each point of a path, cumulative since the open.

    `high_at` and `low_at`: index of the point that made the extreme. Counts are numbers of
    trades, sums are shares; bought means that the trade was at the ask.
    """

    high: Ints
    low: Ints
    high_at: Ints
    low_at: Ints
    bought_count: Ints
    sold_count: Ints
    bought_sum: Ints
    sold_sum: Ints
    offsets: Ints
    opened: Moment

    def at(self, index: int) -> Moment:
        """Return the instant of a point."""
        return self.opened + int(self.offsets[index]) * MILLISECOND


def make_tape(market: DayMarket, row: int) -> Tape:
    """Work out the figures of one instrument."""
    prices, volumes, offsets = market.path(row)
    high, low = np.maximum.accumulate(prices), np.minimum.accumulate(prices)
    places = np.arange(len(prices))
    higher = np.diff(high, prepend=high[0] - 1) > 0
    lower = np.diff(low, prepend=low[0] + 1) < 0
    bought = _bought(prices, volumes, market.listings[row].base)
    trades = market.trades(row)
    return Tape(
        high=high,
        low=low,
        high_at=np.maximum.accumulate(np.where(higher, places, 0)),
        low_at=np.maximum.accumulate(np.where(lower, places, 0)),
        bought_count=np.cumsum(np.where(bought, trades, 0)),
        sold_count=np.cumsum(np.where(bought, 0, trades)),
        bought_sum=np.cumsum(np.where(bought, volumes, 0)),
        sold_sum=np.cumsum(np.where(bought, 0, volumes)),
        offsets=offsets.astype(np.int64),
        opened=market.hours.open,
    )


def sides(market: DayMarket, row: int, index: int) -> tuple[int, int]:
    """Return the shares that were traded at the ask and at the bid up to a point."""
    prices, volumes, _ = market.path(row)
    prices, volumes = prices[: index + 1], volumes[: index + 1]
    bought = int(volumes[_bought(prices, volumes, market.listings[row].base)].sum())
    return bought, int(volumes.sum()) - bought


def _bought(prices: Ints, volumes: Ints, base: int) -> npt.NDArray[np.bool_]:
    """Return which trades were at the ask."""
    before = np.concatenate(([base], prices[:-1]))
    at_ask: npt.NDArray[np.bool_] = (prices > before) | ((prices == before) & (volumes % 2 == 0))
    return at_ask

"""Statistics of the trading within days: times of highs, volume over the day, books and rates."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from maemae.exchange.depth import depth_around
from maemae.exchange.moment import MILLISECOND, MINUTE, Moment
from maemae.exchange.replay import DayMarket

HALF_HOUR: Moment = 30 * MINUTE
_LAST_HOUR: Moment = 60 * MINUTE
_LOOKS = 24
"""Books looked at in a name's day."""


@dataclass(slots=True)
class Trading:
    """What names did on some days, one element for each name and day.

    `first`, `rest`: change in the first half hour, and from there to the close, parts of one.
    `high_at`, `low_at`: part of the session gone at the high and the low. `trades`: their number.
    `best`: median quantity at the best price, as a part of the day's volume. `spread`: mean of
    best ask less best bid, as a part of the price; `ticks` the same in ticks. `last_hour`,
    `closing`, `opening`: parts of the volume: in the hour before the closing auction, in it, in
    the opening auction. `late`: whether the high is in the last half hour. `value`: won traded.
    """

    first: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    high_at: list[float] = field(default_factory=list)
    low_at: list[float] = field(default_factory=list)
    trades: list[int] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    spread: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    last_hour: list[float] = field(default_factory=list)
    closing: list[float] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)
    late: list[bool] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def add(self, market: DayMarket) -> None:
        """Take in a day."""
        for row, one in enumerate(market.listings):
            if one.volume and not one.halted:
                self._add(market, row)

    def _add(self, market: DayMarket, row: int) -> None:
        prices, volumes, offsets = market.path(row)
        traded = np.flatnonzero(volumes > 0)
        prices, volumes, offsets = prices[traded], volumes[traded], offsets[traded]
        hours = market.hours
        whole = (hours.close - hours.open) // MILLISECOND
        half = HALF_HOUR // MILLISECOND
        morning = int(np.searchsorted(offsets, half, side="right")) - 1
        if morning >= 0 and len(traded) > 1:
            self.first.append(prices[morning] / prices[0] - 1)
            self.rest.append(prices[-1] / prices[morning] - 1)
        high, low = int(offsets[np.argmax(prices)]), int(offsets[np.argmin(prices)])
        self.high_at.append(high / whole)
        self.low_at.append(low / whole)
        self.late.append(high >= whole - half)
        self.trades.append(int(market.trades(row).sum()))
        total, auction = float(volumes.sum()), (hours.auction - hours.open) // MILLISECOND
        last = (offsets >= auction - _LAST_HOUR // MILLISECOND) & (offsets < auction)
        self.last_hour.append(float(volumes[last].sum()) / total)
        self.closing.append(float(volumes[offsets >= auction].sum()) / total)
        self.opening.append(float(volumes[0]) / total if traded[0] == 0 else 0.0)
        self.value.append(float(prices[-1]) * total)
        self._look(market, row, traded)

    def _look(self, market: DayMarket, row: int, traded: npt.NDArray[np.int64]) -> None:
        """Look at the books after some of a name's trades."""
        one, grid = market.listings[row], market.grid(row)
        best, ticks, spreads = [], [], []
        for at in traded[:: max(1, len(traded) // _LOOKS)]:
            book = depth_around(market, row, market.point(row, int(at)), market.seed)
            if book.asks and book.bids:
                best += [book.asks[0].quantity, book.bids[0].quantity]
                ask, bid = book.asks[0].price, book.bids[0].price
                ticks.append(grid.floor(ask) - grid.floor(bid))
                spreads.append((ask - bid) / bid)
        if ticks:
            self.best.append(float(np.median(best)) / one.volume)
            self.ticks.append(float(np.mean(ticks)))
            self.spread.append(float(np.mean(spreads)))

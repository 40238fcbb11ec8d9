"""Condition searches (조건검색): which instruments a saved condition finds right now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from maemae.exchange.moment import Moment
from maemae.exchange.replay import DayMarket
from maemae.market.kinds import Market

MAX_ROWS = 100
"""The broker returns at most that many rows of a condition."""

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]
OrderBy = Literal["value", "volume", "rate", "fall"]


@dataclass(frozen=True, slots=True)
class Search:
    """A saved condition. Ranges are (from, to), both included; None leaves an end open.

    `rate`: change against the base price in percent. `price`: won. `value`: traded won so far
    today, at least. `volume`: shares so far today, at least. `markets`: where to look; all of
    them when empty. `top`: how many rows at most.
    """

    name: str
    group: str = "매매"
    rate: tuple[float | None, float | None] = (None, None)
    price: tuple[int | None, int | None] = (None, None)
    value: int = 0
    volume: int = 1
    markets: tuple[Market, ...] = ()
    order_by: OrderBy = "value"
    top: int = MAX_ROWS

    def rows(self, market: DayMarket, at: Moment) -> Sequence[int]:
        """Return the rows of the instruments found at an instant, the first first."""
        price, volume, value = market.snapshot(at)
        rate = (price - market.bases) * 100.0 / market.bases
        found = (volume >= self.volume) & (value >= self.value)
        found &= _within(rate, *self.rate) & _within(price, *self.price)
        if self.markets:
            found &= np.array([one.market in self.markets for one in market.listings])
        ranks: dict[OrderBy, Numbers] = {
            "value": value, "volume": volume, "rate": rate, "fall": -rate,
        }  # fmt: skip
        measure = ranks[self.order_by]
        rows = np.flatnonzero(found)
        ranked = rows[np.argsort(-measure[rows], kind="stable")]
        return [int(row) for row in ranked[: min(self.top, MAX_ROWS)]]


def _within(measure: Numbers, least: float | None, most: float | None) -> npt.NDArray[np.bool_]:
    inside = np.ones(len(measure), np.bool_)
    if least is not None:
        inside &= measure >= least
    if most is not None:
        inside &= measure <= most
    return inside


DEFAULT_SEARCHES: tuple[Search, ...] = (
    Search("거래대금 상위 상승종목", rate=(1.0, 8.0)),
    Search("거래대금 상위", top=30),
    Search("급등주 10%이상", rate=(10.0, None), order_by="rate", value=1_000_000_000),
    Search("낙폭과대 -5%이하", rate=(None, -5.0), order_by="fall", value=1_000_000_000),
)
"""The conditions of an exchange without a scenario file; condition 0 is the scalper's."""

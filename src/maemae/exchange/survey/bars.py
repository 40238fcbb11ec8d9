"""Statistics of daily bars: gaps, tails, clusters, factors, strong closes, limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from maemae.exchange.listing import Listing

Floats = npt.NDArray[np.float64]

LIMIT = 0.295
"""A close that far above the base price is one at the upper limit, for prices from 1,000 won."""
LEAST_PRICE = 1_000
"""Won; below, a tick is so much of the price that returns say little."""

_GAP = (0.02, 0.05)
_FAR = 0.05
_VERY_FAR = 0.10
_FEW = 10


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of several days, one element each: parts of the base price, or of the open."""

    day: npt.NDArray[np.int64]
    code: npt.NDArray[np.str_]
    gap: Floats
    rest: Floats
    change: Floats
    width: Floats
    place: Floats
    value: Floats
    locked: npt.NDArray[np.bool_]


def collect(days: Sequence[tuple[date, Sequence[Listing]]]) -> Bars:
    """Put the bars of several days side by side, those that traded from 1,000 won on."""
    rows = [
        (day.toordinal(), one.code, one.base, one.open, one.high, one.low, one.close, one.volume)
        for day, listings in days
        for one in listings
        if one.volume and not one.halted and one.base >= LEAST_PRICE
        # Where no limits hold (a new listing, 정리매매) a bar is no day like the others.
        and abs(one.close - one.base) <= 0.31 * one.base
    ]  # fmt: skip
    day, code, base, opened, high, low, close, volume = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.where(high > low, (close - low) / (high - low), np.nan)
    return Bars(
        day=day, code=code, gap=opened / base - 1, rest=close / opened - 1, change=close / base - 1,
        width=(high - low) / opened, place=place, value=close * volume.astype(np.float64),
        locked=high == low,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BarFigures:
    """The statistics; returns are parts of one.

    `gap_and_rest`: correlation of the open's change with that from open to close. `after_gap`,
    `up_after_gap`: mean change and part of rises from open to close after a gap of 2 to 5 %.
    `deviation`, `peakedness` (kurtosis), `beyond_five`, `beyond_ten`, `below_ten`: of the day's
    change. `clusters`: correlation of the size of a day's change with that of the day before,
    within a name. `with_market`: median correlation of a name with the mean of all. `at_high`: part
    of the days that end at their high. `width`: median of high less low. `strong`: part of the
    days up 5 % from the open that end in the upper tenth of their range. `limit_up`: part of
    the days that end at the upper limit. `streak`: part of the days after one that do so as well.
    """

    days: int
    bars: int
    gap_and_rest: float
    after_gap: float
    up_after_gap: float
    deviation: float
    peakedness: float
    beyond_five: float
    beyond_ten: float
    below_ten: float
    clusters: float
    with_market: float
    width: float
    at_high: float
    strong: float
    limit_up: float
    streak: float


def figures(bars: Bars) -> BarFigures:
    """Work out the statistics; what cannot be told from so few days is not a number."""
    change, gap, rest = bars.change, bars.gap, bars.rest
    jumped = (gap >= _GAP[0]) & (gap <= _GAP[1])
    risen = rest >= _FAR
    limit = change >= LIMIT
    return BarFigures(
        days=len(np.unique(bars.day)),
        bars=len(change),
        gap_and_rest=_correlation(gap, rest),
        after_gap=_mean(rest[jumped]),
        up_after_gap=_mean(rest[jumped] > 0),
        deviation=float(change.std()),
        peakedness=_peakedness(change),
        beyond_five=_mean(np.abs(change) >= _FAR),
        beyond_ten=_mean(change >= _VERY_FAR),
        below_ten=_mean(change <= -_VERY_FAR),
        clusters=_clusters(bars),
        with_market=_with_market(bars),
        width=float(np.median(bars.width)),
        at_high=_mean(bars.place == 1.0),
        strong=_mean(bars.place[risen] >= 0.9),  # noqa: PLR2004 - the upper tenth
        limit_up=_mean(limit),
        streak=_streak(bars, limit),
    )


def _mean(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _peakedness(values: Floats) -> float:
    spread = float(values.var())
    return _mean((values - values.mean()) ** 4) / spread**2 if spread else float("nan")


def _correlation(one: Floats, other: Floats) -> float:
    if len(one) < _FEW or not one.std() or not other.std():
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _followed(bars: Bars) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the places of bars and of those of the same names on the trading day after."""
    order = np.lexsort((bars.day, bars.code))
    days = np.unique(bars.day)
    place = np.searchsorted(days, bars.day[order])
    same = bars.code[order][1:] == bars.code[order][:-1]
    next_day = place[1:] == place[:-1] + 1
    at = np.flatnonzero(same & next_day)
    return order[at], order[at + 1]


def _clusters(bars: Bars) -> float:
    """Return the correlation of sizes a day apart, each less the mean size of its name."""
    _, number = np.unique(bars.code, return_inverse=True)
    size = np.abs(bars.change)
    own = np.bincount(number, size) / np.bincount(number)
    beyond = size - own[number]
    before, after = _followed(bars)
    return _correlation(beyond[before], beyond[after])


def _with_market(bars: Bars) -> float:
    _, number = np.unique(bars.day, return_inverse=True)
    market = (np.bincount(number, bars.change) / np.bincount(number))[number]
    order = np.argsort(bars.code, kind="stable")
    starts = np.flatnonzero(np.r_[True, bars.code[order][1:] != bars.code[order][:-1]])
    parts = np.split(order, starts[1:])
    found = [_correlation(bars.change[part], market[part]) for part in parts]
    return float(np.nanmedian(found)) if np.isfinite(found).any() else float("nan")


def _streak(bars: Bars, limit: npt.NDArray[np.bool_]) -> float:
    before, after = _followed(bars)
    return _mean(limit[after][limit[before]])

"""The highest and lowest prices of the days before: of 52 weeks, of 250 days, of the year."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from maemae.bars.aside import Aside
from maemae.bars.daily import read_daily
from maemae.errors import DataError
from maemae.exchange.listing import DayBar
from maemae.market.calendar import Calendar

_WEEKS_52 = timedelta(weeks=52)
_DAYS_250 = 250


@dataclass(frozen=True, slots=True)
class Extremes:
    """Highest and lowest price of a stretch of days, in won, and the last days they were at."""

    high: int
    high_day: date
    low: int
    low_day: date

    def with_day(self, high: int, low: int, day: date) -> "Extremes":
        """Return them with another day, later than all others; 0: it had no trade."""
        widened = self
        if high and high >= self.high:
            widened = replace(widened, high=high, high_day=day)
        if low and low <= self.low:
            widened = replace(widened, low=low, low_day=day)
        return widened


Spans = Sequence[Extremes | None]
"""The extremes of several stretches of days; None: no trade in it."""


def starts_of(calendar: Calendar, day: date) -> tuple[date, date, date]:
    """Return where the 52 weeks, the 250 trading days and the year before a day begin."""
    try:
        far = calendar.offset(day, -_DAYS_250)
    except DataError:
        far = calendar.first
    return day - _WEEKS_52, far, date(day.year, 1, 1)


def extremes_of(bars: Iterable[DayBar], first: date, before: date) -> Extremes | None:
    """Return the extremes of one instrument's bars from a day on, before another; None: no bar."""
    found: Extremes | None = None
    for bar in bars:
        if first <= bar.day < before:
            found = found or Extremes(bar.high, bar.day, bar.low, bar.day)
            found = found.with_day(bar.high, bar.low, bar.day)
    return found


def extremes_from_bars(
    path: Path, starts: Sequence[date], before: date, aside: Aside | None = None
) -> Mapping[str, Spans]:
    """Read the extremes of all instruments in stretches of days that end before a day.

    Only prices as traded; a split or the like in between is in them.

    Args:
        path: a Parquet file, or a folder of them.
        starts: the first day of each stretch.
        before: the day after the last of all stretches.
        aside: as in `read_daily`.
    """
    day = pl.col("date")
    traded = (day >= min(starts)) & (day < before) & (pl.col("open") > 0)
    table = (
        read_daily(path, aside, traded)
        .filter("raw_ok")
        .sort("date", descending=True)
        .group_by("code")
        .agg(one for n, first in enumerate(starts) for one in _stretch(n, first))
    )
    return {
        code: tuple(
            None if found[n] is None else Extremes(*found[n : n + 4])
            for n in range(0, len(found), 4)
        )
        for code, *found in table.iter_rows()
    }


def _stretch(number: int, first: date) -> list[pl.Expr]:
    inside = pl.col("date") >= first
    day, high, low = (pl.col(name).filter(inside) for name in ("date", "high", "low"))
    found = (high.max(), day.get(high.arg_max()), low.min(), day.get(low.arg_min()))
    return [one.alias(f"{number}.{n}") for n, one in enumerate(found)]

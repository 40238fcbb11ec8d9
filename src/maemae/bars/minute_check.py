"""Checking stored minute bars: what no minute of the exchange can have been.

Findings are those of `bars.check`, and none is severe: what cannot be true was set aside when it
was imported, and minutes that came otherwise are looked at by a person.
"""

from collections.abc import Iterable
from datetime import date, time

import polars as pl

from maemae.bars.check import FINDING
from maemae.bars.months import Month
from maemae.bars.schema import PRICES
from maemae.i18n import _
from maemae.market.calendar import Calendar

FIRST, LAST = time(8), time(20)
"""The hours of all exchanges of a day: NXT's pre-market to the end of its after-market."""


def check_minutes(month: Month, calendar: Calendar) -> pl.DataFrame:
    """Return what looks wrong in a month of minute bars, by code and day (columns of `FINDING`).

    Raises:
        DataError: a file of it is damaged.
    """
    order = (pl.col("high") < pl.max_horizontal(PRICES)) | (
        pl.col("low") > pl.min_horizontal(PRICES)
    )
    nothing = (pl.col("volume") <= 0) | (pl.min_horizontal(PRICES) <= 0)
    at = pl.col("at").dt.time()
    closed = ~pl.col("at").dt.date().is_in(_sessions(month, calendar))
    late = (at < FIRST) | (at >= LAST) | closed
    prices = pl.format(_("open {} high {} low {} close {}"), *PRICES)
    parts = [
        _finding(month.read(order), "order of prices", prices),
        _finding(month.read(nothing), "a minute without trades", prices),
        _finding(month.read(late), "outside the hours of trading", pl.lit("")),
    ]
    return pl.concat(parts).sort("code", "date", "problem")


def together(found: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return findings of several blocks or months as one."""
    return pl.concat([pl.DataFrame(schema=FINDING), *found])


def _sessions(month: Month, calendar: Calendar) -> list[date]:
    """Return the trading days of a month."""
    first = date.fromisoformat(f"{month.name}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return [day for day in calendar.sessions(first, following) if day < following]


def _finding(rows: pl.DataFrame, problem: str, detail: pl.Expr) -> pl.DataFrame:
    at = pl.col("at").dt.strftime("%H:%M")
    return rows.select(
        "code",
        pl.col("at").dt.date().alias("date"),
        pl.lit(problem).alias("problem"),
        pl.format("{} {}", at, detail).str.strip_chars().alias("detail"),
        pl.lit(value=False).alias("severe"),
    )

"""The days of a window of the exchange's daily lists: one row for each listed name and day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from maemae.errors import DataError
from maemae.market.calendar import krx
from maemae.market.kinds import Market

OFFICIAL = (
    "date", "code", "name", "market", "open", "high", "low", "close", "change", "volume", "shares",
)  # fmt: skip
DAILY = (
    "date", "code", "name", "market", "open", "high", "low", "close", "volume", "shares", "raw_ok",
)  # fmt: skip
"""Columns that files of either kind must have."""

GONE_FOR = 5
"""Sessions at the end of a window after which a name without a row is gone."""

_ONE_IN = 1000
"""A file in which fewer rows than this are without a trade leaves such rows out."""


@dataclass(frozen=True, slots=True)
class DayRow:
    """One name on one day, in won and shares, as it was traded.

    `base` is the day's base price (기준가). A day without a trade has the last price four times.
    """

    code: str
    name: str
    market: Market
    base: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    shares: int

    @property
    def traded(self) -> bool:
        """Whether there was a trade."""
        return self.volume > 0


Rows = dict[str, DayRow]


@dataclass(frozen=True, eq=False)
class Window:
    """Consecutive days of all names that are listed on them.

    Attributes:
        name: says which it is.
        days: with rows, in order; a session may be missing between them.
        rows: by day and code.
    """

    name: str
    days: tuple[date, ...]
    rows: Mapping[date, Mapping[str, DayRow]]

    def pairs(self) -> Iterator[tuple[date, date, bool]]:
        """Yield each day but the first with the one before, and whether no session is between."""
        for before, day in pairwise(self.days):
            yield before, day, krx().next_session(before) == day


def read_official(file: Path) -> Window:
    """Read a window of the exchange's own daily lists (all names, unadjusted).

    The base price is the close minus the change. Where a file leaves out names without a trade,
    they are carried on with their last price.

    Raises:
        DataError: it cannot be read, or lacks a column.
    """
    rows: dict[date, Rows] = {}
    untraded = 0
    frame = _read(file, OFFICIAL)
    for day, row in _each(frame.iter_rows(named=True)):
        base = max(row["close"] - row["change"], 1)
        rows.setdefault(day, {})[row["code"]] = one = _row(row, base)
        untraded += not one.traded
    days = tuple(sorted(rows))
    if untraded * _ONE_IN < frame.height:
        _carry(rows, days)
    return Window(file.stem, days, rows)


def read_daily(folder: Path, first: date, last: date) -> Window:
    """Read a window of daily bars, of the names whose prices are those as traded on all its days.

    The base price is the close before.

    Raises:
        DataError: a file cannot be read, or lacks a column.
    """
    rows: dict[date, Rows] = {}
    closes: dict[str, int] = {}
    files = sorted(folder.glob("*.parquet"))
    frames = [
        frame.filter(pl.col("date").is_between(first, last))
        for frame in (_read(file, DAILY) for file in files if f"{first.year}" in file.name)
    ]
    frame = pl.concat(frames).sort("date", "code")
    frame = frame.filter(pl.col("raw_ok").all().over("code"))
    for day, row in _each(frame.iter_rows(named=True)):
        base = closes.get(row["code"]) or row["open"] or row["close"]
        rows.setdefault(day, {})[row["code"]] = _row(row, base)
        closes[row["code"]] = row["close"]
    return Window(f"{folder.name} {first:%Y-%m}", tuple(sorted(rows)), rows)


def _each(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[date, dict[str, Any]]]:
    """Yield the rows that have a price, with their days."""
    for row in rows:
        if row["close"] and row["close"] > 0:
            yield row["date"], row


def _read(file: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{file}: {error}") from error
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(f"{file}: no column {', '.join(missing)}")
    return frame.select(columns).sort("date", "code")


def _row(row: dict[str, Any], base: int) -> DayRow:
    close, traded = row["close"], bool(row["open"]) and bool(row["volume"])
    first, high, low = (row[name] if traded else close for name in ("open", "high", "low"))
    return DayRow(
        code=row["code"],
        name=row["name"] or row["code"],
        market=Market(row["market"] or Market.KOSDAQ),
        base=base,
        open=first,
        high=max(first, high, close),
        low=min(first, low, close),
        close=close,
        volume=row["volume"] if traded else 0,
        shares=row["shares"] or 0,
    )


def _carry(rows: dict[date, Rows], days: tuple[date, ...]) -> None:
    """Add the rows of names that were listed and not traded."""
    final: dict[str, date] = {}
    for day in days:
        final.update(dict.fromkeys(rows[day], day))
    still = set(days[-GONE_FOR:])
    for before, day in pairwise(days):
        for code, one in rows[before].items():
            if code not in rows[day] and (final[code] > day or final[code] in still):
                at = one.close
                rows[day][code] = replace(one, volume=0, base=at, open=at, high=at, low=at)

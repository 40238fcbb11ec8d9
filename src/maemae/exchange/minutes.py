"""Replay of recorded minute bars: a path through each minute's open, extremes and close."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from maemae.bars.aside import Aside
from maemae.bars.minute_files import day_minutes
from maemae.errors import DataError
from maemae.exchange.hours import Hours
from maemae.exchange.moment import MINUTE, Moment, moment
from maemae.exchange.paths import SLOT_MS
from maemae.i18n import _
from maemae.market.calendar import Calendar

Bars = npt.NDArray[np.int64]
"""Minute bars of one instrument: minutes after the open, open, high, low, close, volume."""

_SLOTS = 60_000 // SLOT_MS


def read_minutes(
    path: Path, hours: Hours, aside: Aside | None = None, calendar: Calendar | None = None
) -> Mapping[str, Bars]:
    """Read a day's minute bars from a Parquet file or a folder of them.

    Bars outside the regular session and those without trades are left out.

    Args:
        path: the file or folder.
        hours: of the day.
        aside: collects the rows that cannot be true; without it the first of them is an error.
        calendar: the trading days that the exchange keeps.

    Raises:
        DataError: the files cannot be read, lack a column, or have nothing of that day.
    """
    rows = day_minutes(path, hours.day, aside, calendar).filter(pl.col("volume") > 0)
    found: dict[str, list[list[int]]] = {}
    for at, code, *prices in rows.iter_rows():
        minute = _minute(moment(at), hours)
        if minute is not None:
            found.setdefault(code, []).append([minute, *prices])
    if not found:
        raise DataError(
            _("{path}: no minute bars of {day}; choose a day with --date").format(
                path=path, day=hours.day
            )
        )
    return {code: np.array(sorted(rows), np.int64) for code, rows in found.items()}


def _minute(at: Moment, hours: Hours) -> int | None:
    return (at - hours.open) // MINUTE if hours.open <= at <= hours.close else None


def lay_minutes(bars: Bars, prices: npt.NDArray[np.int32], volumes: npt.NDArray[np.int64]) -> None:
    """Replace an instrument's path by one through its minute bars, in place.

    The first bar's open is the opening auction's price, and what comes from the closing auction
    on has the last bar's close. In a minute the nearer extreme comes first.
    """
    last = len(prices) - 1
    volumes[:] = 0
    prices[:] = 0
    for minute, first, high, low, close, volume in bars.tolist():
        slot = 1 + minute * _SLOTS
        if slot >= last:
            prices[last] = close
            volumes[last] += volume
            continue
        extremes = [low, high] if first - low <= high - first else [high, low]
        places = [0 if minute == 0 else slot, slot + 1, slot + 3, slot + 5]
        parts = [volume - 3 * (volume // 4), *[volume // 4] * 3]
        for place, price, part in zip(places, [first, *extremes, close], parts, strict=True):
            prices[place], volumes[place] = price, part
    at = np.maximum.accumulate(np.where(volumes > 0, np.arange(last + 1), 0))
    prices[:] = prices[at]
    prices[: int(np.argmax(volumes > 0))] = prices[int(np.argmax(volumes > 0))]

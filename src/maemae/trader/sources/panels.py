"""From bars as they come live to the panel that rules read."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from maemae.bars.minutes import MinuteBar
from maemae.bars.panel import REQUIRED, Fact, Panel
from maemae.clock import KST
from maemae.desk.records import Listed

Rows = tuple[NDArray[np.datetime64], NDArray[np.float64]]
"""Bars of one instrument: when each starts, in exchange time, and `REQUIRED` fields in columns."""


def no_rows() -> Rows:
    """Return no bars."""
    return np.empty(0, "datetime64[s]"), np.empty((0, len(REQUIRED)))


def rows_of(bars: Sequence[MinuteBar]) -> Rows:
    """Return minute bars as rows."""
    if not bars:
        return no_rows()
    times = np.array([exchange_time(bar.at) for bar in bars])
    values = [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
    return times, np.array(values, dtype=np.float64)


def exchange_time(at: datetime) -> np.datetime64:
    """Return a moment as panels have it: seconds, in exchange time, without a zone."""
    return np.datetime64(at.astimezone(KST).replace(tzinfo=None), "s")


def joined(earlier: Rows, later: Rows) -> Rows:
    """Return bars after each other; of two at one time the later ones count."""
    keep = ~np.isin(earlier[0], later[0])
    return np.concatenate([earlier[0][keep], later[0]]), np.vstack([earlier[1][keep], later[1]])


def panel_of(rows: Mapping[str, Rows], listed: Mapping[str, Listed], step: timedelta) -> Panel:
    """Return the bars of some instruments as a panel, with their markets, kinds and names."""
    codes = tuple(rows)
    times = np.unique(np.concatenate([no_rows()[0], *(times for times, _ in rows.values())]))
    shape = (len(REQUIRED), len(codes), len(times))
    values = np.full(shape, np.nan)
    for row, (starts, fields) in enumerate(rows.values()):
        values[:, row, np.searchsorted(times, starts)] = fields.T
    return Panel(
        codes=codes,
        times=times,
        fields=dict(zip(REQUIRED, values, strict=True)),
        facts={
            "market": _fact([listed[code].market.value for code in codes]),
            "kind": _fact([listed[code].kind.value for code in codes]),
            "name": _fact([listed[code].name for code in codes]),
        },
        step=step,
    )


def _fact(words: Sequence[str]) -> Fact:
    labels = tuple(sorted(set(words)))
    numbers = {word: number for number, word in enumerate(labels)}
    codes = np.array([numbers[word] for word in words], dtype=np.int16)
    return Fact(codes.reshape(-1, 1), labels)

"""Longer bars from shorter ones, and which of them is known when.

A longer bar is known at a shorter bar that is certainly its last: for weeks and months the bar
after which the next weekday falls into another week or month, for minutes the bar that ends with
the longer one. Where that bar is missing (a Friday holiday) the longer bar is known at the next
bar. Both depend on the date alone, never on what the file holds next, so nothing looks ahead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maemae.bars.panel import DAY, REQUIRED, Fact, Floats, Packed, Panel
from maemae.i18n import _
from maemae.strategy.tree import RuleError

Times = NDArray[np.datetime64]
Numbers = NDArray[np.int64]
BLOCK = 80_000
"""Bars per block: few enough to stay in a core's cache, enough to outweigh Python's part."""

FRAMES = ("weekly", "monthly", "daily", "minutes")
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class Frame:
    """A longer bar: `weekly`, `monthly`, `daily`, or `minutes` of a length."""

    name: str
    length: int = 1

    @property
    def step(self) -> timedelta:
        """Length of the longer bar (nominal for months)."""
        steps = {"weekly": WEEK, "monthly": MONTH, "daily": DAY}
        return steps.get(self.name, timedelta(minutes=self.length))

    def bucket(self, times: Times) -> Numbers:
        """Return the number of the longer bar each time falls into."""
        if self.name == "weekly":
            days = times.astype("datetime64[D]").astype(np.int64)
            return (days + _MONDAY_OFFSET) // 7
        if self.name == "monthly":
            return times.astype("datetime64[M]").astype(np.int64)
        if self.name == "daily":
            return times.astype("datetime64[D]").astype(np.int64)
        return times.astype("datetime64[m]").astype(np.int64) // self.length

    def start(self, buckets: Numbers) -> Times:
        """Return when the longer bars of these numbers begin."""
        if self.name == "weekly":
            return (buckets * 7 - _MONDAY_OFFSET).astype("datetime64[D]")
        if self.name == "monthly":
            return buckets.astype("datetime64[M]").astype("datetime64[D]")
        if self.name == "daily":
            return buckets.astype("datetime64[D]")
        return (buckets * self.length).astype("datetime64[m]").astype("datetime64[s]")

    def closes(self, times: Times, step: timedelta) -> NDArray[np.bool_]:
        """Tell which times are certainly the last of their longer bar."""
        if step >= DAY:
            following = np.busday_offset(times.astype("datetime64[D]"), 1, roll="backward")
        else:
            following = times + np.timedelta64(int(step.total_seconds()), "s")
        return np.asarray(self.bucket(following) != self.bucket(times))

    def bars(self, step: timedelta) -> int:
        """About how many shorter bars make one longer bar, at most."""
        if step >= DAY:
            return {"weekly": 5, "monthly": 23}.get(self.name, 1)
        session = timedelta(minutes=391)
        lengths = {"weekly": 5 * session, "monthly": 23 * session, "daily": session}
        return -(-lengths.get(self.name, self.step) // step)


def frame(op: str, params: tuple[Any, ...], step: timedelta) -> Frame:
    """Return the frame an operator names, refusing one that is not longer than the bars."""
    chosen = Frame(op, int(params[0]) if params else 1)
    if chosen.step <= step:
        raise RuleError(
            _("{op}() needs bars shorter than its own; these are {step} long").format(
                op=op, step=step
            )
        )
    return chosen


@dataclass(frozen=True, eq=False)
class Longer:
    """The longer bars of a panel, and for each of its packed bars the latest one known (or −1)."""

    panel: Panel
    known: NDArray[np.int32]


def lengthen(panel: Panel, chosen: Frame) -> Longer:
    """Build longer bars: first open, highest high, lowest low, last close, sums of volume."""
    packed = panel.packed
    buckets = chosen.bucket(panel.times)
    numbers, column_of = np.unique(buckets, return_inverse=True)
    unfinished = ~chosen.closes(panel.times, panel.step)
    shape = (len(panel.codes), len(numbers))
    found = [np.empty((0, 2), np.int64)]
    known = np.empty(len(packed), np.int32)  # Some instruments at a time: all may not fit.
    so_far = 0
    for first, last in runs(packed.offsets):
        offsets = packed.offsets[first : last + 1]
        columns = packed.columns[offsets[0] : offsets[-1]]
        rows = np.repeat(np.arange(first, last), np.diff(offsets))
        cells = rows * len(numbers) + column_of[columns]
        starts = np.flatnonzero(np.diff(cells, prepend=-1))
        found.append(np.column_stack((starts + offsets[0], cells[starts])))
        latest = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(cells))))
        latest -= unfinished[columns]
        earliest = np.searchsorted(starts, offsets[:-1] - offsets[0])
        before = latest < earliest[rows - first]
        known[offsets[0] : offsets[-1]] = np.where(before, -1, latest + so_far)
        so_far += len(starts)
    begins, target = np.concatenate(found).T
    longer = Panel(
        codes=panel.codes,
        times=chosen.start(numbers),
        fields={name: _spread(_gather(packed, name, begins), target, shape)
                for name in panel.fields},
        facts={name: _last_word(packed, fact, begins, target, shape)
               for name, fact in panel.facts.items()},
        references={code: lengthen(other, chosen).panel
                    for code, other in panel.references.items()},
        step=chosen.step,
    )  # fmt: skip
    return Longer(longer, known)


def _gather(packed: Packed, name: str, begins: Numbers) -> Floats:
    values = packed.field(name)
    if not len(begins):
        return values[:0]
    if name == "open":
        return values[begins]
    if name in ("high", "low"):
        extreme: np.ufunc = np.maximum if name == "high" else np.minimum
        return np.asarray(extreme.reduceat(values, begins), dtype=np.float64)
    if name in ("volume", "value"):
        return np.asarray(np.add.reduceat(values, begins), dtype=np.float64)
    ends: Numbers = np.append(begins[1:], len(values)) - 1
    return values[ends]


def _last_word(
    packed: Packed, fact: Fact, begins: Numbers, target: Numbers, shape: tuple[int, int]
) -> Fact:
    if fact.codes.shape[1] == 1:
        return fact
    ends: Numbers = np.append(begins[1:], len(packed)) - 1
    codes = np.full(shape[0] * shape[1], -1, dtype=np.int16)
    codes[target] = fact.codes[packed.panel.present][ends]
    return Fact(codes.reshape(shape), fact.labels)


def _spread(values: Floats, target: Numbers, shape: tuple[int, int]) -> Floats:
    out = np.full(shape[0] * shape[1], np.nan)
    out[target] = values
    return out.reshape(shape)


class Forming:
    """The longer bar in the making, for many instruments, fed bar by bar."""

    def __init__(self, chosen: Frame, step: timedelta, width: int) -> None:
        self._frame = chosen
        self._step = step
        self._width = width
        self._bucket: int | None = None
        self._bar: dict[str, Floats] = {}

    def push(
        self, time: np.datetime64, bar: Mapping[str, Floats]
    ) -> list[tuple[np.datetime64, dict[str, Floats]]]:
        """Take one short bar of every instrument; return the longer bars that are now known."""
        times = np.array([time])
        bucket = int(self._frame.bucket(times)[0])
        done = []
        if self._bucket is not None and bucket != self._bucket:
            done.append(self._finish())
        self._bucket = bucket
        self._merge(bar)
        if self._frame.closes(times, self._step)[0]:
            done.append(self._finish())
        return done

    def _merge(self, bar: Mapping[str, Floats]) -> None:
        if not self._bar:
            self._bar = {name: values.copy() for name, values in bar.items()}
            return
        live = ~np.isnan(bar["close"])
        fresh = live & np.isnan(self._bar["close"])
        for name, values in bar.items():
            old = self._bar[name]
            if name in ("high", "low"):
                merged = (np.maximum if name == "high" else np.minimum)(old, values)
            elif name in ("volume", "value"):
                merged = old + values
            else:
                merged = old if name == "open" else values
            self._bar[name] = np.where(fresh, values, np.where(live, merged, old))

    def _finish(self) -> tuple[np.datetime64, dict[str, Floats]]:
        assert self._bucket is not None  # noqa: S101 - only called once a bar was merged
        empty = {name: np.full(self._width, np.nan) for name in REQUIRED}
        bar, self._bar = self._bar or empty, {}
        start: np.datetime64 = self._frame.start(np.array([self._bucket]))[0]
        self._bucket = None
        return start, bar


def runs(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cut the instruments into runs of about `BLOCK` bars: first and last (exclusive) row."""
    blocks, start = [], 0
    ends = offsets.tolist()
    for row in range(len(ends) - 1):
        if ends[row + 1] - ends[start] >= BLOCK:
            blocks.append((start, row + 1))
            start = row + 1
    if start < len(ends) - 1:
        blocks.append((start, len(ends) - 1))
    return blocks

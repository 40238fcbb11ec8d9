"""Operators along the history of one instrument: look-back, running counts, memory.

Each operator exists twice by nature, and the tests hold the two equal to the last bit: `run`
computes a whole history without holes, `stepper` carries many instruments forward by one bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maemae.i18n import _
from maemae.strategy.library import (
    ANCHOR_BARS,
    TOLERANCE,
    Floats,
    Function,
    InsufficientHistory,
    functions,
)
from maemae.strategy.tree import RuleError

Flags = NDArray[np.bool_]
Params = tuple[Any, ...]


class Stepper(Protocol):
    """The state of one operator for a row of instruments."""

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        """Take one bar of every instrument; those not `live` have none and stay as they are."""
        ...


class RowOperator(Protocol):
    """An operator along one instrument's history."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of its results."""
        ...

    def lookback(self, params: Params) -> int:
        """Bars before the first value."""
        ...

    def memory(self, params: Params) -> int:
        """Further bars until the beginning of the history is forgotten; 0 for plain windows."""
        ...

    def run(self, params: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Compute all results over one history without holes."""
        ...

    def stepper(self, params: Params, width: int) -> Stepper:
        """Return the state of `width` instruments before their first bar."""
        ...


@dataclass
class _Lagging:
    ring: Floats
    seen: NDArray[np.int64]

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        rows = np.flatnonzero(live)
        out = np.full(len(live), np.nan)
        slot = self.seen[rows] % self.ring.shape[1]
        out[rows] = self.ring[rows, slot]
        self.ring[rows, slot] = inputs[0][rows]
        self.seen[rows] += 1
        return (out,)


class Lag:
    """The value so many bars ago."""

    outputs = ("value",)

    def lookback(self, params: Params) -> int:
        """Return the lag itself."""
        return int(params[0])

    def memory(self, _: Params) -> int:
        """None beyond the window."""
        return 0

    def run(self, params: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Shift."""
        bars = int(params[0])
        out = np.empty_like(inputs[0])
        out[:bars] = np.nan
        out[bars:] = inputs[0][: max(0, len(out) - bars)]
        return (out,)

    def stepper(self, params: Params, width: int) -> Stepper:
        """Keep a ring of past values."""
        return _Lagging(np.full((width, int(params[0])), np.nan), np.zeros(width, dtype=np.int64))


@dataclass
class _Counting:
    count: Floats
    reset_when: bool

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        reset = (inputs[0] != 0) == self.reset_when
        self.count = np.where(live, np.where(reset, 0.0, self.count + 1.0), self.count)
        return (np.where(live, self.count, np.nan),)


class Streak:
    """How many bars in a row, up to this one, a condition has held."""

    outputs = ("value",)

    def lookback(self, _: Params) -> int:
        """Return 0: defined at once."""
        return 0

    def memory(self, params: Params) -> int:
        """As many bars as the caller wants runs to be counted exactly."""
        return int(params[0])

    def run(self, _: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Distance from the last bar at which it did not hold."""
        here = np.arange(1, len(inputs[0]) + 1, dtype=np.float64)
        broken = np.where(inputs[0] == 0, here, 0.0)
        return (here - np.maximum.accumulate(broken),)

    def stepper(self, _: Params, width: int) -> Stepper:
        """Count."""
        return _Counting(np.zeros(width), reset_when=False)


class Since:
    """How many bars ago a condition last held (0: now); undefined until it has held once."""

    outputs = ("value",)

    def lookback(self, _: Params) -> int:
        """Return 0: defined at once where the condition holds."""
        return 0

    def memory(self, params: Params) -> int:
        """As many bars as the caller wants to look back for the event."""
        return int(params[0])

    def run(self, _: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Distance from the last bar at which it held."""
        here = np.arange(len(inputs[0]), dtype=np.float64)
        held = np.where(inputs[0] != 0, here, -np.inf)
        out = here - np.maximum.accumulate(held)
        out[np.isinf(out)] = np.nan
        return (out,)

    def stepper(self, _: Params, width: int) -> Stepper:
        """Count."""
        return _Counting(np.full(width, np.nan), reset_when=True)


@dataclass
class _Weighing:
    past: list[Floats]
    seen: NDArray[np.int64]
    weights: tuple[float, ...]

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        for k in range(len(self.past) - 1, 0, -1):
            self.past[k] = np.where(live, self.past[k - 1], self.past[k])
        self.past[0] = np.where(live, inputs[0], self.past[0])
        self.seen += live
        total = self.past[0] * self.weights[0]
        for weight, values in zip(self.weights[1:], self.past[1:], strict=True):
            total = total + values * weight
        return (np.where(live & (self.seen >= len(self.past)), total, np.nan),)


class Weighted:
    """A weighted sum over the last bars; the first weight belongs to this bar."""

    outputs = ("value",)

    def lookback(self, params: Params) -> int:
        """One bar fewer than weights."""
        return len(params) - 1

    def memory(self, _: Params) -> int:
        """None beyond the window."""
        return 0

    def run(self, params: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Add up, newest bar first."""
        values, reach = inputs[0], len(params) - 1
        out = np.full_like(values, np.nan)
        if len(values) > reach:
            size = len(values) - reach
            total = values[reach:] * params[0]
            for k in range(1, len(params)):
                total = total + values[reach - k : reach - k + size] * params[k]
            out[reach:] = total
        return (out,)

    def stepper(self, params: Params, width: int) -> Stepper:
        """Keep the last bars."""
        past = [np.full(width, np.nan) for _ in params]
        return _Weighing(past, np.zeros(width, dtype=np.int64), tuple(map(float, params)))


@dataclass
class _Smoothing:
    level: Floats

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        values, share = inputs
        moved = self.level + share * (values - self.level)
        fresh = np.isnan(self.level)
        self.level = np.where(live, np.where(fresh, values, moved), self.level)
        return (np.where(live, self.level, np.nan),)


class Smooth:
    """A level that moves a share (its second operand) of the way to the value at every bar."""

    outputs = ("value",)

    def lookback(self, _: Params) -> int:
        """Begins at the first value."""
        return 0

    def memory(self, params: Params) -> int:
        """From the slowest share the caller expects."""
        return int(np.ceil(np.log(TOLERANCE) / np.log1p(-float(params[0]))))

    def run(self, _: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Follow the values."""
        from maemae.strategy.kernels import smooth  # noqa: PLC0415 - numba only where needed

        return (smooth(inputs[0], inputs[1]),)

    def stepper(self, _: Params, width: int) -> Stepper:
        """Keep the levels."""
        return _Smoothing(np.full(width, np.nan))


@dataclass
class _Holding:
    held: Floats

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        self.held = np.where(live & np.isfinite(inputs[0]), inputs[0], self.held)
        return (np.where(live, self.held, np.nan),)


class Hold:
    """The last defined value; it alone is asked about bars where its operand is undefined."""

    outputs = ("value",)

    def lookback(self, _: Params) -> int:
        """Return 0: defined at once where the operand is."""
        return 0

    def memory(self, params: Params) -> int:
        """As many bars as the caller wants to look back for a value."""
        return int(params[0])

    def run(self, _: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Fill forward."""
        here = np.where(np.isfinite(inputs[0]), np.arange(len(inputs[0])), -1)
        last = np.maximum.accumulate(here)
        return (np.where(last >= 0, inputs[0][np.maximum(last, 0)], np.nan),)

    def stepper(self, _: Params, width: int) -> Stepper:
        """Keep the values."""
        return _Holding(np.full(width, np.nan))


@dataclass
class _Turning:
    reversal: float
    rising: Flags
    extreme: Floats
    pivot: Floats

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        high, low = inputs
        fresh = live & np.isnan(self.extreme)
        going = live & ~fresh
        beyond = going & np.where(self.rising, high > self.extreme, low < self.extreme)
        down = self.rising & (low <= self.extreme * (1 - self.reversal))
        up = ~self.rising & (high >= self.extreme * (1 + self.reversal))
        turned = going & ~beyond & (down | up)
        self.pivot = np.where(turned, self.extreme, self.pivot)
        self.rising = self.rising ^ turned
        moved = fresh | beyond | turned
        self.extreme = np.where(moved, np.where(self.rising, high, low), self.extreme)
        direction = np.where(self.rising, 1.0, -1.0)
        return np.where(live, self.pivot, np.nan), np.where(live, direction, np.nan)


class ZigZag:
    """The last confirmed turn and the direction since, for turns of a given size."""

    outputs = ("pivot", "direction")

    def lookback(self, _: Params) -> int:
        """Return 0: the direction is assumed up at the first bar."""
        return 0

    def memory(self, _: Params) -> int:
        """As for other functions anchored at the start."""
        return ANCHOR_BARS

    def run(self, params: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Follow the legs."""
        from maemae.strategy.kernels import zigzag  # noqa: PLC0415 - numba only where needed

        pivot, direction = zigzag(inputs[0], inputs[1], float(params[0]) / 100)
        return pivot, direction

    def stepper(self, params: Params, width: int) -> Stepper:
        """Keep the legs."""
        nothing = np.full(width, np.nan)
        return _Turning(float(params[0]) / 100, np.ones(width, dtype=np.bool_), nothing, nothing)


class _Handles:
    """TA-Lib's bar-by-bar handles, opened as soon as an instrument has the history."""

    def __init__(self, function: Function, params: Params, width: int) -> None:
        self._open = function.handle
        self._params = params
        self._needed = function.lookback(params) + 1
        self._outputs = len(function.outputs)
        self._nothing = np.nan if self._outputs == 1 else (np.nan,) * self._outputs
        self._handles: list[Any] = [None] * width
        self._waiting: list[list[tuple[float, ...]]] = [[] for _ in range(width)]

    def step(self, inputs: Sequence[Floats], live: Flags) -> tuple[Floats, ...]:
        rows = np.flatnonzero(live)
        bars = list(zip(*(values[rows].tolist() for values in inputs), strict=True))
        handles = self._handles
        results = [
            handle.update(*bar) if (handle := handles[row]) is not None else self._wait(row, bar)
            for row, bar in zip(rows.tolist(), bars, strict=True)
        ]
        out = np.full((self._outputs, len(live)), np.nan)
        if len(rows):
            out[:, rows] = np.asarray(results, dtype=np.float64).reshape(len(rows), -1).T
        return tuple(out)

    def _wait(self, row: int, bar: tuple[float, ...]) -> Any:
        waiting = self._waiting[row]
        waiting.append(bar)
        if len(waiting) >= self._needed:
            columns = (np.array(column) for column in zip(*waiting, strict=True))
            try:
                handle = self._open(*columns, *self._params)
            except InsufficientHistory:  # some need a little more than their look-back says
                return self._nothing
            self._handles[row] = handle
            self._waiting[row] = []
            return handle.value
        return self._nothing


@dataclass(frozen=True)
class Library:
    """A TA-Lib function as an operator."""

    function: Function

    @property
    def outputs(self) -> tuple[str, ...]:
        """Short names of its outputs."""
        return self.function.outputs

    def lookback(self, params: Params) -> int:
        """As TA-Lib says."""
        return self.function.lookback(self.function.typed(params))

    def memory(self, params: Params) -> int:
        """As `library` tables it."""
        return self.function.memory(self.function.typed(params))

    def run(self, params: Params, inputs: tuple[Floats, ...]) -> tuple[Floats, ...]:
        """Call TA-Lib."""
        return self.function.run(self.function.typed(params), inputs)

    def stepper(self, params: Params, width: int) -> Stepper:
        """Open TA-Lib's handles."""
        return _Handles(self.function, self.function.typed(params), width)


OWN: dict[str, RowOperator] = {
    "lag": Lag(),
    "streak": Streak(),
    "since": Since(),
    "weighted": Weighted(),
    "smooth": Smooth(),
    "hold": Hold(),
    "zigzag": ZigZag(),
}


def row_operator(op: str) -> RowOperator:
    """Return the operator along history of this name."""
    if op in OWN:
        return OWN[op]
    function = functions().get(op)
    if function is None:
        raise RuleError(_("there is no function {op!r}").format(op=op))
    return Library(function)


def is_row_operator(op: str) -> bool:
    """Whether an operator of this name runs along history."""
    return op in OWN or op in functions()

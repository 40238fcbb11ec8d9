"""The steps that compute trees over a block of instruments, worked out once and run for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maemae.bars.panel import Floats, Packed
from maemae.i18n import _
from maemae.strategy.elementwise import LOGICAL, NUMERIC
from maemae.strategy.library import EXACT_WINDOWS, SUMMING_WINDOWS
from maemae.strategy.nodes import operands
from maemae.strategy.rowwise import Library, RowOperator, row_operator
from maemae.strategy.traits import Traits
from maemae.strategy.tree import Apply, Expr, Field, Number, RuleError, Test

Array = NDArray[Any]
Slots = list[Any]
Bounds = NDArray[np.int64]


class Step(Protocol):
    """One step: reads slots, fills slots."""

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:
        """Compute one block: instruments at `bounds` in it, the block at `begin` of the panel."""
        ...


@dataclass(frozen=True)
class _Load:
    """Take the block's part of an array over the whole panel."""

    array: Array
    target: int

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:
        slots[self.target] = self.array[begin : begin + bounds[-1]]


@dataclass(frozen=True)
class _Constant:
    value: float
    target: int

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:  # noqa: ARG002
        slots[self.target] = self.value


@dataclass(frozen=True)
class _Elementwise:
    function: Callable[..., Array]
    operands: tuple[int, ...]
    target: int

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:  # noqa: ARG002
        slots[self.target] = self.function(*[slots[i] for i in self.operands])


@dataclass(frozen=True)
class _Crossing:
    """Find crossings of two series without holes: beyond now, not beyond at the bar before."""

    above: bool
    operands: tuple[int, ...]
    target: int

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:  # noqa: ARG002
        from maemae.strategy.kernels import crossed  # noqa: PLC0415 - numba is slow to load

        left, right = (_filled(slots[i], bounds) for i in self.operands)
        slots[self.target] = crossed(left, right, bounds, self.above)


@dataclass(frozen=True)
class _Store:
    """Keep the block's result."""

    array: Array
    source: int

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:
        self.array[begin : begin + bounds[-1]] = slots[self.source]


@dataclass(frozen=True)
class _Free:
    """Forget what no later step reads."""

    dead: tuple[int, ...]

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:  # noqa: ARG002
        for slot in self.dead:
            slots[slot] = None


@dataclass(frozen=True)
class _Along:
    """Run an operator along each instrument's history."""

    operator: RowOperator
    params: tuple[Any, ...]
    operands: tuple[int, ...]
    targets: tuple[tuple[int, int], ...]
    run_over: Callable[[RowOperator, tuple[Any, ...], list[Array], Bounds], tuple[Floats, ...]]

    def run(self, slots: Slots, bounds: Bounds, begin: int) -> None:  # noqa: ARG002
        inputs = [_filled(slots[i], bounds) for i in self.operands]
        outputs = self.run_over(self.operator, self.params, inputs, bounds)
        for output, target in self.targets:
            slots[target] = outputs[output]


@dataclass(frozen=True)
class Plan:
    """All steps for some trees over one panel."""

    steps: tuple[Step, ...]
    size: int
    packed: Packed

    @classmethod
    def of(
        cls,
        nodes: Sequence[Expr],
        results: Mapping[Expr, Array],
        known: Mapping[Expr, Array],
        packed: Packed,
    ) -> "Plan":
        """Plan the computation of `nodes` (operands first), storing those in `results`."""
        return cls(tuple(_Planner(nodes, results, known, packed).steps()), len(nodes), packed)

    def run(self, rows: tuple[int, int]) -> None:
        """Compute one block: instruments `rows[0]` to `rows[1]` (exclusive)."""
        offsets = self.packed.offsets[rows[0] : rows[1] + 1]
        begin = int(offsets[0])
        bounds = offsets - begin
        slots: Slots = [None] * self.size
        for step in self.steps:
            step.run(slots, bounds, begin)


class _Planner:
    def __init__(
        self,
        nodes: Sequence[Expr],
        results: Mapping[Expr, Array],
        known: Mapping[Expr, Array],
        packed: Packed,
    ) -> None:
        self._nodes = nodes
        self._slot = {node: index for index, node in enumerate(nodes)}
        self._results = results
        self._known = known
        self._packed = packed
        self._traits = Traits(packed)
        self._planned: set[Expr] = set()
        last: dict[Expr, Expr] = {}
        for node in nodes:
            for child in () if node in known else operands(node):
                last[child] = node
        self._dead: dict[Expr, list[int]] = {}
        for child, user in last.items():
            self._dead.setdefault(user, []).append(self._slot[child])

    def steps(self) -> list[Step]:
        steps: list[Step] = []
        for node in self._nodes:
            if node not in self._planned:
                steps.append(self._step(node))
            if node in self._results:
                steps.append(_Store(self._results[node], self._slot[node]))
            if node in self._dead:
                steps.append(_Free(tuple(self._dead[node])))
        return steps

    def _step(self, node: Expr) -> Step:  # noqa: PLR0911 - a table in the form of a match
        slot = self._slot[node]
        if node in self._known:
            return _Load(self._known[node], slot)
        match node:
            case Field(name):
                return _Load(self._packed.field(name), slot)
            case Number(value):
                return _Constant(value, slot)
            case Test("is_in" | "not_in" as op, (), (fact, *words)):
                flags = self._packed.flags(str(fact), [str(word) for word in words])
                return _Load(flags if op == "is_in" else ~flags, slot)
            case Apply() | Test():
                operands = tuple(self._slot[arg] for arg in node.args)
                if node.op == "crosses_above":
                    return _Crossing(True, operands, slot)
                if node.op == "crosses_below":
                    return _Crossing(False, operands, slot)
                function = LOGICAL.get(node.op) or NUMERIC.get(node.op)
                if function is not None:
                    return _Elementwise(function, operands, slot)
                return self._along(node, operands)
        raise RuleError(_("cannot evaluate {node}").format(node=node))

    def _along(self, node: Apply | Test, operands: tuple[int, ...]) -> Step:
        """Plan one step for all results of the same computation that are asked for."""
        operator = row_operator(node.op)
        targets = []
        for output in range(len(operator.outputs)):
            sibling = Apply(node.op, node.args, node.params, output)
            if sibling in self._slot and sibling not in self._known:
                targets.append((output, self._slot[sibling]))
                self._planned.add(sibling)
        return _Along(operator, node.params, operands, tuple(targets), self._manner(node, operator))

    def _manner(self, node: Apply | Test, operator: RowOperator) -> Callable[..., Any]:
        if node.op == "hold":
            return _run_rows
        if not all(map(self._traits.tidy, node.args)):
            return _run_holed
        if node.op == "lag":
            return _run_joined
        if not isinstance(operator, Library):
            return _run_holed
        name = operator.function.name
        exact = name in EXACT_WINDOWS and all(map(self._traits.solid, node.args))
        if exact or (name in SUMMING_WINDOWS and all(map(self._traits.whole, node.args))):
            return _run_joined
        return _run_rows  # TA-Lib itself skips undefined first bars


def _filled(values: Any, bounds: Bounds) -> Array:
    """Return a slot as an array: a constant is the same at every bar."""
    return np.full(bounds[-1], float(values)) if np.ndim(values) == 0 else values


def _run_joined(
    operator: RowOperator, params: tuple[Any, ...], inputs: list[Array], bounds: Bounds
) -> tuple[Floats, ...]:
    """Compute all instruments of a block in one call, then blank what looked across a border.

    Gives the very same numbers where each value depends on its window alone.
    """
    outputs = operator.run(params, tuple(inputs))
    lookback = operator.lookback(params)
    for output in outputs:
        for start, stop in pairwise(bounds.tolist()):
            output[start : min(start + lookback, stop)] = np.nan
    return outputs


def _run_rows(
    operator: RowOperator, params: tuple[Any, ...], inputs: list[Array], bounds: Bounds
) -> tuple[Floats, ...]:
    """Compute instrument by instrument."""
    outputs = tuple(np.empty(bounds[-1]) for _ in operator.outputs)
    for start, stop in pairwise(bounds.tolist()):
        if stop > start:
            results = operator.run(params, tuple(x[start:stop] for x in inputs))
            for output, result in zip(outputs, results, strict=True):
                output[start:stop] = result
    return outputs


def _run_holed(
    operator: RowOperator, params: tuple[Any, ...], inputs: list[Array], bounds: Bounds
) -> tuple[Floats, ...]:
    """Compute over the bars where all inputs are defined, and leave the others undefined."""
    defined = np.isfinite(inputs[0])
    for other in inputs[1:]:
        defined &= np.isfinite(other)
    if defined.all():
        return _run_rows(operator, params, inputs, bounds)
    before = np.concatenate(([0], np.cumsum(defined)))
    results = _run_rows(operator, params, [x[defined] for x in inputs], before[bounds])
    outputs = tuple(np.full(len(defined), np.nan) for _ in results)
    for output, result in zip(outputs, results, strict=True):
        output[defined] = result
    return outputs

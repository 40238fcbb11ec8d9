"""Evaluation bar by bar, for the desk: one new bar costs microseconds an instrument.

All instruments move together: one bar of each at one time, NaN for those without a bar, which then
stay exactly as they were. The answers equal those of `evaluate` over the same bars.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maemae.bars.panel import DAY, Fact, Floats, Panel
from maemae.errors import DataError
from maemae.i18n import _
from maemae.strategy.crosswise import ACROSS, across
from maemae.strategy.elementwise import LOGICAL, NUMERIC
from maemae.strategy.nodes import in_order, looks_elsewhere, plain_tree
from maemae.strategy.rowwise import Stepper, row_operator
from maemae.strategy.timeframe import Forming, frame
from maemae.strategy.tree import Apply, Expr, Field, Number, RuleError, Test

Array = NDArray[Any]
Flags = NDArray[np.bool_]
Bar = Mapping[str, Floats]
"""Field → one value per instrument, NaN where there is no bar."""
References = Mapping[str, Mapping[str, float]]
"""Index code → field → value, for the indices that have a bar at this time."""


@dataclass
class _Moment:
    """One time: the bars, and what has been worked out of them."""

    time: np.datetime64
    bar: Bar
    present: Flags
    references: References
    values: dict[Expr, Any]


class Live:
    """Trees carried forward bar by bar over a fixed row of instruments."""

    def __init__(
        self,
        trees: Sequence[Expr],
        codes: Sequence[str],
        *,
        facts: Mapping[str, Fact] | None = None,
        step: timedelta = DAY,
    ) -> None:
        """Begin before the first bar.

        Args:
            trees: series and conditions.
            codes: the instruments, in the order of every bar.
            facts: words about them, of shape (instruments, 1).
            step: length of a bar.
        """
        self._trees = [plain_tree(tree) for tree in trees]
        self._width = len(codes)
        self._row_of = {code: row for row, code in enumerate(codes)}
        self._facts = dict(facts or {})
        self._step = step
        self._time: np.datetime64 | None = None
        self._runners: dict[Expr, _Runner] = {}
        self._steps = [(node, self._worker(node)) for node in in_order(self._trees)]

    @classmethod
    def over(cls, trees: Sequence[Expr], panel: Panel) -> "Live":
        """Return the trees as they stand after all bars of a panel."""
        live = cls(trees, panel.codes, facts=latest(panel.facts), step=panel.step)
        for time, bar, references in replay(panel):
            live.push(time, bar, references)
        return live

    def push(
        self, time: np.datetime64, bar: Bar, references: References | None = None
    ) -> list[Array]:
        """Take one bar of every instrument and return what each tree says of it.

        Args:
            time: the bar's session or start; later than the one before.
            bar: the fields, NaN in all of them for an instrument without a bar.
            references: bars of the indices since the last push, where there are any.

        Returns:
            One array per tree, one value per instrument: NaN or False where it has no bar.

        Raises:
            DataError: the time does not advance, or a field is missing.
        """
        if self._time is not None and time <= self._time:
            raise DataError(
                _("a bar at {time} comes after one at {time2}").format(time=time, time2=self._time)
            )
        self._time = time
        present = ~np.isnan(bar["close"])
        moment = _Moment(time, bar, present, references or {}, {})
        for node, work in self._steps:
            moment.values[node] = work(moment)
        return [self._shown(moment.values[tree], tree, present) for tree in self._trees]

    def _shown(self, value: Any, tree: Expr, present: Flags) -> Array:
        if isinstance(tree, Test):
            return np.asarray(value & present)
        return np.where(present, value, np.nan)

    def _worker(self, node: Expr) -> Callable[[_Moment], Any]:  # noqa: PLR0911 - a table
        match node:
            case Field(name):
                return lambda moment: _field(moment.bar, name)
            case Number(value):
                return lambda _: value
            case Test("is_in" | "not_in" as op, (), (fact, *words)):
                flags = self._flags(str(fact), [str(word) for word in words])
                flags = flags if op == "is_in" else ~flags
                return lambda _: flags
            case Apply() | Test() if looks_elsewhere(node):
                return self._elsewhere(node)
            case Apply(op, args) if op in ACROSS:
                return lambda moment: _across(op, args, moment)
            case Apply(op, args) | Test(op, args):
                function = LOGICAL.get(op) or NUMERIC.get(op)
                if function is not None:
                    return lambda moment: function(*[moment.values[arg] for arg in args])
                return self._along(node)
        raise RuleError(_("cannot evaluate {node}").format(node=node))

    def _flags(self, fact: str, words: Sequence[str]) -> Flags:
        if fact not in self._facts:
            raise DataError(
                _("a rule asks for {fact!r}, which these instruments do not have").format(fact=fact)
            )
        return self._facts[fact].is_one_of(words)[:, 0]

    def _along(self, node: Apply | Test) -> Callable[[_Moment], Array]:
        """Share one state between all results of the same computation."""
        output = node.output if isinstance(node, Apply) else 0
        key = Apply(node.op, node.args, node.params)
        if key not in self._runners:
            self._runners[key] = _Runner(node, self._width)
        runner = self._runners[key]
        return lambda moment: runner.at(moment)[output]

    def _elsewhere(self, node: Apply | Test) -> Callable[[_Moment], Array]:
        if node.op == "of":
            return _Elsewhere(node, self._row_of, self._step).at
        return _Longer(node, list(self._row_of), self._facts, self._step).at


class _Runner:
    """An operator along history, run once a moment for all its results."""

    def __init__(self, node: Apply | Test, width: int) -> None:
        self._op = node.op
        self._args = node.args
        self._width = width
        self._stepper: Stepper = row_operator(node.op).stepper(node.params, width)
        self._time: np.datetime64 | None = None
        self._results: tuple[Floats, ...] = ()

    def at(self, moment: _Moment) -> tuple[Floats, ...]:
        if self._time != moment.time:
            inputs = [moment.values[arg] for arg in self._args]
            inputs = [np.full(self._width, float(x)) if np.ndim(x) == 0 else x for x in inputs]
            live = moment.present.copy()
            for values in () if self._op == "hold" else inputs:
                live &= np.isfinite(values)
            self._results = self._stepper.step(inputs, live)
            self._time = moment.time
        return self._results


class _Elsewhere:
    """A rule carried forward for an index or another instrument; its latest answer for all."""

    def __init__(self, node: Apply | Test, row_of: Mapping[str, int], step: timedelta) -> None:
        self._code = str(node.params[0])
        self._row = row_of.get(self._code)
        self._live = Live(node.args, [self._code], step=step)
        self._latest: Any = False if isinstance(node, Test) else np.nan

    def at(self, moment: _Moment) -> Array:
        bar = self._bar(moment)
        if bar is not None and not np.isnan(bar["close"][0]):
            self._latest = self._live.push(moment.time, bar)[0][0]
        return _where_present(np.full(len(moment.present), self._latest), moment.present)

    def _bar(self, moment: _Moment) -> Bar | None:
        if self._code in moment.references:
            fields = moment.references[self._code]
            return {name: np.array([value], dtype=np.float64) for name, value in fields.items()}
        if self._row is None:
            return None
        return {name: values[self._row : self._row + 1] for name, values in moment.bar.items()}


class _Longer:
    """A rule carried forward on longer bars; the answer of the last one known."""

    def __init__(
        self, node: Apply | Test, codes: list[str], facts: Mapping[str, Fact], step: timedelta
    ) -> None:
        self._frame = frame(node.op, node.params, step)
        self._step = step
        self._live = Live(node.args, codes, facts=facts, step=self._frame.step)
        self._forming = Forming(self._frame, step, len(codes))
        self._references: dict[str, Forming] = {}
        fill = False if isinstance(node, Test) else np.nan
        self._held = np.full(len(codes), fill)

    def at(self, moment: _Moment) -> Array:
        indices: dict[np.datetime64, dict[str, dict[str, float]]] = {}
        for code, fields in moment.references.items():
            forming = self._references.setdefault(code, Forming(self._frame, self._step, 1))
            single = {name: np.array([value], dtype=np.float64) for name, value in fields.items()}
            for start, bar in forming.push(moment.time, single):
                indices.setdefault(start, {})[code] = {k: float(v[0]) for k, v in bar.items()}
        for start, bar in self._forming.push(moment.time, moment.bar):
            answer = self._live.push(start, bar, indices.get(start))[0]
            self._held = np.where(np.isnan(bar["close"]), self._held, answer)
        return _where_present(self._held, moment.present)


def _where_present(values: Array, present: Flags) -> Array:
    if values.dtype == np.bool_:
        return values & present
    return np.where(present, values, np.nan)


def _across(op: str, args: tuple[Expr, ...], moment: _Moment) -> Floats:
    values = moment.values[args[0]]
    if np.ndim(values) == 0:
        values = np.full(len(moment.present), float(values))
    within = moment.present
    if len(args) > 1:
        within = within & moment.values[args[1]]
    return across(op, values, within)


def _field(bar: Bar, name: str) -> Floats:
    if name not in bar:
        raise DataError(
            _("a rule asks for {name!r}, which these bars do not have").format(name=name)
        )
    return bar[name]


def latest(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the facts as they stand at the end: each instrument's last known word."""
    words = {}
    for name, fact in facts.items():
        known = fact.codes >= 0
        last = fact.codes.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        words[name] = Fact(np.take_along_axis(fact.codes, last.reshape(-1, 1), axis=1), fact.labels)
    return words


def replay(panel: Panel) -> Iterator[tuple[np.datetime64, Bar, References]]:
    """Yield the bars of a panel as `Live.push` takes them, older bars of its indices first."""
    columns = {time: column for column, time in enumerate(panel.times)}
    indices = {
        code: {time: at for at, time in enumerate(other.times)}
        for code, other in panel.references.items()
    }
    nothing = {name: np.full(len(panel.codes), np.nan) for name in panel.fields}
    every = [panel.times, *(other.times for other in panel.references.values())]
    for time in np.unique(np.concatenate(every)):
        references = {
            code: {name: float(array[0, at[time]]) for name, array in other.fields.items()}
            for (code, other), at in zip(panel.references.items(), indices.values(), strict=True)
            if time in at
        }
        bar: Bar = nothing
        if time in columns:
            bar = {name: array[:, columns[time]] for name, array in panel.fields.items()}
        yield time, bar, references

"""What a strategy says over history: entries, exits and scores for every bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maemae.bars.panel import Packed, Panel
from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.evaluate import Cache, evaluate, evaluate_at
from maemae.strategy.parts import ConditionSearch, ListFile, Rule, Watch
from maemae.strategy.tree import Expr, RuleError

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Events:
    """Entries or exits in order of time, then of score (best first), then of row.

    Attributes:
        time: column of the panel decided on.
        row: row of the panel.
        score: NaN where the strategy has none.
    """

    time: NDArray[np.int32]
    row: NDArray[np.int32]
    score: Floats

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, eq=False)
class Signals:
    """Answers for each bar that exists, packed (see `Packed`); each decided at that bar's close."""

    packed: Packed
    entry: Flags
    exit: Flags
    score: Floats | None
    above_open: Floats | None = None

    def entries(self) -> Events:
        """Return the entries in the order in which they compete."""
        return self._events(self.entry)

    def exits(self) -> Events:
        """Return the bars at which the exit rule holds."""
        return self._events(self.exit)

    def _events(self, flags: Flags) -> Events:
        at = np.flatnonzero(flags)
        time = self.packed.columns[at]
        row = np.searchsorted(self.packed.offsets, at, side="right") - 1
        score = np.full(len(at), np.nan) if self.score is None else self.score[at]
        worst_last = np.where(np.isnan(score), np.inf, -score)
        order = np.lexsort((row, worst_last, time))
        return Events(time[order], row[order].astype(np.int32), score[order])


@dataclass(frozen=True, eq=False)
class Decisions:
    """What an executor needs of a strategy's answers.

    Attributes:
        at: packed bars at which the entry holds, in order.
        score, above_open: at those bars; None where the strategy has none.
        exit: for every packed bar, whether the exit holds.
    """

    at: NDArray[np.int64]
    score: Floats | None
    above_open: Floats | None
    exit: Flags


def decisions(
    strategy: Strategy,
    panel: Panel,
    *,
    cache: Cache | None = None,
    threads: int | None = None,
) -> Decisions:
    """Evaluate a strategy's entry and exit over a panel, and the rest where it enters.

    Raises:
        RuleError: the candidates are not a rule over history (a condition search, a list file).
    """
    from maemae.strategy.kernels import positions  # noqa: PLC0415 - numba is slow to load

    answers = _answers(strategy, panel, ("entry", "exit"), cache, threads)
    at = positions(answers["entry"])

    def there(role: str, part: Expr | Rule | None) -> Floats | None:
        if part is None:
            return None
        if isinstance(part, Expr):
            return evaluate_at(part, panel, at, cache=cache, threads=threads)
        return np.asarray(ask(part, role, panel)[at])

    return Decisions(
        at=at,
        score=there("score", strategy.score_rule),
        above_open=there("above_open", strategy.order.above_open),
        exit=_or_never(answers.get("exit"), panel),
    )


def signals(
    strategy: Strategy,
    panel: Panel,
    *,
    cache: Cache | None = None,
    threads: int | None = None,
) -> Signals:
    """Evaluate a strategy over a panel; see `evaluate` for `cache` and `threads`.

    Raises:
        RuleError: the candidates are not a rule over history (a condition search, a list file).
    """
    answers = _answers(strategy, panel, ("entry", "exit", "score", "above_open"), cache, threads)
    return Signals(
        packed=panel.packed,
        entry=answers["entry"],
        exit=_or_never(answers.get("exit"), panel),
        score=answers.get("score"),
        above_open=answers.get("above_open"),
    )


def _answers(
    strategy: Strategy,
    panel: Panel,
    wanted: Sequence[str],
    cache: Cache | None,
    threads: int | None,
) -> dict[str, Any]:
    if isinstance(strategy.candidates, (ConditionSearch, ListFile)):
        raise RuleError(
            _(
                "{name} takes its candidates from {kind}, whose past answers are not in the bars"
            ).format(name=strategy.name, kind=type(strategy.candidates).__name__)
        )
    roles: dict[str, Expr | Rule | None] = {
        "entry": strategy.entry_rule,
        "exit": strategy.exit_rule,
        "score": strategy.score_rule,
        "above_open": strategy.order.above_open,
    }
    trees = {role: part for role in wanted if isinstance(part := roles[role], Expr)}
    computed = evaluate(list(trees.values()), panel, cache=cache, threads=threads)
    answers: dict[str, Any] = dict(zip(trees, computed, strict=True))
    for role, rule in strategy.rules.items():
        if role in wanted:
            answers[role] = ask(rule, role, panel)
    if not isinstance(strategy.entry, Expr) and strategy.universe is not None:
        answers["entry"] = answers["entry"] & evaluate([strategy.universe], panel)[0]
    if isinstance(strategy.candidates, Watch):
        answers["entry"] = answers["entry"] & _watched(strategy.candidates, panel)
    return answers


def _or_never(flags: Flags | None, panel: Panel) -> Flags:
    return np.zeros(len(panel.packed), dtype=np.bool_) if flags is None else flags


def ask(rule: Rule, role: str, panel: Panel) -> NDArray[Any]:
    """Return a Python rule's answers, packed.

    Raises:
        RuleError: the answer has the wrong shape or type.
    """
    answer = np.asarray(rule(panel))
    wanted = np.float64 if role == "score" else np.bool_
    if answer.shape != panel.shape or answer.dtype != wanted:
        raise RuleError(
            _(
                "the rule {kind} answered {dtype} {shape}; a {role} must be {wanted} {shape2}"
            ).format(
                kind=type(rule).__name__,
                dtype=answer.dtype,
                shape=answer.shape,
                role=role,
                wanted=np.dtype(wanted),
                shape2=panel.shape,
            )
        )
    return answer[panel.present]


def _watched(watch: Watch, panel: Panel) -> Flags:
    chosen = np.isin(np.asarray(panel.codes), np.asarray(watch.codes))
    return np.repeat(chosen, np.diff(panel.packed.offsets))

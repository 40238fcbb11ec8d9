"""What a strategy says over history: entries, exits and scores for every bar."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maemae.bars.panel import Packed, Panel
from maemae.strategy.declare import Strategy
from maemae.strategy.evaluate import Cache, evaluate
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
    if isinstance(strategy.candidates, (ConditionSearch, ListFile)):
        raise RuleError(
            f"{strategy.name} takes its candidates from "
            f"{type(strategy.candidates).__name__}, whose past answers are not in the bars"
        )
    roles: dict[str, Expr | Rule | None] = {
        "entry": strategy.entry_rule,
        "exit": strategy.exit_rule,
        "score": strategy.score_rule,
        "above_open": strategy.order.above_open,
    }
    trees = {role: part for role, part in roles.items() if isinstance(part, Expr)}
    computed = evaluate(list(trees.values()), panel, cache=cache, threads=threads)
    answers: dict[str, Any] = dict(zip(trees, computed, strict=True))
    for role, rule in strategy.rules.items():
        answers[role] = ask(rule, role, panel)
    if not isinstance(strategy.entry, Expr) and strategy.universe is not None:
        answers["entry"] = answers["entry"] & evaluate([strategy.universe], panel)[0]
    if isinstance(strategy.candidates, Watch):
        answers["entry"] = answers["entry"] & _watched(strategy.candidates, panel)
    return Signals(
        packed=panel.packed,
        entry=answers["entry"],
        exit=answers.get("exit", np.zeros(len(panel.packed), dtype=np.bool_)),
        score=answers.get("score"),
        above_open=answers.get("above_open"),
    )


def ask(rule: Rule, role: str, panel: Panel) -> NDArray[Any]:
    """Return a Python rule's answers, packed.

    Raises:
        RuleError: the answer has the wrong shape or type.
    """
    answer = np.asarray(rule(panel))
    wanted = np.float64 if role == "score" else np.bool_
    if answer.shape != panel.shape or answer.dtype != wanted:
        raise RuleError(
            f"the rule {type(rule).__name__} answered {answer.dtype} {answer.shape}; "
            f"a {role} must be {np.dtype(wanted)} {panel.shape}"
        )
    return answer[panel.present]


def _watched(watch: Watch, panel: Panel) -> Flags:
    chosen = np.isin(np.asarray(panel.codes), np.asarray(watch.codes))
    return np.repeat(chosen, np.diff(panel.packed.offsets))

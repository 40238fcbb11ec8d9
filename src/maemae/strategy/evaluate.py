"""Evaluation of trees over a whole panel: every bar of every instrument, on all cores.

The trees become one list of distinct nodes, so that what two rules share is computed once. Nodes
that look along one instrument or at one bar run block by block, a few instruments at a time, so
that a block stays in the processor's cache and blocks run in parallel. Nodes that look across
instruments or at other bars (ranks, weekly bars, an index) need everything below them for the
whole panel and are computed between such passes.
"""

import os
from collections.abc import MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.i18n import _
from maemae.strategy.crosswise import ACROSS, across_all
from maemae.strategy.elementwise import LOGICAL, NUMERIC
from maemae.strategy.nodes import in_order, is_global, spelt_where
from maemae.strategy.plan import Plan
from maemae.strategy.rowwise import is_row_operator
from maemae.strategy.timeframe import frame, lengthen, runs
from maemae.strategy.traits import Traits
from maemae.strategy.tree import Apply, Expr, Field, Number, RuleError, Test, transform

Array = NDArray[Any]
Cache = MutableMapping[Expr, Array]


def evaluate(
    trees: Sequence[Expr],
    panel: Panel,
    *,
    cache: Cache | None = None,
    threads: int | None = None,
) -> list[Array]:
    """Evaluate trees over a panel.

    Args:
        trees: series and conditions.
        panel: the bars.
        cache: results by node, kept from call to call over the same panel; indicators found in it
            are not computed again, and those computed are put into it. A search over parameters
            passes one mapping to all its trials.
        threads: how many to use; all cores by default.

    Returns:
        One packed array per tree (`Panel.packed.spread` gives it the panel's shape): float64 with
        NaN where undefined for a series, bool for a condition.

    Raises:
        RuleError: a tree asks for something that cannot be computed.
        DataError: a tree asks for a column the bars do not have.
    """
    plain = [transform(tree, None) for tree in trees]
    return Evaluation(panel, cache, threads or os.cpu_count() or 1).run(plain)


def evaluate_at(
    tree: Expr,
    panel: Panel,
    at: NDArray[np.int64],
    *,
    cache: Cache | None = None,
    threads: int | None = None,
) -> Array:
    """Evaluate a tree at some bars alone; otherwise as `evaluate`.

    What looks along a history or across instruments is computed for the whole panel; what
    combines single bars is computed at these bars (packed positions) and nowhere else.
    """
    plain = transform(tree, None)
    wide: dict[Expr, None] = {}
    _wide(plain, wide)
    whole = evaluate(list(wide), panel, cache=cache, threads=threads) if wide else []
    known = dict(zip(wide, whole, strict=True))

    def value(node: Expr) -> Any:
        match node:
            case Number(number):
                return number
            case Apply() | Test() if node not in known:
                function = LOGICAL.get(node.op) or NUMERIC[node.op]
                return function(*[value(child) for child in node.args])
            case Field(name):
                return panel.packed.field(name)[at]
        return known[node][at]

    found = value(plain)
    return np.full(len(at), found) if np.ndim(found) == 0 else found


def _wide(tree: Expr, found: dict[Expr, None]) -> None:
    """Collect the uppermost nodes that need more than the bar itself."""
    if isinstance(tree, (Apply, Test)):
        if tree.op in LOGICAL or tree.op in NUMERIC:
            for child in tree.args:
                _wide(child, found)
        else:
            found[tree] = None


@dataclass
class Evaluation:
    """One evaluation of some trees over one panel."""

    panel: Panel
    cache: Cache | None
    threads: int
    known: dict[Expr, Array] = field(default_factory=dict)

    def run(self, trees: Sequence[Expr]) -> list[Array]:
        """Compute the trees, which hold no parameters any more."""
        traits = Traits(self.panel.packed)
        trees = [spelt_where(tree, lambda arg: not traits.tidy(arg)) for tree in trees]
        if self.cache is not None:
            self.known.update(self.cache)
        waiting = [node for node in in_order(trees, self.known) if is_global(node)]
        for node in waiting:
            if node not in self.known:
                self.known[node] = self._global(node)
        self._blocks(trees)
        if self.cache is not None:
            self.cache.update(
                (node, self.known[node]) for node in self.known if self._worth_keeping(node)
            )
        return [self.known[tree] for tree in trees]

    def _worth_keeping(self, node: Expr) -> bool:
        return is_global(node) or (
            isinstance(node, Apply) and is_row_operator(node.op) and node.op != "lag"
        )

    def _blocks(self, trees: Sequence[Expr]) -> None:
        """Compute trees without global nodes still to come, block by block."""
        nodes = in_order(trees, self.known)
        wanted = {tree for tree in trees if tree not in self.known}
        if self.cache is not None:
            wanted |= {node for node in nodes
                       if node not in self.known and self._worth_keeping(node)}  # fmt: skip
        if not wanted:
            return
        size = len(self.panel.packed)
        results = {tree: np.empty(size, dtype=_dtype(tree)) for tree in wanted}
        plan = Plan.of(nodes, results, self.known, self.panel.packed)
        blocks = runs(self.panel.packed.offsets)
        if self.threads > 1 and len(blocks) > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(plan.run, blocks))
        else:
            for block in blocks:
                plan.run(block)
        self.known.update(results)

    def _global(self, node: Expr) -> Array:
        if not isinstance(node, (Apply, Test)):
            raise RuleError(_("cannot evaluate {node}").format(node=node))
        if node.op in ACROSS:
            first, *rest = node.args
            # A column that the panel has already is not written once more.
            self._blocks(rest if isinstance(first, Field) else node.args)
            packed = self.panel.packed
            values = packed.field(first.name) if isinstance(first, Field) else self.known[first]
            within = self.known[rest[0]] if rest else None
            return across_all(node.op, values, within, self.panel.packed.by_time)
        inner = node.args[0]
        if node.op == "of":
            return self._elsewhere(inner, str(node.params[0]))
        longer = lengthen(self.panel, frame(node.op, node.params, self.panel.step))
        values = Evaluation(longer.panel, None, self.threads).run([inner])[0]
        return _picked(values, longer.known)

    def _elsewhere(self, inner: Expr, code: str) -> Array:
        other = reference(self.panel, code)
        values = Evaluation(other, None, 1).run([inner])[0]
        bars = other.packed.columns
        at = np.searchsorted(other.times[bars], self.panel.times, side="right") - 1
        return _picked(values, at)[self.panel.packed.columns]


def reference(panel: Panel, code: str) -> Panel:
    """Return the one-row panel of an index or of one of the panel's own instruments."""
    if code in panel.references:
        return panel.references[code]
    if code in panel.row_of:
        return panel.rows([panel.row_of[code]])
    known = ", ".join(panel.references) or "none"
    raise RuleError(
        _("a rule looks at {code!r}, which these bars lack (indices: {known})").format(
            code=code, known=known
        )
    )


def _picked(values: Array, at: NDArray[np.integer[Any]]) -> Array:
    """Return values by position, undefined (or not holding) where the position is −1."""
    missing = at < 0
    fill = False if values.dtype == np.bool_ else np.nan
    if not len(values):
        return np.full(len(at), fill, dtype=values.dtype)
    out: Array = values.take(at, mode="clip")
    out[missing] = fill
    return out


def _dtype(tree: Expr) -> type[np.generic]:
    return np.bool_ if isinstance(tree, Test) else np.float64

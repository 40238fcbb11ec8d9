"""How much history a rule needs before its answer can be trusted."""

from dataclasses import dataclass
from datetime import timedelta

from maemae.bars.panel import DAY
from maemae.strategy.library import ANCHORED, functions
from maemae.strategy.nodes import plain_tree
from maemae.strategy.rowwise import is_row_operator, row_operator
from maemae.strategy.timeframe import FRAMES, frame
from maemae.strategy.tree import Apply, Expr, Test


@dataclass(frozen=True)
class Warmup:
    """The history a rule needs, counted in bars that the instrument has.

    Attributes:
        bars: bars up to and including the one decided on. For windows this is exact: with fewer
            there is no value. For recursive operators (EMA, RSI) it is long enough for the share
            of the forgotten beginning in the value to fall below `library.TOLERANCE`.
        anchored: operators whose value depends on where the history begins however long it is
            (OBV, parabolic SAR …); compare their changes rather than their level.
        elsewhere: bars needed of indices and other instruments, by code.
    """

    bars: int
    anchored: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, int], ...] = ()


def warmup(*trees: Expr, step: timedelta = DAY) -> Warmup:
    """Return the history these rules need together, on bars of length `step`."""
    others: dict[str, int] = {}
    plain = [plain_tree(tree) for tree in trees]
    bars = max((_bars(tree, step, others) for tree in plain), default=1)
    anchored = {
        functions()[node.op].name
        for tree in plain
        for node in tree.walk()
        if isinstance(node, Apply) and node.op in functions()
    } & ANCHORED
    return Warmup(bars, tuple(sorted(anchored)), tuple(sorted(others.items())))


def _bars(tree: Expr, step: timedelta, others: dict[str, int]) -> int:
    if not isinstance(tree, (Apply, Test)):
        return 1
    if tree.op == "of":
        code = str(tree.params[0])
        others[code] = max(others.get(code, 1), _bars(tree.args[0], step, others))
        return 1
    if tree.op in FRAMES:
        longer = frame(tree.op, tree.params, step)
        return (_bars(tree.args[0], longer.step, others) + 1) * longer.bars(step)
    below = max((_bars(arg, step, others) for arg in tree.args), default=1)
    if is_row_operator(tree.op):
        operator = row_operator(tree.op)
        return below + operator.lookback(tree.params) + operator.memory(tree.params)
    return below

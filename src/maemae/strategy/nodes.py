"""What both evaluators know of trees: their plain form, order, and which nodes look elsewhere."""

from collections.abc import Callable, Container, Iterable
from functools import cache

from maemae.strategy.crosswise import ACROSS
from maemae.strategy.timeframe import FRAMES
from maemae.strategy.tree import Apply, Expr, Test, crossing, transform


@cache
def plain_tree(tree: Expr) -> Expr:
    """Return the tree without parameters and with crossings spelt out."""
    return _spelt(transform(tree, None))


def is_crossing(tree: Expr) -> bool:
    """Whether a node is a crossing that is not spelt out."""
    return isinstance(tree, Test) and tree.op in ("crosses_above", "crosses_below")


def spelt_where(tree: Expr, holed: Callable[[Expr], bool]) -> Expr:
    """Spell out the crossings of series with holes; the others can be found in one pass."""
    if not isinstance(tree, (Apply, Test)) or looks_elsewhere(tree):
        return tree
    tree = tree.rebuilt(tuple(spelt_where(child, holed) for child in tree.args))
    if isinstance(tree, Test) and is_crossing(tree) and any(map(holed, tree.args)):
        return crossing(tree)
    return tree


def _spelt(tree: Expr) -> Expr:
    if isinstance(tree, (Apply, Test)):
        tree = tree.rebuilt(tuple(_spelt(child) for child in tree.args))
        if isinstance(tree, Test) and is_crossing(tree):
            return crossing(tree)
    return tree


def looks_elsewhere(tree: Expr) -> bool:
    """Whether what is below a node is evaluated on other bars."""
    return isinstance(tree, (Apply, Test)) and (tree.op in FRAMES or tree.op == "of")


def is_global(tree: Expr) -> bool:
    """Whether a node needs more than its own instrument's bars."""
    return looks_elsewhere(tree) or (isinstance(tree, Apply) and tree.op in ACROSS)


def operands(tree: Expr) -> tuple[Expr, ...]:
    """Return what a node reads on the same bars."""
    return () if looks_elsewhere(tree) else tree.children


def in_order(trees: Iterable[Expr], known: Container[Expr] = ()) -> list[Expr]:
    """Return the distinct nodes of these trees on the same bars, operands first.

    Nothing below a `known` node is listed for its sake.
    """
    order: dict[Expr, None] = {}

    def visit(tree: Expr) -> None:
        if tree in order:
            return
        if tree not in known:
            for child in operands(tree):
                visit(child)
        order[tree] = None

    for tree in trees:
        visit(tree)
    return list(order)

"""What can be known of a series before computing it, so that it can be computed the quick way."""

from collections.abc import Callable

from maemae.bars.panel import PRICES, REQUIRED, Packed
from maemae.strategy.elementwise import DIVIDING, NUMERIC
from maemae.strategy.library import functions
from maemae.strategy.nodes import is_global
from maemae.strategy.rowwise import is_row_operator
from maemae.strategy.tree import Apply, Expr, Field, Number

AVERAGES = {"sma", "ema", "rma", "wma", "trima", "max", "min", "midpoint", "lag"}
"""Operators along history whose result lies between the values it looks at."""
KEEPING_SIGN = {"add", "mul", "div", "larger", "smaller"}


class Traits:
    """Facts about the series of one panel, each found out once."""

    def __init__(self, packed: Packed) -> None:
        self._packed = packed
        self._found: dict[tuple[str, Expr], bool] = {}

    def tidy(self, node: Expr) -> bool:
        """Whether a series, once it has its first value, has one at every further bar."""
        return self._once("tidy", node, self._tidy)

    def solid(self, node: Expr) -> bool:
        """Whether a series has a value at every bar, the first ones included."""
        return self.tidy(node) and not any(
            isinstance(part, Apply) and is_row_operator(part.op) for part in node.walk()
        )

    def whole(self, node: Expr) -> bool:
        """Whether a series holds whole numbers only, so that its sums are exact."""
        return (
            isinstance(node, Field) and node.name in REQUIRED and self._packed.integral(node.name)
        )

    def positive(self, node: Expr) -> bool:
        """Whether every value of a series is above zero."""
        return self._once("positive", node, self._positive)

    def _once(self, trait: str, node: Expr, find: Callable[[Expr], bool]) -> bool:
        key = (trait, node)
        if key not in self._found:
            self._found[key] = find(node)
        return self._found[key]

    def _tidy(self, node: Expr) -> bool:
        match node:
            case Field(name):
                return name in REQUIRED
            case Number():
                return True
            case Apply(op, args) if not is_global(node) and all(map(self.tidy, args)):
                if is_row_operator(op):
                    function = functions().get(op)
                    return op == "lag" or (function is not None and not function.holes)
                if op in DIVIDING:
                    return op in ("div", "log") and self.positive(args[-1])
                return op in NUMERIC and op not in ("where", "flag")
        return False

    def _positive(self, node: Expr) -> bool:
        match node:
            case Field(name):
                return name in PRICES and self._packed.positive(name)
            case Number(value):
                return value > 0
            case Apply(op, args) if op in AVERAGES or op in KEEPING_SIGN:
                return all(map(self.positive, args))
        return False

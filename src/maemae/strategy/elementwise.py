"""Operators on single bars: the same functions serve whole blocks and the newest bar alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DIVIDING = {"div", "pow", "log", "sqrt", "exp"}
"""Operators whose result can be infinite or undefined although their operands are not."""


def finite(values: Array) -> Array:
    """Return the values with infinities as undefined; changes the array given."""
    values[~np.isfinite(values)] = np.nan
    return values


def _quiet(function: Callable[..., Array]) -> Callable[..., Array]:
    def compute(*operands: Array) -> Array:
        with np.errstate(all="ignore"):
            return finite(np.asarray(function(*operands), dtype=np.float64))

    return compute


def _choose(test: Array, yes: Array, no: Array) -> Array:
    return np.where(test, yes, no)


def _flag(test: Array) -> Array:
    return test.astype(np.float64)


NUMERIC: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": _quiet(np.divide),
    "pow": _quiet(np.power),
    "neg": np.negative,
    "abs": np.abs,
    "log": _quiet(np.log),
    "exp": _quiet(np.exp),
    "sqrt": _quiet(np.sqrt),
    "sign": np.sign,
    "larger": np.maximum,
    "smaller": np.minimum,
    "where": _choose,
    "flag": _flag,
}


def _differs(left: Array, right: Array) -> Array:
    return (left < right) | (left > right)


LOGICAL: dict[str, Callable[..., Array]] = {
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "ne": _differs,
    "and": np.logical_and,
    "or": np.logical_or,
}
"""Comparisons with an undefined operand do not hold, `ne` included."""

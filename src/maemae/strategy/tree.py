"""Rules as immutable trees that only look back.

An expression is a `Series` (a number for each bar of each instrument) or a `Condition` (yes or no
for each). Trees are plain frozen data: they compare and hash by content, print as the Python text
that builds them, and are evaluated elsewhere (`evaluate` over whole arrays, `live` bar by bar).

Undefined values: a series has no value where its instrument has no bar, before its windows are
full, and where arithmetic has no answer (division by zero, logarithm of zero). Windows skip such
bars, arithmetic passes them on, and a comparison with one is neither true nor false: it does not
hold, and its negation does not hold either.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NoReturn, TypeVar, cast

from maemae.errors import MaemaeError
from maemae.i18n import _

E = TypeVar("E", bound="Expr")


class RuleError(MaemaeError):
    """A rule cannot be built, read or evaluated; the message names the part at fault."""


class Expr:
    """A node of a tree."""

    __slots__ = ()
    __iter__: ClassVar[None] = None

    @property
    def children(self) -> tuple["Expr", ...]:
        """Expressions directly below this one."""
        return ()

    def rebuilt(self, children: tuple["Expr", ...]) -> "Expr":
        """Return the same node over other children."""
        if children:
            raise RuleError(_("{self} has no parts to replace").format(self=self))
        return self

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a rule is neither true nor false while it is being written: "
            "combine conditions with & | ~ (in parentheses) instead of and/or/not, "
            "and write a < b and b < c as two comparisons"
        )

    def walk(self) -> Iterator["Expr"]:
        """Yield this node and all nodes below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def __str__(self) -> str:
        from maemae.strategy.text import to_text  # noqa: PLC0415 - text needs the whole language

        return to_text(self)

    __repr__ = __str__


class Series(Expr):
    """A number for each bar of each instrument."""

    __slots__ = ()

    def __add__(self, other: "Series | float") -> "Series":
        return _combined("add", self, series(other))

    def __radd__(self, other: float) -> "Series":
        return _combined("add", series(other), self)

    def __sub__(self, other: "Series | float") -> "Series":
        return _combined("sub", self, series(other))

    def __rsub__(self, other: float) -> "Series":
        return _combined("sub", series(other), self)

    def __mul__(self, other: "Series | float") -> "Series":
        return _combined("mul", self, series(other))

    def __rmul__(self, other: float) -> "Series":
        return _combined("mul", series(other), self)

    def __truediv__(self, other: "Series | float") -> "Series":
        return _combined("div", self, series(other))

    def __rtruediv__(self, other: float) -> "Series":
        return _combined("div", series(other), self)

    def __pow__(self, other: "Series | float") -> "Series":
        return _combined("pow", self, series(other))

    def __neg__(self) -> "Series":
        return Apply("neg", (self,))

    def __abs__(self) -> "Series":
        return Apply("abs", (self,))

    def __gt__(self, other: "Series | float") -> "Condition":
        return Test("gt", (self, series(other)))

    def __ge__(self, other: "Series | float") -> "Condition":
        return Test("ge", (self, series(other)))

    def __lt__(self, other: "Series | float") -> "Condition":
        return Test("lt", (self, series(other)))

    def __le__(self, other: "Series | float") -> "Condition":
        return Test("le", (self, series(other)))

    def __getitem__(self, bars: "int | Param") -> "Series":
        """Return the value so many bars ago: `close[1]` is the previous close."""
        if bars == 0 or isinstance(self, Number):
            return self
        if not isinstance(bars, Param) and (not isinstance(bars, int) or bars < 0):
            raise RuleError(
                _("{self}[{bars}] would look ahead: only bars ago, 0, 1, 2 …, exist").format(
                    self=self, bars=bars
                )
            )
        return Apply("lag", (self,), (bars,))


class Condition(Expr):
    """Yes or no for each bar of each instrument."""

    __slots__ = ()

    def __and__(self, other: "Condition") -> "Condition":
        return Test("and", (self, condition(other)))

    def __or__(self, other: "Condition") -> "Condition":
        return Test("or", (self, condition(other)))

    def __invert__(self) -> "Condition":
        raise NotImplementedError


@dataclass(frozen=True, repr=False, slots=True)
class Number(Series):
    """A constant."""

    value: float


@dataclass(frozen=True, repr=False, slots=True)
class Param(Series):
    """A named number that a search may vary from `low` to `high` in steps of `step`."""

    name: str
    value: float
    low: float
    high: float
    step: float = 1

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise RuleError(
                _("{name!r} cannot name a parameter: letters, digits, underscore").format(
                    name=self.name
                )
            )
        if not (self.low <= self.value <= self.high and self.step > 0):
            raise RuleError(
                _(
                    "parameter {name}: {what:g} must lie between {low:g} and {high:g}, and "
                    "the step {step:g} above zero"
                ).format(
                    name=self.name, what=self.value, low=self.low, high=self.high, step=self.step
                )
            )

    def choices(self) -> list[float]:
        """Return every value on the grid, ascending."""
        count = int((self.high - self.low) / self.step + 1e-9)
        whole = all(isinstance(x, int) for x in (self.low, self.step))
        values = [self.low + k * self.step for k in range(count + 1)]
        return values if whole else [round(value, 10) for value in values]


Value = int | float | str | Param
"""What an operator can be told besides its series."""


@dataclass(frozen=True, repr=False, slots=True)
class Field(Series):
    """A column of the bars: open, high, low, close, volume, value, market_cap, shares."""

    name: str


@dataclass(frozen=True, repr=False, slots=True)
class Apply(Series):
    """An operator that makes numbers; `output` chooses among several results."""

    op: str
    args: tuple[Expr, ...]
    params: tuple[Value, ...] = ()
    output: int = 0

    @property
    def children(self) -> tuple[Expr, ...]:
        """The operands."""
        return self.args

    def rebuilt(self, children: tuple[Expr, ...]) -> "Apply":
        """Return the same operator over other operands."""
        return replace(self, args=children)


OPPOSITE = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt", "eq": "ne", "ne": "eq",
            "is_in": "not_in", "not_in": "is_in"}  # fmt: skip


@dataclass(frozen=True, repr=False, slots=True)
class Test(Condition):
    """An operator that makes a condition."""

    __test__: ClassVar[bool] = False

    op: str
    args: tuple[Expr, ...]
    params: tuple[Value, ...] = ()

    @property
    def children(self) -> tuple[Expr, ...]:
        """The operands."""
        return self.args

    def rebuilt(self, children: tuple[Expr, ...]) -> "Test":
        """Return the same operator over other operands."""
        return replace(self, args=children)

    def __invert__(self) -> Condition:
        if self.op in OPPOSITE:
            return replace(self, op=OPPOSITE[self.op])
        if self.op in ("and", "or"):
            left, right = (_negated(arg) for arg in self.args)
            return left | right if self.op == "and" else left & right
        if self.op in ("crosses_above", "crosses_below"):
            return _negated(crossing(self))
        return replace(self, args=tuple(_negated(arg) for arg in self.args))


def _negated(expr: Expr) -> Condition:
    return ~condition(expr)


def crossing(test: Test) -> Condition:
    """Spell a crossing out: on the other side (or level) at the bar before, beyond it now."""
    left, right = (series(arg) for arg in test.args)
    if test.op == "crosses_above":
        return (left > right) & (left[1] <= right[1])
    return (left < right) & (left[1] >= right[1])


FOLDS: Mapping[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
}


def _combined(op: str, left: "Series", right: "Series") -> "Series":
    """Return an arithmetic node, or its result where both operands are plain numbers."""
    if op in FOLDS and isinstance(left, Number) and isinstance(right, Number):
        try:
            return Number(FOLDS[op](left.value, right.value))
        except ZeroDivisionError:
            raise RuleError(
                _("{left} / {right} divides by zero").format(left=left, right=right)
            ) from None
    return Apply(op, (left, right))


def series(value: object) -> Series:
    """Return a number or a series as a series."""
    if isinstance(value, Series):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RuleError(
            _("{value!r} stands where a number or a series is needed").format(value=value)
        )
    return Number(value)


def condition(value: object) -> Condition:
    """Return a condition, or refuse what is none."""
    if not isinstance(value, Condition):
        raise RuleError(
            _(
                "{value!r} stands where a condition is needed; mind the parentheses: "
                "(close > open) & (volume > 0)"
            ).format(value=value)
        )
    return value


def parameters(*trees: Expr) -> dict[str, Param]:
    """Return the named parameters of these trees, in order of appearance."""
    found: dict[str, Param] = {}
    for tree in trees:
        for node in tree.walk():
            for value in (node, *(node.params if isinstance(node, (Apply, Test)) else ())):
                if isinstance(value, Param) and found.setdefault(value.name, value) != value:
                    raise RuleError(
                        _("parameter {name!r} is declared twice, differently").format(
                            name=value.name
                        )
                    )
    return found


def transform(tree: E, change: Mapping[str, float] | None) -> E:
    """Return the tree with parameters set (a mapping) or turned into plain numbers (None)."""

    def settle(value: Value) -> Value:
        if not isinstance(value, Param):
            return value
        return value.value if change is None else _moved(value, change)

    result: Expr = tree
    if isinstance(tree, Param):
        result = Number(tree.value) if change is None else _moved(tree, change)
    elif isinstance(tree, (Apply, Test)):
        children = tuple(transform(child, change) for child in tree.args)
        result = replace(tree, args=children, params=tuple(settle(v) for v in tree.params))
    return cast(E, result)


def _moved(param: Param, values: Mapping[str, float]) -> Param:
    return replace(param, value=values[param.name]) if param.name in values else param

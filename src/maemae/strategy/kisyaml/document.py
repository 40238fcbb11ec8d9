"""A strategy file as data, and the strategy it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.kisyaml.candles import candle
from maemae.strategy.kisyaml.catalogue import INDICATORS
from maemae.strategy.language import (
    close,
    crosses_above,
    crosses_below,
    equal,
    high,
    low,
    open_,
    volume,
)
from maemae.strategy.tree import Condition, Param, RuleError, Series, series

Scalar = float | int | str
"""A number, a word, or `$name` for a parameter."""

PRICES: dict[str, Series] = {
    "close": close, "open": open_, "high": high, "low": low, "volume": volume, "price": close,
}  # fmt: skip
OPERATORS: dict[str, str] = {
    alias: canonical
    for canonical, aliases in {
        "greater_than": "> gt breaks",
        "less_than": "< lt",
        "greater_equal": ">= gte",
        "less_equal": "<= lte",
        "equal": "== equals eq",
        "not_equal": "!=",
        "cross_above": "crosses_above indicator_cross_above crossover",
        "cross_below": "crosses_below indicator_cross_below crossunder",
    }.items()
    for alias in (canonical, *aliases.split())
}
"""Every spelling of the four dialects → the canonical one."""
OPERATIONS = ("mul", "div", "add", "sub")
SIGNALS = ("bullish", "bearish", "detected")
LOGICS = ("AND", "OR")


@dataclass(frozen=True)
class ParamSpec:
    """A tunable number of the file."""

    default: Scalar
    low: float | None = None
    high: float | None = None
    type: str = ""
    description: str = ""

    def value(self, name: str) -> Param | Scalar:
        """Return it as a parameter of our language (a word stays a word)."""
        if isinstance(self.default, str):
            return self.default
        bounds = [self.default, *(x for x in (self.low, self.high) if x is not None)]
        whole = all(isinstance(x, int) for x in bounds)
        low = self.default if self.low is None else self.low
        high = self.default if self.high is None else self.high
        step = 1 if whole else round((high - low) / 20, 6) or 1
        return Param(name, self.default, low, high, step)


@dataclass(frozen=True)
class IndicatorUse:
    """An indicator with its parameters, under a name."""

    id: str
    alias: str
    params: tuple[tuple[str, Scalar], ...] = ()
    name: str = ""
    output: str = "value"


@dataclass(frozen=True)
class CandleUse:
    """A candlestick pattern under a name."""

    id: str
    alias: str


@dataclass(frozen=True)
class Comparison:
    """A condition on two numbers; `right` is a number, a name or `$param`."""

    indicator: str
    operator: str
    right: Scalar
    output: str = "value"
    right_output: str = "value"
    scalar: float | None = None
    operation: str = "mul"


@dataclass(frozen=True)
class CandleTest:
    """A condition on a candlestick pattern."""

    candlestick: str
    signal: str = "detected"


@dataclass(frozen=True)
class Group:
    """Conditions that must hold together (AND) or of which one suffices (OR)."""

    logic: str
    conditions: tuple[Comparison | CandleTest, ...]


@dataclass(frozen=True)
class Risk:
    """Limits in percent of the price; None where not enabled."""

    stop_loss: float | None = None
    take_profit: float | None = None
    trailing_stop: float | None = None
    max_position_size: float | None = None


@dataclass(frozen=True)
class Document:
    """A `*.kis.yaml` file."""

    name: str
    id: str
    entry: Group
    exit: Group
    indicators: tuple[IndicatorUse, ...] = ()
    candlesticks: tuple[CandleUse, ...] = ()
    params: Mapping[str, ParamSpec] = field(default_factory=dict)
    risk: Risk = Risk()
    category: str = "custom"
    description: str = ""
    author: str = "user"
    tags: tuple[str, ...] = ()
    version: str = "1.0"

    def strategy(self) -> Strategy:
        """Return the strategy the file means.

        Raises:
            RuleError: a name, operator or parameter does not exist.
        """
        names = Names(self)
        risk = self.risk
        return Strategy(
            name=identifier(self.id),
            title=self.name,
            about=self.description,
            entry=names.group(self.entry),
            exit=names.group(self.exit),
            stop_loss=_fraction(risk.stop_loss),
            take_profit=_fraction(risk.take_profit),
            trailing_stop=_fraction(risk.trailing_stop),
        )


def identifier(text: str) -> str:
    """Return a file's id as a name of ours."""
    name = re.sub(r"\W", "_", text) or "strategy"
    return name if name.isidentifier() else f"_{name}"


def _fraction(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


class Names:
    """What the names in a document's conditions stand for."""

    def __init__(self, document: Document) -> None:
        self._params = document.params
        self._indicators = {use.alias: use for use in document.indicators}
        self._candles = {use.alias: use for use in document.candlesticks}

    def resolved(self, value: Scalar) -> Scalar | Param:
        """Return a value, or the parameter that `$name` refers to."""
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        name = value[1:]
        if name not in self._params:
            known = ", ".join(self._params) or "none"
            raise RuleError(
                _("there is no parameter {value} (params: {known})").format(
                    value=value, known=known
                )
            )
        return self._params[name].value(name)

    def outputs(self, use: IndicatorUse) -> dict[str, Series]:
        """Return all results of an indicator."""
        spec = INDICATORS[use.id]
        given = dict(use.params)
        return spec.build(*(self.resolved(given.get(name, usual)) for name, usual in spec.params))

    def series(self, name: str, output: str) -> Series:
        """Return what an alias or a price field stands for."""
        use = self._indicators.get(name)
        if use is None:
            if name in PRICES:
                return PRICES[name]
            known = ", ".join([*self._indicators, *PRICES])
            raise RuleError(
                _("{name!r} is no indicator alias and no price (there are {known})").format(
                    name=name, known=known
                )
            )
        results = self.outputs(use)
        if output == "value" and output not in results:
            output = INDICATORS[use.id].outputs[0]
        if output not in results:
            raise RuleError(
                _("{id} has no output {output!r}; it has {results}").format(
                    id=use.id, output=output, results=", ".join(results)
                )
            )
        return results[output]

    def condition(self, test: Comparison | CandleTest) -> Condition:
        """Return what a condition means."""
        if isinstance(test, CandleTest):
            use = self._candles.get(test.candlestick)
            if use is None:
                raise RuleError(
                    _("{candlestick!r} is no candlestick alias").format(
                        candlestick=test.candlestick
                    )
                )
            found = candle(use.id)
            if test.signal == "detected":
                return abs(found) > 0
            return found > 0 if test.signal == "bullish" else found < 0
        left = self.series(test.indicator, test.output)
        return _compared(left, test.operator, self._right(test))

    def _right(self, test: Comparison) -> Series:
        value = self.resolved(test.right)
        right = self.series(value, test.right_output) if isinstance(value, str) else series(value)
        match test.operation if test.scalar is not None else "":
            case "mul":
                return right * series(test.scalar)
            case "div":
                return right / series(test.scalar)
            case "add":
                return right + series(test.scalar)
            case "sub":
                return right - series(test.scalar)
        return right

    def group(self, group: Group) -> Condition:
        """Return what a group of conditions means."""
        tests = [self.condition(test) for test in group.conditions]
        if group.logic == "AND":
            return reduce(lambda left, right: left & right, tests)
        return reduce(lambda left, right: left | right, tests)


def _compared(left: Series, operator: str, right: Series) -> Condition:
    return {
        "greater_than": lambda: left > right,
        "less_than": lambda: left < right,
        "greater_equal": lambda: left >= right,
        "less_equal": lambda: left <= right,
        "equal": lambda: equal(left, right),
        "not_equal": lambda: ~equal(left, right),
        "cross_above": lambda: crosses_above(left, right),
        "cross_below": lambda: crosses_below(left, right),
    }[operator]()

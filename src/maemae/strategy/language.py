"""The words of the language: fields, facts, and the functions that combine them.

Everything here builds trees and computes nothing. A window counts the bars an instrument has, so a
halted day is not in it; an argument that is a length may be a number or a `param`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from maemae.i18n import _
from maemae.strategy.library import functions
from maemae.strategy.tree import (
    Apply,
    Condition,
    Expr,
    Field,
    Param,
    RuleError,
    Series,
    Test,
    Value,
    condition,
    series,
)

Number = float | int
Numeric = Series | float
E = TypeVar("E", Series, Condition)
Length = int | Param

open_ = Field("open")
high = Field("high")
low = Field("low")
close = Field("close")
volume = Field("volume")
value = Field("value")
"""거래대금: money traded, in the currency's unit."""
market_cap = Field("market_cap")
shares = Field("shares")

SPELLED = {"open_": open_}
"""Fields whose Python name differs from the column's; `open` is a Python builtin."""

RECALL = 250
"""Bars over which a count (`streak`, `since`) is promised exact, whatever history is loaded."""

SLOWEST = 0.05
"""The slowest share per bar for which `smooth` is promised warm."""

NEW_NAMES = {"max": "highest", "min": "lowest", "sum": "total", "stddev": "stdev"}
"""TA-Lib functions that go by another name here, for the plain one means something in Python."""

LIBRARY_NAMES = {new: old for old, new in NEW_NAMES.items()}


@dataclass(frozen=True)
class Fact:
    """A word about an instrument: its market, kind, sector."""

    name: str

    def is_in(self, *words: str) -> Condition:
        """Hold where the fact is one of these words: `market.is_in("KOSPI", "KOSDAQ")`."""
        if not words:
            raise RuleError(_("{name}.is_in() needs at least one word").format(name=self.name))
        return Test("is_in", (), (self.name, *words))


market = Fact("market")
kind = Fact("kind")
sector = Fact("sector")


def param(name: str, default: float, low: float, high: float, step: float = 1) -> Param:
    """Declare a number that a search may vary: its name, usual value, range and step."""
    return Param(name, default, low, high, step)


class Outputs:
    """The results of a function that has several: `macd(close).signal`."""

    def __init__(self, results: Mapping[str, Series]) -> None:
        self._results = dict(results)

    def __getattr__(self, name: str) -> Series:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._results:
            raise RuleError(
                _("no result {name!r}; there are {results}").format(
                    name=name, results=", ".join(self._results)
                )
            )
        return self._results[name]

    def __repr__(self) -> str:
        return f"<{', '.join(map(str, self._results.values()))}>"


def call(name: str, *operands: object) -> dict[str, Series]:
    """Apply a TA-Lib function by its lower-case name; the results by the names of its outputs.

    Series come first, then parameters in TA-Lib's order; those left out take TA-Lib's defaults.
    A function of fixed fields (high, low, close …) needs no series.
    """
    op = LIBRARY_NAMES.get(name, name)
    function = functions().get(op)
    if function is None:
        raise RuleError(_("there is no function {name!r}").format(name=name))
    args = [operand for operand in operands if _is_series(operand)]
    given = [operand for operand in operands if not _is_series(operand)]
    if operands[: len(args)] != tuple(args):
        raise RuleError(_("{name}: series come first, then parameters").format(name=name))
    if not function.free and not args:
        args = [Field(column) for column in function.inputs]
    elif len(args) == function.free < len(function.inputs):
        args += [Field(column) for column in function.inputs[function.free :]]
    if len(args) != len(function.inputs):
        raise RuleError(
            _("{name} works on {n} series, not {given}").format(
                name=name, n=len(function.inputs), given=len(args)
            )
        )
    if len(given) > len(function.parameters):
        raise RuleError(
            _("{name} has {n} parameters, not {given}").format(
                name=name, n=len(function.parameters), given=len(given)
            )
        )
    defaults = [default for _, default in function.parameters]
    params = tuple(_parameter(name, p) for p in (*given, *defaults[len(given) :]))
    plain = function.typed(tuple(p.value if isinstance(p, Param) else p for p in params))
    if function.lookback(plain) < 0:
        wanted = ", ".join(parameter for parameter, _ in function.parameters)
        raise RuleError(
            _("{name}: {plain} is out of range for ({wanted})").format(
                name=name, plain=plain, wanted=wanted
            )
        )
    return {
        output: Apply(op, tuple(series(arg) for arg in args), params, index)
        for index, output in enumerate(function.outputs)
    }


def _is_series(operand: object) -> bool:
    return isinstance(operand, Expr) and not isinstance(operand, Param)


def _parameter(name: str, value: object) -> Value:
    if isinstance(value, Param) or (
        isinstance(value, (int, float)) and not isinstance(value, bool)
    ):
        return value
    raise RuleError(_("{name}: {value!r} is not a number").format(name=name, value=value))


class Indicators:
    """All of TA-Lib's functions under their usual names: `ta.RSI(close, 14)`, `ta.CDLDOJI()`."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.lower() not in functions():
            raise AttributeError(f"TA-Lib has no function {name}")
        return one_of(name.lower())

    def __dir__(self) -> list[str]:
        return sorted(function.name for function in functions().values())


def one_of(name: str) -> Callable[..., Series]:
    """Return the function as a callable: a series where it has one result, else `Outputs`."""

    def build(*operands: object) -> Series:
        results = call(name, *operands)
        if len(results) == 1:
            return next(iter(results.values()))
        return Outputs(results)  # type: ignore[return-value]

    return build


ta = Indicators()


def sma(x: Numeric, length: Length) -> Series:
    """Average over the last bars (simple moving average)."""
    return one_of("sma")(series(x), length)


def ema(x: Numeric, length: Length) -> Series:
    """Exponential moving average, seeded by the simple average of its first window."""
    return one_of("ema")(series(x), length)


def wma(x: Numeric, length: Length) -> Series:
    """Linearly weighted moving average."""
    return one_of("wma")(series(x), length)


def rsi(x: Numeric, length: Length = 14) -> Series:
    """Relative strength index by Wilder, 0 to 100."""
    return one_of("rsi")(series(x), length)


def roc(x: Numeric, length: Length) -> Series:
    """Change over so many bars, in percent."""
    return one_of("roc")(series(x), length)


def atr(length: Length = 14) -> Series:
    """Average true range by Wilder, in price units."""
    return one_of("atr")(length)


def stdev(x: Numeric, length: Length) -> Series:
    """Measure the standard deviation over the window (of the population)."""
    return one_of("stddev")(series(x), length)


def highest(x: Numeric, length: Length) -> Series:
    """Highest value of the last bars, this one included."""
    return one_of("max")(series(x), length)


def lowest(x: Numeric, length: Length) -> Series:
    """Lowest value of the last bars, this one included."""
    return one_of("min")(series(x), length)


def total(x: Numeric, length: Length) -> Series:
    """Sum over the last bars."""
    return one_of("sum")(series(x), length)


def macd(x: Numeric, fast: Length = 12, slow: Length = 26, signal: Length = 9) -> Outputs:
    """Subtract two averages (convergence/divergence): `.macd`, `.signal`, `.histogram`."""
    return Outputs(call("macd", series(x), fast, slow, signal))


def bollinger(x: Numeric, length: Length = 20, width: Number | Param = 2.0) -> Outputs:
    """Bollinger bands: `.upper`, `.middle`, `.lower`."""
    return Outputs(call("bbands", series(x), length, width, width, 0))


def crosses_above(left: Numeric, right: Numeric) -> Condition:
    """Hold where `left` is above `right` and was not at the bar before."""
    return Test("crosses_above", (series(left), series(right)))


def crosses_below(left: Numeric, right: Numeric) -> Condition:
    """Hold where `left` is below `right` and was not at the bar before."""
    return Test("crosses_below", (series(left), series(right)))


def equal(left: Numeric, right: Numeric) -> Condition:
    """Hold where both are the same number (`==` compares trees)."""
    return Test("eq", (series(left), series(right)))


def larger(left: Numeric, right: Numeric) -> Series:
    """Take the larger of two."""
    return Apply("larger", (series(left), series(right)))


def smaller(left: Numeric, right: Numeric) -> Series:
    """Take the smaller of two."""
    return Apply("smaller", (series(left), series(right)))


def where(test: Condition, yes: Numeric, no: Numeric) -> Series:
    """`yes` where the condition holds, `no` elsewhere."""
    return Apply("where", (condition(test), series(yes), series(no)))


def flag(test: Condition) -> Series:
    """1 where the condition holds, 0 elsewhere."""
    return Apply("flag", (condition(test),))


def log(x: Numeric) -> Series:
    """Natural logarithm."""
    return Apply("log", (series(x),))


def exp(x: Numeric) -> Series:
    """Exponential."""
    return Apply("exp", (series(x),))


def sqrt(x: Numeric) -> Series:
    """Square root."""
    return Apply("sqrt", (series(x),))


def sign(x: Numeric) -> Series:
    """−1, 0 or 1."""
    return Apply("sign", (series(x),))


def count(test: Condition, length: Length) -> Series:
    """On how many of the last bars the condition held."""
    return total(flag(test), length)


def happened(test: Condition, length: Length) -> Condition:
    """Hold where the condition held on at least one of the last bars."""
    return count(test, length) > 0


def streak(test: Condition) -> Series:
    """How many bars in a row, up to this one, the condition has held."""
    return Apply("streak", (condition(test),), (RECALL,))


def since(test: Condition) -> Series:
    """How many bars ago the condition last held; undefined until it has."""
    return Apply("since", (condition(test),), (RECALL,))


def smooth(x: Numeric, share: Numeric) -> Series:
    """Follow `x` with a level that moves this share (0 to 1) of the way at every bar."""
    slowest = share if isinstance(share, (int, float)) else SLOWEST
    return Apply("smooth", (series(x), series(share)), (float(slowest),))


def when(test: Condition, x: Numeric) -> Series:
    """Take `x` where the condition holds; undefined elsewhere."""
    return series(x) / flag(test)


def hold(x: Numeric) -> Series:
    """Keep the last defined value: `hold(when(volume > 0, close))`."""
    return Apply("hold", (series(x),), (RECALL,))


def zigzag(percent: float) -> Outputs:
    """Follow turns of at least so many percent: `.pivot`, the last one, and `.direction` since.

    A turn is known only once the price has come back by that much, so nothing is redrawn later.
    """
    args = (high, low)
    names = ("pivot", "direction")
    return Outputs({name: Apply("zigzag", args, (percent,), i) for i, name in enumerate(names)})


def weighted(x: Numeric, *weights: float) -> Series:
    """Weighted sum over the last bars; the first weight belongs to this bar."""
    return Apply("weighted", (series(x),), weights)


def _across(op: str, x: Numeric, within: Condition | None, *params: Value) -> Series:
    args: tuple[Expr, ...] = (series(x),) if within is None else (series(x), condition(within))
    return Apply(op, args, params)


def rank(x: Numeric, within: Condition | None = None) -> Series:
    """Rank among the day's instruments as a share, above 0 to 1 (largest); ties share the mean.

    Ranks run within the strategy's universe, or where `within` holds.
    """
    return _across("rank", x, within)


def zscore(x: Numeric, within: Condition | None = None) -> Series:
    """Distance from the day's mean in the day's standard deviations (of the population)."""
    return _across("zscore", x, within)


def place(x: Numeric, within: Condition | None = None) -> Series:
    """Place among the day's instruments: 1 the largest; equals share the better place."""
    return _across("place", x, within)


def weekly(inner: E) -> E:
    """Look at weekly bars, known from the close of the week's last weekday on."""
    return _within("weekly", inner)


def monthly(inner: E) -> E:
    """Look at monthly bars, known once the month can have no further weekday."""
    return _within("monthly", inner)


def daily(inner: E) -> E:
    """Look at daily bars of completed days while the rule runs on shorter ones."""
    return _within("daily", inner)


def minutes(inner: E, length: int) -> E:
    """Look at bars of so many minutes, known when their time is over."""
    return _within("minutes", inner, length)


def of(inner: E, code: str) -> E:
    """Apply the rule to an index or another instrument: `of(close > sma(close, 200), "KOSPI")`.

    Known at the same time as our own bar; the latest one where the other has no bar of its own.
    """
    return _within("of", inner, code)


def _within(op: str, inner: E, *params: Value) -> E:
    if isinstance(inner, Condition):
        return cast(E, Test(op, (inner,), params))
    return cast(E, Apply(op, (series(inner),), params))

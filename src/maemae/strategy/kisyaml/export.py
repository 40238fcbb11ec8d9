"""A strategy of ours as a `*.kis.yaml` document, where the format can say it."""

from collections.abc import Iterator
from itertools import product

from maemae.i18n import _
from maemae.strategy.declare import Strategy, plain
from maemae.strategy.kisyaml.candles import CANDLES, candle
from maemae.strategy.kisyaml.catalogue import INDICATORS, Indicator
from maemae.strategy.kisyaml.document import (
    PRICES,
    CandleTest,
    CandleUse,
    Comparison,
    Document,
    Group,
    IndicatorUse,
    ParamSpec,
    Risk,
)
from maemae.strategy.parts import Universe
from maemae.strategy.tree import Apply, Condition, Expr, Field, Number, Param, RuleError, Test

SPELLED = {"gt": "greater_than", "ge": "greater_equal", "lt": "less_than", "le": "less_equal",
           "eq": "equal", "ne": "not_equal", "crosses_above": "cross_above",
           "crosses_below": "cross_below"}  # fmt: skip
MIRRORED = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge", "eq": "eq", "ne": "ne",
            "crosses_above": "crosses_below", "crosses_below": "crosses_above"}  # fmt: skip
LONGEST_LIST = 4
"""Parameters of the most demanding indicator that is looked for."""


def document_of(strategy: Strategy) -> Document:
    """Return the document of a strategy.

    Raises:
        RuleError: a part has no counterpart in the format; the message names it.
    """
    if strategy.rules:
        raise RuleError(_("{name}: the format knows no Python rules").format(name=strategy.name))
    if not isinstance(strategy.candidates, Universe) or strategy.universe is not None:
        raise RuleError(
            _("{name}: the format knows no candidates; export the rules alone").format(
                name=strategy.name
            )
        )
    if strategy.exit is None:
        raise RuleError(
            _("{name}: the format needs an exit rule besides the limits").format(name=strategy.name)
        )
    writer = _Exporter()
    entry, leave = (writer.group(tree) for tree in (strategy.entry, strategy.exit))
    return Document(
        name=strategy.title or strategy.name,
        id=strategy.name,
        description=strategy.about,
        entry=entry,
        exit=leave,
        indicators=tuple(writer.indicators.values()),
        candlesticks=tuple(writer.candles.values()),
        params=writer.params,
        risk=Risk(*(_percent(limit) for limit in (
            strategy.stop_loss, strategy.take_profit, strategy.trailing_stop))),
    )  # fmt: skip


def _percent(limit: float | Param | None) -> float | None:
    value = plain(limit)
    return None if value is None else round(value * 100, 6)


class _Exporter:
    def __init__(self) -> None:
        self.indicators: dict[Expr, IndicatorUse] = {}
        self.candles: dict[str, CandleUse] = {}
        self.params: dict[str, ParamSpec] = {}

    def group(self, tree: object) -> Group:
        if not isinstance(tree, Condition):
            raise RuleError(_("the format knows no Python rules"))
        logic = "OR" if isinstance(tree, Test) and tree.op == "or" else "AND"
        return Group(logic, tuple(self._condition(part) for part in _flat(tree, logic.lower())))

    def _condition(self, tree: Expr) -> Comparison | CandleTest:
        if not isinstance(tree, Test) or tree.op not in SPELLED:
            raise RuleError(_("the format cannot say {tree} inside this group").format(tree=tree))
        pattern = self._candle(tree)
        if pattern is not None:
            return pattern
        left, right = tree.args
        op = tree.op
        if isinstance(left, (Number, Param)):
            left, right, op = right, left, MIRRORED[op]
        name, output = self._side(left)
        if isinstance(right, Number):
            return Comparison(name, SPELLED[op], right.value, output)
        if isinstance(right, Param):
            return Comparison(name, SPELLED[op], self._param(right), output)
        scalar, operation = None, "mul"
        if isinstance(right, Apply) and right.op in ("mul", "div", "add", "sub"):
            base, factor = right.args
            if isinstance(factor, Number) and self._known(base):
                scalar, operation, right = factor.value, right.op, base
        other, other_output = self._side(right)
        return Comparison(name, SPELLED[op], other, output, other_output, scalar, operation)

    def _candle(self, tree: Test) -> CandleTest | None:
        left, right = tree.args
        if right != Number(0) or tree.op not in ("gt", "lt"):
            return None
        for pattern in sorted(CANDLES):
            found = candle(pattern)
            signal = ""
            if left == found:
                signal = "bullish" if tree.op == "gt" else "bearish"
            elif left == abs(found) and tree.op == "gt":
                signal = "detected"
            if signal:
                self.candles[pattern] = CandleUse(pattern, pattern)
                return CandleTest(pattern, signal)
        return None

    def _known(self, tree: Expr) -> bool:
        return isinstance(tree, Field) or next(_matches(tree), None) is not None

    def _side(self, tree: Expr) -> tuple[str, str]:
        """Return alias (or price) and output of one side of a comparison."""
        if isinstance(tree, Field) and tree.name in PRICES:
            return tree.name, "value"
        for spec, values, output in _matches(tree):
            key = spec.build(*values)[spec.outputs[0]]
            if key not in self.indicators:
                alias = f"{spec.id}_{1 + sum(u.id == spec.id for u in self.indicators.values())}"
                params = tuple(
                    (name, self._param(value) if isinstance(value, Param) else value)
                    for (name, _), value in zip(spec.params, values, strict=True)
                )
                self.indicators[key] = IndicatorUse(spec.id, alias, params)
            return self.indicators[key].alias, "value" if output == spec.outputs[0] else output
        raise RuleError(_("the format has no indicator for {tree}").format(tree=tree))

    def _param(self, param: Param) -> str:
        kind = "int" if isinstance(param.value, int) else "float"
        self.params[param.name] = ParamSpec(param.value, param.low, param.high, kind)
        return f"${param.name}"


def _flat(tree: Expr, logic: str) -> Iterator[Expr]:
    if isinstance(tree, Test) and tree.op == logic:
        for arg in tree.args:
            yield from _flat(arg, logic)
    else:
        yield tree


def _matches(tree: Expr) -> Iterator[tuple[Indicator, tuple[float | str | Param, ...], str]]:
    """Yield the indicators, with parameters found in the tree itself, that build this tree."""
    numbers = _numbers(tree)
    for spec in INDICATORS.values():
        usual = [value for _, value in spec.params]
        words = any(isinstance(value, str) for value in usual)
        if not words and not any(_alike(one, tree) for one in spec.build(*usual).values()):
            continue
        for values in _settings(spec, numbers):
            try:
                results = spec.build(*values)
            except RuleError:
                continue
            for output, built in results.items():
                if built == tree:
                    yield spec, values, output


def _alike(one: Expr, other: Expr) -> bool:
    """Whether two trees could be the same up to their numbers."""
    if isinstance(one, (Apply, Test)) and isinstance(other, (Apply, Test)):
        return (
            one.op == other.op
            and len(one.args) == len(other.args)
            and all(map(_alike, one.args, other.args))
        )
    numbers = (Number, Param)
    return one == other or (isinstance(one, numbers) and isinstance(other, numbers))


def _settings(
    spec: Indicator, numbers: list[float | Param]
) -> Iterator[tuple[float | str | Param, ...]]:
    words = [("up", "down") if isinstance(usual, str) else numbers for _, usual in spec.params]
    if len(spec.params) <= LONGEST_LIST:
        yield from product(*words)


def _numbers(tree: Expr) -> list[float | Param]:
    found: dict[float | Param, None] = {}
    for node in tree.walk():
        if isinstance(node, Number):
            found[node.value] = None
        elif isinstance(node, Param):
            found[node] = None
        elif isinstance(node, (Apply, Test)):
            found |= {value: None for value in node.params if not isinstance(value, str)}
    return list(found)

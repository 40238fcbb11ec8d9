"""The lines of a strategy's rules over the candles of one instrument."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from maemae.bars.panel import DAY, Panel
from maemae.errors import DataError
from maemae.service.market_view import Candle, Chart, Scale
from maemae.strategy.crosswise import ACROSS
from maemae.strategy.declare import Strategy
from maemae.strategy.evaluate import evaluate
from maemae.strategy.nodes import in_order, plain_tree
from maemae.strategy.tree import Apply, Expr, RuleError, Series, Test

MOST = 8
"""Lines drawn at most; more hide the price."""

_LIKE_A_PRICE = (0.5, 2.0)
"""A line whose middle lies within these multiples of the price's is drawn over the candles."""


@dataclass(frozen=True)
class Line:
    """One indicator: a value for each candle, None where it has none yet."""

    name: str
    values: list[float | None]
    over_price: bool


def indicator_lines(strategy: Strategy, chart: Chart) -> list[Line]:
    """Return the indicators that the rules of a strategy compare.

    What cannot be told from the candles of one instrument (a rank among others, a market's
    index, a company's size) is left out.
    """
    if not chart.candles:
        return []
    panel = _panel(chart)
    price = float(np.median([candle.close for candle in chart.candles]))
    lines = []
    for series in _compared(strategy):
        try:
            [values] = evaluate([series], panel, threads=1)
        except (RuleError, DataError):
            continue
        known = values[np.isfinite(values)]
        if len(known):
            low, high = (price * times for times in _LIKE_A_PRICE)
            shown = [float(v) if np.isfinite(v) else None for v in values]
            lines.append(Line(str(series), shown, low <= float(np.median(known)) <= high))
    return lines[:MOST]


def _compared(strategy: Strategy) -> list[Series]:
    """Return the distinct computed series that entry and exit compare, each once unshifted."""
    found: dict[str, Series] = {}
    for tree in (strategy.entry, strategy.exit, strategy.order.above_open):
        for series in _operands(plain_tree(tree)) if isinstance(tree, Expr) else ():
            found.setdefault(str(series), series)
    return list(found.values())


def _operands(tree: Expr) -> Iterator[Series]:
    if isinstance(tree, Apply):
        inner: Expr = tree
        while isinstance(inner, Apply) and inner.op in ("lag", "neg"):
            inner = inner.args[0]
        # What ranks instruments among each other says nothing about one of them.
        if isinstance(inner, Apply) and not any(
            isinstance(node, Apply) and node.op in ACROSS for node in in_order([inner])
        ):
            yield inner
    elif isinstance(tree, Test):
        for part in tree.args:
            yield from _operands(part)


def _panel(chart: Chart) -> Panel:
    daily = chart.scale is Scale.DAY
    frame = pl.DataFrame(
        {
            "date" if daily else "ts": [_time(candle, daily=daily) for candle in chart.candles],
            "code": [chart.code] * len(chart.candles),
            **{name: _column(chart.candles, name) for name in ("open", "high", "low", "close")},
            "volume": _column(chart.candles, "volume"),
        }
    )
    return Panel.from_frame(frame, step=DAY if daily else timedelta(minutes=1))


def _time(candle: Candle, *, daily: bool) -> object:
    return candle.at.date() if daily else candle.at.replace(tzinfo=None)


def _column(candles: Sequence[Candle], name: str) -> list[int]:
    return [getattr(candle, name) for candle in candles]

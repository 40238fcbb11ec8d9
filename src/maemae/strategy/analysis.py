"""What can be said of one name at its last close: indicators, patterns, levels, strategies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.i18n import _
from maemae.strategy.chart_patterns import Found, patterns, turns_of
from maemae.strategy.crosswise import ACROSS
from maemae.strategy.declare import Strategy
from maemae.strategy.evaluate import evaluate
from maemae.strategy.kisyaml.candles import CANDLES, candle
from maemae.strategy.language import atr, bollinger, close, ema, macd, rsi, sma
from maemae.strategy.parts import ConditionSearch, ListFile
from maemae.strategy.tree import Apply, Expr, RuleError, Series

RECENT = 20
"""Bars within which a chart pattern is worth naming."""

YEAR = 250
LEVELS = 3
"""Levels shown on either side of the price."""


def _indicators() -> dict[str, Series]:
    bands, crossing = bollinger(close), macd(close)
    return {
        "sma5": sma(close, 5), "sma20": sma(close, 20), "sma60": sma(close, 60),
        "sma120": sma(close, 120), "ema12": ema(close, 12), "ema26": ema(close, 26),
        "rsi14": rsi(close, 14), "macd": crossing.macd, "macd_signal": crossing.signal,
        "bollinger_upper": bands.upper, "bollinger_lower": bands.lower, "atr14": atr(14),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern: its name, the day of its break or candle, whether it points up, its line."""

    name: str
    day: date
    up: bool
    line: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a strategy says of a name: `buy`, `sell`, `nothing` or why it cannot judge one."""

    strategy: str
    title: str
    word: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One name at its last close. Prices in won; an indicator without a value is left out."""

    code: str
    day: date
    bars: int
    close: float
    indicators: dict[str, float]
    candles: list[Pattern]
    shapes: list[Pattern]
    supports: list[float]
    resistances: list[float]
    highest: float
    lowest: float
    strategies: list[Said]


def analyse(panel: Panel, strategies: Iterable[Strategy]) -> Analysis:
    """Look at the only instrument of a panel.

    Raises:
        DataError: there is not exactly one instrument, or no bar of it.
    """
    if panel.shape[0] != 1 or not panel.present.any():
        raise DataError(_("there are no bars of it"))
    there = panel.present[0]
    high, low, closes = (panel.fields[name][0][there] for name in ("high", "low", "close"))
    times = panel.times[there]
    last = float(closes[-1])
    found = patterns(high, low, closes)
    turns = [turn.price for turn in turns_of(high[-YEAR:], low[-YEAR:])]
    return Analysis(
        code=panel.codes[0],
        day=_day(times[-1]),
        bars=len(closes),
        close=last,
        indicators=_values(_indicators(), panel),
        candles=[
            Pattern(name, _day(times[-1]), value > 0)
            for name, value in _values({one: candle(one) for one in sorted(CANDLES)}, panel).items()
            if value
        ],
        shapes=[_shape(one, times) for one in found if one.at >= len(closes) - RECENT],
        supports=sorted({price for price in turns if price < last}, reverse=True)[:LEVELS],
        resistances=sorted({price for price in turns if price > last})[:LEVELS],
        highest=float(high[-YEAR:].max()),
        lowest=float(low[-YEAR:].min()),
        strategies=[_said(one, panel) for one in strategies],
    )


def _values(trees: dict[str, Series], panel: Panel) -> dict[str, float]:
    """Return the values at the last bar, those that there are."""
    found = evaluate(list(trees.values()), panel)
    values = {name: float(array[-1]) for name, array in zip(trees, found, strict=True)}
    return {name: value for name, value in values.items() if np.isfinite(value)}


def _shape(one: Found, times: np.ndarray) -> Pattern:
    return Pattern(one.shape.value, _day(times[one.at]), one.up, one.line)


def _said(strategy: Strategy, panel: Panel) -> Said:
    """Return what its rules say of one name; a universe that it ranks is left aside."""
    rules = {"buy": strategy.entry, "sell": strategy.exit}
    trees = {word: rule for word, rule in rules.items() if isinstance(rule, Expr)}
    nodes = (node for tree in trees.values() for node in tree.walk())
    elsewhere = isinstance(strategy.candidates, (ConditionSearch, ListFile))
    if (
        elsewhere
        or "buy" not in trees
        or any(isinstance(n, Apply) and n.op in ACROSS for n in nodes)
    ):
        return Said(strategy.name, strategy.title, "cannot", _("it decides on more than one name"))
    try:
        answers = evaluate(list(trees.values()), panel)
    except (RuleError, DataError) as error:
        return Said(strategy.name, strategy.title, "cannot", str(error))
    word = next((word for word, one in zip(trees, answers, strict=True) if one[-1]), "nothing")
    return Said(strategy.name, strategy.title, word)


def _day(time: np.datetime64) -> date:
    day: date = time.astype("datetime64[D]").item()
    return day

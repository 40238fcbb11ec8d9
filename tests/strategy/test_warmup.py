"""The same decision with the least history as with all of it."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.strategy import (
    Condition,
    Expr,
    Schedule,
    Strategy,
    atr,
    bollinger,
    close,
    crosses_above,
    ema,
    high,
    highest,
    macd,
    minutes,
    monthly,
    of,
    rsi,
    sma,
    ta,
    volume,
    warmup,
    weekly,
)
from maemae.strategy.evaluate import evaluate
from maemae.strategy.library import TOLERANCE
from maemae.strategy.tree import RuleError


def last(tree: Expr, panel: Panel) -> NDArray[Any]:
    values = evaluate([tree], panel)[0]
    return panel.packed.spread(values, False if values.dtype == bool else np.nan)[:, -1]


def test_windows_need_exactly_their_bars() -> None:
    assert warmup(close).bars == 1
    assert warmup(close[3]).bars == 4
    assert warmup(sma(close, 20)).bars == 20
    assert warmup(crosses_above(sma(close, 5), sma(close, 20))).bars == 21
    assert warmup(close > highest(high, 252)[1]).bars == 253
    assert warmup(sma(sma(close, 5), 5)).bars == 9
    assert warmup(sma(close, 3), close[9]).bars == 10


def test_longer_bars_and_indices_are_counted_in_their_own() -> None:
    assert warmup(weekly(sma(close, 4))).bars == 25
    assert warmup(monthly(close)).bars == 46
    needed = warmup(of(close > sma(close, 200), "KOSPI") & (close > close[1]))
    assert needed.bars == 2
    assert needed.elsewhere == (("KOSPI", 200),)
    assert warmup(minutes(sma(close, 4), 5), step=timedelta(minutes=1)).bars == 25


def test_functions_anchored_at_the_start_are_named() -> None:
    assert warmup(ta.OBV(close) > 0).anchored == ("OBV",)
    assert warmup(ema(close, 20) > 0).anchored == ()


RECURSIVE = [ema(close, 20), rsi(close), atr(14), macd(close).signal, ta.ADX(14),
             ta.DEMA(close, 10),
             ta.T3(close, 5, 0.7), ta.TRIX(close, 9), ta.TSI(close), ta.STOCHRSI(close).k,
             ta.KAMA(close, 10), ta.ADXR(14), ta.PPO(close), ta.KC().upper, ta.HA().close,
             ta.CMO(close), ta.MASSI(), ta.EFI(13), ta.RVI(close, 14, 10), ta.KDJ().k]  # fmt: skip


@pytest.mark.parametrize("tree", RECURSIVE, ids=str)
def test_recursive_operators_forget_the_start_to_the_tolerance(
    tree: Expr, long_history: Panel
) -> None:
    needed = warmup(tree).bars
    assert needed < long_history.shape[1]
    least = last(tree, long_history.window(long_history.shape[1] - needed, long_history.shape[1]))
    whole = last(tree, long_history)
    assert np.isfinite(whole).any()
    assert (np.isfinite(least) == np.isfinite(whole)).all()
    scale = np.nanmax(np.abs(evaluate([tree], long_history)[0]))
    np.testing.assert_allclose(least, whole, rtol=0, atol=1000 * TOLERANCE * scale)


DECISIONS: list[Condition] = [
    crosses_above(sma(close, 5), sma(close, 20)) & (volume > 2 * sma(volume, 20)),
    (rsi(close) < 40) & (macd(close).histogram > 0),
    close < bollinger(close).lower,
    crosses_above(close, ema(close, 20)),
]


@pytest.mark.parametrize("tree", DECISIONS, ids=str)
def test_decisions_are_those_of_years_of_history(tree: Condition, market: Panel) -> None:
    needed = warmup(tree).bars
    held = 0
    steady = [row for row in range(market.shape[0]) if market.present[row].all()]
    panel = market.rows(steady)
    for end in (400, 433, 466, panel.shape[1]):
        whole = last(tree, panel.first(end))
        least = last(tree, panel.window(end - needed, end))
        assert (least == whole).all()
        held += int(whole.sum())
    assert held > 0


def test_a_strategy_counts_in_bars_of_its_schedule() -> None:
    slow = minutes(sma(close, 20), 30)
    by_five = Strategy(name="by_five", entry=close > slow, schedule=Schedule(bars=5))
    assert by_five.warmup.bars == warmup(slow, step=timedelta(minutes=5)).bars == 21 * 6
    with pytest.raises(RuleError, match="needs bars shorter"):
        assert Strategy(name="daily", entry=close > slow).warmup

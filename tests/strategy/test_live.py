"""Bar by bar equals whole history, to the last bit."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.strategy import (
    Expr,
    close,
    count,
    crosses_above,
    crosses_below,
    equal,
    high,
    highest,
    low,
    macd,
    minutes,
    monthly,
    of,
    open_,
    rank,
    rsi,
    since,
    sma,
    smooth,
    streak,
    ta,
    volume,
    weekly,
    weighted,
    where,
    zscore,
)
from maemae.strategy.evaluate import evaluate
from maemae.strategy.language import call
from maemae.strategy.language import market as word
from maemae.strategy.library import functions
from maemae.strategy.live import Live
from maemae.strategy.presets import PRESETS

Maker = Callable[..., Panel]
Check = Callable[[Sequence[Expr], Panel], None]


LANGUAGE = [
    crosses_above(sma(close, 5), sma(close, 20)) & (volume > 2 * sma(volume, 20)),
    ~crosses_below(macd(close).macd, macd(close).signal),
    weekly(sma(close, 3)) + monthly(high),
    weekly(close > sma(close, 2)) & ~of(weekly(close > sma(close, 3)), "000001"),
    weekly(of(close, "000001")),
    weekly(rank(close)),
    smooth(close / (high - low), 0.1) - rank(rsi(close, 5)),
    streak(close > close[1]) + since(close > highest(high, 9)[1]) + count(close > open_, 4),
    weighted(close / volume, 0.5, 0.3, 0.2),
    zscore(volume),
    where(equal(close, open_), close[7], sma(close / (close - open_), 4)),
]


@pytest.mark.parametrize("seed", range(3))
def test_the_language_bar_by_bar(make_panel: Maker, seed: int, assert_equal: Check) -> None:
    assert_equal(LANGUAGE, make_panel(9, 130, gaps=0.2, seed=seed))
    assert_equal([minutes(sma(close, 3), 5), close > minutes(high, 15)],
                 make_panel(5, 100, gaps=0.2, seed=seed, daily=False))  # fmt: skip


def every_result() -> list[Expr]:
    return [
        result
        for name, function in functions().items()
        for result in call(name, *([close, volume][: function.free])).values()
    ]


def test_every_library_function_bar_by_bar_and_without_looking_ahead(
    make_panel: Maker, assert_equal: Check
) -> None:
    panel = make_panel(4, 160, gaps=0.1)
    trees = every_result()
    assert len(functions()) > 150
    assert_equal(trees, panel)
    full = evaluate(trees, panel)
    early = panel.first(120)
    for tree, values, before in zip(trees, full, evaluate(trees, early), strict=True):
        known = panel.packed.spread(values, np.nan)[:, :120]
        np.testing.assert_array_equal(known, early.packed.spread(before, np.nan), str(tree))


def test_presets_bar_by_bar_on_real_bars(market: Panel, assert_equal: Check) -> None:
    """Hundreds of instruments with halts, late listings and short histories."""
    some = market.window(0, 130).rows(range(0, market.shape[0], 8))
    trees = list(dict.fromkeys(tree for preset in PRESETS.values() for tree in preset.trees))
    assert_equal(trees, some)


def test_signals_of_thousands_of_real_instruments_bar_by_bar(
    market: Panel, assert_equal: Check
) -> None:
    panel = market.window(200, 280)
    bands = ta.BBANDS(close, 20, 2.0, 2.0)
    trees = [
        LANGUAGE[0],
        (rsi(close) < 30) | (macd(close, 5, 10, 3).histogram > 0),
        close < bands.lower,
    ]
    assert panel.shape[0] > 2000
    assert_equal(trees, panel)


def test_facts_follow_the_latest_word(market: Panel) -> None:
    assert "KONEX" in market.facts["market"].labels
    live = Live.over([word.is_in("KOSPI")], market.window(440, 445))
    last = {name: array[:, 445] for name, array in market.fields.items()}
    answer = live.push(market.times[445], last)[0]
    whole = evaluate([word.is_in("KOSPI")], market.window(440, 446))[0]
    expected = market.window(440, 446).packed.spread(whole, False)[:, -1]
    assert (answer == expected).all()


def test_time_must_advance_and_columns_must_be_there(make_panel: Maker) -> None:
    panel = make_panel(2, 5)
    live = Live.over([close > open_], panel)
    bar = {name: array[:, 0] for name, array in panel.fields.items()}
    with pytest.raises(DataError, match="comes after"):
        live.push(panel.times[4], bar)
    with pytest.raises(DataError, match="'open'"):
        live.push(panel.times[4] + 1, {"close": bar["close"]})
    with pytest.raises(DataError, match="'market'"):
        Live([word.is_in("KOSPI")], panel.codes)

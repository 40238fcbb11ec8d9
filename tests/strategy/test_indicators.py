"""Our own indicators: bar by bar, causal, and equal to their published definitions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.strategy import Expr, close, hold, open_, parse, when, zigzag
from maemae.strategy import indicators as own
from maemae.strategy.evaluate import evaluate
from maemae.strategy.language import Outputs

Maker = Callable[..., Panel]
Check = Callable[[Sequence[Expr], Panel], None]


def built() -> dict[str, Expr]:
    results: dict[str, Expr] = {"hold": hold(when(close > open_, close))}
    calls = {
        name: function(close) if name in ("alma", "vidya") else function()
        for name, function in own.OWN.items()
        if name != "market_line"
    }
    calls |= {"market_line": own.market_line(20), "zigzag": zigzag(5), "vwap": own.vwap()}
    calls |= {"tsi": own.tsi(), "ppo": own.ppo()}
    for name, result in calls.items():
        if isinstance(result, Outputs):
            results |= {f"{name}.{part}": tree for part, tree in result._results.items()}
        else:
            results[name] = result
    return results


def with_index(panel: Panel, index: Panel) -> Panel:
    return Panel(panel.codes, panel.times, panel.fields, references={"KOSPI": index})


def test_bar_by_bar_and_through_text(make_panel: Maker, assert_equal: Check) -> None:
    trees = built()
    panel = with_index(make_panel(5, 200, gaps=0.15), make_panel(1, 200, seed=8))
    assert_equal(list(trees.values()), panel)
    for name, tree in trees.items():
        assert parse(str(tree)) == tree, name
        assert np.isfinite(evaluate([tree], panel)[0]).mean() > 0.25, name


def test_nothing_looks_ahead(make_panel: Maker) -> None:
    trees = list(built().values())
    panel = with_index(make_panel(4, 180, gaps=0.1), make_panel(1, 180, seed=8))
    early = panel.first(130)
    for tree, all_, some in zip(trees, evaluate(trees, panel), evaluate(trees, early), strict=True):
        np.testing.assert_array_equal(
            panel.packed.spread(all_, np.nan)[:, :130], early.packed.spread(some, np.nan), str(tree)
        )


def one(tree: Expr, panel: Panel) -> NDArray[Any]:
    return evaluate([tree], panel)[0]


@pytest.fixture(scope="module")
def bars(market: Panel) -> tuple[Panel, pl.DataFrame]:
    row = market.row_of["005930"]
    panel = market.rows([row])
    return panel, pl.DataFrame({name: array[0] for name, array in panel.fields.items()})


def test_definitions_on_real_bars(bars: tuple[Panel, pl.DataFrame]) -> None:
    panel, f = bars
    high, low, last = f["high"], f["low"], f["close"]
    typical = (high + low + last) / 3
    mid26 = (high.rolling_max(26) + low.rolling_min(26)) / 2
    mid9 = (high.rolling_max(9) + low.rolling_min(9)) / 2
    ranges = pl.select(
        pl.max_horizontal(high, last.shift(1)) - pl.min_horizontal(low, last.shift(1))
    ).to_series()
    returns = last / last.shift(1) - 1
    spread = (last / last.shift(1)).log().rolling_std(3).shift(1)
    cases = {
        own.ichimoku().kijun: mid26,
        own.ichimoku().senkou_a: ((mid9 + mid26) / 2).shift(26),
        own.vwap(14): (typical * f["volume"]).rolling_sum(14) / f["volume"].rolling_sum(14),
        own.choppiness(14): 100
        * (ranges.rolling_sum(14) / (high.rolling_max(14) - low.rolling_min(14))).log(10)
        / np.log10(14),
        own.price_spike(3): (last - last.shift(1)) / (spread * last.shift(1)),
        own.keltner(20, 2.0).upper: last.rolling_mean(20) + 2 * ranges.rolling_mean(20),
        own.close_place(): (last - low) / (high - low),
        close / close[1] - 1: returns,
    }
    for tree, expected in cases.items():
        got = one(tree, panel)[60:]
        np.testing.assert_allclose(got, expected.to_numpy()[60:], rtol=1e-9, err_msg=str(tree))


def test_alma_weights_add_up_and_lean_to_the_newest(bars: tuple[Panel, pl.DataFrame]) -> None:
    tree = own.alma(close, 9, 6, 0.85)
    weights = tree.params  # type: ignore[attr-defined]
    assert sum(weights) == pytest.approx(1)
    assert weights.index(max(weights)) == 1


def test_the_market_line_of_the_index_itself_is_one(make_panel: Maker) -> None:
    panel = make_panel(1, 90)
    same = with_index(panel, make_panel(1, 90))
    line = own.market_line(20)
    np.testing.assert_allclose(one(line.beta, same)[25:], 1, rtol=1e-6)
    np.testing.assert_allclose(one(line.alpha, same)[25:], 0, atol=1e-9)


def test_a_zigzag_turn_is_known_when_the_price_has_come_back(make_panel: Maker) -> None:
    panel = make_panel(1, 9)
    path = [100, 110, 120, 119, 113, 100, 104, 106, 130]
    for name in ("open", "high", "low", "close"):
        panel.fields[name][0] = path
    zig = zigzag(5)
    assert one(zig.direction, panel).tolist() == [1, 1, 1, 1, -1, -1, -1, 1, 1]
    assert one(zig.pivot, panel)[4:].tolist() == [120, 120, 120, 100, 100]


def test_swings_are_known_right_bars_later(make_panel: Maker) -> None:
    panel = make_panel(1, 11)
    path = np.array([1, 2, 3, 2, 1, 2, 5, 2, 1, 0, 1.0]) * 100
    for name in ("open", "high", "low", "close"):
        panel.fields[name][0] = path
    assert one(own.pivots(2, 2).high, panel)[4:].tolist() == [300, 300, 300, 300, 500, 500, 500]

"""Whole-panel evaluation against plain per-instrument computations."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
import talib
from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.strategy import (
    Expr,
    RuleError,
    bollinger,
    close,
    count,
    crosses_above,
    equal,
    high,
    highest,
    low,
    macd,
    market_cap,
    minutes,
    of,
    open_,
    place,
    rank,
    rsi,
    since,
    sma,
    smooth,
    stdev,
    streak,
    ta,
    timeframe,
    volume,
    weekly,
    weighted,
    where,
    zscore,
)
from maemae.strategy.evaluate import evaluate

Maker = Callable[..., Panel]
Array = NDArray[np.float64]


def dense(tree: Expr, panel: Panel, **options: Any) -> NDArray[Any]:
    values = evaluate([tree], panel, **options)[0]
    return panel.packed.spread(values, False if values.dtype == bool else np.nan)


def only(panel: Panel, times: Sequence[int]) -> Panel:
    """The panel without the other times."""
    fields = {name: np.ascontiguousarray(a[:, list(times)]) for name, a in panel.fields.items()}
    return Panel(panel.codes, panel.times[list(times)], fields)


def per_instrument(panel: Panel, compute: Callable[[pl.DataFrame], pl.Series]) -> Array:
    """The naive way: one instrument after another, over the bars it has."""
    out = np.full(panel.shape, np.nan)
    for row in range(panel.shape[0]):
        bars = panel.present[row]
        frame = pl.DataFrame({name: array[row][bars] for name, array in panel.fields.items()})
        if len(frame):
            out[row, bars] = compute(frame).cast(pl.Float64).fill_null(np.nan).to_numpy()
    return out


def rolling(name: str) -> Callable[[pl.DataFrame], pl.Series]:
    return {
        "sma": lambda f: f["close"].rolling_mean(5),
        "std": lambda f: f["close"].rolling_std(7, ddof=0),
        "max": lambda f: f["high"].rolling_max(9),
        "lag": lambda f: f["close"].shift(3),
        "change": lambda f: f["close"] / f["close"].shift(1) - 1,
        "ema": lambda f: pl.Series(talib.EMA(f["close"].to_numpy(), 8)),
    }[name]


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize(
    ("name", "tree"),
    [
        ("sma", sma(close, 5)),
        ("std", stdev(close, 7)),
        ("max", highest(high, 9)),
        ("lag", close[3]),
        ("change", close / close[1] - 1),
        ("ema", ta.EMA(close, 8)),
    ],
)
def test_windows_count_the_bars_an_instrument_has(
    make_panel: Maker, gaps: float, name: str, tree: Expr
) -> None:
    panel = make_panel(9, 150, gaps=gaps)
    np.testing.assert_allclose(
        dense(tree, panel), per_instrument(panel, rolling(name)), rtol=1e-12, atol=1e-9
    )


def test_results_do_not_depend_on_blocks_threads_or_cache(
    make_panel: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = make_panel(23, 90, gaps=0.1)
    trees = [
        crosses_above(sma(close, 5), sma(close, 20)) & (volume > sma(volume, 10)),
        macd(close).signal + bollinger(close).upper[2],
        rank(rsi(close)) + weekly(sma(close, 2)),
        smooth(close / (high - low), 0.1),
    ]
    whole = evaluate(trees, panel, threads=1)
    monkeypatch.setattr(timeframe, "BLOCK", 100)
    cache: dict[Expr, NDArray[np.generic]] = {}
    ways: list[dict[str, Any]] = [
        {"threads": 1},
        {"threads": 3},
        {"cache": cache},
        {"cache": cache},
    ]
    for options in ways:
        for left, right in zip(whole, evaluate(trees, panel, **options), strict=True):
            np.testing.assert_array_equal(left, right)
    assert sma(close, 5) in cache


def test_undefined_values_neither_hold_nor_fail_to_hold(make_panel: Maker) -> None:
    panel = make_panel(2, 12)
    crossing = crosses_above(close, sma(close, 5))
    either = dense(crossing, panel) | dense(~crossing, panel)
    assert not either[:, :4].any()
    assert not either[0, 4]  # the first average has no predecessor to have crossed from …
    assert either[:, 5:].all()
    flat = close / (close - close)
    assert not dense((flat > 0) | (flat <= 0) | equal(flat, 0) | ~equal(flat, 0), panel).any()


def test_windows_skip_holes_made_by_arithmetic(make_panel: Maker) -> None:
    panel = make_panel(1, 40)
    up = where(close > close[1], close, 0 * close / 0)
    got = dense(sma(up, 3), panel)[0]
    prices = panel.fields["close"][0]
    rising = np.flatnonzero(prices[1:] > prices[:-1]) + 1
    expected = np.full(40, np.nan)
    expected[rising[2:]] = (prices[rising[2:]] + prices[rising[1:-1]] + prices[rising[:-2]]) / 3
    np.testing.assert_allclose(got, expected)


def test_runs_and_events_are_counted(make_panel: Maker) -> None:
    panel = make_panel(1, 8)
    panel.fields["close"][0] = [5, 6, 7, 7, 8, 9, 10, 3]
    rising = close > close[1]
    assert dense(streak(rising), panel)[0].tolist() == [0, 1, 2, 0, 1, 2, 3, 0]
    assert dense(since(rising), panel)[0, 1:].tolist() == [0, 0, 1, 0, 0, 0, 1]
    assert np.isnan(dense(since(rising), panel)[0, 0])
    assert dense(count(rising, 3), panel)[0, 2:].tolist() == [2, 2, 2, 2, 3, 2]
    assert dense(weighted(close, 2, 1), panel)[0, 1:].tolist() == [17, 20, 21, 23, 26, 29, 16]
    assert dense(smooth(close, 0.5), panel)[0, :4].tolist() == [5, 5.5, 6.25, 6.625]


def test_ranks_run_within_the_day(make_panel: Maker) -> None:
    panel = make_panel(5, 3)
    panel.fields["close"][:, 0] = [10, 30, 20, 30, np.nan]
    for values in panel.fields.values():
        values[4, 0] = np.nan
    got = [dense(tree, panel)[:, 0] for tree in (rank(close), place(close), zscore(close))]
    np.testing.assert_allclose(got[0], [0.25, 0.875, 0.5, 0.875, np.nan])
    np.testing.assert_allclose(got[1], [4, 1, 3, 1, np.nan])
    np.testing.assert_allclose(
        got[2], np.append((np.array([10, 30, 20, 30]) - 22.5) / 8.2915619759, np.nan)
    )
    within = dense(place(close, within=close < 25), panel)[:, 0]
    np.testing.assert_allclose(within, [2, np.nan, 1, np.nan, np.nan])


def test_a_week_is_known_from_its_last_weekday_on(make_panel: Maker) -> None:
    panel = make_panel(1, 15)  # three weeks from a Monday on
    got = dense(weekly(close), panel)[0]
    prices = panel.fields["close"][0]
    assert np.isnan(got[:4]).all()
    assert (got[4:9] == prices[4]).all()
    assert (got[9:14] == prices[9]).all()
    assert (dense(weekly(high), panel)[0, 4:9] == panel.fields["high"][0, :5].max()).all()


def test_a_week_without_its_friday_is_known_on_monday(make_panel: Maker) -> None:
    full = make_panel(1, 15)
    keep = [day for day in range(15) if day != 4]
    panel = only(full, keep)
    got = dense(weekly(close), panel)[0]
    assert np.isnan(got[:4]).all()
    assert (got[4:8] == full.fields["close"][0, 3]).all()


def test_an_index_is_looked_up_at_the_same_day(make_panel: Maker) -> None:
    base = make_panel(2, 30, gaps=0.2)
    index = make_panel(1, 30, seed=9)
    late = only(index, range(0, 30, 2))
    panel = Panel(base.codes, base.times, base.fields, references={"KOSPI": late})
    got = dense(of(sma(close, 2), "KOSPI"), panel)
    expected = np.repeat((late.fields["close"][0, 1:] + late.fields["close"][0, :-1]) / 2, 2)
    bars = base.present[0]
    bars[:2] = False
    np.testing.assert_allclose(got[0][bars], expected[:28][bars[2:]])
    with pytest.raises(RuleError, match=r"'KOSDAQ'.*KOSPI"):
        dense(of(close, "KOSDAQ"), panel)


def test_a_missing_column_is_named(make_panel: Maker) -> None:
    with pytest.raises(DataError, match="'market_cap'"):
        dense(market_cap > 1, make_panel())


def test_minute_bars_make_longer_bars(make_panel: Maker) -> None:
    panel = make_panel(1, 12, daily=False)
    got = dense(minutes(close, 5), panel)[0]
    prices = panel.fields["close"][0]
    assert np.isnan(got[:4]).all()
    assert (got[4:9] == prices[4]).all()
    assert (got[9:] == prices[9]).all()
    with pytest.raises(RuleError, match="shorter than its own"):
        dense(minutes(close, 1), panel)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_looks_ahead(make_panel: Maker, seed: int) -> None:
    """What was computed with the first bars alone stays true when more arrive."""
    panel = make_panel(6, 110, gaps=0.15, seed=seed)
    trees = [weekly(rsi(close, 3)), rank(close), low / open_, smooth(close, 0.2),
             weekly(close > sma(close, 3)), since(close > high[1])]  # fmt: skip
    full = [dense(tree, panel) for tree in trees]
    for cut in (37, 60, 61, 62, 63, 64, 65, 90):
        for tree, values in zip(trees, full, strict=True):
            np.testing.assert_array_equal(dense(tree, panel.first(cut)), values[:, :cut])

"""Figures against cases worked by hand."""

import math

import numpy as np
import polars as pl
import pytest

from maemae.backtest.statistics import drawdown, rolling_sharpe, statistics


@pytest.mark.parametrize(
    ("equity", "deepest", "sessions"),
    [
        ([100, 110, 120], 0.0, 0),
        # from 120 down to 90 and back above 120 four sessions after the high
        ([100, 120, 100, 90, 110, 130], 0.25, 4),
        # never recovered
        ([100, 80, 60, 70], 0.4, 3),
    ],
)
def test_drawdown(equity: list[int], deepest: float, sessions: int) -> None:
    found = drawdown(np.array(equity, float))
    assert found[0] == pytest.approx(deepest)
    assert found[1] == sessions


def test_figures() -> None:
    daily = pl.DataFrame({"equity": [1_100, 990], "invested": [550, 0]})
    fills = pl.DataFrame({"quantity": [10, 10], "price": [50, 60], "fee": [1, 2], "tax": [0, 3]})
    trades = pl.DataFrame({
        "sold": ["x", "y", None], "profit": [30, -10, 500], "return": [0.03, -0.01, 0.5],
        "sessions": [2, 4, 9],
    })  # fmt: skip
    found = statistics(
        daily, fills, trades, 1_000, benchmark=np.array([200.0, 210.0]), free_equity=1_000
    )
    assert found.total_return == pytest.approx(-0.01)
    assert found.annual_return == pytest.approx(0.99**126 - 1)
    # returns +10 % and -10 %: mean 0, sample deviation sqrt(0.02), downside sqrt(0.01 / 2)
    assert found.volatility == pytest.approx(math.sqrt(0.02 * 252))
    assert found.sharpe == pytest.approx(0, abs=1e-12)
    assert found.drawdown == pytest.approx(0.1)
    assert found.exposure == pytest.approx(0.25)
    assert (found.fees, found.taxes) == (3, 3)
    # what is still held is no closed trade
    assert (found.trades, found.win_rate, found.profit_factor) == (2, 0.5, 3.0)
    assert found.average_return == pytest.approx(0.01)
    assert found.average_holding == 3.0
    assert found.benchmark_return == pytest.approx(0.05)
    assert found.free_return == 0.0


def test_sortino_by_its_definition() -> None:
    daily = pl.DataFrame({"equity": [1_200, 1_080], "invested": [0, 0]})
    none = pl.DataFrame(schema={"quantity": pl.Int64, "price": pl.Int64, "fee": pl.Int64,
                                "tax": pl.Int64})  # fmt: skip
    trades = pl.DataFrame(schema={"sold": pl.Date, "profit": pl.Int64, "return": pl.Float64,
                                  "sessions": pl.Int64})  # fmt: skip
    found = statistics(daily, none, trades, 1_000, benchmark=None, free_equity=1_000)
    assert found.sortino == pytest.approx(0.05 / math.sqrt(0.01 / 2) * math.sqrt(252))
    assert math.isnan(found.win_rate)
    assert math.isnan(found.benchmark_return)


NO_FILLS = {"quantity": pl.Int64, "price": pl.Int64, "fee": pl.Int64, "tax": pl.Int64}
NO_TRADES = {"sold": pl.Date, "profit": pl.Int64, "return": pl.Float64, "sessions": pl.Int64}


def test_they_are_those_of_quantstats() -> None:
    """What quantstats 0.0.86 says of the same 300 returns (`periods=252`)."""
    at = np.arange(1, 301)
    returns = 0.02 * np.sin(1.7 * at) + 0.0008 * np.cos(at) + 0.0006
    equity = np.rint(10_000_000 * np.cumprod(1 + returns))
    daily = pl.DataFrame({"equity": equity.astype(np.int64), "invested": [0] * 300})
    found = statistics(
        daily, pl.DataFrame(schema=NO_FILLS), pl.DataFrame(schema=NO_TRADES), 10_000_000,
        benchmark=None, free_equity=10_000_000,
    )  # fmt: skip
    assert found.total_return == pytest.approx(0.1757663, rel=1e-9)
    assert found.annual_return == pytest.approx(0.14569665969674395, rel=1e-9)
    assert found.volatility == pytest.approx(0.2254360836952197, rel=1e-9)
    assert found.sharpe == pytest.approx(0.7157778188029535, rel=1e-9)
    assert found.sortino == pytest.approx(1.05684597984558, rel=1e-9)
    assert found.drawdown == pytest.approx(0.026337305136163613, rel=1e-9)
    assert found.calmar == pytest.approx(5.531950172711051, rel=1e-9)
    rolling = rolling_sharpe(np.concatenate(([10_000_000.0], equity)), 126)
    assert np.isnan(rolling[:125]).all()
    assert len(rolling) == 300
    assert rolling[-1] == pytest.approx(0.7358621608323694, rel=1e-9)


def test_a_rolling_ratio_of_what_stands_still_is_unknown() -> None:
    assert np.isnan(rolling_sharpe(np.ones(10), 3)).all()
    assert np.isnan(rolling_sharpe(np.ones(3), 3)).all()

"""What a run of equity and its trades say in numbers. Floats: nothing here reaches an order.

Returns are simple daily returns; a year has 252 sessions; the riskless rate is taken as zero.
Sharpe, Sortino, Calmar and the drawdown follow their authors' definitions: Sharpe (1994) with the
sample standard deviation, Sortino and Price (1994) with the root mean square of the returns below
zero over all days, Young (1991) with the annual growth over the deepest drawdown.
"""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

YEAR = 252
"""Sessions a year."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Statistics:
    """Figures of one run; fractions (0.1 is 10 %), won, sessions. NaN where there is no answer.

    Attributes:
        total_return: of the whole run, after costs.
        annual_return: the yearly growth that compounds to it (CAGR).
        volatility: yearly, of the daily returns.
        sharpe, sortino, calmar: see the module.
        drawdown: deepest fall from an earlier high, as a positive fraction.
        drawdown_days: sessions from that high to the recovery, or to the end.
        exposure: mean share of the equity that was invested; the rest was cash.
        turnover: bought and sold a year, over the mean equity.
        fees, taxes: won.
        trades: closed round trips.
        win_rate: share of them that earned something after costs.
        profit_factor: won earned over won lost.
        average_return: mean return of a closed trade after costs.
        average_holding: mean sessions from purchase to sale.
        benchmark_return: of the index over the same days.
        free_return: of the same rules without fees, taxes and slippage.
        unranked_return: of the same rules where several names compete in the order of their codes
            instead of by their score; NaN where there is no score, or it was not asked.
        deflated_sharpe: chance that the ratio is more than the luck of a search, where there was
            one (`maemae.backtest.search`).
    """

    total_return: float
    annual_return: float
    volatility: float
    sharpe: float
    sortino: float
    calmar: float
    drawdown: float
    drawdown_days: int
    exposure: float
    turnover: float
    fees: int
    taxes: int
    trades: int
    win_rate: float
    profit_factor: float
    average_return: float
    average_holding: float
    benchmark_return: float
    free_return: float
    deflated_sharpe: float = math.nan
    unranked_return: float = math.nan


def statistics(
    daily: pl.DataFrame,
    fills: pl.DataFrame,
    trades: pl.DataFrame,
    cash: int,
    *,
    benchmark: Floats | None,
    free_equity: int,
) -> Statistics:
    """Reckon the figures from the frames of a `Result` and the cash at the start."""
    equity = np.concatenate(([cash], daily["equity"].to_numpy())).astype(np.float64)
    returns = np.diff(equity) / equity[:-1]
    growth = equity[-1] / cash
    annual = growth ** (YEAR / len(returns)) - 1 if growth > 0 else -1.0
    deepest, days = drawdown(equity)
    closed = trades.filter(pl.col("sold").is_not_null())
    profit = closed["profit"].to_numpy()
    lost = float(-profit[profit < 0].sum())
    amount = float((fills["quantity"] * fills["price"]).sum())
    return Statistics(
        total_return=growth - 1,
        annual_return=annual,
        volatility=_deviation(returns) * math.sqrt(YEAR),
        sharpe=ratio(float(returns.mean()), _deviation(returns)) * math.sqrt(YEAR),
        sortino=ratio(float(returns.mean()), _downside(returns)) * math.sqrt(YEAR),
        calmar=ratio(annual, deepest),
        drawdown=deepest,
        drawdown_days=days,
        exposure=float((daily["invested"] / daily["equity"]).mean() or 0),  # type: ignore[arg-type]
        turnover=amount / float(equity.mean()) * YEAR / len(returns),
        fees=int(fills["fee"].sum()),
        taxes=int(fills["tax"].sum()),
        trades=len(closed),
        win_rate=ratio(float((profit > 0).sum()), len(closed)),
        profit_factor=ratio(float(profit[profit > 0].sum()), lost),
        average_return=_mean(closed["return"]),
        average_holding=_mean(closed["sessions"]),
        benchmark_return=math.nan if benchmark is None else float(benchmark[-1] / benchmark[0] - 1),
        free_return=free_equity / cash - 1,
    )


def drawdown(equity: Floats) -> tuple[float, int]:
    """Return the deepest fall from an earlier high, and how many sessions it lasted."""
    high = np.maximum.accumulate(equity)
    falls = 1 - equity / high
    bottom = int(np.argmax(falls))
    top = int(np.argmax(equity[: bottom + 1] >= high[bottom]))
    back = np.flatnonzero(equity[bottom:] >= high[bottom])
    end = bottom + int(back[0]) if len(back) else len(equity) - 1
    return float(falls[bottom]), end - top


def rolling_sharpe(equity: Floats, window: int) -> Floats:
    """Return the yearly Sharpe ratio of the last `window` daily returns, one for each of them.

    NaN until there are that many, and where they do not differ.
    """
    returns = np.diff(equity) / equity[:-1]
    found = np.full(len(returns), math.nan)
    if len(returns) >= window > 1:
        pieces = np.lib.stride_tricks.sliding_window_view(returns, window)
        deviation = pieces.std(axis=1, ddof=1)
        varied = deviation > 0
        found[window - 1 :][varied] = pieces.mean(axis=1)[varied] / deviation[varied]
    return found * math.sqrt(YEAR)


def ratio(above: float, below: float) -> float:
    """Divide; NaN where there is nothing to divide by."""
    return above / below if below else math.nan


def _deviation(returns: Floats) -> float:
    return float(returns.std(ddof=1)) if len(returns) > 1 else math.nan


def _downside(returns: Floats) -> float:
    return float(np.sqrt(np.mean(np.minimum(returns, 0) ** 2)))


def _mean(column: pl.Series) -> float:
    return float(column.mean()) if len(column) else math.nan  # type: ignore[arg-type]

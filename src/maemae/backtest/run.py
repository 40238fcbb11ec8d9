"""`backtest(strategy, bars)`: decide over history, fill by the rules, and say what to doubt."""

from datetime import date
from typing import Literal

import numpy as np
import polars as pl

from maemae.backtest.inputs import Inputs, inputs
from maemae.backtest.kernel import simulate
from maemae.backtest.notes import notes
from maemae.backtest.result import Result, daily_frame, fills_frame, trades_frame
from maemae.backtest.rules import Ints
from maemae.backtest.statistics import statistics
from maemae.backtest.terms import Terms, days_of
from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.evaluate import Cache

BENCHMARK = "KOSPI"
Executor = Literal["kernel", "desk"]


def backtest(
    strategy: Strategy,
    bars: Panel | pl.DataFrame,
    *,
    first: date | None = None,
    last: date | None = None,
    terms: Terms | None = None,
    benchmark: str = BENCHMARK,
    executor: Executor = "kernel",
    cache: Cache | None = None,
    threads: int | None = None,
) -> Result:
    """Run a strategy over bars, daily ones or shorter, as one account with shared cash.

    Args:
        strategy: what to trade; its candidates must be a rule over history.
        bars: a panel, or rows as `maemae.bars.read_daily` returns them.
        first: first day of trading; the bars before it serve as history. None for the first bar.
        last: last day of trading; nothing after it is looked at. None for the last bar.
        terms: cash, costs, slippage; see `Terms` for what holds when left out.
        benchmark: code of the index to compare with, one of the panel's references.
        executor: "kernel" for the compiled loop, "desk" for the live desk in virtual time. They
            trade alike; what the kernel cannot do goes to the desk, and a note says so.
        cache: shared by the runs of a search, so that each indicator is computed once.
        threads: for the indicators.

    Raises:
        DataError: no bars in that span, bars of another length than the strategy decides on, or a
            day before the tick tables.
        RuleError: a rule asks for what the bars do not have, or the past does not know.
    """
    panel = bars if isinstance(bars, Panel) else Panel.from_frame(bars)
    panel, start = span(panel, first, last)
    given = inputs(strategy, panel, terms or Terms(), start=start, cache=cache, threads=threads)
    return traded(given, benchmark=benchmark, executor=executor)


def traded(given: Inputs, *, benchmark: str = BENCHMARK, executor: Executor = "kernel") -> Result:
    """Trade what has been decided, with and without costs, and reckon the figures."""
    used: Executor = "desk" if given.unsupported else executor
    panel, terms = given.panel, given.terms
    fills, daily = _execute(given, used)
    _, free_daily = _execute(given.on(terms.free()), used)
    index = _index(panel, benchmark)
    days = daily_frame(given, daily, free_daily, index)
    filled, trades = fills_frame(given, fills), trades_frame(given, fills)
    levels = days["benchmark"].drop_nulls().to_numpy()
    figures = statistics(
        days, filled, trades, terms.cash,
        benchmark=levels if len(levels) > 1 else None,
        free_equity=int(free_daily[-1, :2].sum()),
    )  # fmt: skip
    doubts = notes(given, fills)
    return Result(given.strategy, terms, used, filled, trades, days, figures, doubts, panel)


def _execute(given: Inputs, executor: Executor) -> tuple[Ints, Ints]:
    if executor == "desk":
        from maemae.backtest.reference import replay  # noqa: PLC0415 - the desk takes time to load

        return replay(given)
    fills, daily = simulate(given.bars, given.entries, given.ways, given.days)
    return fills, daily


def span(panel: Panel, first: date | None, last: date | None) -> tuple[Panel, int]:
    """Cut the panel at the end, and find the column to start at."""
    times = panel.times.astype("datetime64[D]")
    stop = len(times) if last is None else int(np.searchsorted(times, np.datetime64(last), "right"))
    start = 0 if first is None else int(np.searchsorted(times, np.datetime64(first)))
    if start >= stop:
        known = (
            _("they run from {first} to {last}").format(first=times[0], last=times[-1])
            if len(times)
            else _("there are none")
        )
        raise DataError(
            _("no bars from {first} to {last}: {known}").format(
                first=first or "...", last=last or "...", known=known
            )
        )
    return (panel if stop == len(times) else panel.window(0, stop)), start


def _index(panel: Panel, code: str) -> pl.Series:
    """Return the index's close on each day of the panel, null where it is not known."""
    if code not in panel.references:
        return pl.Series([None] * panel.shape[1], dtype=pl.Float64)
    other = panel.references[code]
    levels = dict(zip(days_of(other), other.fields["close"][0].tolist(), strict=True))
    return pl.Series([levels.get(day) for day in days_of(panel)], dtype=pl.Float64)

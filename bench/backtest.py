"""Measure backtests: the compiled loop and the desk, on real and on made-up markets.

    python bench/backtest.py                          # 2,500 x 2,500 made-up bars
    python bench/backtest.py ../shared/data/kr_daily ../shared/data/kr_index_daily.parquet

With real bars every preset is run by both executors, which must agree fill by fill and day by day.
"""

import resource
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import process_time
from typing import TypeVar

import numpy as np
import polars as pl

from maemae.backtest import Terms
from maemae.backtest.inputs import inputs
from maemae.backtest.kernel import simulate
from maemae.backtest.reference import replay
from maemae.bars.daily import read_daily
from maemae.bars.panel import Panel
from maemae.strategy import Strategy
from maemae.strategy.presets import PRESETS
from maemae.strategy.trial import random_walk

T = TypeVar("T")
TERMS = Terms(cash=100_000_000)
SIZE = 2_500
REPEATS = 5
ELSEWHERE = {"target_band", "condition_scalper"}
"""Presets whose candidates are no rule over history."""


def timed(work: Callable[[], T], repeats: int = 1) -> tuple[T, float]:
    """Return what was worked out and the least CPU seconds it took, of all threads together."""
    best, result = float("inf"), None
    for _ in range(repeats):
        start = process_time()
        result = work()
        best = min(best, process_time() - start)
    assert result is not None
    return result, best


def measure(strategy: Strategy, panel: Panel) -> None:
    """Print one line: CPU time of each step, and whether both executors agree."""
    given, decided = timed(lambda: inputs(strategy, panel, TERMS))
    run = (given.bars, given.entries, given.ways, given.days)
    (fills, daily), looped = timed(lambda: simulate(*run), REPEATS)
    (others, others_daily), replayed = timed(lambda: replay(given))
    alike = np.array_equal(fills, others) and np.array_equal(daily, others_daily)
    print(
        f"{strategy.name:22}{len(given.entries.row):9,}{len(fills):8,}{decided * 1e3:10.0f}"
        f"{looped * 1e3:9.1f}{replayed * 1e3:10.0f}  {'equal' if alike else 'DIFFERENT'}",
        flush=True,
    )
    assert alike, strategy.name


def main(bars: Path | None, indices: Path | None) -> None:
    """Measure golden cross on a made-up market, or every preset on real bars."""
    print(
        f"{'strategy':22}{'entries':>9}{'fills':>8}{'decide ms':>10}{'loop ms':>9}{'desk ms':>10}"
    )
    if bars is None:
        panel, names = random_walk(SIZE, SIZE), ["golden_cross"]
    else:
        others = None
        if indices is not None:
            others = pl.read_parquet(indices).filter(pl.col("date") >= date(2018, 1, 1))
        panel = Panel.from_frame(read_daily(bars), indices=others)
        names = [name for name in PRESETS if name not in ELSEWHERE]
    simulate_once(panel)
    for name in names:
        measure(PRESETS[name], panel)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(panel.packed):,} bars, peak memory {peak:,.0f} MB")


def simulate_once(panel: Panel) -> None:
    """Load the compiled loop, so that its first call is not measured with the strategy's."""
    small = inputs(PRESETS["golden_cross"], panel.rows(range(1)), TERMS)
    _, seconds = timed(lambda: simulate(small.bars, small.entries, small.ways, small.days))
    print(f"first call of the loop (compiled, or read from its cache): {seconds:.2f} s")


if __name__ == "__main__":
    given_paths = [Path(argument) for argument in sys.argv[1:]]
    main(*[*given_paths, None, None][:2])

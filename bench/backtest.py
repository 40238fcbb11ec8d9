"""Measure backtests: the compiled loop and the desk, on real and on made-up markets.

    python bench/backtest.py                          # 2,500 x 2,500 made-up bars
    python bench/backtest.py ../shared/data/kr_daily ../shared/data/kr_index_daily.parquet

    python bench/backtest.py --search                 # trials of a search, part by part
    python bench/backtest.py --peers FOLDER           # the made-up bars, by others side by side

With real bars every preset is run by both executors, which must agree fill by fill and day by day.
Peers are installed below FOLDER in environments of their own (AGPL, GPL, and Commons Clause, which
may not be sold: never dependencies). vectorbt runs the whole market, the event loops a few single
instruments, for a whole market would take them an hour.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

import numpy as np
import polars as pl

from maemae.backtest import Terms, backtest, search
from maemae.backtest.inputs import Inputs, inputs
from maemae.backtest.kernel import simulate
from maemae.backtest.reference import replay
from maemae.backtest.rules import Ints
from maemae.backtest.run import traded
from maemae.bars.daily import read_daily
from maemae.bars.panel import Panel
from maemae.strategy import Strategy
from maemae.strategy.evaluate import Cache
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
    given, decided = timed(lambda: inputs(strategy, panel, TERMS), REPEATS)
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


GRID: dict[str, list[float]] = {
    "fast": [4, 5, 6, 8],
    "slow": [20, 30, 40],
    "stop_loss": [0.03, 0.05, 0.07, 0.1, 0.2],
}


def searching() -> None:
    """Print what a trial costs on one core once its indicators are known, and a whole search."""
    panel, strategy = random_walk(SIZE, SIZE), PRESETS["golden_cross"]
    cache: Cache = {}
    simulate_once(panel)

    def decided() -> Inputs:
        return inputs(strategy, panel, TERMS, cache=cache, threads=1)

    given = decided()
    traded(given)
    _, reading = timed(lambda: [values.sum() for values in cache.values()], REPEATS)
    _, deciding = timed(decided, REPEATS)
    _, looped = timed(lambda: simulate(given.bars, given.entries, given.ways, given.days), REPEATS)
    _, whole = timed(lambda: traded(given), REPEATS)
    print(f"{'golden cross, averages known':42}{'CPU ms':>8}{'trials/s':>10}")
    for name, seconds in (
        ("reading both averages once", reading),
        ("other rules: decisions", deciding), ("compiled loop", looped),
        ("decisions and loop", deciding + looped), ("other exit limits: loop", looped),
        ("both loops, figures and tables", whole), ("other rules, whole", deciding + whole),
    ):  # fmt: skip
        print(f"{name:42}{seconds * 1e3:8.1f}{1 / seconds:10.0f}")
    found, seconds = timed(lambda: search(strategy, panel, GRID, terms=TERMS, threads=1))
    print(f"{f'search() of {len(found)}, averages included':42}"
          f"{seconds * 1e3 / len(found):8.1f}{len(found) / seconds:10.0f}")  # fmt: skip


LOOPED = 6
"""Instruments that the event loops run."""

PEERS = {"vectorbt": ("vectorbt",), "loops": ("backtesting", "backtrader", "pandas<3", "numpy")}


def peers(folder: Path) -> None:
    """Run golden cross on the made-up bars here and in the peers' environments."""
    panel = random_walk(SIZE, SIZE)
    strategy = PRESETS["golden_cross"]
    given = inputs(strategy, panel, TERMS)
    simulate(given.bars, given.entries, given.ways, given.days)
    _, plain = timed(lambda: run_once(strategy, panel), REPEATS)
    _, whole = timed(lambda: backtest(strategy, panel, terms=TERMS), REPEATS)
    _, desk = timed(lambda: replay(given))
    bars = len(panel.packed)
    print(f"{'golden cross, CPU':34}{'seconds':>9}{'bars/s':>14}")
    for name, seconds in (("maemae, decisions and loop", plain), ("maemae, all figures", whole),
                          ("maemae, desk", desk)):  # fmt: skip
        print(f"{name:34}{seconds:9.3f}{bars / seconds:14,.0f}")
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file, allow_pickle=False, **panel.fields)
        file.flush()
        vectorbt = asked(folder, "vectorbt", "backtest_vectorbt.py", file.name)[0]
        loops = asked(folder, "loops", "backtest_loops.py", file.name, f"{LOOPED}")
    name, seconds = f"{vectorbt['name']} ({vectorbt['orders']:,} orders)", vectorbt["warm"]
    print(f"{name:34}{seconds:9.3f}{bars / seconds:14,.0f}   {seconds / plain:.0f} x ours; first "
          f"call {vectorbt['cold']:.1f} s")  # fmt: skip
    for one in loops:
        speed = one["bars"] / one["seconds"]
        print(f"{one['name']:34}{one['seconds']:9.3f}{speed:14,.0f}   {bars / speed / plain:,.0f} "
              f"x ours for each bar ({one['bars']:,} bars run)")  # fmt: skip


def run_once(strategy: Strategy, panel: Panel) -> tuple[Ints, Ints]:
    """Decide and trade, without figures."""
    given = inputs(strategy, panel, TERMS)
    return simulate(given.bars, given.entries, given.ways, given.days)


def asked(folder: Path, name: str, script: str, *arguments: str) -> list[dict[str, Any]]:
    """Run a script in a peer's environment, installed at the first call; return what it prints."""
    python = folder / name / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS[name]], check=True)
    command = [str(python), "-W", "ignore", str(Path(__file__).with_name(script)), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def simulate_once(panel: Panel) -> None:
    """Load the compiled loop, so that its first call is not measured with the strategy's."""
    small = inputs(PRESETS["golden_cross"], panel.rows(range(1)), TERMS)
    _, seconds = timed(lambda: simulate(small.bars, small.entries, small.ways, small.days))
    print(f"first call of the loop (compiled, or read from its cache): {seconds:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", nargs="?", type=Path)
    parser.add_argument("indices", nargs="?", type=Path)
    parser.add_argument("--search", action="store_true", help="trials of a search")
    parser.add_argument("--peers", type=Path, help="folder of the peers' environments")
    options = parser.parse_args()
    if options.search:
        searching()
    elif options.peers is not None:
        peers(options.peers.absolute())
    else:
        main(options.bars, options.indices)

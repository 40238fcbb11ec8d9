"""Signals over the whole market: `python bench/strategy.py [--peers FOLDER] [--bars FOLDER]`.

Evaluates golden cross with a volume filter, RSI + MACD + Bollinger, and the ten presets of the
strategy builder, over all of `kr_daily` (../shared/data by default, left out where it is not there)
and over 2,500 × 2,500 made-up bars; then carries 2,500 instruments forward by one bar. Times are
the first run and the best of seven after it, on all cores, from bars in memory to signals.

With `--peers` the golden cross is also computed by pandas groupby, polars grouped expressions and
vectorbt, in an environment of their own made in that folder (about a gigabyte; vectorbt may not be
sold, so it is never a dependency), on the same made-up bars, best of three.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.strategy import (
    Expr,
    Live,
    bollinger,
    close,
    crosses_above,
    crosses_below,
    macd,
    rsi,
    sma,
    volume,
)
from maemae.strategy.evaluate import evaluate
from maemae.strategy.presets import OFFICIAL, preset
from maemae.strategy.signals import signals
from maemae.strategy.trial import random_walk

DATA = Path(__file__).resolve().parents[2] / "shared/data"
GOLDEN = [
    crosses_above(sma(close, 5), sma(close, 20)) & (volume > 2 * sma(volume, 20)),
    crosses_below(sma(close, 5), sma(close, 20)),
]
MIXED = [
    (rsi(close) < 30) & (macd(close).macd > macd(close).signal) & (close < bollinger(close).lower),
    (rsi(close) > 70) | (close > bollinger(close).upper),
]
SIZE = 2_500
REPEATS = 7


def timed(run: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    spent = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    return spent[0], min(spent[1:])


def report(name: str, bars: int, first: float, best: float) -> None:
    print(f"{name:<46}{first * 1e3:9.1f}{best * 1e3:9.1f} ms {bars / best / 1e6:8.1f} M bars/s")


def evaluate_all(title: str, panel: Panel) -> None:
    bars = len(panel.packed)
    print(f"\n{title}: {panel.shape[0]:,} instruments × {panel.shape[1]:,}, {bars:,} bars")
    print(f"{'':<46}{'first':>9}{'best':>9}")
    sets: dict[str, list[Expr]] = {
        "golden cross + volume": [*GOLDEN],
        "RSI + MACD + Bollinger": [*MIXED],
    }
    for name, trees in sets.items():
        report(name, bars, *timed(lambda trees=trees: evaluate(trees, panel)))  # type: ignore[misc]
    report("golden cross + volume, one thread", bars,
           *timed(lambda: evaluate(GOLDEN, panel, threads=1)))  # fmt: skip
    for name in OFFICIAL:
        report(name, bars, *timed(lambda name=name: signals(preset(name), panel), 3))  # type: ignore[misc]
    together = [tree for name in OFFICIAL for tree in preset(name).trees]
    report("all ten, sharing what they share", bars, *timed(lambda: evaluate(together, panel), 3))
    cache: dict[Expr, NDArray[Any]] = {}
    evaluate(GOLDEN, panel, cache=cache)
    report("golden cross, averages cached (one trial)", bars,
           *timed(lambda: evaluate(GOLDEN, panel, cache=cache, threads=1)))  # fmt: skip


def carry_forward(panel: Panel) -> None:
    print(f"\none bar of {panel.shape[0]:,} instruments (best of 20)")
    history = panel.window(0, 260)
    columns = range(260, 280)
    ten = [tree for name in OFFICIAL for tree in preset(name).trees]
    sets: dict[str, Sequence[Expr]] = {
        "golden cross + volume": GOLDEN, "RSI + MACD + Bollinger": MIXED, "all ten presets": ten,
    }  # fmt: skip
    for name, trees in sets.items():
        start = time.perf_counter()
        live = Live.over(trees, history)
        opened = time.perf_counter() - start
        spent = []
        for column in columns:
            bar = {field: array[:, column] for field, array in panel.fields.items()}
            start = time.perf_counter()
            live.push(panel.times[column], bar)
            spent.append(time.perf_counter() - start)
        print(f"{name:<46}{min(spent) * 1e3:9.2f} ms   (260 bars of warm-up: {opened:.2f} s)")


def peers(folder: Path, panel: Panel, ours: float) -> None:
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "vectorbt", "polars",
                        "pyarrow"], check=True)  # fmt: skip
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file, close=panel.fields["close"], volume=panel.fields["volume"])
        file.flush()
        script = Path(__file__).with_name("strategy_peers.py")
        done = subprocess.run([str(python), "-W", "ignore", str(script), file.name], check=True,
                              stdout=subprocess.PIPE, text=True)  # fmt: skip
    entries, exits = (int(found.sum()) for found in evaluate(GOLDEN, panel))
    print("\ngolden cross + volume by others, same bars, same run (best of three)")
    print(f"{'maemae':<46}{ours * 1e3:9.1f} ms   entries {entries:,}, exits {exits:,}")
    for line in done.stdout.splitlines():
        found = json.loads(line)
        print(
            f"{found['name']:<46}{found['best'] * 1e3:9.1f} ms   entries {found['entries']:,}, "
            f"exits {found['exits']:,}   ({found['best'] / ours:.0f} × ours)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=Path, default=DATA / "kr_daily")
    parser.add_argument("--peers", type=Path, help="folder of the peers' environment")
    options = parser.parse_args()
    if options.bars.is_dir():
        frame = pl.read_parquet(options.bars / "*.parquet")
        start = time.perf_counter()
        panel = Panel.from_frame(frame)
        print(f"panel from a frame of {len(frame):,} rows: {time.perf_counter() - start:.2f} s")
        evaluate_all("kr_daily", panel)
    made_up = random_walk(SIZE, SIZE)
    evaluate_all("made up", made_up)
    carry_forward(made_up)
    if options.peers:
        peers(options.peers.absolute(), made_up, timed(lambda: evaluate(GOLDEN, made_up))[1])


if __name__ == "__main__":
    main()

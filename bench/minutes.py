"""What minutes of a market cost: in, merged, looked at, checked, joined, traded over.

    .venv/bin/python bench/minutes.py --names 1000 --days 53
    .venv/bin/python bench/minutes.py --names 2500 --days 53 --keep /somewhere --steps check panel5

Makes files of minute bars, one a month (380 minutes a session, a random walk for each name), and
does each step in a process of its own. Printed are CPU seconds, seconds, the peak of memory and
what came of it. The peak is that of the process, pages of mapped files left out where the system
tells them apart. With `--keep` files and store stay in that folder, and are taken from there.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from datetime import time as clock_time
from pathlib import Path

import numpy as np
import polars as pl

from maemae.backtest import backtest, search
from maemae.bars.kept import minute_panel
from maemae.bars.schema import MINUTE
from maemae.bars.staging import merge_staged, stage
from maemae.bars.store import BarStore
from maemae.market.calendar import krx
from maemae.strategy.declare import Strategy
from maemae.strategy.presets import PRESETS

FIRST = date(2025, 1, 2)
MINUTES = 380
BATCH = 200
"""Names and days of which a download merges the minutes at once."""


def sessions(days: int) -> list[date]:
    return [krx().offset(FIRST, number) for number in range(days)]


def minutes_of(days: list[date], codes: list[str], seed: int) -> pl.DataFrame:
    """Return a random walk of each code over all minutes of some days, by code and time."""
    dice = np.random.default_rng(seed)
    starts = np.array([np.datetime64(day, "us") for day in days]) + np.timedelta64(9 * 3600, "s")
    within = np.arange(MINUTES).astype("timedelta64[m]")
    times = (starts[:, None] + within[None, :]).ravel()
    shape = len(codes), len(times)
    close = 20_000 + 50 * dice.integers(-2, 3, shape, dtype=np.int64).cumsum(axis=1).clip(-390, 390)
    opened = np.concatenate((close[:, :1], close[:, :-1]), axis=1)
    at = pl.Series(np.tile(times, len(codes))).dt.replace_time_zone("Asia/Seoul")
    return pl.DataFrame(
        {
            "at": at,
            "code": np.repeat(np.array(codes), len(times)),
            "open": opened.ravel(),
            "high": (np.maximum(opened, close) + 50).ravel(),
            "low": (np.minimum(opened, close) - 50).ravel(),
            "close": close.ravel(),
            "volume": dice.integers(1, 5_000, shape, dtype=np.int64).ravel(),
        }
    )


def names(count: int, first: int = 0) -> list[str]:
    return [f"{100_000 + 10 * number:06d}" for number in range(first, first + count)]


def make(work: Path, count: int, days: int) -> str:
    (work / "files").mkdir()
    months: dict[str, list[date]] = {}
    for day in sessions(days):
        months.setdefault(f"{day:%Y-%m}", []).append(day)
    for month, some in months.items():
        frame = minutes_of(some, names(count), seed=int(month.replace("-", "")))
        frame.write_parquet(work / "files" / f"{month}.parquet", compression="zstd")
    return f"{count * days * MINUTES:,} rows in {len(months)} files"


def command(*words: str) -> None:
    from maemae.cli import build  # noqa: PLC0415 - its time is a part of the command's

    build()(list(words), standalone_mode=False)


def do_import(work: Path, _count: int, _days: int) -> str:
    store = work / "store"
    command("bars", "import", f"{work / 'files'}", "--minutes", "--market", "KOSPI",
            "--root", f"{store}")  # fmt: skip
    size = sum(file.stat().st_size for file in store.rglob("*.parquet"))
    return f"{size / 2**20:,.0f} MB on disk"


def _from_bench(bars: pl.DataFrame) -> pl.DataFrame:
    """Return bars with the store's columns."""
    return bars.with_columns(
        pl.lit("KOSPI").alias("market"),
        pl.lit("bench").alias("source"),
        pl.lit(datetime(2026, 1, 2, tzinfo=UTC)).cast(MINUTE["fetched"]).alias("fetched"),
    ).select(*MINUTE)


def do_batch(work: Path, count: int, days: int) -> str:
    """Merge ten batches of a download into the fullest month."""
    store = BarStore(work / "store")
    months = [f"{day:%Y-%m}" for day in sessions(days)]
    fullest = max(set(months), key=months.count)
    day = [day for day in sessions(days) if f"{day:%Y-%m}" == fullest][-1]
    spent = []
    for number in range(10):
        codes = names(BATCH, first=count + number * BATCH)
        frame = _from_bench(minutes_of([day], codes, seed=number))
        for (code,), part in frame.group_by("code"):
            stage(store, "minute", f"{code}-{day}", part.select(*MINUTE))
        began = time.process_time()
        merge_staged(store)
        spent.append(time.process_time() - began)
    return f"10 batches; a batch {sum(spent) / 10:.2f}, at most {max(spent):.2f} CPU s"


def do_start(work: Path, _count: int, days: int) -> str:
    """Find out what a download need not ask for."""
    last = sessions(days)[-1]
    return f"{len(BarStore(work / 'store').minute_days(FIRST, last)):,} days of names are there"


def do_info(work: Path, _count: int, _days: int) -> str:
    command("bars", "info", "--root", f"{work / 'store'}")
    return ""


def do_check(work: Path, _count: int, _days: int) -> str:
    command("bars", "check", "--root", f"{work / 'store'}")
    return ""


def do_one(work: Path, _count: int, days: int) -> str:
    found = BarStore(work / "store").minutes(names(1)[0], FIRST, sessions(days)[-1])
    return f"{found.height:,} minutes of one name"


def panel_of(length: int) -> Callable[[Path, int, int], str]:
    def build(work: Path, _count: int, _days: int) -> str:
        panel = minute_panel(work / "store", work / "cache", length)
        size = sum(file.stat().st_size for file in (work / "cache" / f"{length}m").rglob("*.npy"))
        return f"{len(panel.packed):,} bars, {size / 2**20:,.0f} MB, {panel.fingerprint}"

    return build


def do_again(work: Path, count: int, days: int) -> str:
    """Make the panel of 5-minute bars anew after another session has been downloaded."""
    day = krx().next_session(sessions(days)[-1])
    store = BarStore(work / "store")
    for first in range(0, count, BATCH):
        frame = minutes_of([day], names(min(BATCH, count - first), first), seed=first)
        store.write_minutes(_from_bench(frame))
    began = time.process_time()
    said = panel_of(5)(work, count, days)
    return f"the panel alone {time.process_time() - began:.1f} CPU s; {said}"


def golden_cross(length: int) -> Strategy:
    preset = PRESETS["golden_cross"]
    schedule = replace(preset.schedule, bars=length, flat_by=clock_time(15, 10))
    return replace(preset, schedule=schedule)


def backtest_of(length: int) -> Callable[[Path, int, int], str]:
    def run(work: Path, _count: int, _days: int) -> str:
        panel = minute_panel(work / "store", work / "cache", length)
        result = backtest(golden_cross(length), panel)
        return f"{len(panel.packed):,} bars, {result.fills.height:,} fills, {result.fingerprint}"

    return run


def do_search(work: Path, _count: int, _days: int) -> str:
    panel = minute_panel(work / "store", work / "cache", 5)
    losses = [0.01 * number for number in range(1, 6)]
    grid = {"fast": [3.0, 5.0, 8.0, 13.0], "stop_loss": losses}
    return f"{len(search(golden_cross(5), panel, grid))} trials, {len(panel.packed):,} bars"


STEPS: dict[str, Callable[[Path, int, int], str]] = {
    "import": do_import,
    "batch": do_batch,
    "start": do_start,
    "info": do_info,
    "check": do_check,
    "one": do_one,
    "panel5": panel_of(5),
    "again5": do_again,
    "panel1": panel_of(1),
    "test5": backtest_of(5),
    "test1": backtest_of(1),
    "search5": do_search,
}


class Memory:
    """Watches the peak of this process's own memory, files it has mapped left out."""

    def __init__(self) -> None:
        self.peak = 0
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._watcher.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        status = Path("/proc/self/status")
        if not status.exists():
            return
        while not self._over.wait(0.02):
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            self.peak = max(self.peak, int(lines["RssAnon"].split()[0]) // 1024)


def main() -> None:
    """Make what is missing and print a line for each step."""
    given = argparse.ArgumentParser()
    given.add_argument("--names", type=int, default=1_000)
    given.add_argument("--days", type=int, default=53)
    given.add_argument("--keep", type=Path)
    given.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    given.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    chosen = given.parse_args()
    if chosen.here is not None:
        (step,) = chosen.steps
        began = time.monotonic()
        with Memory() as memory:
            said = STEPS[step](chosen.here, chosen.names, chosen.days)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{step:9} {used.ru_utime + used.ru_stime:7.1f} CPU s "
              f"{time.monotonic() - began:7.1f} s  peak {memory.peak:6,} MB "
              f"(with mapped files {used.ru_maxrss // 1024:6,})  {said}", flush=True)  # fmt: skip
        return
    with tempfile.TemporaryDirectory() as folder:
        work = (chosen.keep or Path(folder)) / f"minutes-{chosen.names}x{chosen.days}"
        work.mkdir(parents=True, exist_ok=True)
        if not (work / "files").exists():
            print(make(work, chosen.names, chosen.days))
        for step in chosen.steps:
            same = ["--names", f"{chosen.names}", "--days", f"{chosen.days}", "--here", f"{work}"]
            subprocess.run([sys.executable, __file__, "--steps", step, *same], check=True)


if __name__ == "__main__":
    main()

"""Import, load and map the daily bars of four years: `python bench/bars.py [FOLDER]`.

FOLDER holds Parquet files of daily bars (2.2 million rows by default: ../shared/data/kr_daily).
`python bench/bars.py --made 5000 2500` makes those of so many names and days, and leaves out the
steps that hold all of them in memory.
Each step runs in a process of its own, so that its peak memory is its own. The figures are of one
run; the page cache is warm, because the step before has just written or read the files.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from maemae.bars.adjust import adjusted
from maemae.bars.arrays import load_arrays, save_arrays
from maemae.bars.check import check
from maemae.bars.ingest import Report, ingest
from maemae.bars.kept import daily_panel
from maemae.bars.sources import Reading, source_files
from maemae.bars.store import BarStore
from maemae.market.calendar import krx

DEFAULT = Path(__file__).resolve().parents[2] / "shared/data/kr_daily"


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def do_import(source: Path, work: Path) -> str:
    report, store = Report(), BarStore(work / "store")
    for part in ingest(
        source_files(source), Reading(), source="bench", fetched=datetime.now(UTC), report=report
    ):
        store.write_daily(part.good)
    return f"{report.kept:,} rows, {size(work / 'store') / 1e6:.1f} MB on disk"


def do_load(_source: Path, work: Path) -> str:
    bars = BarStore(work / "store").daily()
    return f"{bars.height:,} rows"


def do_check(_source: Path, work: Path) -> str:
    store = BarStore(work / "store")
    found = [check(store.daily(block=block)).height for block, _rows in store.daily_blocks()]
    return f"{sum(found)} findings, in {len(found)} blocks"


def do_panel(_source: Path, work: Path) -> str:
    panel = daily_panel(work / "store", work / "cache")
    return f"{len(panel.packed):,} bars, {size(work / 'cache') / 1e6:.1f} MB, {panel.fingerprint}"


def do_adjust(_source: Path, work: Path) -> str:
    return f"{adjusted(BarStore(work / 'store').daily()).height:,} rows"


def do_save(_source: Path, work: Path) -> str:
    save_arrays(BarStore(work / "store").daily(), work / "arrays")
    return f"{size(work / 'arrays') / 1e6:.1f} MB of arrays"


def do_map(_source: Path, work: Path) -> str:
    """Touch every byte of every array once, against reading the same files with `read`."""
    files = sorted((work / "arrays").glob("*.npy"))
    buffer = bytearray(1 << 20)
    started = time.perf_counter()
    total = 0
    for file in files:
        with file.open("rb", buffering=0) as stream:
            while got := stream.readinto(buffer):
                total += got
    plain = time.perf_counter() - started
    started = time.perf_counter()
    arrays = load_arrays(work / "arrays")
    opened = time.perf_counter() - started
    fields = ("open", "high", "low", "close", "volume", "value", "base", "adjustment")
    checksum = sum(float(getattr(arrays, name).sum()) for name in fields)
    mapped = time.perf_counter() - started
    return (
        f"{total / 1e6:.0f} MB; read {total / plain / 1e9:.2f} GB/s, "
        f"mapped and summed {total / mapped / 1e9:.2f} GB/s ({plain / mapped:.2f} of it), "
        f"opened in {opened * 1e3:.1f} ms (sum {checksum:.3e})"
    )


BOUNDED = ("import", "check", "panel")
"""Steps whose memory does not grow with the store."""


def make(folder: Path, names: int, days: int) -> None:
    """Write a random walk of each name, a file a year."""
    dice = np.random.default_rng(1)
    sessions = [krx().offset(date(2015, 1, 5), number) for number in range(days)]
    codes = [f"{100_000 + 10 * number:06d}" for number in range(names)]
    close = np.full(names, 20_000)
    for year in sorted({day.year for day in sessions}):
        frames = []
        for day in (day for day in sessions if day.year == year):
            opened, close = close, close + 50 * dice.integers(-2, 3, names)
            close = close.clip(10_000, 40_000)
            frames.append(
                pl.DataFrame({
                    "date": [day] * names, "code": codes, "name": codes, "market": "KOSPI",
                    "open": opened, "high": np.maximum(opened, close),
                    "low": np.minimum(opened, close), "close": close, "base": opened,
                    "volume": dice.integers(1, 100_000, names),
                    "value": dice.integers(1, 10**9, names),
                })
            )  # fmt: skip
        pl.concat(frames).write_parquet(folder / f"{year}.parquet")


STEPS: dict[str, Callable[[Path, Path], str]] = {
    "import": do_import,
    "load": do_load,
    "check": do_check,
    "panel": do_panel,
    "adjust": do_adjust,
    "save": do_save,
    "map": do_map,
}


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] in STEPS:
        step, source, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
        started = time.perf_counter()
        said = STEPS[step](source, work)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{step:7} {seconds:6.2f} s  peak {peak:6.0f} MB  {said}")
        return
    made = [int(word) for word in sys.argv[2:4]] if sys.argv[1:2] == ["--made"] else []
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not made and not source.exists():
        print(f"{source}: not there; give a folder of daily bars", file=sys.stderr)
        raise SystemExit(2)
    with tempfile.TemporaryDirectory() as folder:
        if made:
            source = Path(folder) / "made"
            source.mkdir()
            make(source, *made)
        for step in BOUNDED if made else STEPS:
            subprocess.run([sys.executable, __file__, step, str(source), folder], check=True)


if __name__ == "__main__":
    main()

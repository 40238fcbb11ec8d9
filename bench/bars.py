"""Import, load and map the daily bars of four years: `python bench/bars.py [FOLDER]`.

FOLDER holds Parquet files of daily bars (2.2 million rows by default: ../shared/data/kr_daily).
Each step runs in a process of its own, so that its peak memory is its own. The figures are of one
run; the page cache is warm, because the step before has just written or read the files.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from maemae.bars.adjust import adjusted
from maemae.bars.arrays import load_arrays, save_arrays
from maemae.bars.check import check
from maemae.bars.ingest import Report, ingest
from maemae.bars.sources import Reading, source_files
from maemae.bars.store import BarStore

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
    return f"{check(BarStore(work / 'store').daily()).height} findings"


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


STEPS: dict[str, Callable[[Path, Path], str]] = {
    "import": do_import,
    "load": do_load,
    "check": do_check,
    "adjust": do_adjust,
    "save": do_save,
    "map": do_map,
}


def main() -> None:
    if len(sys.argv) == 4:
        step, source, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
        started = time.perf_counter()
        said = STEPS[step](source, work)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{step:7} {seconds:6.2f} s  peak {peak:6.0f} MB  {said}")
        return
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not source.exists():
        print(f"{source}: not there; give a folder of daily bars", file=sys.stderr)
        raise SystemExit(2)
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            subprocess.run([sys.executable, __file__, step, str(source), folder], check=True)


if __name__ == "__main__":
    main()

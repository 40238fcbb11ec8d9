"""Measure a backtest in a new process, bars kept and loops compiled: 2,500 x 2,500 made-up bars.

    python bench/backtest_fresh.py

The bars are written as a Parquet file and kept by a first run; then each stage, and the whole
command, are timed in processes of their own. CPU counts all threads; the clock counts waiting, too.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time

RUNS = 5
SIZE = 2_500
CASH = 100_000_000
AS_INSTALLED = "import sys; sys.modules['coverage'] = None; "
"""numba imports coverage wherever it is installed, which is beside our tests and nowhere else."""


def stages(folder: Path, began: float) -> None:
    """Print the time of each stage of a backtest as JSON; `began` is when Python was called."""
    found = {"Python itself": (process_time(), perf_counter() - began)}

    def stage(name: str, work: Callable[[], object]) -> None:
        start = process_time(), perf_counter()
        work()
        found[name] = process_time() - start[0], perf_counter() - start[1]

    for name in ("maemae.backtest", "maemae.bars.kept", "maemae.strategy.presets"):
        stage(f"importing {name}", partial(import_module, name))
    from maemae.backtest import Terms, backtest  # noqa: PLC0415 - its import is measured
    from maemae.bars.kept import daily_panel  # noqa: PLC0415
    from maemae.strategy.presets import PRESETS  # noqa: PLC0415

    bars, indices = folder / "bars.parquet", folder / "indices.parquet"
    stage("mapping the bars", lambda: daily_panel(bars, folder / "panels", indices=indices))
    panel = daily_panel(bars, folder / "panels", indices=indices)
    strategy, terms = PRESETS["golden_cross"], Terms(cash=CASH)
    stage("first run", lambda: backtest(strategy, panel, terms=terms))
    found["all of it"] = process_time(), perf_counter() - began
    stage("a second run", lambda: backtest(strategy, panel, terms=terms))
    stage("imports of the command", command_imports)
    print(json.dumps(found))


def command_imports() -> None:
    """Import what the command needs besides."""
    from maemae.cli import backtest_output, build  # noqa: PLC0415

    build()
    assert backtest_output


def write(folder: Path) -> None:
    """Write made-up bars and their index as Parquet files."""
    import numpy as np  # noqa: PLC0415 - a measured child would import it, too
    import polars as pl  # noqa: PLC0415

    from maemae.strategy.trial import random_walk  # noqa: PLC0415

    panel = random_walk(SIZE, SIZE)
    for name, one in (("bars", panel), ("indices", panel.references["KOSPI"])):
        rows, columns = one.shape
        days = pl.Series(one.times).cast(pl.Date)
        pl.DataFrame({
            "date": days.gather(np.tile(np.arange(columns), rows)),
            "code": pl.Series(one.codes).gather(np.repeat(np.arange(rows), columns)),
            **{field: values.reshape(-1).astype(np.int64) for field, values in one.fields.items()},
        }).write_parquet(folder / f"{name}.parquet")  # fmt: skip
    assert days[0] == date(2020, 1, 1)


def run(arguments: list[str], folder: Path) -> tuple[str, float, float]:
    """Run Python in a new process; return what it printed, CPU seconds and seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    surroundings = os.environ | {
        "XDG_CACHE_HOME": str(folder), "COLUMNS": "100",
        # Python's own bytecode is kept, as by any installation, whatever is wanted here.
        "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, *arguments], check=True, stdout=subprocess.PIPE, text=True,
        env=surroundings,
    )  # fmt: skip
    passed, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, cpu, passed


def main() -> None:
    """Print CPU and clock seconds of each stage and of the command, the least of several runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        bars, indices = folder / "bars.parquet", folder / "indices.parquet"
        files = ["--bars", str(bars), "--indices", str(indices)]
        command = ["-c", AS_INSTALLED + "from maemae.cli import main; main()", "backtest",
                   "golden_cross", "--cash", f"{CASH}", *files]  # fmt: skip
        child = ["-c", AS_INSTALLED + f"sys.path.insert(0, {str(Path(__file__).parent)!r}); "
                 f"from pathlib import Path; import {Path(__file__).stem} as it; "
                 f"it.stages(Path({name!r}), float(sys.argv[1]))"]  # fmt: skip
        run(command, folder)
        run([*child, f"{perf_counter()}"], folder)
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(RUNS):
            told, *_whole = run([*child, f"{perf_counter()}"], folder)
            for stage, spent in json.loads(told).items():
                found.setdefault(stage, []).append(tuple(spent))
            found.setdefault("the command, whole", []).append(run(command, folder)[1:])
    print(f"{'fresh process, least of ' + str(RUNS):36}{'CPU s':>8}{'clock s':>9}")
    for stage, spent in found.items():
        cpu, clock = (min(values) for values in zip(*spent, strict=True))
        print(f"{stage:36}{cpu:8.3f}{clock:9.3f}")


if __name__ == "__main__":
    main()

"""Every program that measures runs, on next to nothing; what it measures is for its own page."""

import asyncio
import importlib.util
import inspect
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"
SHARED = BENCH.parent.parent / "shared"


@dataclass(frozen=True)
class Run:
    """How a program is run: its constants made small, its flags, or what its `main` is given."""

    small: dict[str, int] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    given: tuple[object, ...] = ()
    start: str = "main"


QUICK = {
    "backtest": Run({"SIZE": 60, "REPEATS": 1}, given=(None, None)),
    "download": Run(flags=("--names", "2", "--delay", "0")),
    "fills": Run(flags=("--orders", "20")),
    "exchange_days": Run(flags=("--names", "20", "--days", "2", "--orders", "4")),
    "exchange_load": Run({"CALLS": 20, "CODES": 20, "REGISTERED": 1}, start="load"),
    "ledger_years": Run(flags=("--days", "2", "--orders", "30")),
    "minutes": Run(
        {"BATCH": 2, "MINUTES": 5},
        flags=(
            "--names",
            "3",
            "--days",
            "2",
            "--steps",
            "import",
            "batch",
            "check",
            "panel5",
            "again5",
            "test5",
        ),
    ),
    "notify_latency": Run({"ROUNDS": 1}, given=(3,)),
    "outbox": Run(),
    "reaction": Run({"NAMES": 3}, flags=("--rounds", "1", "--ledger", "memory")),
    "sizing": Run({"FRAMES": 40}, flags=("--ticks", "400")),
    "strategy": Run({"SIZE": 300, "REPEATS": 1}, flags=("--bars", "nowhere")),
}
LONG = {
    "backtest_fresh": Run({"SIZE": 60, "RUNS": 1}),
    "dashboard": Run({"NAMES": 200, "ORDERS": 300, "UPDATES": 5}),
    "dashboard_memory": Run(flags=("3000",)),
    "demo_times": Run(flags=("--speed", "3000", "--rounds", "1")),
    "notify_day": Run(given=("en", None)),
    "scalper": Run(flags=("--seeds", "1", "--days", "1")),
    "pictures": Run({"TRADING_SECONDS": 5}, flags=("pictures",)),
    "sweep": Run(flags=("--names", "60", "--seconds", "5")),
    "trader_start": Run(flags=("--days", "2", "--orders", "20", "--times", "1", "--fresh")),
    "terminals": Run(flags=("pictures",)),
    "wire": Run(flags=("--seconds", "1")),
}
"""These take half a minute and more: a browser, a whole day, the time that a budget needs."""

STEPS = "bars"
"""Runs each of its steps in a process of its own; here one after the other."""

FOREIGN = {
    "backtest_loops", "backtest_vectorbt", "cross_check", "cross_check_peers", "strategy_peers",
}  # fmt: skip
"""Run in the environments of others, which they install; mypy reads them with the rest."""


def program(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"bench.{name}", BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_none_is_forgotten() -> None:
    there = {file.stem for file in BENCH.glob("*.py")}
    assert {*QUICK, *LONG, STEPS} | FOREIGN == there


def ran(name: str, how: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [name, *how.flags])
    module = program(name)
    for constant, value in how.small.items():
        assert isinstance(getattr(module, constant), int), "it is a constant of the program"
        monkeypatch.setattr(module, constant, value)
    done = getattr(module, how.start)(*how.given)
    if inspect.iscoroutine(done):
        asyncio.run(done)


@pytest.mark.parametrize("name", QUICK)
def test_it_runs(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(name, QUICK[name], monkeypatch)
    assert capsys.readouterr().out


@pytest.mark.nightly
@pytest.mark.parametrize("name", LONG)
def test_it_runs_long(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran(name, LONG[name], monkeypatch)
    assert capfd.readouterr().out


def test_its_steps_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [date(2022, 1, 3) + timedelta(days=number) for number in range(5)]
    rows = {"date": days, "code": "005930", "name": "a", "market": "KOSPI", "volume": 1_000}
    prices = dict.fromkeys(("open", "high", "low", "close"), 10_000)
    (tmp_path / "bars").mkdir()
    (tmp_path / "work").mkdir()
    pl.DataFrame(rows | prices).write_parquet(tmp_path / "bars" / "kr_daily_2022.parquet")
    module = program(STEPS)
    for step in module.STEPS:
        monkeypatch.setattr(
            sys, "argv", ["bars", step, f"{tmp_path / 'bars'}", f"{tmp_path / 'work'}"]
        )
        module.main()
    assert len(capsys.readouterr().out.splitlines()) == len(module.STEPS)

"""Backtests run from the page, in processes of their own."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from maemae.bars.aside import Aside
from maemae.bars.kept import daily_panel
from maemae.cli.backtest import first_day
from maemae.clock import KST
from maemae.dashboard.backtests import AT_ONCE, Backtests, Wish
from maemae.dashboard.pages.backtests import curves_chart, doubts
from maemae.errors import ServiceError


def bars(folder: Path) -> Path:
    """Write 12 names over 160 days that rise and fall."""
    random = np.random.default_rng(7)
    days = [date(2022, 1, 3) + timedelta(days=n) for n in range(160)]
    frames = []
    for number in range(12):
        steps = random.normal(0, 0.02, len(days)) + 0.01 * np.sin(np.arange(len(days)) / 9)
        close = (10_000 * np.exp(np.cumsum(steps))).astype(int) // 10 * 10
        frames.append(
            pl.DataFrame(
                {
                    "date": days,
                    "code": f"{number:06d}",
                    "open": close,
                    "high": close + 100,
                    "low": close - 100,
                    "close": close,
                    "volume": 1_000_000,
                    "value": close * 1_000_000,
                    "market": "KOSPI",
                }
            )
        )
    path = folder / "bars.parquet"
    pl.concat(frames).write_parquet(path)
    return path


def wish(path: Path, **more: object) -> Wish:
    given: dict[str, object] = {"strategy": "golden_cross", "bars": f"{path}", "cash": 10_000_000}
    return Wish(**(given | more))  # type: ignore[arg-type]


async def test_a_run_leaves_figures_equity_and_a_page(tmp_path: Path) -> None:
    runs = Backtests(tmp_path / "runs", tmp_path)
    name = runs.start(wish(bars(tmp_path), parameters={"fast": 3.0}, last=date(2022, 5, 2)))
    assert runs.past()[0].running
    await runs.ended()
    [past] = runs.past()
    assert (past.name, past.failure, past.report) == (name, "", True)
    assert past.figures is not None
    assert past.figures["trades"] > 0
    assert runs.report(name).read_text().startswith("<!doctype html>")
    curve = runs.equity(name)
    assert curve["date"].max() == date(2022, 5, 2)
    options = curves_chart([("run", curve)])
    assert options["series"][0]["data"][0][1] == 0.0
    # Another process finds the same.
    assert Backtests(tmp_path / "runs", tmp_path).past()[0].figures == past.figures


async def test_names_and_years_are_those_asked_for_and_doubts_are_kept(tmp_path: Path) -> None:
    file, runs = bars(tmp_path), Backtests(tmp_path / "runs", tmp_path)
    for universe, years in (("kospi", 1), ("kosdaq", None)):
        runs.start(wish(file, universe=universe, years=years))
    await runs.ended()
    kosdaq, kospi = sorted(runs.past(), key=lambda one: one.wish.universe != "kosdaq")
    assert kospi.figures is not None
    assert kosdaq.figures is not None
    assert (kospi.figures["trades"] > 0, kosdaq.figures["trades"]) == (True, 0)
    said = doubts(kosdaq)
    assert [one["kind"] for one in kosdaq.notes if one["kind"] == "few"]
    assert len(said) == len(kosdaq.notes)
    assert any("chance explains a lot" in one for one in said)


def test_years_end_with_the_bars(tmp_path: Path) -> None:
    panel = daily_panel(bars(tmp_path), tmp_path / "cache", Aside())
    assert first_day(panel, None, None, 1) == date(2021, 6, 11)
    assert first_day(panel, None, datetime(2024, 2, 29, tzinfo=KST), 3) == date(2021, 3, 1)
    assert first_day(panel, datetime(2022, 1, 5, tzinfo=KST), None, None) == date(2022, 1, 5)
    assert first_day(panel, None, None, None) is None


async def test_what_went_wrong_is_kept(tmp_path: Path) -> None:
    runs = Backtests(tmp_path / "runs", tmp_path)
    runs.start(wish(tmp_path / "nowhere.parquet"))
    await runs.ended()
    [past] = runs.past()
    assert "nowhere.parquet" in past.failure
    assert not past.report
    with pytest.raises(ServiceError, match="has no report"):
        runs.report(past.name)


async def test_only_so_many_at_once_and_all_end_with_the_page(tmp_path: Path) -> None:
    runs = Backtests(tmp_path / "runs", tmp_path)
    for _ in range(AT_ONCE):
        runs.start(wish(bars(tmp_path)))
    with pytest.raises(ServiceError, match="wait for one to end"):
        runs.start(wish(bars(tmp_path)))
    await runs.stop()
    assert [one.failure for one in runs.past()] == ["stopped with the dashboard"] * AT_ONCE


@pytest.mark.parametrize("name", ["../../etc", "..", "", "20220101-000000-a/../b"])
def test_names_that_are_no_runs(tmp_path: Path, name: str) -> None:
    with pytest.raises(ServiceError, match="is no run"):
        Backtests(tmp_path, tmp_path).report(name)

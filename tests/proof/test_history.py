"""A few made-up days in the form of the exchange's lists, lived through like the real ones."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.desk.unitcheck import Verdict
from maemae.errors import DataError
from maemae.exchange.actions import ActionKind
from maemae.market.calendar import krx
from maemae.proof.history.happenings import Happening
from maemae.proof.history.lists import read_official
from maemae.proof.history.live import Life, live, sample
from maemae.proof.history.met import Met
from maemae.proof.history.players import KEEPER, owned
from maemae.proof.history.seasons import Folder, Season, casts, daily, further, official

DAYS = krx().sessions(date(2023, 1, 4), date(2023, 1, 6))
HALTED = {"open": 0, "high": 0, "low": 0, "volume": 0}
SHORT = 0.05


def row(day: date, code: str, close: int, **more: Any) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    facts = {"market": "KOSDAQ", "name": code, "change": 0, "volume": 100_000, "shares": 1_000_000}
    return {"date": day, "code": code} | prices | facts | more


def write(folder: Path, rows: list[dict[str, Any]], name: str = "kr_official_2023") -> Path:
    file = folder / name.rpartition("_")[0] / f"{name}.parquet"
    file.parent.mkdir(exist_ok=True)
    pl.DataFrame(rows).write_parquet(file)
    return file


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Three days: a split, rights, a halt, a new and a vanished code, a gap, a lock."""
    rows = [row(day, f"00{n:02}00", 10_000) for day in DAYS for n in range(1, 9)]
    rows += [row(DAYS[0], "100010", 50_000), row(DAYS[1], "100010", 50_000, **HALTED)]
    rows += [row(DAYS[2], "100010", 10_000, shares=5_000_000)]
    rows += [row(DAYS[0], "100020", 10_000), *(row(day, "100020", 9_000) for day in DAYS[1:])]
    rows += [row(DAYS[0], "100030", 10_000), row(DAYS[2], "100040", 7_000)]
    rows += [row(DAYS[0], "100050", 10_000), row(DAYS[1], "100050", 13_000, change=3_000)]
    rows += [row(DAYS[2], "100050", 13_000)]
    return write(tmp_path, rows)


def whole(file: Path) -> Season:
    (season,) = casts(official(file), Random(0))
    return season


def test_what_the_days_hold_is_read_from_them(lists: Path) -> None:
    season = whole(lists)
    assert {(one.day, one.code, one.kind) for one in season.events} == {
        (DAYS[1], "100010", Happening.HALT), (DAYS[2], "100010", Happening.SPLIT),
        (DAYS[1], "100020", Happening.RIGHTS), (DAYS[1], "100030", Happening.GONE),
        (DAYS[2], "100040", Happening.NEW), (DAYS[1], "100050", Happening.GAP),
        (DAYS[1], "100050", Happening.LIMIT),
    }  # fmt: skip
    (action,) = season.actions
    assert (action.code, action.kind, action.old, action.new) == ("100010", ActionKind.SPLIT, 1, 5)
    assert owned(season).keys() == {"100010", "100020", "100030", "100050"}


def test_names_that_a_list_leaves_out_are_carried_on(tmp_path: Path) -> None:
    days = krx().sessions(date(2023, 1, 4), date(2023, 1, 20))
    rows = [row(day, f"{n:06}", 10_000) for day in days for n in range(100)]
    rows += [row(day, "900010", 5_000) for day in (days[0], days[3])]
    rows += [row(days[0], "900020", 5_000), row(days[-2], "900030", 5_000)]
    window = read_official(write(tmp_path, rows))
    assert [window.rows[day]["900010"].traded for day in days[:4]] == [True, False, False, True]
    assert "900010" not in window.rows[days[4]]
    assert all("900020" not in window.rows[day] for day in days[1:])
    assert not window.rows[days[-1]]["900030"].traded


def test_what_adjusted_bars_lack_is_put_in_as_often_as_it_happens(tmp_path: Path) -> None:
    days = krx().sessions(date(2022, 3, 1), date(2022, 3, 31))
    rows = [row(day, f"{n:06}", 10_000, raw_ok=True) for day in days for n in range(60)]
    write(tmp_path, rows, "kr_daily_2022")
    often = dict.fromkeys(Happening, 0.002)
    season = daily(tmp_path / "kr_daily", days[0], often, seed=1)
    assert len(season.actions) > len(days) / 3
    assert season.actions == daily(tmp_path / "kr_daily", days[0], often, seed=1).actions
    part = further(season, Random(0))
    assert {one.code for one in part.actions} == {one.code for one in season.actions}
    assert not daily(tmp_path / "kr_daily", days[0], {}, seed=1).actions


def test_every_event_is_met_while_held_and_nothing_breaks(lists: Path) -> None:
    lived = live(Life(0, whole(lists), SHORT))
    assert (lived.outcome.violation, lived.outcome.trace) == ("", "")
    assert lived.outcome.records["unit_changed"] >= 2
    for kind in Happening:
        assert lived.met.held[kind] == lived.met.there[kind], kind
    assert len({book for _, book in lived.met.ways}) > 2, "by several ways of trading"
    assert not lived.met.missed


def test_a_desk_that_takes_a_split_for_a_fall_is_found_out(
    lists: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maemae.desk.units.judge", lambda *_: Verdict.SAME)
    assert live(Life(0, whole(lists), SHORT)).outcome.violation


def test_without_days_it_says_what_is_needed(tmp_path: Path) -> None:
    for given in ([], ["--data", str(tmp_path)]):
        done = CliRunner().invoke(build(), ["prove", "history", *given])
        assert isinstance(done.exception, DataError)
        assert "kr_official/*.parquet" in str(done.exception)


def test_what_nobody_held_is_no_proof() -> None:
    met = Met()
    met.add(Happening.SPLIT, {KEEPER})
    met.add(Happening.GONE, ())
    met.add(Happening.GONE, ())
    assert met.missed == [Happening.GONE]
    assert (met.there[Happening.GONE], met.held[Happening.GONE]) == (2, 0)


def test_some_real_days(shared: Path) -> None:
    (one,) = sample(Folder(shared / "data", 7), SHORT, days=2)
    lived = live(one)
    assert (lived.outcome.violation, lived.outcome.trace) == ("", "")
    assert lived.days == 2
    assert lived.met.held.total() > 0

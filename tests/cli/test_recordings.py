"""`maemae recordings`, and what plays one: names, tables, JSON, and refusals."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import DataError, MaemaeError, SettingsError
from maemae.exchange.moment import moment
from maemae.i18n import Language, set_language
from maemae.market.kinds import Kind, Market
from maemae.recordings.entries import Frame, Lost, Name
from maemae.recordings.shelf import parts
from maemae.recordings.writer import Bounds, Writer
from maemae.zones import KST


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build(), list(arguments), env={"COLUMNS": "120"})
    if isinstance(result.exception, MaemaeError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def at(clock: str) -> int:
    return moment(datetime.fromisoformat(f"2026-11-30 {clock}").replace(tzinfo=KST))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "maemae.toml"
    file.write_text(f'data_dir = "{tmp_path / "data"}"\n[record]\nenabled = true\n')
    return file


def record(folder: Path, venue: str = "live") -> Path:
    root = folder / "data" / "recordings"
    out = Writer(root, venue, Bounds(20, 10**9), free=lambda _: 10**12)
    out.add(Name(at("09:00:00"), "005930", "하나", Market.KOSPI, Kind.STOCK))
    for n in range(1_234):
        out.add(Frame(at("09:00:01") + n, "0|H0STCNT0|001|005930"))
    out.add(Lost(at("09:31:00"), at("09:30:00"), 5_678))
    out.close()
    return root / venue / "2026-11-30"


def test_recorded_days_are_listed_with_hours_and_gaps(tmp_path: Path, config: Path) -> None:
    folder = record(tmp_path)
    [part] = parts(folder)
    with part.open("ab") as file:
        file.write(b"torn")
    said = " ".join(run("recordings", "--config", str(config)).split())
    for words in ("live/2026-11-30 09:00:00–09:31:00", "1,234", "09:30:00–09:31:00",
                  "5,678 entries are missing", "the end of a file is missing",
                  "maemae demo --recording live/2026-11-30"):  # fmt: skip
        assert words in said
    [found] = json.loads(run("recordings", "--config", str(config), "--json"))
    assert found["name"] == "live/2026-11-30"
    assert (found["frames"], found["lost"], found["torn"], found["instruments"]) == (
        1_234, 5_678, True, 1
    )  # fmt: skip
    assert found["gaps"] == [
        {"from": "2026-11-30T09:30:00+09:00", "to": "2026-11-30T09:31:00+09:00"}
    ]
    assert found["bytes"] == part.stat().st_size


@pytest.mark.parametrize(
    ("language", "word"), [("ko", "녹화한 날이 없습니다"), ("en", "Nothing is")]
)
def test_where_there_is_none_it_is_said(config: Path, language: Language, word: str) -> None:
    set_language(language)
    assert word in run("recordings", "--config", str(config))
    assert json.loads(run("recordings", "--config", str(config), "--json")) == []


def test_one_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, config: Path) -> None:
    record(tmp_path)
    for command in ("exchange", "demo"):
        with pytest.raises(DataError, match="there are live/2026-11-30"):
            run(command, "--config", str(config), "--recording", "2026-11-29")


def test_a_recording_goes_without_another_market(tmp_path: Path, config: Path) -> None:
    record(tmp_path)
    play = ("exchange", "--config", str(config), "--recording", "2026-11-30")
    for more in (("--date", "2026-11-30"), ("--bars", str(tmp_path)), ("--describe",)):
        with pytest.raises(SettingsError, match="--recording goes without"):
            run(*play, *more)
    with pytest.raises(SettingsError, match="easy, usual, careful"):
        run(*play, "--care", "none")
    with pytest.raises(SettingsError, match="without --bars and --date: it says"):
        run("demo", "--config", str(config), "--recording", "2026-11-30", "--date", "2026-11-30")


def test_care_without_a_recording_is_refused(config: Path) -> None:
    for command in ("exchange", "demo"):
        with pytest.raises(SettingsError, match="--care belongs to --recording"):
            run(command, "--config", str(config), "--care", "easy")

"""The log: one line per fact, in venue time, nothing lost on the way into words."""

from datetime import datetime
from pathlib import Path

import pytest
import structlog

from maemae.clock import KST, ScaledClock
from maemae.desk import records as rec
from maemae.desk.state import State
from maemae.errors import LedgerError
from maemae.market.costs import CostRules
from maemae.trader import diary
from maemae.trader.diary import line, open_diary

NOW = datetime(2022, 6, 2, 9, 30, tzinfo=KST)


def test_a_line_has_time_level_words_and_fields(tmp_path: Path) -> None:
    halted = rec.Halted(at=NOW, level=rec.Halt.ENTRIES, reason="일일 손실")
    said = line(halted, State(CostRules.REAL))
    assert said is not None
    with open_diary(tmp_path, ScaledClock(NOW, 1)) as log:
        level, message, fields = said
        getattr(log, level)(message, **fields)
        structlog.get_logger("another.room").error("it broke", at="here")
    first, second = (tmp_path / "maemae.log").read_text().splitlines()
    assert first.startswith("2022-06-02 09:30:00.")
    assert first.endswith(' WARNING halt level=entries reason="일일 손실"')
    assert second.endswith(" ERROR   it broke at=here")


def test_every_fact_that_a_person_should_read_has_words() -> None:
    silent = {rec.Looked, rec.Peaked, rec.Audited}
    kinds = set(rec.Record.__subclasses__())
    assert kinds - silent <= set(diary._LINES)


def test_a_log_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "maemae.log").symlink_to("/dev/full")  # Every write fails with ENOSPC.
    with open_diary(tmp_path, ScaledClock(NOW, 1)) as log:
        for _ in range(3):
            log.info("fill(체결)")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"maemae: the log {tmp_path}/maemae.log cannot be written: No space")


def test_a_log_turns_over_and_where_it_cannot_goes_on_in_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diary, "_MEGABYTE", 10)  # Files of 200 bytes.
    with open_diary(tmp_path, ScaledClock(NOW, 1)) as log:
        for number in range(12):
            log.info("line", number=number)
        files = sorted(file.name for file in tmp_path.iterdir())
        assert files[:2] == ["maemae.log", "maemae.log.1"]
        assert all(file.stat().st_size <= 200 for file in tmp_path.iterdir())
        (tmp_path / "maemae.log.10").mkdir()  # Nothing can be renamed to it.
        (tmp_path / "maemae.log.10" / "x").touch()
        for number in range(12, 90):
            log.info("line", number=number)
    text = "".join(file.read_text() for file in tmp_path.iterdir() if file.is_file())
    assert [number for number in range(90) if f"line number={number}\n" not in text] == []
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_what_stopped_the_day_is_in_the_log(tmp_path: Path) -> None:
    with pytest.raises(LedgerError), open_diary(tmp_path, ScaledClock(NOW, 1)):
        raise LedgerError("the ledger is full")
    assert (
        (tmp_path / "maemae.log")
        .read_text()
        .endswith('CRITICAL stopped reason="the ledger is full"\n')
    )

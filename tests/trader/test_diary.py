"""The log: one line per fact, in venue time, nothing lost on the way into words."""

from datetime import datetime
from pathlib import Path

import structlog

from maemae.clock import KST, ScaledClock
from maemae.desk import records as rec
from maemae.desk.state import State
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

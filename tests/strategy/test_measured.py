"""What strategies did is kept beside the bars, and holds for them as they were declared then."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from maemae.errors import DataError
from maemae.strategy.measured import FILE, Measured, declaration, keep, measured, still
from maemae.strategy.presets import PRESETS

CROSS = PRESETS["golden_cross"]


def line(name: str = "golden_cross", total: float = 0.25) -> Measured:
    return Measured(
        strategy=name, declaration=declaration(PRESETS[name]), at=datetime(2026, 1, 2, tzinfo=UTC),
        bars="bars", instruments=12, first=date(2022, 1, 3), last=date(2022, 6, 2),
        universe="all", cash=10_000_000,
        statistics={
            "total_return": total, "annual_return": 0.5, "benchmark_return": None,
            "drawdown": 0.1, "win_rate": 0.4, "trades": 31, "unranked_return": -0.03,
        },
        notes=[{"kind": "few", "count": 31, "total": 0, "names": []}],
    )  # fmt: skip


def test_what_is_kept_comes_back_beside_what_was_there(tmp_path: Path) -> None:
    assert measured(tmp_path) == {}
    keep(tmp_path, [line(), line("momentum")])
    keep(tmp_path, [line(total=-0.5)])
    assert measured(tmp_path) == {
        "golden_cross": line(total=-0.5),
        "momentum": line("momentum"),
    }


def test_figures_do_not_hold_for_another_declaration() -> None:
    known = {"golden_cross": line()}
    assert still(known, CROSS) == line()
    assert still(known, replace(CROSS, stop_loss=0.1)) is None
    assert still(known, replace(CROSS, score=None)) is None
    assert still(known, PRESETS["momentum"]) is None


def test_a_broken_file_is_said_and_not_written_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[{]")
    with pytest.raises(DataError, match=r"measured\.json cannot be read"):
        measured(tmp_path)
    with pytest.raises(DataError, match=r"measured\.json cannot be read"):
        keep(tmp_path, [line()])
    assert (tmp_path / FILE).read_text() == "[{]"

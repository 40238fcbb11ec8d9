"""Measuring the strategies from the page: progress, figures at once, one at a time, an end."""

from pathlib import Path

import pytest
from tests.dashboard.test_backtests import bars
from typer.testing import CliRunner

from maemae.cli import build
from maemae.dashboard.measuring import Course, Measuring, Step
from maemae.errors import ServiceError
from maemae.strategy.measured import measured
from maemae.strategy.presets import PRESETS


@pytest.fixture
def store(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    asked = ["bars", "import", f"{bars(tmp_path)}", "--root", f"{root}"]
    CliRunner().invoke(build(), asked)  # Days on which the exchange was closed are set aside.
    assert (root / "daily").is_dir()
    return root


async def test_every_strategy_is_counted_and_its_figures_are_kept(
    tmp_path: Path, store: Path
) -> None:
    measuring = Measuring(store, tmp_path)
    assert measuring.course is None
    measuring.start(1, "all")
    with pytest.raises(ServiceError, match="already"):
        measuring.start(1, "all")
    await measuring.ended()
    course = measuring.course
    assert course is not None
    assert course.step is not None
    assert (course.running, course.failed) == (False, False)
    assert course.step.done == course.step.all == len(PRESETS)
    known = measured(store)
    assert "golden_cross" in known
    assert len(known) + len(course.said) == len(PRESETS), "each is measured, or said why not"


async def test_what_was_done_stays_when_it_is_stopped(tmp_path: Path, store: Path) -> None:
    measuring = Measuring(store, tmp_path)
    measuring.start(1, "all")
    await measuring.stop()
    assert measuring.course == Course(running=False)
    measuring.start(1, "all")
    await measuring.ended()
    assert isinstance(measuring.course, Course)
    assert isinstance(measuring.course.step, Step)


async def test_without_bars_it_says_how_to_get_some(tmp_path: Path) -> None:
    measuring = Measuring(tmp_path / "none", tmp_path)
    measuring.start(3, "all")
    await measuring.ended()
    course = measuring.course
    assert course is not None
    assert course.failed
    assert "maemae bars download" in " ".join(course.said)

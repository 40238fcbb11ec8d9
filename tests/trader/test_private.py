"""Ledger, log, stacks, plans and exports are the owner's alone, whatever the umask is."""

import os
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import structlog
from tests.trader.days import Bars, place
from tests.trader.test_targets import BARS, MONDAY

from maemae import private
from maemae.cli.session import write_report
from maemae.clock import SystemClock
from maemae.ledger.ledger import Ledger
from maemae.trader.diary import open_diary
from maemae.trader.report import Books
from maemae.trader.run import Report, open_run
from maemae.trader.watchdog import open_watchdog

ACCOUNT = "50000000-01"


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    there = [folder, *sorted(folder.rglob("*"))]
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in there}


def all_private(folder: Path) -> None:
    open_to_others = {name: oct(mode) for name, mode in modes(folder).items() if mode & 0o077}
    assert not open_to_others


@pytest.mark.usefixtures("umask")
def test_what_is_made_is_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with Ledger(folder / "ledger.sqlite", ACCOUNT) as ledger:
        assert ledger.accounts() == []
        assert (folder / "ledger.sqlite-wal").exists()
        with open_diary(folder / "logs", SystemClock()) as log:
            log.info("x")
        with open_watchdog({}, folder / "stacks", None):
            all_private(folder)
    write_report(folder / "day.json", Report(date(2024, 3, 4), Books(), None, {}))  # type: ignore[typeddict-item]
    all_private(folder)


def test_a_log_that_is_turned_over_stays_private(tmp_path: Path) -> None:
    with open_diary(tmp_path / "logs", SystemClock()) as log:
        log.info("x")
        (handler,) = structlog.get_config()["logger_factory"]().handlers
        handler.doRollover()
        log.info("y")
    assert len(list((tmp_path / "logs").iterdir())) == 2
    all_private(tmp_path / "logs")


async def test_what_others_could_read_is_closed_and_said(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        settings = where.settings()
        assert settings.data_dir is not None
        assert settings.log_dir is not None
        old = [settings.data_dir / "ledger-sim.sqlite", settings.log_dir / "maemae.log"]
        for file in old:
            file.parent.mkdir(mode=0o755)
            file.touch(0o644)
            file.parent.chmod(0o755)
            file.chmod(0o644)
        async with open_run(settings):
            pass
    all_private(settings.data_dir)
    all_private(settings.log_dir)
    said = old[1].read_text(encoding="utf-8")
    assert f"path={settings.data_dir}\n" in said
    assert f"path={old[0]}\n" in said
    assert f"path={old[1]}\n" in said


def test_what_is_not_ours_or_shared_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    assert not private.tighten(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert not private.tighten(link)
    assert not private.tighten(tmp_path / "missing")
    tmp_path.chmod(0o700)

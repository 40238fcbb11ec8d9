"""Disks that are full, closed or broken: nothing more is sent, nothing is lost, and it is said."""

import asyncio
import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from tests.desk.table import DAY, OPENS, rules
from tests.trader.test_trader import HandClock, HandPacer, PaperVenue

from maemae.desk.desk import Desk
from maemae.desk.orders import OrderState
from maemae.desk.records import Intended, Record
from maemae.errors import LedgerError
from maemae.ledger import database
from maemae.ledger.ledger import Ledger
from maemae.trader import ledger_watch
from maemae.trader.trader import Trader

ACCOUNT = "50000000-01"
PAGE = 4096


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes; only the administrator may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("a small file system cannot be made here")
    words = [mount, "-t", "tmpfs", "-o", "size=2M", "maemae-test", str(folder)]
    if subprocess.run(words, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small file system may not be made here")
    yield folder
    subprocess.run([umount, str(folder)], check=True)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size (EFBIG): a quota that needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Day:
    """A day that can be begun again, on a venue that keeps what it has."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ledger.sqlite"
        self.clock = HandClock(OPENS - timedelta(minutes=1))
        self.bought = 0
        self.held: dict[str, int] = {}

    async def trade(self) -> Desk:
        with Ledger(self.file, ACCOUNT) as ledger:
            ledger.check()
            venue = PaperVenue(self.clock, ledger, held=self.held)
            venue.desk = Desk(rules(), ledger.records())
            trader = Trader(venue.desk, ledger, venue, HandPacer(self.clock))
            closes = DAY.replace(hour=15, minute=30)
            try:
                await trader.run(OPENS, DAY.replace(hour=15, minute=20), closes)
            finally:
                assert all(venue.intents_on_disk)
                self.bought += len(venue.intents_on_disk)
        return venue.desk

    def facts(self) -> list[Record]:
        with Ledger(self.file, ACCOUNT) as ledger:
            ledger.check()
            return list(ledger.records())

    def ends_as_it_should(self) -> None:
        """The disk is whole again: what was sent once is held once, and the day closes."""
        desk = asyncio.run(self.trade())
        assert desk.finished
        intended = [fact for fact in self.facts() if isinstance(fact, Intended)]
        assert self.bought <= len(intended)
        states = [order.state for order in desk.state.blotter.orders.values()]
        assert states.count(OrderState.FILLED) == self.bought
        assert desk.state.portfolio.holdings() == {code: n for code, n in self.held.items() if n}


def whole_day(folder: Path) -> list[Record]:
    folder.mkdir()
    day = Day(folder)
    asyncio.run(day.trade())
    return day.facts()


def test_a_full_disk_stops_the_day_and_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    expected = whole_day(tmp_path / "roomy")
    stopped_after, said = set(), set()
    for pages in (0, 4, 12, 20, 28, 40):
        folder = small_disk / "day"
        folder.mkdir()
        day = Day(folder)
        assert day.facts() == []
        ballast = small_disk / "ballast"
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(bytes(max(0, free - pages * PAGE)))
        try:
            asyncio.run(day.trade())
        except LedgerError as error:
            said.add(str(error).partition(": ")[2])
        ballast.unlink()
        facts = day.facts()
        stopped_after.add(len(facts))
        assert facts == expected[: len(facts)]
        day.ends_as_it_should()
        shutil.rmtree(folder)
    assert len(stopped_after) >= 3  # At several points of an order's life.
    assert all("ake room" in one or "disk is full" in one for one in said)
    assert not any("INSERT" in one for one in said)


def test_a_file_that_may_not_grow_stops_the_day_and_loses_nothing(tmp_path: Path) -> None:
    expected = whole_day(tmp_path / "roomy")
    stopped_after = set()
    for pages in (4, 9, 12, 17):
        folder = tmp_path / f"day{pages}"
        folder.mkdir()
        day = Day(folder)
        assert day.facts() == []
        with files_no_longer_than(pages * PAGE), contextlib.suppress(LedgerError):
            asyncio.run(day.trade())
        facts = day.facts()
        stopped_after.add(len(facts))
        assert facts == expected[: len(facts)]
        day.ends_as_it_should()
    assert len(stopped_after - {len(expected)}) >= 2


def test_a_ledger_that_may_not_be_written_is_not_traded_on(tmp_path: Path) -> None:
    day = Day(tmp_path)
    assert day.facts() == []
    with files_of_somebody_else(tmp_path), pytest.raises(LedgerError) as found:
        asyncio.run(day.trade())
    assert "cannot be opened" in str(found.value)
    assert "the right to write" in str(found.value)
    assert day.bought == 0
    day.ends_as_it_should()


@contextmanager
def files_of_somebody_else(folder: Path) -> Iterator[None]:
    """Take away the right to write; from the administrator too, who has it everywhere else."""
    files = [*folder.iterdir()]
    modes = [file.stat().st_mode for file in files]
    above = [
        one for one in folder.parents if one.stat().st_uid == os.geteuid() and one != one.parent
    ]
    open_before = [one.stat().st_mode for one in above]
    admin = os.geteuid() == 0
    for file in files:
        file.chmod(0o444)
    folder.chmod(0o555)
    for one in above:
        one.chmod(one.stat().st_mode | 0o005)
    if admin:
        os.seteuid(65534)
    try:
        yield
    finally:
        if admin:
            os.seteuid(0)
        folder.chmod(0o700)
        for file, mode in zip(files, modes, strict=True):
            file.chmod(mode)
        for one, mode in zip(above, open_before, strict=True):
            one.chmod(mode)


@pytest.mark.parametrize("tables", [("journal",), ("orders",), ("fills",)])
def test_a_broken_page_is_found_before_anything_is_sent(
    tmp_path: Path, tables: tuple[str, ...]
) -> None:
    day = Day(tmp_path)
    asyncio.run(day.trade())
    sent = day.bought
    for number in pages_of(day.file, *tables):
        overwrite(day.file, number)
    broken = day.file.read_bytes()
    with pytest.raises(LedgerError) as found:
        asyncio.run(day.trade())
    assert "It is damaged" in str(found.value)
    assert "maemae restore FILE" in str(found.value)
    assert day.bought == sent
    assert day.file.read_bytes() == broken  # What is left of it is as it was.


def pages_of(file: Path, *tables: str) -> list[int]:
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = connection.execute("SELECT name, rootpage FROM sqlite_master").fetchall()
    connection.close()
    return [page for name, page in rows if name in tables]


def overwrite(file: Path, number: int) -> None:
    """Replace the middle of a page by zeros, as a failing disk does."""
    with file.open("r+b") as data:
        data.seek((number - 1) * PAGE)
        data.write(bytes(PAGE // 2))


async def test_a_page_that_breaks_while_the_day_runs_stops_it(tmp_path: Path) -> None:
    day = Day(tmp_path)
    await day.trade()
    facts = day.facts()
    with Ledger(day.file, ACCOUNT) as ledger:
        for number in pages_of(day.file, "ix_journal_kind", "ix_journal_account"):
            overwrite(day.file, number)
        with pytest.raises(LedgerError, match="is damaged"):
            ledger.append(facts[-1:])


async def test_a_look_for_damage_that_takes_no_step_ends_with_the_trader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite before 3.42 looks through a whole table without asking whether it is wanted."""
    begun, ended, said = Event(), Event(), list[str]()
    endless = (
        "WITH RECURSIVE numbers(n) AS "
        "(SELECT begun() UNION ALL SELECT n + 1 FROM numbers WHERE n < 1e12) "
        "SELECT max(n) FROM numbers"
    )
    run = Connection.exec_driver_sql

    def started() -> int:
        begun.set()
        return 1

    def look(connection: Connection, statement: str) -> Any:
        if "integrity_check" not in statement:
            return run(connection, statement)
        driver: Any = connection.connection.driver_connection
        driver.create_function("begun", 0, started)
        try:
            return run(connection, endless)
        except DBAPIError as error:
            said.append(str(error.orig))
            raise
        finally:
            ended.set()

    monkeypatch.setattr(database, "_STEP", 2**30)
    with Ledger(tmp_path / "ledger.sqlite", ACCOUNT) as ledger:
        monkeypatch.setattr(Connection, "exec_driver_sql", look)
        looking = asyncio.create_task(ledger_watch.examine(ledger, lambda _: None))
        await asyncio.to_thread(begun.wait)
        looking.cancel()
        await asyncio.to_thread(ended.wait)
    assert said == ["interrupted"]

"""A ledger that vanishes, or whose place another file takes, while a trader runs."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.desk.table import DAY, OPENS, rules
from tests.trader.test_stopping import BusyPacer
from tests.trader.test_trader import HandClock, HandPacer, PaperVenue

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import Halt, Halted
from maemae.errors import LedgerVanished
from maemae.ledger.ledger import Ledger
from maemae.trader import ledger_watch
from maemae.trader.trader import Trader

ACCOUNT = "50000000-01"
HALTED = Halted(at=OPENS, level=Halt.ENTRIES, reason="x")


def delete(file: Path) -> None:
    file.unlink()


def move(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))


def replace(file: Path) -> None:
    shutil.copy(file, file.with_name("copy"))
    file.with_name("copy").replace(file)


def delete_the_log(file: Path) -> None:
    """The newest facts of an SQLite ledger are in a file beside it."""
    file.with_name(file.name + "-wal").unlink()


def move_the_folder(file: Path) -> None:
    file.parent.rename(file.parent.with_name("renamed"))


def write_over(file: Path) -> None:
    """As `cp old-backup ledger.sqlite` does: the file stays the same one."""
    with Ledger(file.with_name("other"), ACCOUNT) as other:
        other.append([said("another") for _ in range(5)])
    file.write_bytes(file.with_name("other").read_bytes())


def empty(file: Path) -> None:
    file.write_bytes(b"")


def said(reason: str) -> Halted:
    return Halted(at=OPENS, level=Halt.NONE, reason=reason)


WAYS = [delete, move, replace, delete_the_log, move_the_folder, write_over, empty]


class Trap(PaperVenue):
    """Lets the ledger vanish when the last question before an order is asked."""

    spring: Callable[[], None]

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        if isinstance(command, cmd.Ask) and command.query is ev.Query.POWER:
            self.spring()
        return await super().perform(command)


@pytest.mark.parametrize("vanish", WAYS)
async def test_nothing_is_sent_once_it_is_gone(
    tmp_path: Path, vanish: Callable[[Path], None]
) -> None:
    clock = HandClock(OPENS - timedelta(minutes=1))
    file = tmp_path / "state" / "ledger.sqlite"
    with Ledger(file, ACCOUNT) as earlier:
        earlier.append([said("of an earlier day")])
    with Ledger(file, ACCOUNT) as ledger:
        venue = Trap(clock, ledger)
        venue.spring = lambda: vanish(file)
        venue.desk = Desk(rules())
        trader = Trader(venue.desk, ledger, venue, HandPacer(clock))
        with pytest.raises(LedgerVanished, match=str(file)) as found:
            await trader.run(
                OPENS, DAY.replace(hour=15, minute=20), DAY.replace(hour=15, minute=30)
            )
    assert venue.intents_on_disk == []
    assert found.value.exit_status == 3


async def test_it_is_noticed_while_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_watch, "EVERY", 0.01)
    clock = HandClock(OPENS)
    with Ledger(tmp_path / "ledger.sqlite", ACCOUNT) as ledger:
        trader = Trader(Desk(rules()), ledger, PaperVenue(clock, ledger), BusyPacer(clock))
        watching = asyncio.create_task(ledger_watch.watch(ledger, lambda _: None, trader.fail))
        delete(tmp_path / "ledger.sqlite")
        with pytest.raises(LedgerVanished):
            await trader.idle(OPENS + timedelta(days=100))
        await watching


def test_other_readers_of_it_and_its_own_checkpoints_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with Ledger(file, ACCOUNT) as ledger:
        for _ in range(3):
            with Ledger(file, ACCOUNT) as other:
                assert other.accounts() in ([], [ACCOUNT])
            ledger.append([HALTED])
            with ledger._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            ledger.check_presence()


@pytest.mark.parametrize("vanish", [write_over, empty])
def test_a_file_written_over_is_noticed_without_a_write(
    tmp_path: Path, vanish: Callable[[Path], None]
) -> None:
    file = tmp_path / "ledger.sqlite"
    with Ledger(file, ACCOUNT) as earlier:
        earlier.append([HALTED])
    with Ledger(file, ACCOUNT) as ledger:
        ledger.check_presence()
        vanish(file)
        with pytest.raises(LedgerVanished, match="written over"):
            ledger.check_presence()


def test_an_older_copy_written_over_it_is_noticed(tmp_path: Path) -> None:
    """All that the copy has is ours; what it lacks is what was bought since."""
    file = tmp_path / "ledger.sqlite"
    with Ledger(file, ACCOUNT) as earlier:
        earlier.append([HALTED])
    copy = file.read_bytes()
    with Ledger(file, ACCOUNT) as later:
        later.append([said("since")])
    with Ledger(file, ACCOUNT) as ledger:
        file.write_bytes(copy)
        with pytest.raises(LedgerVanished, match="written over"):
            ledger.append([HALTED])


def test_facts_that_others_move_into_the_file_meanwhile_are_ours(tmp_path: Path) -> None:
    """Two traders of two accounts may share one, and each moves what both have written."""
    file = tmp_path / "ledger.sqlite"
    with Ledger(file, ACCOUNT) as ledger, Ledger(file, "60000000-01") as other:
        stop = Event()

        def write() -> None:
            while not stop.is_set():
                other.append([HALTED])
                with other._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

        writing = Thread(target=write)
        writing.start()
        try:
            for _ in range(100):
                ledger.check_presence()
        finally:
            stop.set()
            writing.join()

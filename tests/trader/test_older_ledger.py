"""An older copy of the ledger that is put back: what was bought since is not bought again."""

import shutil
from datetime import datetime, time
from pathlib import Path

import pytest
from tests.trader.days import SLOW, Bars, Place, place
from tests.trader.test_targets import BARS, MONDAY, targets

from maemae.clock import KST
from maemae.desk.records import LEDGER_BEHIND, Halt, Halted, Incident, Intended
from maemae.errors import LedgerError
from maemae.ledger.copies import copy_sqlite
from maemae.ledger.ledger import Mark
from maemae.service.offline import offline
from maemae.service.operations import Resume
from maemae.service.service import Caller
from maemae.trader.lock import sole_trader
from maemae.trader.run import open_run
from maemae.trader.settings import Settings

COPIED = datetime.combine(MONDAY, time(15, 11), KST)
UNTIL = datetime.combine(MONDAY, time(15, 14), KST)


def settings(where: Place, *names: str) -> Settings:
    return where.settings(targets(where.folder, "\n".join(["code", *names, ""]), **SLOW))


def file_of(where: Place) -> Path:
    return where.folder / "state" / "ledger-sim.sqlite"


def put_in_place(where: Place, other: Path) -> None:
    for old in file_of(where).parent.glob("ledger-sim.sqlite*"):
        old.unlink()
    shutil.copy(other, file_of(where))


async def test_nothing_is_bought_on_it_and_the_right_one_trades_on(tmp_path: Path) -> None:
    older, right = tmp_path / "older.sqlite", tmp_path / "right.sqlite"
    both = "000010", "000040"
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade_until(settings(where, both[0]), COPIED)
        copy_sqlite(file_of(where), older)
        await where.trade_until(settings(where, *both), UNTIL)
        bought = [one.listed.code for one in where.records() if isinstance(one, Intended)]
        assert set(bought) == set(both)
        copy_sqlite(file_of(where), right)

        put_in_place(where, older)
        known = len(where.records())
        async with open_run(settings(where, *both)) as run:
            run.trader.stop()
            await run.trade()
        facts = where.records()[known:]
        assert not [one for one in facts if isinstance(one, Intended)]
        assert [one.kind for one in facts if isinstance(one, Incident)].count(LEDGER_BEHIND) == 1
        halts = [(one.level, one.reason) for one in facts if isinstance(one, Halted)]
        assert halts == [(Halt.ENTRIES, LEDGER_BEHIND)]

        put_in_place(where, right)
        async with open_run(settings(where, *both)) as run:
            run.trader.stop()
            await run.trade()
            assert run.trader.desk.state.halt is Halt.NONE
            assert set(both) <= {code for _, code in run.trader.desk.state.portfolio.positions}


async def test_a_person_may_let_it_trade_while_nothing_runs(tmp_path: Path) -> None:
    older = tmp_path / "older.sqlite"
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        mine = settings(where, "000010")
        async with open_run(mine) as run:
            run.trader.stop()
            await run.trade()
        copy_sqlite(file_of(where), older)
        await where.trade_until(mine, UNTIL)
        put_in_place(where, older)
        for _ in range(2):
            async with open_run(mine) as run:
                run.trader.stop()
                await run.trade()
                assert run.trader.desk.state.unconfirmed
        with offline(mine, Caller("me", "cli")) as books:
            await books.ask(Resume(reason="confirmed"))
        async with open_run(mine) as run:
            run.trader.stop()
            await run.trade()
            assert run.trader.desk.state.halt is Halt.NONE


def test_a_note_that_cannot_be_written_is_said_and_the_old_one_stays(tmp_path: Path) -> None:
    first, second = Mark(1, "a"), Mark(2, "b")
    with sole_trader(tmp_path, "sim", "50000000-01") as place:
        place.remember("ledger", first)
        (card,) = tmp_path.glob("ledger-sim-*.json")
        (tmp_path / f"{card.name}.part").mkdir()  # Nothing can be written there.
        with pytest.raises(LedgerError, match="how far the ledger goes"):
            place.remember("ledger", second)
    with sole_trader(tmp_path, "sim", "50000000-01") as place:
        assert place.mark == first


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"ledger": "x", "since": "y", "last": {}}'])
def test_a_note_that_cannot_be_read_is_a_note(tmp_path: Path, text: str) -> None:
    with sole_trader(tmp_path, "sim", "50000000-01") as place:
        place.remember("ledger", None)
    (card,) = tmp_path.glob("ledger-sim-*.json")
    card.write_text(text)
    with sole_trader(tmp_path, "sim", "50000000-01") as place:
        assert (place.ledger, place.mark) == (card.name, None)

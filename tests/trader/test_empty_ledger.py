"""A ledger that is gone when the trader starts again: what it holds is not bought a second time."""

from datetime import datetime, time
from pathlib import Path

import pytest
from tests.trader.days import SLOW, Bars, Place, place
from tests.trader.test_targets import BARS, MONDAY, targets

from maemae.clock import KST
from maemae.desk.records import EMPTY_LEDGER, Halt, Halted, Incident, Intended
from maemae.trader.run import open_run
from maemae.trader.settings import Settings

UNTIL = datetime.combine(MONDAY, time(15, 14), KST)


def lose_ledger(where: Place) -> None:
    for file in (where.folder / "state").glob("ledger-sim.sqlite*"):
        file.unlink()


def settings(where: Place) -> Settings:
    return where.settings(targets(where.folder, "code\n000010\n000040\n", **SLOW))


@pytest.mark.parametrize("card", [True, False])
async def test_nothing_is_bought_again(tmp_path: Path, card: bool) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade_until(settings(where), UNTIL)
        assert [one for one in where.records() if isinstance(one, Intended)]
        lose_ledger(where)
        if not card:
            # As on another machine: what the broker shows is all that tells.
            next((tmp_path / "state").glob("ledger-sim-*.json")).unlink()
        async with open_run(settings(where)) as run:
            await run.trade()
        facts = where.records()
    assert not [one for one in facts if isinstance(one, Intended)]
    halts = [(one.level, one.reason) for one in facts if isinstance(one, Halted)]
    assert halts == [(Halt.ENTRIES, EMPTY_LEDGER)]
    (told,) = [one for one in facts if isinstance(one, Incident) and one.kind == EMPTY_LEDGER]
    assert ("ledger-sim.sqlite" in told.detail) is card

"""Halts by signal, and halts that outlive the process."""

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from tests.desk.table import DAY, OPENS, rules
from tests.trader.test_trader import HandClock, HandPacer, PaperVenue

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import Halt, Halted
from maemae.ledger.ledger import Ledger
from maemae.trader import signals
from maemae.trader.signals import obeying_signals
from maemae.trader.trader import Trader


class Signalled(PaperVenue):
    """Somebody sends the process a signal while it searches for candidates."""

    number = 0

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        answer = await super().perform(command)
        if self.number and isinstance(command, cmd.Ask) and command.query is ev.Query.SEARCH:
            os.kill(os.getpid(), self.number)
            Signalled.number = 0
            await asyncio.sleep(0.02)
        return answer


async def day(file: Path) -> tuple[Desk, list[Halted], PaperVenue]:
    clock = HandClock(OPENS - timedelta(minutes=1))
    with Ledger(file, "50000000-01") as ledger:
        desk = Desk(rules(), ledger.records())
        venue = Signalled(clock, ledger)
        venue.desk = desk
        trader = Trader(desk, ledger, venue, HandPacer(clock))
        with obeying_signals(trader):
            await trader.run(
                OPENS, DAY.replace(hour=15, minute=20), DAY.replace(hour=15, minute=30)
            )
        halts = [record for record in ledger.records() if isinstance(record, Halted)]
    return desk, halts, venue


@pytest.mark.parametrize(("name", "level"), [("SIGUSR1", Halt.ENTRIES), ("SIGUSR2", Halt.ALL)])
async def test_a_signal_halts_and_the_halt_is_there_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, level: Halt
) -> None:
    monkeypatch.setattr(Signalled, "number", getattr(signal, name))
    desk, halts, venue = await day(tmp_path / "l.sqlite")
    assert [(halt.level, halt.reason) for halt in halts] == [(level, name)]
    assert venue.held == {}
    with Ledger(tmp_path / "l.sqlite", "50000000-01") as ledger:
        again = Desk(rules(), ledger.records())
    assert desk.state.halt is again.state.halt is level


def test_there_is_a_signal_for_each_level_that_a_person_needs_in_a_hurry() -> None:
    told: list[tuple[Halt, str]] = []
    actions = signals.halts(lambda level, name: told.append((level, name)))
    for action in actions.values():
        action()
    assert told == [(Halt.ENTRIES, "SIGUSR1"), (Halt.ALL, "SIGUSR2")]

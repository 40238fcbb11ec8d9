"""`maemae run --forever` and the signals that come while it has no trader to give them to."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from tests.trader.days import Bars, Place, place

from maemae.cli import forever
from maemae.cli.forever import Forever
from maemae.desk.records import Halt, Halted
from maemae.errors import WireError
from maemae.trader.haltfile import NAME
from maemae.trader.run import Run

DAY = date(2026, 3, 6)
EVENING = time(16, 0)


@pytest.fixture
async def where(tmp_path: Path) -> AsyncIterator[Place]:
    async with place(
        tmp_path, Bars({"000010": (10_000, 10_000, 10_000, 10_000)}), DAY, EVENING
    ) as at:
        yield at


async def sent(*numbers: int) -> None:
    """Send this process signals, and let its loop hear them."""
    for number in numbers:
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.01)


def connecting(monkeypatch: pytest.MonkeyPatch, *numbers: int, fails: bool = False) -> None:
    """Let these signals come while the trader is connecting."""
    real: Callable[..., Any] = forever.open_run

    @asynccontextmanager
    async def open_run(*given: Any, **more: Any) -> AsyncIterator[Run]:
        await sent(*numbers)
        if fails:
            raise WireError("the broker is away")
        async with real(*given, **more) as run:
            yield run

    monkeypatch.setattr(forever, "open_run", open_run)


async def test_one_that_is_told_to_end_while_it_connects_does_not_wait_for_the_morning(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting(monkeypatch, signal.SIGTERM)
    await Forever(where.settings()).run()
    assert where.exchange.day == DAY


async def test_a_halt_that_comes_while_it_connects_is_in_the_ledger(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting(monkeypatch, signal.SIGUSR2, signal.SIGTERM)
    await Forever(where.settings()).run()
    halts = [record for record in where.records() if isinstance(record, Halted)]
    assert [(halt.level, halt.reason) for halt in halts] == [(Halt.ALL, "SIGUSR2")]


async def test_a_halt_that_comes_while_the_broker_is_away_waits_for_the_next_start(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting(monkeypatch, signal.SIGUSR1, signal.SIGTERM, fails=True)
    settings = where.settings()
    await Forever(settings).run()
    assert (settings.data_dir / NAME).read_text(encoding="utf-8").strip() == Halt.ENTRIES


async def test_a_halt_that_comes_when_the_day_is_told_is_in_the_ledger(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def live(self: Forever, run: Run) -> bool:
        await sent(signal.SIGUSR1)
        return True

    monkeypatch.setattr(Forever, "_live", live)
    await Forever(where.settings()).run()
    halts = [record for record in where.records() if isinstance(record, Halted)]
    assert [halt.level for halt in halts] == [Halt.ENTRIES]

"""`maemae run --forever` and the signals that come while it has no trader to give them to."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.trader.days import Bars, Place, place

from maemae.cli import forever
from maemae.cli.forever import Forever
from maemae.clock import KST
from maemae.desk.records import Accepted, DayOpened, Filled, Halt, Halted, Intended, Listed
from maemae.desk.terms import Exits
from maemae.errors import InvariantError, WireError
from maemae.i18n import set_language
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.trader import run as running
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
    real: Callable[..., Any] = running.open_run

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
    assert settings.data_dir is not None
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


@pytest.mark.parametrize("ending", ["told", "crashed"])
async def test_what_nobody_watches_any_more_is_named_when_it_ends(
    where: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    set_language("ko")
    settings = where.settings()
    assert settings.data_dir is not None
    settings.data_dir.mkdir()
    at = datetime(2026, 3, 6, 9, 0, tzinfo=KST)
    order = Intended(
        at=at, intent="1", book="scalper", side=Side.BUY, quantity=12, price=None, reserve=150_000,
        listed=Listed(code="005930", name="삼성전자"), reason="candidate",
        exits=Exits(stop_loss=Decimal("0.02")),
    )  # fmt: skip
    fill = Filled(at=at, intent="1", quantity=12, amount=120_000, executed=at)
    with Ledger(settings.data_dir / "ledger-sim.sqlite", "12345678-01") as ledger:
        ledger.append([DayOpened(at=at, day=DAY, cash=1_000_000, holdings={}), order])
        ledger.append([Accepted(at=at, intent="1", order_no=7, org_no="1"), fill])

    async def live(self: Forever, run: Run) -> bool:
        if ending == "crashed":
            raise InvariantError("a bug")
        return True

    monkeypatch.setattr(Forever, "_live", live)
    with suppress(InvariantError):
        await Forever(settings).run()
    said = capsys.readouterr().out
    assert "지금부터 아무도 지켜보지 않는 포지션 1개" in said
    assert "삼성전자 (005930) 12주" in said
    assert "maemae sell 005930 12 --book scalper --venue sim" in said

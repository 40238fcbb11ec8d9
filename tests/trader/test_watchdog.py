"""A trader that hangs is noticed, ended, started again, and the owner is told."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from tests.desk.table import DAY, OPENS, rules
from tests.exchange.conftest import Serve, make_exchange
from tests.trader.test_trader import HandClock, PaperVenue

from maemae.cli.run import run
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import DayOpened, Incident
from maemae.errors import SettingsError
from maemae.ledger.ledger import Ledger
from maemae.trader.lock import sole_trader
from maemae.trader.trader import Trader
from maemae.trader.watchdog import (
    LEAST,
    STACKS,
    UNWATCHED,
    Notifier,
    Watchdog,
    allowed,
    demand_patience,
    open_watchdog,
)

PATIENCE = 60.0


class Systemd:
    """What systemd is to a service: a datagram socket that it writes to."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)

    async def hears(self, seconds: float = PATIENCE) -> str:
        """Return the next message; blank when none comes in time."""
        try:
            async with asyncio.timeout(seconds):
                return (await asyncio.get_running_loop().sock_recv(self._socket, 4096)).decode()
        except TimeoutError:
            return ""

    async def hears_of(self, word: str) -> str:
        """Return the next message with a word in it."""
        while word not in (said := await self.hears()):
            assert said, f"nothing of {word} was heard"
        return said

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    manager = Systemd(tmp_path / "notify")
    yield manager
    manager.close()


class Loop:
    """A loop that turns when nudged, until it hangs."""

    turns = 0
    hangs = False

    def nudge(self) -> None:
        self.turns += not self.hangs


async def test_a_loop_that_turns_is_patted_and_one_that_hangs_is_not(systemd: Systemd) -> None:
    watchdog, loop = Watchdog(Notifier(systemd.address), seconds=0.3), Loop()
    watchdog.ready("trading")
    assert await systemd.hears() == "READY=1\nSTATUS=trading"
    async with watchdog.over(loop):
        assert [await systemd.hears() for _ in range(4)] == ["WATCHDOG=1"] * 4
        loop.hangs = True
        while await systemd.hears(0.6):  # What was under way when it hung.
            pass
        assert not await systemd.hears(0.9)
        loop.hangs = False
        assert await systemd.hears() == "WATCHDOG=1"
    watchdog.leave()
    await systemd.hears_of("STOPPING=1")


async def test_long_work_is_patted_as_long_as_it_gets_on(systemd: Systemd) -> None:
    """A replay of years is no hang; a disk that does not answer is one."""
    watchdog, hangs, ends = Watchdog(Notifier(systemd.address), seconds=0.3), Event(), Event()

    def work(step: Callable[[], None]) -> str:
        while not hangs.wait(0.01):
            step()
        ends.wait(PATIENCE)
        return "done"

    working = asyncio.create_task(watchdog.beside(work))
    assert [await systemd.hears() for _ in range(4)] == ["WATCHDOG=1"] * 4
    hangs.set()
    while await systemd.hears(0.6):  # What was under way when it hung.
        pass
    assert not await systemd.hears(0.9)
    ends.set()
    assert await working == "done"


async def test_a_start_and_an_end_are_no_hang_but_for_ever(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchdog, loop = Watchdog(Notifier(systemd.address), seconds=0.3), Loop()
    async with watchdog.attending():
        assert [await systemd.hears() for _ in range(4)] == ["WATCHDOG=1"] * 4
        async with watchdog.over(loop):
            loop.hangs = True
            while await systemd.hears(0.6):  # What was under way when it hung.
                pass
            assert not await systemd.hears(0.9), "it stands aside for the loop"
        assert await systemd.hears() == "WATCHDOG=1"
        monkeypatch.setattr("maemae.trader.watchdog.LONGEST", 0.0)
        while await systemd.hears(0.6):
            pass
        assert not await systemd.hears(0.9)


async def test_a_loop_that_stands_still_on_purpose_is_no_hang(tmp_path: Path) -> None:
    """Sources and streams take their time until they are up, and the last answer takes its own."""
    clock, up = HandClock(DAY), asyncio.Event()
    with Ledger(tmp_path / "ledger.sqlite", "50000000-01") as ledger:
        venue = PaperVenue(clock, ledger)
        venue.desk = Desk(rules())
        begin = venue.start

        async def slow(put: Callable[[ev.Event], None]) -> None:
            await up.wait()
            await begin(put)

        venue.start = slow  # type: ignore[method-assign]
        trader = Trader(venue.desk, ledger, venue, Waiting(clock))
        running = asyncio.create_task(trader.run(OPENS, OPENS, OPENS))
        await asyncio.sleep(0)
        for seen in range(3):
            assert trader.turns == seen
            trader.nudge()
        up.set()
        trader.stop()
        await running
        after = trader.turns
        trader.nudge()
        assert trader.turns == after


@pytest.mark.parametrize("alarm", [-1, 0, 10, LEAST - 1])
def test_an_alarm_that_would_end_a_healthy_trader_is_refused(alarm: int) -> None:
    demand_patience(None)
    demand_patience(LEAST)
    with pytest.raises(SettingsError, match="too short"):
        run(condition={}, watchdog=alarm)


async def test_long_work_that_nobody_waits_for_ends() -> None:
    began, ended = Event(), Event()

    def work(step: Callable[[], None]) -> None:
        try:
            while True:
                began.set()
                step()
        finally:
            ended.set()

    working = asyncio.create_task(UNWATCHED.beside(work))
    await asyncio.to_thread(began.wait, PATIENCE)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert await asyncio.to_thread(ended.wait, PATIENCE)


def test_a_socket_that_is_gone_does_not_disturb_trading(systemd: Systemd) -> None:
    watchdog = Watchdog(Notifier(systemd.address), seconds=1)
    systemd.close()
    Path(systemd.address).unlink()
    watchdog.pat()
    Watchdog(Notifier("")).ready("nobody listens")


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "180000000"}, 180.0),
        ({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": str(os.getpid())}, 180.0),
        ({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_systemd_says_whether_and_how_often(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert allowed(environment) == seconds


class Waiting:
    """Waits for the inbox alone, however late it is."""

    sequential = False

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock

    async def hold(self) -> None:
        """Nothing moves by itself here."""

    async def wait(self, ready: asyncio.Event, _until: object) -> None:
        await ready.wait()


async def test_the_traders_own_loop_turns_when_nudged(tmp_path: Path) -> None:
    clock = HandClock(OPENS)
    with Ledger(tmp_path / "ledger.sqlite", "50000000-01") as ledger:
        venue = PaperVenue(clock, ledger)
        venue.desk = Desk(rules())
        trader = Trader(venue.desk, ledger, venue, Waiting(clock))
        close = DAY.replace(hour=15, minute=30)
        running = asyncio.create_task(trader.run(OPENS, close, close))
        for _ in range(200):  # Until it has nothing left to do.
            await asyncio.sleep(0)
        for _ in range(3):
            before = trader.turns
            await asyncio.sleep(0)
            trader.nudge()
            for _ in range(5):
                await asyncio.sleep(0)
            assert trader.turns > before
        trader.stop()
        await running


HANGS = """
import sys, time
from pathlib import Path
from maemae.trader.watchdog import open_watchdog

with open_watchdog({}, Path(sys.argv[1]), 1) as watchdog:
    watchdog.pat()
    time.sleep(60)  # a loop that does not come back
"""


async def test_a_process_that_hangs_ends_and_leaves_what_it_was_doing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HANGS, str(tmp_path))
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 1
    with open_watchdog({}, tmp_path, None) as watchdog:
        assert watchdog.left is not None
        assert 'File "<string>", line 8' in watchdog.left.read_text(encoding="utf-8")
    with open_watchdog({}, tmp_path, None) as watchdog:
        assert watchdog.left is None


def test_a_trader_that_did_not_end_in_order_is_known_to_the_next(tmp_path: Path) -> None:
    with sole_trader(tmp_path, "paper", "50000000-01") as place:
        assert place.before == ""
    with sole_trader(tmp_path, "paper", "50000000-01"):
        card = next(tmp_path.glob("trader-*.json"))
        left = card.read_text()
    card.write_text(left)
    with sole_trader(tmp_path, "paper", "50000000-01") as place:
        assert place.before.startswith(f"{os.getpid()}, 20")


def opened(file: Path) -> bool:
    """Whether the trader has taken the day's first balance."""
    if not file.exists():
        return False
    with Ledger(file, "12345678-01") as ledger:
        return any(isinstance(record, DayOpened) for record in ledger.records())


@contextmanager
def environment(systemd: Systemd, home: Path) -> Iterator[dict[str, str]]:
    yield {
        **{name: value for name, value in os.environ.items() if not name.startswith("MAEMAE_")},
        "NOTIFY_SOCKET": systemd.address,
        "WATCHDOG_USEC": "1500000",
        "XDG_DATA_HOME": str(home),
        "MAEMAE_DATA_DIR": str(home / "data"),
        "MAEMAE_LANGUAGE": "en",
    }


async def test_a_service_is_restarted_and_says_so(
    serve: Serve, systemd: Systemd, tmp_path: Path
) -> None:
    """`maemae run` as systemd runs it: aborted as a hung one is, and started once more."""
    file = tmp_path / "data" / "ledger-sim.sqlite"
    exchange = make_exchange(speed=5, at="09:30")
    server, _http = await serve(exchange)
    command = [sys.executable, "-m", "maemae", "run", "--venue", "sim", "--no-screen"]
    command += ["--url", server.urls["real"], "--log-dir", str(tmp_path / "logs")]

    async def start(given: dict[str, str]) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(*command, env=given, cwd=tmp_path)
        assert "READY=1" in await systemd.hears_of("STATUS=starting")
        await systemd.hears_of("STATUS=trading")
        while not opened(file):
            await systemd.hears_of("WATCHDOG=1")
        await systemd.hears_of("WATCHDOG=1")
        return process

    with environment(systemd, tmp_path) as given:
        first = await start(given)
        first.send_signal(signal.SIGABRT)  # What systemd does to a service that is not patted.
        assert await asyncio.wait_for(first.wait(), PATIENCE) == -signal.SIGABRT
        assert "run_forever" in (tmp_path / "logs" / STACKS).read_text(encoding="utf-8")
        second = await start(given)
        second.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(second.wait(), PATIENCE) == 0
    with Ledger(file, "12345678-01") as ledger:
        told = [r for r in ledger.records() if isinstance(r, Incident) and r.kind == "restarted"]
    assert len(told) == 1
    assert told[0].detail.startswith(f"{first.pid}, ")
    assert "stacks-2" in told[0].detail

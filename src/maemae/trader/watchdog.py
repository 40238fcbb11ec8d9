"""Being restarted when the trader hangs: systemd, and the interpreter's own alarm.

While a session lasts the watchdog is patted by nothing but the trader's loop: a task that merely
lives says nothing of the loop that must sell when the price falls. What is done before there is a
loop, and after it, may take long without being a hang: work in a thread pats as long as it gets on
(`beside`), and the rest as long as it waits for no single thing longer than `LONGEST`.

Protocol: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import asyncio
import faulthandler
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol, TypeVar

from maemae import private
from maemae.clock import KST
from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.trader.keep_settings import KeepSettings, outlived

T = TypeVar("T")

STACKS = "stacks.txt"
"""Where a process that hung or was aborted leaves what each of its threads was doing."""

LONGEST = 300.0
"""Real seconds that a start or an end may take outside of a loop and of work that gets on: keys,
master files, calendar, messengers. Each of them has a time-out of its own."""

LEAST = 30
"""Real seconds that an alarm must leave: a loop may wait for its disk, or for the database of its
ledger, for some seconds without being hung, and the third part of them is one pat."""

_PATS = 3
"""Pats in the time that the watchdog allows between two."""


class Turning(Protocol):
    """A loop that counts its turns, and turns once more when nudged."""

    turns: int

    def nudge(self) -> None:
        """Let the loop turn once, though there is nothing to do."""
        ...


class Stopped(BaseException):
    """Long work is not wanted any more."""


class Progress:
    """Long work in a thread, which says at each step that it gets on."""

    def __init__(self) -> None:
        self.turns = 0
        self.unwanted = False

    def step(self) -> None:
        """Say that the work gets on.

        Raises:
            Stopped: nobody waits for it any more.
        """
        if self.unwanted:
            raise Stopped
        self.turns += 1

    def nudge(self) -> None:
        """Do nothing: it gets on by itself, or hangs."""


class Notifier:
    """Tells systemd how the service is; does nothing where no systemd started it.

    Args:
        address: the value of NOTIFY_SOCKET; blank for none.
    """

    def __init__(self, address: str) -> None:
        # An address that begins with @ is an abstract one, which begins with a zero byte.
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, *lines: str) -> None:
        """Send lines such as `READY=1`; a socket that is gone changes nothing for trading."""
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            try:
                out.sendto("\n".join(lines).encode(), self._address)
            except OSError:
                return  # systemd misses a pat and does what it is there for.


class Watchdog:
    """Patted while the trader's loop turns; whoever listens ends the process when it is not.

    Args:
        notifier: of systemd.
        seconds: that systemd allows between two pats; None where it does not watch.
        alarm: real seconds without a pat after which the process ends by itself, with what its
            threads were doing in `stacks`; None leaves that to systemd.
        stacks: an open file.
        left: what an earlier process left when it hung or was aborted.
    """

    def __init__(
        self,
        notifier: Notifier,
        seconds: float | None = None,
        alarm: int | None = None,
        stacks: IO[str] | None = None,
        left: Path | None = None,
    ) -> None:
        self.left = left
        self._notifier = notifier
        self._alarm = alarm
        self._stacks = stacks
        watched = [float(one) for one in (seconds, alarm) if one]
        self.every = min(watched) / _PATS if watched else None
        self._loops = 0
        """Loops, and work in threads, that pat for themselves right now."""
        self._since = 0.0
        """When there was one last, in the seconds of the event loop."""

    def ready(self, status: str) -> None:
        """Say that the service is up, and what it is doing."""
        self._notifier.tell("READY=1", f"STATUS={status}")
        self.pat()

    def pat(self) -> None:
        """Say that all is well at this moment."""
        self._notifier.tell("WATCHDOG=1")
        if self._alarm is not None and self._stacks is not None:
            faulthandler.dump_traceback_later(self._alarm, exit=True, file=self._stacks)

    def status(self, status: str) -> None:
        """Say what the service is doing."""
        self._notifier.tell(f"STATUS={status}")

    def leave(self) -> None:
        """Stop watching: what is still done has no loop that could turn."""
        self._notifier.tell("STOPPING=1")
        faulthandler.cancel_dump_traceback_later()

    async def rest(self, seconds: float, woken: asyncio.Event) -> None:
        """Wait on purpose, for so many real seconds or until woken, and pat meanwhile."""
        until = asyncio.get_running_loop().time() + seconds
        while not woken.is_set() and (left := until - asyncio.get_running_loop().time()) > 0:
            self.pat()
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), min(left, self.every or left))

    async def beside(self, work: Callable[[Callable[[], None]], T]) -> T:
        """Do long work in a thread, and pat as long as it calls the step that it is handed."""
        progress = Progress()
        async with self.over(progress):
            try:
                return await asyncio.to_thread(work, progress.step)
            finally:
                progress.unwanted = True

    @asynccontextmanager
    async def attending(self) -> AsyncIterator[None]:
        """Pat from here on while no loop has to: what starts and ends a session is no hang."""
        if self.every is None:
            yield
            return
        self._since = asyncio.get_running_loop().time()
        task = asyncio.create_task(self._attend(self.every))
        try:
            yield
        finally:
            task.cancel()

    async def _attend(self, every: float) -> None:
        while True:
            if not self._loops and asyncio.get_running_loop().time() - self._since < LONGEST:
                self.pat()
            await asyncio.sleep(every)

    @asynccontextmanager
    async def over(self, loop: Turning) -> AsyncIterator[None]:
        """Pat as long as a loop turns."""
        if self.every is None:
            yield
            return
        self._loops += 1
        task = asyncio.create_task(self._watch(loop, self.every))
        try:
            yield
        finally:
            task.cancel()
            self._loops -= 1
            self._since = asyncio.get_running_loop().time()

    async def _watch(self, loop: Turning, every: float) -> None:
        seen = loop.turns - 1
        while True:
            if loop.turns != seen:
                seen = loop.turns
                self.pat()
            loop.nudge()
            await asyncio.sleep(every)


UNWATCHED = Watchdog(Notifier(""))


@contextmanager
def open_watchdog(
    environment: Mapping[str, str],
    folder: Path,
    alarm: int | None,
    keep: KeepSettings = KeepSettings(),  # noqa: B008 - frozen
) -> Iterator[Watchdog]:
    """Set up the watchdog of this process.

    What a fatal signal (systemd's SIGABRT to a hung service, for one) finds is written to
    `stacks.txt` in the folder of the log; an older one is kept beside it, for as long as settings
    say.

    Raises:
        SettingsError: the folder cannot be written.
    """
    try:
        private.make_folder(folder)
        left = _put_aside(folder / STACKS)
        for old in outlived(folder.glob("stacks-*.txt"), keep, datetime.now(KST).date()):
            old.unlink(missing_ok=True)
        stacks = open(  # noqa: SIM115 - the opener; closed below
            folder / STACKS, "a", encoding="utf-8", opener=private.opener
        )
    except OSError as error:
        raise SettingsError(
            _("{folder} cannot be written: {why}").format(
                folder=folder / STACKS, why=error.strerror
            )
        ) from error
    faulthandler.enable(stacks)
    notifier = Notifier(environment.get("NOTIFY_SOCKET", ""))
    watchdog = Watchdog(notifier, allowed(environment), alarm, stacks, left)
    try:
        yield watchdog
    finally:
        watchdog.leave()
        faulthandler.disable()
        stacks.close()


def demand_patience(alarm: int | None) -> None:
    """Refuse an alarm that would end a healthy trader, again and again.

    Raises:
        SettingsError: it leaves too few seconds.
    """
    if alarm is not None and alarm < LEAST:
        raise SettingsError(
            _(
                "--watchdog {given} is too short: it would end a trader that merely waits for its "
                "disk or database. Give {least} seconds or more"
            ).format(given=alarm, least=LEAST)
        )


def allowed(environment: Mapping[str, str]) -> float | None:
    """Return the seconds that systemd allows between two pats; None where it does not watch us."""
    micros = environment.get("WATCHDOG_USEC", "")
    whom = environment.get("WATCHDOG_PID", "")
    if not micros.isdigit() or (whom and whom != str(os.getpid())):
        return None
    return int(micros) / 1e6


def _put_aside(stacks: Path) -> Path | None:
    """Rename what an earlier process left; None: nothing."""
    if not stacks.exists() or not stacks.stat().st_size:
        return None
    at = datetime.fromtimestamp(stacks.stat().st_mtime, KST)
    kept = stacks.with_name(f"stacks-{at:%Y%m%d-%H%M%S}.txt")
    stacks.replace(kept)
    return kept

"""A recording that is written by a thread of its own: whoever hands something over never waits.

What is handed over waits in memory up to a bound. Beyond it, and while the disk takes nothing, it
is lost, counted, and said; a minute later it is tried again. Nothing here raises into a trader.
"""

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from maemae.recordings.entries import Entry, Lost
from maemae.recordings.writer import NoRoom, Writer

_log = structlog.get_logger(__name__)

WAITING: Final = 32 << 20
"""Bytes that wait for the disk at most."""
NUDGE: Final = 1 << 20
"""Bytes that wait at which the thread is woken; else it looks by itself, and seldom."""
LOOK: Final = 1.0
"""Seconds between two looks: who hands over a frame does not wake a thread with each."""
BREATH: Final = 32
"""Entries after which the thread lets go of the interpreter, in which trading wants to run."""
REST: Final = 0.0005
"""Seconds for which it does."""
EVERY: Final = 10.0
"""Seconds after which a block is written that is not full."""
AGAIN: Final = 60.0
"""Seconds after which a disk that took nothing is tried again."""

FULL, UNWRITABLE, SLOW, BOUND, BROKEN = "disk_full", "unwritable", "slow", "bound", "broken"
"""Why something was not recorded: no room on the disk; the folder or file refuses it; it came
faster than the disk takes it; `record.megabytes` is reached by this day alone; a fault of ours."""

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)

Told = Callable[[str, str], None]
"""Takes why something is not recorded, and more of it; blank reason: all is recorded again, and how
many entries were lost. Called on the thread that writes."""

Item = Callable[[], Sequence[Entry]]
"""Makes entries when it is its turn; none: there is nothing to keep."""


@dataclass(slots=True)
class _Waiting:
    at: int
    make: Item
    size: int


class Background:
    """Writes what is handed over, one after the other.

    Args:
        writer: where to.
        told: told of what is not recorded, once, and when it is over.
        clock: seconds since any origin.
        look: seconds between two looks at what has come.
    """

    def __init__(
        self,
        writer: Writer,
        told: Told,
        clock: Callable[[], float] = time.monotonic,
        look: float = LOOK,
    ) -> None:
        self._look = look
        self._writer = writer
        self._told = told
        self._clock = clock
        self._queue: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._size = 0
        self._over = False
        self._unheard = (0, 0)
        """Entries for which there was no room in memory, and when the first of them came."""
        self._lost = (0, 0)
        self._last = 0
        """When the latest entry arrived."""
        self._trouble = ""
        self._tried = self._written = clock()
        self._dead = False
        # No one waits for it: a disk that hangs does not keep a trader from ending.
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, at: int, make: Item, size: int) -> None:
        """Hand something over, to be made an entry of and written; never waits.

        Args:
            at: moment of its arrival.
            make: called on the thread that writes.
            size: bytes, about.
        """
        with self._wake:
            if self._over or self._dead:
                return
            if self._size + size > WAITING:
                count, since = self._unheard
                self._unheard = count + 1, since or at
                return
            self._queue.append(_Waiting(at, make, size))
            self._size += size
            if self._size >= NUDGE:
                self._wake.notify()

    def close(self, seconds: float) -> bool:
        """Write what is left, as far as that goes in so many seconds; tell whether it did."""
        with self._wake:
            self._over = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._rest()
            while self._turn():
                self._rest()
        except Exception as error:  # noqa: BLE001 - a fault of ours ends the recording alone
            _log.exception("recording")
            with self._wake:
                self._dead = True
                self._queue.clear()
            self._told(BROKEN, type(error).__name__)

    def _rest(self) -> None:
        with self._wake:
            if self._size < NUDGE and not self._over:
                self._wake.wait(self._look)

    def _turn(self) -> bool:
        """Write what has come; return False at the end."""
        with self._wake:
            some, self._queue = self._queue, deque()
            unheard, self._unheard = self._unheard, (0, 0)
            over = self._over
        for number, one in enumerate(some, start=1):
            self._write(one)
            if not number % BREATH:
                time.sleep(REST)
            with self._wake:
                self._size -= one.size
        if unheard[0]:
            self._lose(*unheard)
            self._say(SLOW, "")
        now = self._clock()
        if over or now - self._written >= EVERY:
            self._written = now
            self._try(self._writer.flush, self._last)
        if over:
            lost, since = self._lost
            if lost and not self._trouble_of_disk:
                self._try(lambda: self._writer.add(Lost(self._last, since, lost)), self._last)
            self._try(self._writer.close, self._last)
        return not over

    @property
    def _trouble_of_disk(self) -> bool:
        return self._trouble not in ("", SLOW)

    def _write(self, one: _Waiting) -> None:
        self._last = one.at
        made = one.make()
        if not made:
            return
        if self._trouble_of_disk and not self._due():
            self._lose(1, one.at)
            return
        lost, since = self._lost

        def add() -> None:
            if lost:
                self._writer.add(Lost(one.at, since, lost))
            for entry in made:
                self._writer.add(entry)
            if lost:  # What gathers proves nothing: the disk is asked whether it takes something.
                self._writer.flush()

        if self._try(add, one.at) and lost:
            self._lost = (0, 0)
            self._recover(lost)

    def _due(self) -> bool:
        """Tell whether a disk that took nothing is to be tried again."""
        if self._clock() - self._tried < AGAIN:
            return False
        self._tried = self._clock()
        return True

    def _try(self, do: Callable[[], None], at: int) -> bool:
        try:
            do()
        except NoRoom:
            self._fail(BOUND, "", at)
            return False
        except OSError as error:
            why = FULL if error.errno in _NO_ROOM else UNWRITABLE
            self._fail(why, str(error.filename or error.strerror or error), at)
            return False
        return True

    def _fail(self, why: str, more: str, at: int) -> None:
        self._tried = self._clock()
        gone, since = self._writer.drop()
        self._lose(max(1, gone), since or at)
        self._say(why, more)

    def _lose(self, count: int, at: int) -> None:
        lost, since = self._lost
        self._lost = lost + count, since or at

    def _say(self, why: str, more: str) -> None:
        if not self._trouble:
            detail = f"{why}: {more}" if more else why
            _log.warning("the market is not recorded; trading goes on", detail=detail)
            self._told(why, more)
        self._trouble = self._trouble or why

    def _recover(self, lost: int) -> None:
        if self._trouble:
            self._trouble = ""
            self._told("", str(lost))

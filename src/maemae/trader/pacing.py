"""How the trader waits: with the wall clock, faster than it, or step by step with an exchange."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from maemae.clock import KST, Clock
from maemae.trader.sim import SimControl
from maemae.trader.sim_time import SimTime


class Pacer(Protocol):
    """Waits for whatever comes first: something in the inbox, or a moment."""

    sequential: bool
    """Whether one thing is done at a time, because the venue's time waits for us."""

    @property
    def clock(self) -> Clock:
        """The venue's clock."""
        ...

    async def wait(self, ready: asyncio.Event, until: datetime) -> None:
        """Wait for `ready`, or until that venue time."""
        ...

    async def hold(self) -> None:
        """Let the venue stand still, where it can: nothing new happens from here on."""
        ...


class WallPacer:
    """Time passes by itself, at `speed` venue seconds per real second.

    Args:
        clock: of the venue.
        speed: venue seconds per real second.
        exchange: the time of the simulated exchange behind it, if it is one.
    """

    sequential = False

    def __init__(self, clock: Clock, speed: float = 1.0, exchange: SimTime | None = None) -> None:
        self.clock = clock
        self._speed = speed
        self._exchange = exchange

    async def hold(self) -> None:
        """Pause a simulated exchange; a real one cannot be held."""
        if self._exchange is not None:
            await self._exchange.hold()

    async def wait(self, ready: asyncio.Event, until: datetime) -> None:
        """Wait for `ready`, or until that venue time."""
        seconds = (until - self.clock.now()).total_seconds() / self._speed
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await ready.wait()
        except TimeoutError:
            return


class FrameCounter(Protocol):
    """A stream that counts the messages it has received on the connection now open."""

    @property
    def frames_received(self) -> int:
        """Messages received so far."""
        ...

    async def received(self, count: int) -> None:
        """Return when that many have been received."""
        ...


class StepClock:
    """The clock of an exchange in stepped time: it only moves when somebody waits."""

    def __init__(self, control: SimControl, start: datetime) -> None:
        self._control = control
        self._now = start.astimezone(KST)
        self._start = self._now
        self.streams: Sequence[FrameCounter] = ()
        self.stepping = False
        """Whether time is on its way: what comes now comes at the end of the step."""
        self.stepped: Callable[[], None] = lambda: None
        """Called at the end of each step."""
        self.settling: Callable[[], Awaitable[None]] | None = None
        """Awaited before each step: what is under way beside trading belongs to the time before."""

    def now(self) -> datetime:
        """Return the exchange's time."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds of venue time since the clock was made."""
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Let that many venue seconds pass."""
        until = self._now + timedelta(seconds=max(0.0, seconds))
        while self._now < until:
            await self.advance(until)

    async def advance(self, until: datetime) -> None:
        """Let the exchange go on until then, or until it has sent something; take that in."""
        settle, self.settling = self.settling, None
        if settle is not None:  # What it waits for may have to step itself.
            try:
                await settle()
            finally:
                self.settling = settle
        self.stepping = True
        try:
            step = await self._control.step(until)
            self._now = step.now.astimezone(KST)
            while self._received() < step.frames:
                await self._another()
        finally:
            self.stepping = False
        self.stepped()

    async def _another(self) -> None:
        """Wait for one more message on any of the streams."""
        waits = [
            asyncio.ensure_future(stream.received(stream.frames_received + 1))
            for stream in self.streams
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _received(self) -> int:
        return sum(stream.frames_received for stream in self.streams)


class StepPacer:
    """Time stands still while the trader works."""

    sequential = True

    async def hold(self) -> None:
        """Do nothing: the exchange waits anyway."""

    def __init__(self, clock: StepClock) -> None:
        self.clock: Clock = clock
        self._step = clock

    async def wait(self, ready: asyncio.Event, until: datetime) -> None:
        """Let the exchange go on to that time, or to the first message it sends."""
        if not ready.is_set() and self._step.now() < until:
            await self._step.advance(until)

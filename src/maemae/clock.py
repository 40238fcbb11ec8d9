"""Time as the venue sees it.

Everything that waits or asks for the time takes a `Clock`, so that a simulated day can run
faster than the wall clock, or step by step, and tests never sleep.
"""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Protocol

from maemae.zones import KST

__all__ = ["KST", "Clock", "ScaledClock", "SystemClock"]


class Clock(Protocol):
    """The venue's clock."""

    def now(self) -> datetime:
        """Return the venue's time, timezone-aware, in Korean time."""
        ...

    def monotonic(self) -> float:
        """Return seconds of venue time since an arbitrary origin; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until that many seconds of venue time have passed."""
        ...


class SystemClock:
    """The clock of the machine, in Korean time."""

    def now(self) -> datetime:
        """Return the wall clock's time."""
        return datetime.now(KST)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep that many real seconds."""
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """A clock that starts at a given time and runs `speed` times as fast as the wall clock.

    Args:
        start: the venue time shown when the clock is made; must be timezone-aware.
        speed: venue seconds per real second, above zero.
    """

    def __init__(self, start: datetime, speed: float) -> None:
        if start.tzinfo is None:
            raise ValueError("the start of a clock must be timezone-aware")
        if not speed > 0:
            raise ValueError(f"the speed of a clock must be above zero, not {speed}")
        self._start = start.astimezone(KST)
        self._speed = speed
        self._origin = time.monotonic()

    def set(self, now: datetime) -> None:
        """Show another time from here on; `monotonic` and the speed stay as they are."""
        self._start = now.astimezone(KST) - timedelta(seconds=self.monotonic())

    @property
    def speed(self) -> float:
        """Venue seconds per real second."""
        return self._speed

    def now(self) -> datetime:
        """Return the venue's time."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return venue seconds since the clock was made."""
        return (time.monotonic() - self._origin) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait that many venue seconds."""
        await asyncio.sleep(max(0.0, seconds) / self._speed)

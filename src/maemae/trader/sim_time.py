"""The time of a simulated exchange that runs by itself: held, let go, and followed.

A trader holds it at the end of its session, so that the books of both sides can be compared, and
lets it go on when it leaves: what a trader left standing (killed meanwhile, or its owner's pause)
stood for the next one, who waited in silence. Whoever starts resumes it and says so; while a trader
runs its clock is held against the exchange's, which may stand still, be resumed, go to another day
or be started anew, with fresh books.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from maemae.clock import KST, ScaledClock
from maemae.desk.events import Event, Reported
from maemae.errors import ExchangeError
from maemae.trader.sim import SimControl

EVERY = 1.0
"""Real seconds between two looks."""

SLACK = 1.0
"""Real seconds by which two clocks may differ and still be one: replies take their time."""

STANDS, RUNS, JUMPED = "venue_stands", "venue_runs", "venue_jumped"
ANEW = "venue_anew"


class SimTime:
    """The time of a simulated exchange, as a trader follows it.

    Args:
        control: of the exchange.
        clock: the trader's; set to the exchange's time where they part.
        run: which exchange it is that the trader's session began on.
    """

    def __init__(self, control: SimControl, clock: ScaledClock, run: str) -> None:
        self._control = control
        self._clock = clock
        self._run = run
        self._held = False
        self._stands = False

    async def start(self) -> datetime | None:
        """Let the exchange run where it stands; return the time at which it stood, if it did."""
        found = await self._control.clock()
        if not found.paused:
            return None
        self._clock.set((await self._control.resume()).now)
        return found.now.astimezone(KST)

    async def hold(self) -> None:
        """Let the exchange stand still until `release`."""
        self._held = True
        await self._control.pause()

    async def release(self) -> None:
        """Let the exchange run that was held."""
        if self._held:
            self._clock.set((await self._control.resume()).now)
            self._held = False

    async def watch(self, put: Callable[[Event], None]) -> None:
        """Keep the trader's clock on the exchange's time, and say where that was needed.

        An exchange that does not answer is the business of whoever asks it for something.

        Args:
            put: hands the desk an event.
        """
        while True:
            await asyncio.sleep(EVERY)
            with suppress(ExchangeError):
                await self._look(put)

    async def _look(self, put: Callable[[Event], None]) -> None:
        asked = self._clock.now()
        found = await self._control.clock()
        slack, answered = timedelta(seconds=SLACK * self._clock.speed), self._clock.now()
        if self._held:  # By ourselves, in between.
            return
        apart = not asked - slack <= found.now <= answered + slack
        if apart or found.paused:
            self._clock.set(found.now)
        if found.run != self._run:
            self._run, apart = found.run, False
            detail = f"{_of_day(asked)} → {_of_day(found.now)}"
            put(Reported(at=self._clock.now(), kind=ANEW, detail=detail))
        if found.paused != self._stands:
            self._stands = found.paused
            kind, detail = (STANDS if found.paused else RUNS), _of_day(found.now)
        elif apart and not found.paused:
            kind, detail = JUMPED, f"{_of_day(asked)} → {_of_day(found.now)}"
        else:
            return
        put(Reported(at=self._clock.now(), kind=kind, detail=detail))


@asynccontextmanager
async def running(passing: SimTime | None) -> AsyncIterator[list[tuple[str, str]]]:
    """See that the exchange runs before and after; yield what there is to say: kind and detail.

    Args:
        passing: None where the venue's time is nobody's to hold.
    """
    if passing is None:
        yield []
        return
    stood = await passing.start()
    try:
        yield [] if stood is None else [(RUNS, _of_day(stood))]
    finally:
        with suppress(ExchangeError):  # It has ended: there is nothing left to let go.
            await passing.release()


def _of_day(at: datetime) -> str:
    return f"{at.astimezone(KST):%m-%d %H:%M:%S}"

"""What a trader does whose database is away: it says so, waits, and hands over what people ordered.

Nothing is sent meanwhile, for no intent could be written first. The next trader is built from the
ledger, asks the broker what became of everything, and looks at the exits of what it finds.
"""

import asyncio
from dataclasses import dataclass, field

from rich.console import Console

from maemae.clock import SystemClock
from maemae.desk.events import Event, Reported
from maemae.errors import LedgerAway
from maemae.i18n import _
from maemae.notify.messages import Kind
from maemae.notify.opening import Messengers
from maemae.service import incidents
from maemae.trader import ledger_watch, lost_note
from maemae.trader.diary import open_diary
from maemae.trader.run import Run
from maemae.trader.settings import Settings
from maemae.trader.trader import Trader
from maemae.trader.watchdog import Watchdog

AWAY, BACK = "ledger_away", "ledger_back"
"""Kinds of incident: said when the database is lost, and when it is there again."""


@dataclass
class LostLedger:
    """Remembers from one trader to the next what the ledger could not take."""

    _waiting: list[Event] = field(default_factory=list)
    _away: float | None = None
    """Seconds for which the database was away, until that is a fact of the ledger."""

    def keep(self, trader: Trader) -> None:
        """Keep the halts and flattens of people for the next trader."""
        self._waiting += trader.unheeded()

    async def wait(
        self,
        settings: Settings,
        messengers: Messengers,
        watchdog: Watchdog,
        error: LedgerAway,
        stop: asyncio.Event,
    ) -> None:
        """Say in the log, on the screen and on the phone that it is away; wait until it is back.

        Raises:
            LedgerError: it is back, and cannot be used.
        """
        where, clock = ledger_watch.where(settings), SystemClock()
        with open_diary(settings.log_dir, clock) as log:
            log.error("ledger away", ledger=where, reason=str(error))
        said = f"{incidents.title(AWAY)}: {where}"
        Console().print(f"{clock.now():%Y-%m-%d %H:%M:%S} {said}", markup=False)
        telling = asyncio.create_task(
            messengers.call_out(
                Kind.INCIDENT, what=incidents.title(AWAY), detail=where, advice=incidents.todo(AWAY)
            )
        )
        try:
            with lost_note.waiting(settings):
                away = await ledger_watch.until_back(settings, watchdog, stop)
        finally:
            # Exits wait for no messenger: what it has not told by now it keeps for later.
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        self._away = (self._away or 0) + away.total_seconds()
        with open_diary(settings.log_dir, clock) as log:
            log.warning("ledger back", ledger=where, seconds=f"{away.total_seconds():.0f}")
        back = _("the database of the ledger is back after {n} seconds")
        said = back.format(n=f"{away.total_seconds():.0f}")
        Console().print(f"{clock.now():%Y-%m-%d %H:%M:%S} {said}", markup=False)

    def hand_over(self, run: Run) -> None:
        """Give the next trader what the one before it could not make durable."""
        for event in self._waiting:
            run.trader.put(event)
        self._waiting.clear()
        if self._away is not None:
            at, detail = run.venue.clock.now(), f"{self._away:.0f} s"
            run.trader.put(Reported(at=at, kind=BACK, detail=detail))
            self._away = None

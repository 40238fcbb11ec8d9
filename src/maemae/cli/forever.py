"""`maemae run --forever`: session after session, by the calendar, until told to stop.

A block belongs to one session. From the end of the session before it takes commands, prepares the
plans when the bars are final, and sleeps; in the morning it ends, and another block, with a fresh
token, calendar and master files, trades the session. Which block comes next is judged anew each
time, by the venue's clock and by the ledger: so it does not matter when it is restarted.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console

from maemae import private
from maemae.cli.ledger_lost import LostLedger
from maemae.cli.session import show_report, write_report
from maemae.cli.unwatched import tell_unwatched
from maemae.clock import Clock, SystemClock
from maemae.desk.events import Reported
from maemae.desk.records import Halt
from maemae.desk.state import State
from maemae.errors import (
    DataError,
    ExchangeError,
    InvariantError,
    KisAuth,
    LedgerAway,
    LedgerError,
    MaemaeError,
    SettingsError,
    WireError,
)
from maemae.i18n import _
from maemae.market.calendar import Calendar, Session
from maemae.notify.messages import Kind
from maemae.notify.opening import FOLDER, Messengers, open_messengers
from maemae.service import incidents
from maemae.service.compose import serve_run
from maemae.service.feed import Feed
from maemae.service.status import Status, status
from maemae.trader import haltfile
from maemae.trader.books.plan import PlanBook
from maemae.trader.diary import open_diary
from maemae.trader.plans.prepare import Materials, prepare
from maemae.trader.plans.recipes import recipe
from maemae.trader.run import Run, open_run
from maemae.trader.settings import Settings
from maemae.trader.signals import obeying_signals
from maemae.trader.steps import begins, missed, next_session, preparing, unprepared
from maemae.trader.trader import Observer
from maemae.trader.venue import bar_store, data_dir
from maemae.trader.watchdog import UNWATCHED, Watchdog

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Real seconds before an interrupted block is tried again, doubled each time."""

AGAIN, LONGEST_AGAIN = timedelta(minutes=1), timedelta(minutes=30)
"""Venue time before a plan that could not be prepared is tried again, doubled each time."""

PASSING = (WireError, ExchangeError, SettingsError, DataError)
"""What may pass: the broker or the network is away, a file is not there yet."""

RUSH = timedelta(minutes=2)
"""So close to the open nothing is prepared any more: exits must be watched from the open on."""


@dataclass
class Forever:
    """A trader that runs for ever.

    Args:
        settings: with its plan books.
        until: the last day to trade; None for no end.
        reports: folder in which each day's books are written as JSON.
        watchdog: of this process.
    """

    settings: Settings
    until: date | None = None
    reports: Path | None = None
    watchdog: Watchdog = UNWATCHED
    differed: bool = False
    """Whether on any day the exchange's books were not the ledger's."""
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _run: Run | None = None
    _left: Status | None = None
    """As the last run left it: what nobody watches once it is the last."""
    _halts: list[tuple[Halt, str]] = field(default_factory=list)
    """Ordered while there was no run to take them: the broker is away, or a block ends."""
    _lost: LostLedger = field(default_factory=LostLedger)
    _done: frozenset[date] = frozenset()
    _greeted: bool = False
    _console: Console = field(default_factory=Console)

    async def run(self) -> None:
        """Go on until told to stop, or until the last day is over.

        Raises:
            SettingsError: the settings do not do at the very start.
            LedgerError: facts cannot be made durable: nothing may be traded then. A database that
                is away is waited for.
            InvariantError: a bug.
        """
        folder = data_dir(self.settings)
        with obeying_signals(self):
            try:
                async with (
                    self.watchdog.attending(),
                    open_messengers(self.settings, folder / FOLDER) as messengers,
                ):
                    await self._blocks(messengers)
            finally:
                if self._stop.is_set():
                    said = _("ended as asked; nothing is traded from now on")
                    self._say(SystemClock(), said)
                if self._left is not None:
                    tell_unwatched(self._console, self._left, self.settings.venue)
                for level, reason in self._halts[-1:]:
                    file = haltfile.leave(folder, level)
                    said = _("{signal} came while no trader ran: {file} halts the next one")
                    self._say(SystemClock(), said.format(signal=reason, file=file))

    def stop(self) -> None:
        """End in good order."""
        self._stop.set()
        if self._run is not None:
            self._run.trader.stop()

    def halt(self, level: Halt, reason: str) -> None:
        """Let the desk do less from here on, or as soon as there is one again."""
        if self._run is not None:
            self._run.trader.halt(level, reason)
        else:
            self._halts.append((level, reason))

    async def _blocks(self, messengers: Messengers) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                if await self._block(messengers):
                    return
            except LedgerAway as error:
                await self._lost.wait(self.settings, messengers, self.watchdog, error, self._stop)
            except PASSING as error:
                if not self._greeted and isinstance(error, SettingsError | DataError):
                    raise
                await self._trouble(messengers, error, pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                pause = FIRST_PAUSE

    async def _block(self, messengers: Messengers) -> bool:
        """Live through one block; whether it was the last."""
        feed = Feed()
        observers: tuple[Observer, ...] = (feed, *messengers.observers)
        interrupted: MaemaeError | None = None
        last = False
        async with (
            open_run(
                self.settings, observers, self._choose, self.watchdog, attended=not self._greeted
            ) as run,
            serve_run(run, feed, self.settings) as service,
            messengers.telling(
                service.acting, run.trader.desk.state, greet=not self._greeted, part=False
            ),
        ):
            self._greeted = True
            self._take_up(run)
            try:
                last = await self._live(run)
            except LedgerAway as error:
                interrupted = error
                self._lost.keep(run.trader)
            except PASSING as error:
                interrupted = error
            finally:
                self._run = None
                self._left = status(run.trader.desk, run.venue.clock.now())
            if not isinstance(interrupted, LedgerAway):
                run.trader.heed_halts()
        if interrupted is not None:
            raise interrupted
        return last

    def _take_up(self, run: Run) -> None:
        """Hand the run what was ordered before there was one."""
        self._run = run
        self._lost.hand_over(run)
        for level, reason in self._halts:
            run.trader.halt(level, reason)
        self._halts.clear()
        if self._stop.is_set():
            run.trader.stop()

    def _choose(self, now: datetime, calendar: Calendar, state: State) -> Session:
        return next_session(now, calendar, state, self._done)

    async def _live(self, run: Run) -> bool:
        day = run.session.day
        if self.until is not None and day > self.until:
            return True
        for record in missed(run.session, run.trader.desk.state, run.venue.clock.now()):
            run.trader.note(record)
        begin = begins(run.session, extended=self.settings.extended_hours)
        await self._prepare_all(run, begin)
        if run.venue.clock.now() < begin:
            self._say(run.venue.clock, _("next session {day}").format(day=day))
            await run.idle(begin)
            return False
        if self._stop.is_set():
            return False
        await run.trade()
        if not self._stop.is_set():
            self._done |= {day}
            await self._report(run)
        return False

    async def _report(self, run: Run) -> None:
        report = await run.report()
        self.differed = self.differed or bool(report.differences)
        if self.reports is not None:
            private.make_folder(self.reports)
            write_report(self.reports / f"{report.day}.json", report)
        show_report(self._console, status(run.trader.desk, run.venue.clock.now()), report)

    # Plans.

    async def _prepare_all(self, run: Run, begin: datetime) -> None:
        """Prepare what is due before the session, each book until it works or the time is up."""
        books = [book for book in self.settings.book if isinstance(book, PlanBook)]
        pause = AGAIN
        while not self._stop.is_set():
            waiting = unprepared(books, run.session, run.trader.desk.state)
            now = run.venue.clock.now()
            if not waiting or now >= run.session.open - RUSH:
                return
            due = {book.name: preparing(book, run.session, run.calendar) for book in waiting}
            first = min(due.values())
            if now < first:
                await run.idle(min(first, begin))
                if first > begin:
                    return
                continue
            ready = [book for book in waiting if due[book.name] <= now]
            if not all([await self._prepare(run, book) for book in ready]):
                if now >= begin:
                    return
                await run.idle(min(begin, now + pause))
                pause = min(2 * pause, LONGEST_AGAIN)

    async def _prepare(self, run: Run, book: PlanBook) -> bool:
        """Prepare the plan of a book; where that fails say so and return False."""
        by = Materials(
            venue=run.venue,
            instruments=run.instruments,
            store=bar_store(self.settings),
            ledger=run.ledger,
            folder=self.settings.plans_dir,
            calendar=run.calendar,
        )
        try:
            _path, plan, fact = await prepare(recipe(book), by, lambda *_: self.watchdog.pat())
        except (WireError, DataError) as error:
            kind = "token_trouble" if isinstance(error, KisAuth) else "plan_failed"
            at = run.venue.clock.now()
            run.trader.put(Reported(at=at, kind=kind, detail=f"{book.name}: {error}"))
            return False
        except (LedgerError, InvariantError):
            raise
        except Exception as error:  # noqa: BLE001 - a book's own code: no other book waits for it
            at = run.venue.clock.now()
            structlog.get_logger(__name__).error("plan failed", book=book.name, exc_info=error)
            detail = f"{book.name}: {type(error).__name__}: {error}"
            run.trader.put(Reported(at=at, kind="plan_failed", detail=detail))
            return False
        run.trader.note(fact)
        said = _("{book}: plan for {day} prepared, {buys} to buy, {sells} to sell")
        self._say(
            run.venue.clock,
            said.format(book=book.name, day=plan.day, buys=len(plan.buys), sells=len(plan.sells)),
        )
        return True

    async def _trouble(self, messengers: Messengers, error: MaemaeError, pause: float) -> None:
        """Say what interrupted a block, in the log, on the screen and on the phone, and wait."""
        clock = SystemClock()
        with open_diary(self.settings.log_dir, clock) as log:
            log.error("interrupted", reason=str(error), again_in=f"{pause:g} s")
        again = _("tried again in {n} seconds").format(n=f"{pause:g}")
        self._say(clock, f"{error}; {again}")
        kind = "token_trouble" if isinstance(error, KisAuth) else "interrupted"
        fields = {"detail": f"{error}; {again}", "advice": incidents.todo(kind)}
        if kind == "interrupted":
            await messengers.call_out(Kind.INCIDENT, what=incidents.title(kind), **fields)
        else:
            await messengers.call_out(Kind.TOKEN_TROUBLE, **fields)
        await self.watchdog.rest(pause, self._stop)

    def _say(self, clock: Clock, text: str) -> None:
        self._console.print(f"{clock.now():%Y-%m-%d %H:%M:%S} {text}", markup=False)


def over_plans(
    settings: Settings,
    times: tuple[time, time] | None,
    quantity: int | None = None,
    limit: int | None = None,
) -> Settings:
    """Return the settings with flags over every plan book.

    Args:
        settings: as they are.
        times: of day at which plans are prepared and carried out.
        quantity: shares of each buy.
        limit: instruments looked at.
    """
    update: dict[str, Any] = {}
    if times is not None:
        update |= {"prepare_at": times[0], "at": times[1]}
    if quantity is not None:
        update["quantity"] = quantity
    if limit is not None:
        update["universe_limit"] = limit
    books = tuple(
        book.model_copy(update=update) if isinstance(book, PlanBook) else book
        for book in settings.book
    )
    return settings.model_copy(update={"book": books})

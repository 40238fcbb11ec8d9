"""One session from start to report: the composition of desk, ledger, venue and log."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import structlog

from maemae import private
from maemae.bars.store import BarStore
from maemae.desk.desk import Desk
from maemae.desk.events import LedgerMissed, Reported, Sighted
from maemae.desk.guard import held_back
from maemae.desk.sights import Sight
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.ledger.ledger import Ledger, Mark
from maemae.market.calendar import Calendar, Session
from maemae.market.instruments import Instruments
from maemae.market.phases import Venue as Exchange
from maemae.market.phases import last_end
from maemae.trader import clockcheck, folding, haltfile, ledger_watch, lost_note
from maemae.trader.beside import Beside
from maemae.trader.diary import line, open_diary
from maemae.trader.hands import KisHands, streamed
from maemae.trader.holidays import Checked, checked_calendar, correct
from maemae.trader.isolation import IsolatedBook
from maemae.trader.lock import sole_trader
from maemae.trader.masters import Masters, todays_masters
from maemae.trader.minutes import MarketOf, MinuteRecorder, recording
from maemae.trader.recorder import recording_market
from maemae.trader.report import Books, differences, ledger_books, venue_books
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.sim_time import running
from maemae.trader.sources.directory import Directory
from maemae.trader.sources.source import Means
from maemae.trader.trader import Observer, Trader
from maemae.trader.venue import Venue, bar_store, data_dir, ledger_url, open_venue
from maemae.trader.watchdog import UNWATCHED, Watchdog


@dataclass
class Run:
    """A trader on an open venue, about to trade a session."""

    trader: Trader
    hands: KisHands
    venue: Venue
    ledger: Ledger
    session: Session
    calendar: Calendar
    instruments: Instruments
    folder: Path
    ends: datetime | None = None
    """Until when orders of the sessions after the close are taken; None: until the close."""
    watchdog: Watchdog = UNWATCHED
    examined: bool = False
    """Whether a large ledger is being looked through for damage, or was, while this trades."""
    counts: Counter[str] = field(default_factory=Counter)
    remember: Callable[[Mark | None], None] = lambda _: None
    """Notes how far the ledger goes."""

    async def trade(self) -> None:
        """Trade the session to its end, or until the trader is told to stop."""
        session = self.session
        self.watchdog.status(f"trading {session.day} on {self.venue.name}")
        async with (
            _watched(self),
            self.watchdog.over(self.trader),
        ):
            await self.trader.run(
                session.open,
                session.closing_auction,
                session.close,
                session.opening_auction,
                self.ends,
            )
        if self.trader.desk.finished:
            await folding.end(self.trader, self.ledger, self.venue.clock, self.watchdog)

    async def idle(self, until: datetime) -> None:
        """Take commands until then, while nothing is traded."""
        self.watchdog.status(f"waiting for {until:%Y-%m-%d %H:%M} on {self.venue.name}")
        async with (
            _watched(self),
            self.watchdog.over(self.trader),
        ):
            await self.trader.idle(until)

    def ledger_half(self) -> Books:
        """Return the day's books as the ledger has them."""
        return ledger_books(self.ledger, self.venue.costs, self.session.day)

    async def report(self) -> "Report":
        """Return the day's books, beside the exchange's own where it is a simulated one."""
        ours = await self.watchdog.beside(lambda _: self.ledger_half())
        theirs = None
        if self.venue.control is not None:
            theirs = venue_books(
                await self.venue.control.books(self.venue.account, self.session.day)
            )
        return Report(self.session.day, ours, theirs, dict(sorted(self.counts.items())))


@dataclass(frozen=True)
class Report:
    """A day's books; `venue` is None where the venue cannot be asked for its own."""

    day: date
    ledger: Books
    venue: Books | None
    counts: dict[str, int]

    @property
    def differences(self) -> list[str]:
        """The fields in which the halves differ."""
        return differences(self.venue, self.ledger) if self.venue is not None else []

    def as_json(self) -> dict[str, object]:
        """Return the report as plain data."""
        found = self.differences
        return {
            "day": self.day.isoformat(),
            "venue": self.venue,
            "ledger": self.ledger,
            "equal": self.venue is not None and not found,
            "differences": found,
            "counts": self.counts,
        }


_ALL_MASTERS = "*.mst"

Choose = Callable[[datetime, Calendar, State], Session]
"""Says which session a run is for, by venue time, calendar and what the ledger adds up to."""


def todays(now: datetime, calendar: Calendar, state: State) -> Session:
    """Choose today's session.

    Raises:
        SettingsError: today is no trading day.
    """
    del state
    day = now.date()
    if not calendar.is_session(day):
        reason = calendar.why_closed(day)
        raise SettingsError(
            _("{day} is not a trading day of the Korea Exchange ({reason})").format(
                day=day, reason=reason
            )
        )
    return calendar.session(day)


@asynccontextmanager
async def open_run(
    settings: Settings,
    observers: tuple[Observer, ...] = (),
    choose: Choose = todays,
    watchdog: Watchdog = UNWATCHED,
    *,
    attended: bool = True,
) -> AsyncIterator[Run]:
    """Put everything together for a session of the venue, today's unless told otherwise.

    Where somebody attends and nothing is held, settings of a book that do not do are an error;
    else that book is off and said, and the rest trades.

    Raises:
        SettingsError: settings or keys do not do, or today is no trading day.
        LedgerError: the ledger cannot be used.
    """
    async with open_venue(settings) as venue:
        now = venue.clock.now()
        widened = _widened(settings)
        with (
            sole_trader(data_dir(settings), venue.name, venue.account) as place,
            Ledger(ledger_url(settings), venue.account) as ledger,
            lost_note.noting(settings),
            open_diary(settings.log_dir, venue.clock) as write_to,
        ):
            for path in widened:
                write_to.warning("others could read it; now its owner alone can", path=str(path))
            _demand_offered(settings, venue)
            books = _isolated(settings, venue, write_to)
            rules = {name: book.rules for name, book in books.items()}
            found = await folding.begin(ledger, venue.costs, watchdog)
            told = replace(
                desk_rules(settings, venue.costs, rules),
                beliefs=venue.profile.beliefs(),
                streamed=streamed(venue.data),
                pace=venue.pace,
            )
            desk = Desk(told, state=found.state)
            checked = await venue_calendar(venue, now.date(), desk.state.calendar)
            correct(checked, desk.state, ledger, now)
            session = choose(now, desk.state.calendar, desk.state)
            masters = await todays_masters(settings, venue.clock)
            listed = masters.listed()
            directory = Directory(venue.data, listed)
            means = Means(
                venue=venue.name,
                account=venue.account,
                state=desk.state,
                plans=settings.plans_dir,
                data=venue.data,
                orders=venue.orders,
                clock=venue.clock,
                session=session,
                directory=directory,
                instruments=masters.instruments,
                store=_kept_bars(settings),
            )
            for book in settings.book:
                strict = attended and not desk.state.at_stake
                books[book.name].connect(desk.state, partial(book.source, means), strict=strict)

            def goes(intent: str) -> bool:
                return not held_back(desk.state, desk.state.blotter.order(intent))

            hands = KisHands(venue.orders, venue.data, books, venue.clock, directory, goes=goes)
            counts: Counter[str] = Counter()

            def count(turn: Turn) -> None:
                counts.update(str(r.__struct_config__.tag) for r in turn.records)

            def log(turn: Turn) -> None:
                _write(write_to, desk, turn)

            missed = ledger_watch.missed(place, ledger, desk.state)

            def remember(mark: Mark | None) -> None:
                if desk.state.day is not None and missed in ("", desk.state.behind_accepted):
                    place.remember(ledger_watch.where(settings), mark)

            watching = (count, log, *observers)
            beside = Beside(settings, venue, listed, write_to)
            trader = Trader(desk, ledger, hands, venue.pacer, watching, witness=beside)
            recorder = _recorder(settings, venue, session, hands.market_of, write_to)
            # Last of all: a simulated day that waited for us does not pass while we start.
            async with (
                running(venue.time) as stood,
                recording(venue.data.stream, recorder),
                recording_market(settings, venue, listed, trader.put),
                beside,
            ):
                if missed:
                    trader.put(LedgerMissed(at=venue.clock.now(), detail=missed))
                news = [*stood, *_findings(checked), *folding.findings(found)]
                if place.before:
                    news.append(("restarted", _how_it_ended(place.before, watchdog)))
                if venue.feed is not None:
                    venue.feed.report_to(trader.put)
                    news.append(("dry_run", settings.dry.care))
                for kind, detail in news:
                    trader.put(Reported(at=venue.clock.now(), kind=kind, detail=detail))
                trader.put(_masters_seen(venue.clock.now(), masters))
                yield Run(
                    trader, hands, venue, ledger, session, desk.state.calendar, masters.instruments,
                    data_dir(settings), last_end(session) if settings.extended_hours else None,
                    watchdog, counts=counts, remember=remember,
                )  # fmt: skip


def _demand_offered(settings: Settings, venue: Venue) -> None:
    """Refuse books whose orders the server that takes them does not have.

    Raises:
        SettingsError: names the book.
    """
    if venue.orders.server.personality == "real":
        return
    for book in settings.book:
        way = book.order.way()
        if way.exchange is not Exchange.KRX or not way.order_kind.on_virtual:
            raise SettingsError(
                _(
                    "book {book}: the virtual server takes orders for KRX's regular session only"
                ).format(book=book.name)
            )


def _isolated(
    settings: Settings, venue: Venue, log: structlog.stdlib.BoundLogger
) -> dict[str, IsolatedBook]:
    """Return the books, each behind a wall of its own."""

    def report(book: str, error: Exception) -> None:
        log.error("book failed", book=book, exc_info=error)

    return {book.name: IsolatedBook(book, venue.clock, report) for book in settings.book}


def _widened(settings: Settings) -> list[Path]:
    """Take back what others were let do with the trader's files; return which."""
    kept = ("*.sqlite*", "*.json", "*.lock", "golive-*.md")
    found = private.tighten_all(data_dir(settings), *kept)
    return found + private.tighten_all(settings.plans_dir, "*.json")


def _kept_bars(settings: Settings) -> BarStore | None:
    """Return the price history that books may look at, where there is some.

    What was kept of a simulated exchange may be of another one: only a folder named for it counts.
    """
    if settings.venue == "sim" and settings.bars.folder is None:
        return None
    return bar_store(settings)


def _recorder(
    settings: Settings,
    venue: Venue,
    session: Session,
    market_of: MarketOf,
    log: structlog.stdlib.BoundLogger,
) -> MinuteRecorder | None:
    """Return what builds minute bars from live ticks, if that is wanted."""
    if not settings.bars.record_minutes:
        return None

    def report(detail: str) -> None:
        log.error("minute bars(분봉)", detail=detail)

    return MinuteRecorder(bar_store(settings), session, market_of, venue.clock, report)


def _masters_seen(at: datetime, masters: Masters) -> Sighted:
    """Return whether the day's master files could be had; kept ones may serve meanwhile."""
    missing = (_ALL_MASTERS,) if masters.problem else ()
    return Sighted(at=at, sight=Sight.MASTERS, missing=missing, reason=masters.problem)


def _findings(checked: Checked) -> list[tuple[str, str]]:
    """Return what the owner must be told of the preparations: kind and detail."""
    found = {
        "calendar": checked.disagreement,
        "calendar_unchecked": checked.problem,
    }
    return [(kind, detail) for kind, detail in found.items() if detail]


def _how_it_ended(before: str, watchdog: Watchdog) -> str:
    """Say what is known of a trader that did not end in order."""
    return f"{before}, {watchdog.left}" if watchdog.left else before


async def venue_calendar(venue: Venue, day: date, ours: Calendar) -> Checked:
    """Return the calendar to go by: ours, or what the ledger knows of it, as the broker says."""
    file = venue.kept / "holidays.json" if venue.kept is not None else None
    return await checked_calendar(venue.data.history.market_days, ours, day, file)


def _write(log: structlog.stdlib.BoundLogger, desk: Desk, turn: Turn) -> None:
    """Log what a step has brought."""
    for record in turn.records:
        said = line(record, desk.state)
        if said is not None:
            level, message, fields = said
            getattr(log, level)(message, **fields)


@asynccontextmanager
async def _watched(run: Run) -> AsyncIterator[None]:
    """Obey the halt file, and watch ledger and clock, while the trader runs."""
    trader, venue = run.trader, run.venue
    watches = [
        haltfile.watch(run.folder, venue.clock, trader.put),
        ledger_watch.watch(run.ledger, run.remember, trader.fail),
    ]
    if folding.examined_later(run.ledger) and not run.examined:
        watches.append(ledger_watch.examine(run.ledger, trader.fail))
        run.examined = True
    if venue.control is None:  # A simulated exchange's time is its own, and we go by it.
        clients = list(dict.fromkeys([venue.orders, venue.data]))
        watches.append(clockcheck.watch(clients, venue.clock, trader.put))
    elif venue.time is not None:
        watches.append(venue.time.watch(trader.put))
    tasks = [asyncio.create_task(watch) for watch in watches]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
    run.remember(ledger_watch.mark_of(run.ledger))

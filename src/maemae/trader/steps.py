"""The calendar of a trader that runs for ever: which session comes next, and what is due when.

Steps done are facts of the ledger, so a restart at any time of day goes on where it was.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from maemae.clock import KST
from maemae.desk.records import PlanSkipped
from maemae.desk.state import State
from maemae.market.calendar import Calendar, Session
from maemae.market.phases import first_start
from maemae.trader.books.plan import PlanBook
from maemae.trader.plans.check import No

LEAD = timedelta(minutes=10)
"""A day begins that long before orders for its opening auction are taken."""


def begins(session: Session, *, extended: bool = False) -> datetime:
    """Return when the preparations for a session begin: token, calendar, masters, streams.

    With `extended` hours it is the first session of the day that counts, NXT's pre-market.
    """
    first = first_start(session) if extended else session.opening_auction
    return first - LEAD


def next_session(
    now: datetime, calendar: Calendar, state: State, done: frozenset[date] = frozenset()
) -> Session:
    """Return the session to trade next: today's unless it is over, else the one after it.

    A day that was begun is traded to its end, after the close too: its books are to be closed.

    Args:
        now: the venue's time.
        calendar: trading days.
        state: what the ledger adds up to.
        done: days that this process is through with, whatever the ledger says.
    """
    today = now.date()
    if calendar.is_session(today) and today not in done:
        session = calendar.session(today)
        begun = state.day == today
        closed = begun and not state.open
        if not closed and (begun or now < session.close):
            return session
    return calendar.session(calendar.next_session(today))


def preparing(book: PlanBook, session: Session, calendar: Calendar) -> datetime:
    """Return when the plan of a book for a session is due to be prepared."""
    before = calendar.previous_session(session.day)
    return datetime.combine(before, book.prepare_at, KST)


def unprepared(books: Iterable[PlanBook], session: Session, state: State) -> list[PlanBook]:
    """Return the books that have no plan for a session yet."""
    return [book for book in books if not _has_plan(state, book.name, session.day)]


def _has_plan(state: State, book: str, day: date) -> bool:
    known = state.plans.get(book)
    return known is not None and known.day == day and bool(known.prepared or known.over)


def missed(session: Session, state: State, at: datetime) -> list[PlanSkipped]:
    """Return what is to be said of plans whose day has passed without their being carried out."""
    return [
        PlanSkipped(at=at, book=book, plan=known.plan, day=known.day, reason=No.MISSED)
        for book, known in sorted(state.plans.items())
        if known.day < session.day and not known.over
    ]

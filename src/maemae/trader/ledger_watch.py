"""Whether the ledger is still there, looked at all the time and not only when something is written.

Whoever deletes the file, or stops its database, in a quiet hour is told at once. A file that is
gone ends the trader. A database server that is away is waited for: the desk, which may be ahead of
what it has, is given up, and a new one is built from it when it answers again, as after a crash.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from maemae.desk.state import State
from maemae.errors import LedgerAway, LedgerError
from maemae.i18n import _
from maemae.ledger.ledger import Ledger, Mark
from maemae.trader.lock import Place
from maemae.trader.settings import Settings
from maemae.trader.venue import ledger_url
from maemae.trader.watchdog import UNWATCHED, Watchdog

EVERY = 2.0
"""Real seconds between two looks."""

AGAIN = 1.0
"""Real seconds between two tries to reach a database that is away."""


async def watch(
    ledger: Ledger, note: Callable[[Mark | None], None], fail: Callable[[LedgerError], None]
) -> None:
    """Note how far the ledger goes, and say once that it cannot be used any more."""
    while True:
        try:
            await asyncio.to_thread(ledger.check_presence)
            note(mark_of(ledger))
        except LedgerError as error:
            fail(error)
            return
        await asyncio.sleep(EVERY)


async def examine(ledger: Ledger, fail: Callable[[LedgerError], None]) -> None:
    """Look through a ledger for damage, beside the trader, and end the trader where there is any.

    What trading stands on, the snapshot and the facts since, was read and found whole before.
    """
    try:
        await UNWATCHED.beside(ledger.check)
    except LedgerError as error:
        fail(error)
    finally:
        ledger.stop_checking()  # SQLite before 3.42 takes no step in the middle of a table.


def mark_of(ledger: Ledger) -> Mark | None:
    """Return how far a ledger goes that is still there.

    Raises:
        LedgerError: it is not.
    """
    mark = ledger.mark()
    ledger.check_presence()  # After it: what went into a file that is gone is nobody's.
    return mark


async def until_back(settings: Settings, watchdog: Watchdog, stop: asyncio.Event) -> timedelta:
    """Wait until the database of the ledger answers, or until told to stop; say how long it took.

    Raises:
        LedgerError: it answers, and cannot be used.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    watchdog.status(_("waiting for the database of the ledger"))
    while not stop.is_set() and not await asyncio.to_thread(_answers, settings):
        await watchdog.rest(AGAIN, stop)
    return timedelta(seconds=round(loop.time() - began))


def where(settings: Settings) -> str:
    """Return the address of the ledger, without any password."""
    url = ledger_url(settings)
    return str(url) if isinstance(url, Path) else make_url(url).render_as_string(hide_password=True)


def missed(place: Place, ledger: Ledger, state: State) -> str:
    """Return what a ledger lacks of what traders of the account wrote here; blank: nothing.

    Args:
        place: of the trader, with the note of those before it.
        ledger: the one that is there now.
        state: what it adds up to.

    Raises:
        LedgerError: it cannot be read.
    """
    if place.mark is not None:
        return "" if ledger.has(place.mark) else f"{place.ledger} #{place.mark.seq}"
    return place.ledger if state.day is None and not state.begun else ""


def _answers(settings: Settings) -> bool:
    try:
        Ledger(ledger_url(settings), "").close()
    except LedgerAway:
        return False
    return True

"""What a trader's ledger adds up to: from its snapshot at the start, and kept anew at the close.

Both may be long work, on a ledger that has no snapshot yet: it is done in a thread, and the
watchdog is patted as long as it gets on.
"""

import sys
from collections.abc import Callable

import structlog

from maemae.clock import Clock
from maemae.desk.image import image_of
from maemae.desk.records import Incident
from maemae.errors import LedgerError, LedgerVanished
from maemae.i18n import _
from maemae.ledger.fold import Fold
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import Known, Unfit, carry_on, keep, kept, known
from maemae.market.costs import CostRules
from maemae.trader.trader import Trader
from maemae.trader.watchdog import Watchdog

UNFIT = "snapshot_unfit"
"""The kind of incident that tells of a snapshot that does not match."""

EXAMINED_FIRST = 256 << 20
"""Bytes of a ledger up to which all of it is looked through for damage before it is traded on, for
about a second; a larger one is looked through while it is."""

MANY = 20_000
"""Facts behind a snapshot after which another is kept before trading: a fifth of a second."""

TOLD_EVERY = 250_000
"""Facts after which it is said how far the reading is: some five seconds."""


async def begin(ledger: Ledger, costs: CostRules, watchdog: Watchdog) -> Known:
    """Return what a ledger adds up to; where that took long, it is kept for the next start.

    Raises:
        LedgerError: the ledger cannot be read, or is damaged.
        InvariantError: its facts contradict each other.
    """

    def fold(step: Callable[[], None]) -> Known:
        read, last = 0, ledger.mark()
        found = Known(*kept(ledger, costs))

        def count() -> None:
            nonlocal read
            read += 1
            step()
            if read % TOLD_EVERY == 0 and last is not None:
                _say_how_far(read, last.seq, watchdog)
                # A start that is cut off goes on from here, and what is kept need not be held.
                # One that does not match stays as it is until it can be told of.
                if found.unfit is None and _keep(ledger, found):
                    found.fold.let_go()

        carry_on(ledger, found.fold, count)
        if read > MANY or found.unfit is not None:
            _keep(ledger, found)
        return found

    if not examined_later(ledger):
        await watchdog.beside(ledger.check)
    return await watchdog.beside(fold)


def examined_later(ledger: Ledger) -> bool:
    """Whether a ledger is too large to be looked through for damage before it is traded on."""
    return ledger.size > EXAMINED_FIRST


def findings(found: Known) -> list[tuple[str, str]]:
    """Return what the owner must be told of a start: kind and detail of incidents."""
    return [(UNFIT, found.unfit.value)] if found.unfit is not None else []


async def end(trader: Trader, ledger: Ledger, clock: Clock, watchdog: Watchdog) -> None:
    """Keep what the ledger adds up to after a close.

    The fold goes on from the snapshot before, through what the journal has since, and is held
    against the desk that has traded the day. Where they differ, one of them is wrong: then all
    facts are read, and what they add up to is kept, so that the next day begins at that.

    Raises:
        LedgerVanished: the ledger is gone.
        InvariantError: its facts contradict each other.
    """
    state = trader.desk.state

    def read(step: Callable[[], None]) -> Unfit | None:
        found = known(ledger, state.rules, step)
        if image_of(found.state) != image_of(state):
            fold = Fold.empty(state.rules)
            carry_on(ledger, fold, step)
            same = image_of(fold.state) == image_of(state)
            found = Known(fold, Unfit.DIFFERS if same else Unfit.DESK)
        _keep(ledger, found)
        return found.unfit

    try:
        unfit = await watchdog.beside(read)
    except LedgerVanished:
        raise
    except LedgerError as error:
        _say_not_kept(error)
        return
    if unfit is not None:
        trader.note(Incident(at=clock.now(), kind=UNFIT, detail=unfit.value))


def _say_how_far(read: int, of: int, watchdog: Watchdog) -> None:
    """Say how far a ledger without a snapshot is read: after an upgrade that takes its time."""
    said = _("reading the ledger, as after each upgrade: {read} of {total} facts ({part} %)")
    part = min(100, 100 * read // of)
    text = said.format(read=f"{read:,}", total=f"{of:,}", part=part)
    watchdog.status(text)
    print(f"maemae: {text}", file=sys.stderr, flush=True)


def _keep(ledger: Ledger, found: Known) -> bool:
    """Keep a fold; where the disk does not take it, the next start reads more, and that is all."""
    try:
        keep(ledger, found.fold)
    except LedgerVanished:
        raise
    except LedgerError as error:
        _say_not_kept(error)
        return False
    return True


def _say_not_kept(error: LedgerError) -> None:
    structlog.get_logger(__name__).warning("snapshot not kept", reason=str(error))

"""Halts and flattens, as people order them, and the halt in which a first run begins."""

from maemae.desk.entries import Entries
from maemae.desk.events import FlattenOrdered, HaltOrdered
from maemae.desk.records import ARMED, FIRST_RUN, FlattenBegun, Halt, Halted
from maemae.desk.sending import cancel
from maemae.desk.turn import Turn
from maemae.market.kinds import Side


def first_run(turn: Turn, *, confirm: bool) -> None:
    """Halt entries on a ledger that has never traded; let go where that is not wanted."""
    if confirm and not turn.state.begun:
        turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=FIRST_RUN))
    elif not confirm and turn.state.unconfirmed and turn.state.halt_reason == FIRST_RUN:
        turn.record(Halted(at=turn.at, level=Halt.NONE, reason=ARMED))


def halt(turn: Turn, event: HaltOrdered, entries: Entries) -> None:
    """Halt everything or one book, or let it go on."""
    if event.book:
        if (event.level is not Halt.NONE) is not (event.book in turn.state.paused):
            turn.record(Halted(at=turn.at, level=event.level, reason=event.reason, book=event.book))
            entries.forget(event.book)
        return
    # The first word of a person counts even where nothing was halted: see `first_run`.
    if not turn.state.stands(event.level) or not turn.state.begun:
        turn.record(Halted(at=turn.at, level=event.level, reason=event.reason))


def flatten(turn: Turn, event: FlattenOrdered) -> None:
    """Begin to sell everything of one book or of all, and cancel what is being bought."""
    turn.record(FlattenBegun(at=turn.at, book=event.book, reason=event.reason))
    level = turn.state.halt
    if level is Halt.ALL or (event.book is None and level is not Halt.EXITS_ONLY):
        # Selling everything is what the person wants now, the kill switch or not.
        turn.record(Halted(at=turn.at, level=Halt.EXITS_ONLY, reason=event.reason))
    for order in list(turn.state.blotter.live(book=event.book, side=Side.BUY)):
        cancel(turn, order, "flatten")

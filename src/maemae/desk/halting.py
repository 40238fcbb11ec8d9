"""Halts and flattens, as people order them, and the halt in which a first run begins."""

from maemae.desk.entries import Entries
from maemae.desk.events import FlattenOrdered, HaltOrdered
from maemae.desk.orders import Order
from maemae.desk.records import ARMED, FIRST_RUN, ExitDue, FlattenBegun, Halt, Halted
from maemae.desk.sending import cancel
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

FLATTEN = "flatten"
"""Why a position is sold, and a purchase is cancelled, of which a person wants nothing left."""


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


def flatten(turn: Turn, event: FlattenOrdered, entries: Entries) -> None:
    """Begin to sell everything of one book or of all, and cancel what is being bought.

    What is not known to rest yet is cancelled when it is, see `let_go` and `bought`.
    """
    turn.record(FlattenBegun(at=turn.at, book=event.book, reason=event.reason))
    level = turn.state.halt
    if level is Halt.ALL or (event.book is None and level is not Halt.EXITS_ONLY):
        # Selling everything is what the person wants now, the kill switch or not.
        turn.record(Halted(at=turn.at, level=Halt.EXITS_ONLY, reason=event.reason))
    if event.book is not None:
        entries.forget(event.book)
    unwanted(turn)


def unwanted(turn: Turn) -> None:
    """Cancel what a flatten wanted gone and still rests; again, for a cancel may have failed."""
    for order in list(turn.state.blotter.live(side=Side.BUY)):
        let_go(turn, order)


def let_go(turn: Turn, order: Order) -> None:
    """Cancel a purchase that a flatten found under way, the flatten over by now or not."""
    if order.unwanted:
        cancel(turn, order, FLATTEN)


def bought(turn: Turn, order: Order) -> None:
    """Let shares go that such a purchase has brought all the same."""
    key = order.book, order.code
    held, due = turn.state.portfolio.positions, turn.state.portfolio.due
    if order.unwanted and order.side is Side.BUY and key in held and key not in due:
        turn.record(ExitDue(at=turn.at, book=order.book, code=order.code, reason=FLATTEN))

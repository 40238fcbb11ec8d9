"""Shares that others sold out of a book: its entries wait for the owner's word, and only its own.

What was sold has left a place and cash in the book, that it would spend at the next search. The
other books trade on. It is said when it happens, again at each start (of a session, and of the
program in it) while it lasts, and when it is over: the owner lets the book go on, or the shares
are back.
"""

from maemae.desk.records import Halt, Halted, Incident
from maemae.desk.turn import Turn

LOST = "position_lost"
"""The incident, and the reason of the halt."""

WAITING = "shares_missing"
"""The incident that says it again."""

RETURNED = "position_returned"
"""The incident, and the reason for which the halt ends by itself."""


def stop(turn: Turn, book: str) -> None:
    """Stop the entries of a book that shares were sold out of."""
    if book not in turn.state.paused:
        turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=LOST, book=book))


def go_on(turn: Turn, book: str) -> None:
    """Let a book go on that stood for missing shares alone, once all of them are back."""
    state = turn.state
    if book not in state.missing and state.paused.get(book) == LOST:
        turn.record(Halted(at=turn.at, level=Halt.NONE, reason=RETURNED, book=book))


def remind(turn: Turn) -> None:
    """Say again which shares are missing of which book, a line for each."""
    for book, names in sorted(turn.state.missing.items()):
        shares = ", ".join(f"{code}: {quantity:,}" for code, quantity in sorted(names.items()))
        turn.record(Incident(at=turn.at, kind=WAITING, detail=f"{book} {shares}"))

"""Moving shares between books: the event, and what its answer means to a person."""

from datetime import datetime
from uuid import uuid4

from maemae.desk.events import MoveOrdered
from maemae.desk.records import MoveRefused, PositionMoved, Record
from maemae.errors import CommandRefused
from maemae.service.answers import Receipt


def move_order(
    at: datetime, ways: tuple[str, str], code: str, quantity: int | None, price: int | None
) -> MoveOrdered:
    """Return the event that moves shares, from a book to a book; its ticket tells the answer."""
    return MoveOrdered(
        at=at,
        ticket=uuid4().hex,
        origin=ways[0],
        book=ways[1],
        code=code,
        quantity=quantity,
        price=price,
    )


def is_moved(record: Record, ticket: str) -> bool:
    """Whether a fact answers a move."""
    return isinstance(record, PositionMoved | MoveRefused) and record.ticket == ticket


def moved(fact: Record) -> Receipt:
    """Return what became of a move.

    Raises:
        CommandRefused: a rule forbids it.
    """
    if isinstance(fact, MoveRefused):
        raise CommandRefused(f"not moved: {fact.rule} ({fact.detail})")
    if not isinstance(fact, PositionMoved):
        raise CommandRefused("not moved")
    said = f"{fact.quantity:,} of {fact.listed.code} are in {fact.book} now"
    return Receipt("move", detail=said)

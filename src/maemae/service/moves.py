"""Moving shares between books: the event, and what its answer means to a person."""

from datetime import datetime
from uuid import uuid4

from maemae.desk.events import MoveOrdered
from maemae.desk.records import MoveRefused, PositionMoved, Record
from maemae.errors import CommandRefused
from maemae.i18n import _
from maemae.service.answers import Receipt
from maemae.service.operations import MoveShares


def move_order(at: datetime, asked: MoveShares) -> MoveOrdered:
    """Return the event that moves shares, from a book to a book; its ticket tells the answer."""
    return MoveOrdered(
        at=at,
        ticket=uuid4().hex,
        origin=asked.origin,
        book=asked.book,
        code=asked.code,
        quantity=asked.quantity,
        price=asked.price,
    )


def move_note(asked: MoveShares) -> str:
    """Return what is put on record of a move before it takes effect."""
    return f"{asked.quantity or 'all'} of {asked.code} from {asked.origin} to {asked.book}"


def is_moved(record: Record, ticket: str) -> bool:
    """Whether a fact answers a move."""
    return isinstance(record, PositionMoved | MoveRefused) and record.ticket == ticket


def moved(fact: Record) -> Receipt:
    """Return what became of a move.

    Raises:
        CommandRefused: a rule forbids it.
    """
    if isinstance(fact, MoveRefused):
        way = f"{fact.code}: {fact.origin} > {fact.book}"
        raise CommandRefused(
            _("not moved: {why} ({way})").format(why=move_refusal(fact.rule), way=way)
        )
    if not isinstance(fact, PositionMoved):
        raise CommandRefused(_("not moved"))
    said = _("{quantity:,} of {code} are in {book} now").format(
        quantity=fact.quantity, code=fact.listed.code, book=fact.book
    )
    return Receipt("move", detail=said)


def move_refusal(rule: str) -> str:
    """Say why shares stay in their book."""
    known = {
        "same_book": _("it is in that book already"),
        "no_such_book": _("the settings declare no such book"),
        "live_orders": _("orders of it are working: cancel them first"),
        "unit": _("what became of its shares overnight is not known yet"),
        "trading": _("the book trades: pause it first"),
        "not_held": _("more than is held"),
        "capital": _("more than the capital of its book"),
        "no_price": _("no price can be had"),
    }
    return known.get(rule, rule)

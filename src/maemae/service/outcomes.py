"""The facts that answer a person's command, and the refusals among them."""

import asyncio
from collections.abc import Callable, Iterable

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.errors import CommandRefused, DataError, ServiceError
from maemae.i18n import _
from maemae.market.order_kinds import order_kind
from maemae.market.phases import Venue
from maemae.service.answers import Receipt
from maemae.service.denial_words import denial, shares_at
from maemae.service.words import impossible

_ENDS = (rec.Amended, rec.AmendFailed, rec.CancelFailed, rec.Ended)


def is_answer(
    record: rec.Record,
    event: ev.CancelOrdered | ev.AmendOrdered,
    done: type[rec.CancelIntended | rec.AmendIntended],
    no: str,
) -> bool:
    """Whether a fact answers a command about an order: under way, impossible or forbidden."""
    if isinstance(record, rec.Declined):
        return isinstance(event, ev.AmendOrdered) and record.ticket == event.ticket
    if isinstance(record, rec.Incident):
        return record.kind == no and record.detail.startswith(f"{event.intent}:")
    return isinstance(record, done) and record.intent == event.intent


def is_end(record: rec.Record, intent: str) -> bool:
    """Whether a fact tells what came of a cancel or an amendment at the broker."""
    return isinstance(record, _ENDS) and record.intent == intent


def refuse(fact: rec.Record) -> None:
    """Raise the refusal that a fact is, if it is one.

    Raises:
        CommandRefused: in words for a person.
    """
    match fact:
        case rec.Incident():
            _intent, _sep, why = fact.detail.partition(": ")
            raise CommandRefused(impossible(why))
        case rec.Declined():
            said = _("the guard declined")
            raise CommandRefused(f"{said}: {denial(fact)} ({shares_at(fact)})")
        case rec.AmendFailed() | rec.CancelFailed():
            raise CommandRefused(_("not done at the broker: {why}").format(why=fact.reason))
        case _:
            pass


def demand_offered(kind: str, exchange: Venue, *, virtual: bool) -> None:
    """Refuse an order of a kind that there is not, or that the server does not take.

    Raises:
        CommandRefused: in words for a person.
    """
    try:
        known = order_kind(kind or "00")
    except DataError as error:
        raise CommandRefused(str(error)) from None
    if virtual and not (exchange is Venue.KRX and known.on_virtual):
        raise CommandRefused(_("the virtual server takes orders for KRX's regular session only"))


async def heard(
    facts: asyncio.Queue[rec.Record], wanted: Callable[[rec.Record], bool], seconds: float
) -> rec.Record:
    """Wait so many real seconds for a fact.

    Raises:
        ServiceError: it did not come in time; the command may still take effect.
    """
    try:
        async with asyncio.timeout(seconds):
            while not wanted(record := await facts.get()):
                pass
    except TimeoutError:
        raise ServiceError(
            _(
                "the trader has taken the command but not dealt with it in {seconds:g} "
                "seconds; look at its status before repeating it"
            ).format(seconds=seconds)
        ) from None
    return record


def let(command: str, book: str, *, paused: bool) -> Receipt:
    """Say that a book buys nothing from now on, or goes on."""
    stops, goes_on = _("{book} buys nothing now"), _("{book} goes on")
    return Receipt(command, detail=(stops if paused else goes_on).format(book=book))


def no_such_book(book: str, known: Iterable[str]) -> CommandRefused:
    """Return the refusal of a book that there is not."""
    text = _("there is no book {book}; known are {known}")
    return CommandRefused(text.format(book=book, known=", ".join(sorted(known))))

"""Saying what shares have become: the event, and what its answer means to a person."""

from datetime import datetime
from uuid import uuid4

from maemae.desk.events import UnitOrdered
from maemae.desk.records import Record, UnitChanged, UnitRefused
from maemae.errors import CommandRefused
from maemae.i18n import _
from maemae.service import words
from maemae.service.answers import Receipt
from maemae.service.operations import ConvertShares


def unit_order(at: datetime, asked: ConvertShares) -> UnitOrdered:
    """Return the event that says what all shares of a name are now."""
    return UnitOrdered(
        at=at, ticket=uuid4().hex, code=asked.code, shares=asked.shares, into=asked.into or ""
    )


def unit_note(asked: ConvertShares) -> str:
    """Return what is put on record of it before it takes effect."""
    return f"{asked.code} to {asked.shares} {asked.into or asked.code}"


def is_converted(record: Record, ticket: str) -> bool:
    """Whether a fact answers such an order."""
    return isinstance(record, UnitChanged | UnitRefused) and record.ticket == ticket


def converted(fact: Record) -> Receipt:
    """Return what became of it.

    Raises:
        CommandRefused: a rule forbids it.
    """
    if isinstance(fact, UnitRefused):
        raise CommandRefused(words.with_reason(unit_refusal(fact.rule), fact.detail))
    if not isinstance(fact, UnitChanged):
        raise CommandRefused(_("not converted"))
    into = fact.code if fact.listed is None else fact.listed.code
    return Receipt("convert", detail=f"{fact.before:,} {fact.code} > {fact.after:,} {into}")


def unit_refusal(rule: str) -> str:
    """Say why shares cannot be what a person says they are."""
    known = {
        "not_held": _("no book holds it"),
        "live_orders": _("orders of it are working: cancel them first"),
        "into_unclear": _("say first what the shares of that other name have become"),
        "nonsense": _("no share becomes so many, or so few"),
        "not_shown": _("the broker does not show so many shares"),
    }
    return known.get(rule, rule)

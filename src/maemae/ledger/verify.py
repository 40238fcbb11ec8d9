"""The whole fold beside what is kept of it: whether a snapshot is what the facts add up to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

import msgspec
from sqlalchemy import select

from maemae.desk.image import image_of
from maemae.ledger import schema
from maemae.ledger.fold import Fold
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import Unfit, keep, kept
from maemae.market.costs import CostRules

_AT_ONCE = 50
"""Days that are fetched at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a whole fold has shown.

    Attributes:
        facts: of the account.
        days: that were opened.
        snapshot: the number of the fact after which the state was kept; 0: none was, of this
            version of maemae and these cost rules.
        unfit: what is wrong with it.
        renewed: whether one was made now, of all facts.
    """

    facts: int
    days: int
    snapshot: int
    unfit: Unfit | None
    renewed: bool


def verify(ledger: Ledger, costs: CostRules, step: Callable[[], None] = lambda: None) -> Verdict:
    """Fold all facts of an account and hold what is kept against it; keep it anew where it differs.

    Args:
        ledger: of the account.
        costs: fees and taxes of the venue.
        step: is called for each fact that is read.

    Raises:
        LedgerError: the journal cannot be read, or a snapshot cannot be written.
        InvariantError: its facts contradict each other.
    """
    before, unfit = kept(ledger, costs)
    whole = Fold.empty(costs)
    for number, record in ledger.entries():
        whole.take(number, record)
        step()
        if number == before.seen and not _same(ledger, before, whole):
            unfit = Unfit.DIFFERS
    renew = unfit is not None or before.seen == 0
    if renew:
        keep(ledger, whole)
    days = len(whole.finished) + (whole.today is not None)
    return Verdict(whole.state.version, days, before.seen, unfit, renew and whole.seen > 0)


def _same(ledger: Ledger, before: Fold, whole: Fold) -> bool:
    """Whether a snapshot, and the days kept with it, are what the facts up to it add up to."""
    return (
        image_of(before.state) == image_of(whole.state)
        and msgspec.json.encode(before.today) == msgspec.json.encode(whole.today)
        and _same_days(ledger, before, whole)
    )


def _same_days(ledger: Ledger, before: Fold, whole: Fold) -> bool:
    """Whether the days kept are those of the facts; one by one, for there are many."""
    pairs = zip_longest(_kept_days(ledger, before), whole.finished)
    return all(
        kept_one is not None and own is not None and kept_one == (own.opened, own.body)
        for kept_one, own in pairs
    )


def _kept_days(ledger: Ledger, before: Fold) -> Iterator[tuple[int, bytes]]:
    day = schema.days.c
    query = (
        select(day.opened, day.body)
        .where(day.account == ledger.account, day.opened < before.first)
        .order_by(day.opened)
    )
    with ledger.reading() as connection:
        for opened, body in connection.execution_options(yield_per=_AT_ONCE).execute(query):
            yield opened, body.encode()

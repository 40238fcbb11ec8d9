"""What a trader did on each of several days, as the ledger alone tells it: the pages of a diary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from maemae.desk.records import DayClosed, Incident, PlanEnded, PlanSkipped, Record
from maemae.desk.state import State
from maemae.ledger.ledger import Ledger, OrderLine
from maemae.market.costs import CostRules
from maemae.service.answers import Share
from maemae.service.history import History


class How(StrEnum):
    """How a trader is ended."""

    KILL = "kill -9"
    TERM = "SIGTERM"


@dataclass(frozen=True, slots=True)
class Stop:
    """The trader is ended at the first look at or after that venue time."""

    at: datetime
    how: How


@dataclass(frozen=True, slots=True)
class Page:
    """One day. Money in won; `worth` is cash at its end, and positions at what they cost."""

    day: date
    filled: list[OrderLine]
    """Orders of which anything was executed."""
    profits: list[Share]
    """What the day's sales earned after costs, by book."""
    plans: list[PlanEnded | PlanSkipped]
    ended: list[Stop]
    incidents: list[Incident]
    held: int
    worth: int


def pages(
    ledger: Ledger, costs: CostRules, days: Iterable[date], ended: Sequence[Stop]
) -> list[Page]:
    """Return a page for each of these days.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    history, records = History(ledger, costs), list(ledger.records())
    evenings = _evenings(records, costs)
    return [
        Page(
            day=day,
            filled=[order for order in ledger.orders(day) if order.filled],
            profits=history.pnl(day, day).by_book,
            plans=[
                one for one in records
                if isinstance(one, PlanEnded | PlanSkipped) and one.day == day
            ],
            ended=[stop for stop in ended if stop.at.date() == day],
            incidents=[
                one for one in records if isinstance(one, Incident) and one.at.date() == day
            ],
            held=evenings.get(day, (0, 0))[0],
            worth=evenings.get(day, (0, 0))[1],
        )
        for day in days
    ]  # fmt: skip


def _evenings(records: Iterable[Record], costs: CostRules) -> dict[date, tuple[int, int]]:
    """Return how many names were held at the end of each day, and what all was worth."""
    state, found = State(costs), {}
    for record in records:
        state.apply(record)
        if isinstance(record, DayClosed):
            held = state.portfolio.positions
            found[record.day] = len(held), state.cash + sum(one.paid for one in held.values())
    return found

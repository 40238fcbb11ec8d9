"""Last prices, and limit prices a few ticks beside them."""

from dataclasses import dataclass
from datetime import datetime

from maemae.desk.records import Listed
from maemae.market.ticks import floor_to_tick, move_ticks

UPPER_LIMIT = 130
"""Percent of the last price at which the broker may reserve a market buy (상한가)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A last price in won and when it was seen."""

    price: int
    seen: datetime


def beside(last: int, ticks: int, listed: Listed, at: datetime) -> int:
    """Return the limit price so many ticks above (below, when negative) the last price.

    Always on the grid: a price half-way between two ticks counts as the one below.
    """
    on = at.date()
    return move_ticks(
        floor_to_tick(last, on, listed.market, listed.kind), ticks, on, listed.market, listed.kind
    )

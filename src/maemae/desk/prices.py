"""Last prices, and limit prices a few ticks beside them."""

from dataclasses import dataclass
from datetime import date, datetime

from maemae.desk.records import Listed
from maemae.market.limits import base_price
from maemae.market.ticks import floor_to_tick, move_ticks

UPPER_LIMIT = 130
"""Percent of the last price at which the broker may reserve a market buy (상한가)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A last price in won and when it was seen."""

    price: int
    seen: datetime


def follows(base: int, close: int, listed: Listed, on: date) -> bool:
    """Whether a day's base price is that of a share which is what it was at the last close."""
    return base in (close, base_price(close, on, listed.market, listed.kind))


def beside(last: int, ticks: int, listed: Listed, at: datetime) -> int:
    """Return the limit price so many ticks above (below, when negative) the last price.

    Always on the grid: a price half-way between two ticks counts as the one below.
    """
    on = at.date()
    return move_ticks(
        floor_to_tick(last, on, listed.market, listed.kind), ticks, on, listed.market, listed.kind
    )

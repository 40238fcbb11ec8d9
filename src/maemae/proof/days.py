"""The trading days of a simulation: those of the calendar, but for some that it does not know."""

from datetime import date, timedelta
from random import Random

from maemae.market.calendar import Calendar, krx
from maemae.proof.hazards import Hazard, Hazards
from maemae.trader.holidays import Checked

SPAN = 3
"""Days drawn for each day that is traded: enough for weekends and closures between them."""

ASKED = timedelta(days=10), timedelta(days=14)
"""How far before and after a day the holiday inquiry tells of others."""


def drawn(seed: int, first: date, count: int, hazards: Hazards) -> Calendar:
    """Return the calendar by which the exchange really opens after the first day.

    Args:
        seed: of the simulation; its other dice stay as they are.
        first: day.
        count: days that are traded.
        hazards: how often a day is another than our calendar says; told how many are.
    """
    dice, ours = Random(f"days of {seed}"), krx()
    rate = hazards.rates.get(Hazard.DAY_UNKNOWN, 0.0)
    days = [first + timedelta(days=n) for n in range(1, SPAN * count if count > 1 else 1)]
    flipped = [day for day in days if dice.random() < rate]
    hazards.struck[Hazard.DAY_UNKNOWN] += len(flipped)
    return ours.corrected({day: not ours.is_session(day) for day in flipped})


def inquiry(real: Calendar, day: date) -> Checked:
    """Return what the broker's holiday inquiry says on a morning."""
    first, last = day - ASKED[0], day + ASKED[1]
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    return Checked(real, days={one: real.is_session(one) for one in days})

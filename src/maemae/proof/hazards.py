"""What goes wrong in a simulation, how often, and how often it did: all from one seed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Hazard(StrEnum):
    """One thing that can go wrong."""

    NEVER_SENT = "never_sent"
    """The request is lost on the way; the client hears nothing."""
    SENT_LATE = "sent_late"
    """The request arrives after the client has given up waiting."""
    REPLY_LOST = "reply_lost"
    """The order is taken, its reply is lost."""
    REPLY_LATE = "reply_late"
    """The order is taken, its reply comes after its notices."""
    THROTTLED = "throttled"
    """The gateway refuses the order without looking at it."""
    CANCEL_LOST = "cancel_lost"
    """A cancel is carried out or not, and nobody says which."""
    NOTICE_DROPPED = "notice_dropped"
    NOTICE_TWICE = "notice_twice"
    NOTICE_LATE = "notice_late"
    """A notice comes seconds late, after others."""
    STREAM_GAP = "stream_gap"
    """The socket breaks; what is said meanwhile is lost."""
    NO_ANSWER = "no_answer"
    """A question fails."""
    ANSWER_LATE = "answer_late"
    """The answer to a question describes the moment it was asked, and comes seconds later."""
    STALE_BALANCE = "stale_balance"
    """The balance of the last time is served again, however old it is."""
    STALE_INQUIRY = "stale_inquiry"
    """The order inquiry of the last time is served again, if that was a moment ago."""
    OWNER_TRADE = "owner_trade"
    """The owner trades on the account by phone."""
    OPERATOR = "operator"
    """A person halts, flattens or resumes."""
    CRASH = "crash"
    """The process is killed between two instants, or at a write or a command."""


ORDER = (
    Hazard.NEVER_SENT,
    Hazard.SENT_LATE,
    Hazard.REPLY_LOST,
    Hazard.REPLY_LATE,
    Hazard.THROTTLED,
)
NOTICE = (Hazard.NOTICE_DROPPED, Hazard.NOTICE_TWICE, Hazard.NOTICE_LATE)
QUESTION = (Hazard.NO_ANSWER, Hazard.ANSWER_LATE)

ROUGH: Mapping[Hazard, float] = {
    Hazard.NEVER_SENT: 0.04,
    Hazard.SENT_LATE: 0.02,
    Hazard.REPLY_LOST: 0.06,
    Hazard.REPLY_LATE: 0.05,
    Hazard.THROTTLED: 0.03,
    Hazard.CANCEL_LOST: 0.2,
    Hazard.NOTICE_DROPPED: 0.05,
    Hazard.NOTICE_TWICE: 0.05,
    Hazard.NOTICE_LATE: 0.05,
    Hazard.STREAM_GAP: 0.3,
    Hazard.NO_ANSWER: 0.1,
    Hazard.ANSWER_LATE: 0.05,
    Hazard.STALE_BALANCE: 0.05,
    Hazard.STALE_INQUIRY: 0.03,
    Hazard.OWNER_TRADE: 0.2,
    Hazard.OPERATOR: 0.1,
    Hazard.CRASH: 0.1,
}
"""Chance per order, notice or question; of gaps, trades, operators and crashes: per minute."""

CALM: Mapping[Hazard, float] = {}
"""Nothing goes wrong."""


@dataclass(slots=True)
class Hazards:
    """Draws what goes wrong.

    Args:
        dice: the only source of chance.
        rates: chance of each hazard where it is possible.
    """

    dice: Random
    rates: Mapping[Hazard, float]
    struck: Counter[Hazard] = field(default_factory=Counter)

    def strike(self, *possible: Hazard) -> Hazard | None:
        """Return which of the hazards happens now, if any; at most one does."""
        draw = self.dice.random()
        for hazard in possible:
            rate = self.rates.get(hazard, 0.0)
            if draw < rate:
                self.struck[hazard] += 1
                return hazard
            draw -= rate
        return None

    def seconds(self, least: float, most: float) -> float:
        """Draw a duration."""
        return self.dice.uniform(least, most)

    def until_next(self, hazard: Hazard) -> float | None:
        """Draw the seconds until a hazard that has a rate per minute; None when it never comes."""
        rate = self.rates.get(hazard, 0.0)
        return self.dice.expovariate(rate / 60) if rate else None

"""The one table of what a server of the broker is believed to do.

A fact is a yes or a no (`SELLABLE_SHRINKS`), or a number (`REGISTRATIONS`). Yes is the comfortable
answer of each: where it is not known, or no, the careful branch is taken. Facts that a broker of
the simulation can break are `SWITCHES`; the most dangerous ones are `TWELVE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from maemae.catalogue import Personality

Value = bool | int


class Fact(StrEnum):
    """One thing that is taken for granted, or was found out."""

    SELLABLE_SHRINKS = "sellable-shrinks"
    POWER_SHRINKS = "power-shrinks"
    FIGURES_PROMPT = "figures-prompt"
    MARKET_TAKES_UPPER = "market-takes-upper"
    LIST_PROMPT = "list-prompt"
    AMOUNT_PROMPT = "amount-prompt"
    REMAINING_STATED = "remaining-stated"
    CANCEL_BY_NUMBER = "cancel-by-number"
    NOTICES_COME = "notices-come"
    SOLD_OUT_SHOWN = "sold-out-shown"
    REFUSAL_FINAL = "refusal-final"
    BALANCE_PROMPT = "balance-prompt"
    AMEND_RENUMBERS = "amend-renumbers"
    LISTS_ORDERS = "lists-orders"
    BALANCE_WHOLE = "balance-whole"
    LIST_OLDEST_FIRST = "list-oldest-first"
    TIMES_AGREE = "times-agree"
    NOTICES_ONCE = "notices-once"
    NOTHING_LEFT_SAID = "nothing-left-said"
    CALLS_PER_SECOND = "calls-per-second"
    TOKEN_INTERVAL = "token-interval"  # noqa: S105 - a name
    REGISTRATIONS = "registrations"
    SILENCE = "silence"


class How(StrEnum):
    """How a fact is known."""

    ASSUMED = "assumed"
    """By nothing: somebody had to choose."""
    DOCUMENTED = "documented"
    """The broker says so."""
    RECORDED = "recorded"
    """Saved answers of the broker show it."""
    OBSERVED = "observed"
    """The owner's own trading has shown it."""
    PROBED = "probed"
    """It was asked for, with orders (`maemae probe`)."""
    ACCEPTED = "accepted"
    """The owner has said that it may be relied on."""


@dataclass(frozen=True, slots=True)
class Known:
    """A fact's value. `seconds`: within how many it holds, or how late it is where it is not so."""

    value: Value
    how: How
    since: date
    seconds: int | None = None


class Careful(StrEnum):
    """Which of two values is the more careful one."""

    NO = "no"
    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class About:
    """What is shipped of a fact for the two servers, and which way is careful."""

    real: Known
    virtual: Known
    careful: Careful = Careful.NO

    def shipped(self, personality: Personality) -> Known:
        """Return what is shipped for a server."""
        return self.real if personality == "real" else self.virtual

    def less_careful(self, one: Known, other: Known) -> bool:
        """Whether one value makes us less careful than the other."""
        if self.careful is Careful.HIGHER:
            return one.value < other.value
        return one.value > other.value


_BUILT = date(2026, 11, 20)
_NOTICE = date(2026, 4, 20)
"""Of KIS: 18 calls a second (1 on the virtual server), 41 registrations an app key."""


def _both(value: Value, how: How, since: date, careful: Careful = Careful.NO) -> About:
    known = Known(value, how, since)
    return About(known, known, careful)


_ASSUMED = _both(True, How.ASSUMED, _BUILT)

TABLE: Final[Mapping[Fact, About]] = {
    Fact.SELLABLE_SHRINKS: _ASSUMED,
    Fact.POWER_SHRINKS: _ASSUMED,
    Fact.FIGURES_PROMPT: _ASSUMED,
    Fact.MARKET_TAKES_UPPER: _ASSUMED,
    Fact.LIST_PROMPT: _ASSUMED,
    Fact.AMOUNT_PROMPT: _ASSUMED,
    Fact.REMAINING_STATED: _ASSUMED,
    Fact.CANCEL_BY_NUMBER: _ASSUMED,
    Fact.NOTICES_COME: _ASSUMED,
    Fact.SOLD_OUT_SHOWN: _ASSUMED,
    Fact.REFUSAL_FINAL: _ASSUMED,
    Fact.BALANCE_PROMPT: _ASSUMED,
    Fact.AMEND_RENUMBERS: _ASSUMED,
    Fact.LISTS_ORDERS: About(
        Known(True, How.DOCUMENTED, _BUILT), Known(False, How.RECORDED, _BUILT)
    ),
    Fact.BALANCE_WHOLE: _ASSUMED,
    Fact.LIST_OLDEST_FIRST: _ASSUMED,
    Fact.TIMES_AGREE: _ASSUMED,
    Fact.NOTICES_ONCE: _ASSUMED,
    Fact.NOTHING_LEFT_SAID: _ASSUMED,
    Fact.CALLS_PER_SECOND: About(
        Known(18, How.DOCUMENTED, _NOTICE), Known(1, How.DOCUMENTED, _NOTICE), Careful.LOWER
    ),
    Fact.TOKEN_INTERVAL: _both(60, How.DOCUMENTED, _NOTICE, Careful.HIGHER),
    Fact.REGISTRATIONS: _both(41, How.DOCUMENTED, _NOTICE, Careful.LOWER),
    Fact.SILENCE: _both(45, How.ASSUMED, _BUILT, Careful.LOWER),
}

TWELVE: Final = (
    Fact.SELLABLE_SHRINKS,
    Fact.POWER_SHRINKS,
    Fact.LIST_PROMPT,
    Fact.CANCEL_BY_NUMBER,
    Fact.REFUSAL_FINAL,
    Fact.MARKET_TAKES_UPPER,
    Fact.AMEND_RENUMBERS,
    Fact.REMAINING_STATED,
    Fact.FIGURES_PROMPT,
    Fact.AMOUNT_PROMPT,
    Fact.NOTICES_COME,
    Fact.BALANCE_PROMPT,
)
"""The most dangerous ones, the worst first: an order doubled, lost or unsellable hangs on them."""

NUMBERS: Final = frozenset(
    fact for fact, about in TABLE.items() if not isinstance(about.real.value, bool)
)
"""Facts that are a number."""


def shipped(fact: Fact, personality: Personality) -> int:
    """Return the number that is shipped of a fact."""
    return int(TABLE[fact].shipped(personality).value)


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What the desk may go by: everything else takes the careful branch.

    Attributes:
        denied: what is known not to be so, and how late it is in seconds where that is known.
        granted: what the owner lets us rely on unseen, and within how many seconds it holds.
    """

    denied: Mapping[Fact, int | None]
    granted: Mapping[Fact, int]


NOTHING: Final = Beliefs({}, {})
"""Nothing is known."""

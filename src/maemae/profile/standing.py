"""How well the most dangerous facts are known, of one server or of several together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from maemae.profile.facts import TWELVE, Fact
from maemae.profile.profile import Profile

FRESH: Final = timedelta(days=60)
"""Servers change: what was found longer ago is to be looked at again."""


@dataclass(frozen=True)
class Standing:
    """Which of the twelve most dangerous facts are only assumed, and which were found long ago."""

    assumed: Sequence[Fact]
    old: Sequence[Fact]

    @property
    def known(self) -> int:
        """How many were probed, observed or accepted."""
        return len(TWELVE) - len(self.assumed)


def standing(profiles: Sequence[Profile], today: date) -> Standing:
    """Return how the twelve stand; a fact is known where one of the servers has shown it."""
    assumed, old = [], []
    for fact in TWELVE:
        days = [one.in_force(fact).since for one in profiles if one.shown(fact)]
        if not days:
            assumed.append(fact)
        elif today - max(days) > FRESH:
            old.append(fact)
    return Standing(assumed, old)

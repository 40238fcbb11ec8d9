"""The profile of one server: what is shipped, put right by what was probed, seen and accepted.

More careful than before it becomes by itself, less careful by its owner alone: evidence that would
allow more is kept beside and offered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from maemae.catalogue import Personality
from maemae.profile.facts import NUMBERS, TABLE, Beliefs, Fact, How, Known

SOON = 3
"""Seconds within which a fact counts as prompt."""


@dataclass(frozen=True)
class Profile:
    """What is known of a server.

    Attributes:
        personality: real or virtual.
        kept: what a probe found.
        accepted: what the owner lets us rely on.
        observed: what the owner's own trading has shown.
    """

    personality: Personality
    kept: Mapping[Fact, Known] = field(default_factory=dict)
    accepted: Mapping[Fact, Known] = field(default_factory=dict)
    observed: Mapping[Fact, Known] = field(default_factory=dict)

    def in_force(self, fact: Fact) -> Known:
        """Return what we go by."""
        about = TABLE[fact]
        base = self.accepted.get(fact) or about.shipped(self.personality)
        for found in self._evidence(fact):
            if found.value == base.value:
                base = _confirmed(base, found)
            elif not about.less_careful(found, base):
                base = found
        return base

    def offered(self, fact: Fact) -> Known | None:
        """Return evidence that would make us less careful, for the owner to accept; or None.

        Of a yes that is only relied on once it was seen, that is the first evidence too.
        """
        ours = self.in_force(fact)
        if ours.how is How.ACCEPTED:
            return None
        about = TABLE[fact]
        for found in self._evidence(fact):
            confirmed = found.value is True and ours.value is True
            if confirmed or about.less_careful(found, ours):
                return found
        return None

    def shown(self, fact: Fact) -> bool:
        """Whether a probe, the owner's trading or the owner's word stand for what we go by."""
        return self.in_force(fact).how in (How.PROBED, How.OBSERVED, How.ACCEPTED)

    def beliefs(self) -> Beliefs:
        """Return what the desk may go by."""
        denied: dict[Fact, int | None] = {}
        granted: dict[Fact, int] = {}
        for fact in TABLE:
            ours = self.in_force(fact)
            if fact in NUMBERS:
                continue
            if not ours.value:
                denied[fact] = ours.seconds
            elif ours.how is How.ACCEPTED:
                granted[fact] = ours.seconds or SOON
        return Beliefs(denied, granted)

    def number(self, fact: Fact) -> int:
        """Return the number of a fact that we go by."""
        return int(self.in_force(fact).value)

    def _evidence(self, fact: Fact) -> Iterator[Known]:
        """Yield what was found, the newest first; what the owner has answered since is left out."""
        answered = self.accepted.get(fact)
        for one in sorted(self._found(fact), key=lambda one: one.since, reverse=True):
            if answered is None or one.since >= answered.since:
                yield one

    def _found(self, fact: Fact) -> list[Known]:
        return [one for one in (self.kept.get(fact), self.observed.get(fact)) if one is not None]


def _confirmed(base: Known, found: Known) -> Known:
    """Return a value that something was found to agree with: the better known, the later."""
    if base.how is How.ACCEPTED:
        seconds = max(base.seconds or 0, found.seconds or 0) or None
        return Known(base.value, How.ACCEPTED, base.since, seconds)
    if base.how in (How.PROBED, How.OBSERVED):
        return base
    return found

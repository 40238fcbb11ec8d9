"""Saying that the broker's balance cannot be right, and when it is again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from maemae.desk.events import Balance, Event, Query, Unavailable
from maemae.desk.records import Incident
from maemae.desk.turn import Turn

TELL_AFTER = timedelta(seconds=30)
"""A balance that nothing explains for so long is said aloud; most are right at the next look."""

LOOK_AGAIN = timedelta(seconds=1)
"""Between two balances while a difference is fresh."""

LOOK_LATER = timedelta(seconds=5)
"""The same once it was told: it may last an hour."""


def readable(event: Event) -> Event:
    """Return an event, or `Unavailable` for a balance that has a name twice.

    Nobody knows how much of the name there is: it is as if it had not been answered.
    """
    if not isinstance(event, Balance):
        return event
    held = [one.code for one in event.holdings if one.quantity]
    if len(set(held)) == len(held):
        return event
    return Unavailable(at=event.at, query=Query.BALANCE, reason="doubled")


@dataclass(slots=True)
class Disputes:
    """Remembers since when balances are not believed, and whether the owner was told."""

    _since: datetime | None = None
    _told: bool = False

    @property
    def again(self) -> timedelta:
        """How long to wait before the next look."""
        return LOOK_LATER if self._told else LOOK_AGAIN

    def note(self, turn: Turn, kind: str, detail: str) -> bool:
        """Note a balance that is not believed; return whether that was said aloud by now."""
        self._since = self._since or turn.at
        if not self._told and turn.at - self._since >= TELL_AFTER:
            self._told = True
            turn.record(Incident(at=turn.at, kind=kind, detail=detail))
        return self._told

    def over(self, turn: Turn, held: Collection[str]) -> None:
        """Note that balance and books agree; say so if the contrary was said."""
        if self._told:
            kept = ", ".join(sorted(held))
            turn.record(Incident(at=turn.at, kind="books_agree", detail=kept))
        self._since, self._told = None, False

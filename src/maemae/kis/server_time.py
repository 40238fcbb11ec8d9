"""What time a server says it is, held against our own clock.

Replies carry it in the HTTP header `Date`, the stream in its PINGPONG; both in whole seconds. So
no answer tells the difference of the clocks exactly, but every one of them bounds it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from maemae.clock import Clock

_WHOLE = timedelta(seconds=1)
_LATE = timedelta(seconds=10)
"""How long a pushed message may have been on its way; nobody says when it was sent."""

_REPLIES_LAST = timedelta(seconds=30)
"""So long is a reply's time preferred to that of a push, which bounds less."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """By how much our clock is ahead of a server's: between `least` and `most`, at `heard`.

    Both are negative where ours is behind.
    """

    least: timedelta
    most: timedelta
    heard: datetime

    @property
    def certain(self) -> timedelta:
        """The part of the difference that no delay on the way can explain."""
        if self.least > timedelta(0):
            return self.least
        return min(self.most, timedelta(0))


class ServerTime:
    """Keeps the latest comparison of our clock with one server's.

    Args:
        clock: our clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_reply = False
        self.ahead: Ahead | None = None
        """The latest comparison; None while the server has not said its time."""

    def now(self) -> datetime:
        """Return our own time, to remember when something was asked."""
        return self._clock.now()

    def replied(self, header: str, asked: datetime) -> None:
        """Take in the `Date` header of a reply to what was asked then; a blank one says nothing."""
        try:
            said = parsedate_to_datetime(header)
        except ValueError:
            return
        if said.tzinfo is None:  # An HTTP date is always GMT (RFC 9110, 5.6.7).
            said = said.replace(tzinfo=UTC)
        heard = self.now()
        self.ahead = Ahead(asked - said - _WHOLE, heard - said, heard)
        self._by_reply = True

    def pushed(self, said: datetime) -> None:
        """Take in the time that a message of the stream carries."""
        heard = self.now()
        known = self.ahead
        if known is not None and self._by_reply and heard - known.heard < _REPLIES_LAST:
            return
        self.ahead = Ahead(heard - said - _WHOLE - _LATE, heard - said, heard)
        self._by_reply = False

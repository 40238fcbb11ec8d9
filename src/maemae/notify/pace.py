"""How fast a channel may be used, and how long a channel that is down is left alone."""

from collections import deque
from dataclasses import dataclass, field

MINUTE = 60.0
LONGEST = 60.0
"""Seconds between two attempts on a channel that stays down."""


@dataclass(slots=True)
class Pace:
    """Messages in any minute, and at least `gap` seconds between two."""

    per_minute: int
    gap: float = 1.0
    _sent: deque[float] = field(default_factory=deque)
    _failures: int = 0

    def wait(self, now: float) -> float:
        """Return the seconds until the next message may go out; monotonic seconds in."""
        while self._sent and now - self._sent[0] >= MINUTE:
            self._sent.popleft()
        waits = [0.0]
        if self._sent:
            waits.append(self._sent[-1] + self.gap - now)
        if len(self._sent) >= self.per_minute:
            waits.append(self._sent[0] + MINUTE - now)
        return max(waits)

    def sent(self, now: float) -> None:
        """Take note of a message that went out."""
        self._sent.append(now)
        self._failures = 0

    def failed(self, retry_after: float | None) -> float:
        """Take note of a failure; return the seconds to wait before the next attempt."""
        self._failures += 1
        return max(min(LONGEST, 2.0 ** (self._failures - 1)), retry_after or 0.0)

"""The exchange's own journal: every request, reply, session and fault, in order."""

from collections import deque
from typing import Any

from maemae.exchange.moment import Moment, datetime_of

_KEPT = 200_000


class Journal:
    """Remembers the latest entries; each has a number, so that a reader can go on from one."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._count = 0

    def write(self, at: Moment, what: str, **details: Any) -> None:
        """Add an entry; `what` is its kind, the details are JSON."""
        self._count += 1
        entry = {"number": self._count, "at": datetime_of(at).isoformat(), "what": what}
        self._entries.append(entry | details)

    def since(self, number: int, what: str = "") -> list[dict[str, Any]]:
        """Return the entries after a number, of one kind or of all."""
        return [
            one for one in self._entries if one["number"] > number and what in ("", one["what"])
        ]

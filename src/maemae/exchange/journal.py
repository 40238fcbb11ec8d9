"""The exchange's own journal: every request, reply, session and fault, in order."""

import json
from collections import deque
from itertools import islice
from typing import Any

from maemae.exchange.moment import Moment, datetime_of

BYTES = 64 << 20
"""What the entries take at most: a day of a strategy that asks eighteen times a second."""

_ENTRY = 200
"""Bytes that an entry takes beside its text."""

MISSED = "missed"
"""What an entry is that stands for those which are not there any more."""


class Journal:
    """Remembers the latest entries; each has a number, so that a reader can go on from one.

    Args:
        most: bytes that they take at most; the oldest go first.
    """

    def __init__(self, most: int = BYTES) -> None:
        self._most = most
        self._entries: deque[tuple[str, bytes]] = deque()
        self._bytes = self._count = 0

    def write(self, at: Moment, what: str, **details: Any) -> None:
        """Add an entry; `what` is its kind, the details are JSON."""
        self._count += 1
        entry = {"number": self._count, "at": datetime_of(at).isoformat(), "what": what}
        # ASCII alone: what comes in a request may be no text that has a form in UTF-8.
        text = json.dumps(entry | details).encode("ascii")
        self._entries.append((what, text))
        self._bytes += len(text) + _ENTRY
        while self._bytes > self._most:
            self._bytes -= len(self._entries.popleft()[1]) + _ENTRY

    def since(self, number: int, what: str = "") -> list[dict[str, Any]]:
        """Return the entries after a number, of one kind or of all.

        Where some after it are not there any more, the first entry says how many (`missed`), of
        whatever kind they were; its number is that of the last of them.
        """
        gone, number = self._count - len(self._entries), max(number, 0)
        found: list[dict[str, Any]] = []
        if number < gone:
            found.append({"number": gone, "what": MISSED, "count": gone - number})
        new = islice(self._entries, min(max(number - gone, 0), len(self._entries)), None)
        return found + [json.loads(text) for kind, text in new if what in ("", kind)]

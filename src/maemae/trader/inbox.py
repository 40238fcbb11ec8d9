"""Where everything that reaches the desk arrives: nothing is lost but outdated prices."""

import asyncio
from collections import deque

from maemae.desk.events import Event, Price


class Inbox:
    """Two lanes: what must not be lost, in order, and the latest prices of each code.

    A price that was not looked at before the next one of its code arrived is dropped and
    counted, so that a slow moment never turns into a growing delay of a stop loss. An old frame
    that comes after a newer trade is the one that is dropped.

    Trades and answers do not replace each other: somebody waits for an answer, it tells the
    day's base price and limits, and it is the second witness of a doubtful trade. What came last
    of a code is looked at last.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._prices: dict[tuple[str, bool], Price] = {}
        """By code and whether it was asked for, the last one of a code last."""
        self.ready = asyncio.Event()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._events) + len(self._prices)

    def put(self, event: Event) -> None:
        """Add an event."""
        if isinstance(event, Price):
            key = event.code, event.polled
            waiting = self._prices.get(key)
            self.dropped += waiting is not None
            if waiting is None or not _before(event, waiting):
                self._prices.pop(key, None)
                self._prices[key] = event
        else:
            self._events.append(event)
        self.ready.set()

    def take(self) -> Event | None:
        """Return the next event, or None when there is nothing."""
        if self._events:
            return self._events.popleft()
        if self._prices:
            return self._prices.pop(next(iter(self._prices)))
        self.ready.clear()
        return None


def _before(one: Price, other: Price) -> bool:
    """Whether a trade came before another; of an answer nobody tells when its price was traded."""
    return one.traded is not None and other.traded is not None and one.traded < other.traded

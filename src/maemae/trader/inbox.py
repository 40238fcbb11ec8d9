"""Where everything that reaches the desk arrives: nothing is lost but outdated prices."""

import asyncio
from collections import deque

from maemae.desk.events import Event, Price


class Inbox:
    """Two lanes: what must not be lost, in order, and the latest price of each code.

    A price that was not looked at before the next one of its code arrived is dropped and
    counted, so that a slow moment never turns into a growing delay of a stop loss.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._prices: dict[str, Price] = {}
        self.ready = asyncio.Event()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._events) + len(self._prices)

    def put(self, event: Event) -> None:
        """Add an event."""
        if isinstance(event, Price):
            if self._prices.pop(event.code, None) is not None:
                self.dropped += 1
            self._prices[event.code] = event
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

"""What faces hear of the trader's steps: the last facts, the last prices, a bell.

An observer of the trader. It keeps a bounded past, so that a face that is slow or gone costs
nothing.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from maemae.desk.records import Record
from maemae.desk.turn import Turn

FACTS = 200
PRICES = 60


class Feed:
    """Collects what happens; several faces may wait on it at once."""

    def __init__(self) -> None:
        self.steps = 0
        self.last_step: datetime | None = None
        self.facts: deque[Record] = deque(maxlen=FACTS)
        self._prices: dict[str, deque[int]] = {}
        self._bells: set[asyncio.Event] = set()
        self._listeners: set[asyncio.Queue[Record]] = set()

    def __call__(self, turn: Turn) -> None:
        """Take note of a step."""
        self.steps += 1
        self.last_step = turn.at
        for record in turn.records:
            self.facts.append(record)
            for listener in self._listeners:
                listener.put_nowait(record)
        for bell in self._bells:
            bell.set()

    @contextmanager
    def bell(self) -> Iterator[asyncio.Event]:
        """Offer an event that is set at every step; whoever waits on it clears it."""
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.discard(bell)

    @contextmanager
    def listening(self) -> "Iterator[asyncio.Queue[Record]]":
        """Offer a queue that receives every fact from here on."""
        queue: asyncio.Queue[Record] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def sample(self, prices: dict[str, int]) -> dict[str, list[int]]:
        """Add a price of each held name to its short past, forget the others, return the pasts."""
        self._prices = {code: self._prices.get(code) or deque(maxlen=PRICES) for code in prices}
        for code, price in prices.items():
            past = self._prices[code]
            if not past or past[-1] != price:
                past.append(price)
        return {code: list(past) for code, past in self._prices.items()}

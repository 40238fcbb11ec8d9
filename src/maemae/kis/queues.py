"""A queue between the stream and a consumer that may be slow.

Notices, gaps and rejects are never lost. Ticks, order books and other market data are bounded:
when the consumer lags, the oldest are dropped and counted.
"""

import asyncio
from collections import deque
from typing import Self

from maemae.kis.events import Book, Record, StreamEvent, Tick

_MARKET_DATA = (Tick, Book, Record)


class EventQueue:
    """Collects events (`stream.listen(queue.put)`) and hands them out with `async for`.

    Lossless events go first, whatever arrived before them.

    Args:
        market_data: how many ticks, books and records are kept at most.
    """

    def __init__(self, market_data: int = 10_000) -> None:
        self._lossless: deque[StreamEvent] = deque()
        self._bounded: deque[StreamEvent] = deque(maxlen=market_data)
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, event: StreamEvent) -> None:
        """Add an event; never waits."""
        if isinstance(event, _MARKET_DATA):
            if len(self._bounded) == self._bounded.maxlen:
                self.dropped += 1
            self._bounded.append(event)
        else:
            self._lossless.append(event)
        self._filled.set()

    async def get(self) -> StreamEvent:
        """Return the next event, waiting for one if need be."""
        while not (self._lossless or self._bounded):
            self._filled.clear()
            await self._filled.wait()
        return (self._lossless or self._bounded).popleft()

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._lossless) + len(self._bounded)

    def __aiter__(self) -> Self:
        """Iterate over the events, for ever."""
        return self

    async def __anext__(self) -> StreamEvent:
        """Return the next event."""
        return await self.get()

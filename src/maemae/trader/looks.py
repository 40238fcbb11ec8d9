"""Order books asked for beside trading, with calls that nobody else needs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from maemae import kis
from maemae.errors import WireError
from maemae.kis import MarketClient, Priority

AGAIN = 0.1
"""Venue seconds after which a book that could not be asked for is asked for again."""

PATIENCE = 10.0
"""Venue seconds after which it is let go: the order has met another market by then."""


@dataclass(slots=True)
class _Wanted:
    """A book that is wanted. `until` and `at` are seconds of the clock, see `Clock.monotonic`."""

    until: float
    at: float = 0.0
    asked: bool = False


class Looks:
    """Asks for order books, each once, as soon as there is a call to spare.

    Args:
        data: the server that shows them.
        see: takes each in.
        waits: whether time passes by itself; else books are asked for with the steps of trading.
    """

    def __init__(
        self, data: MarketClient, see: Callable[[str, kis.OrderBook], None], *, waits: bool
    ) -> None:
        self._data = data
        self._see = see
        self._waits = waits
        self._wanted: dict[str, _Wanted] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def want(self, code: str) -> None:
        """Ask for a name's book."""
        self._wanted[code] = _Wanted(self._data.clock.monotonic() + PATIENCE)

    def go_on(self) -> None:
        """Ask for what is due."""
        if not self._wanted:
            return
        now = self._data.clock.monotonic()
        for code, one in list(self._wanted.items()):
            if now > one.until:
                del self._wanted[code]
            elif now >= one.at and not one.asked:
                one.at, one.asked = now + AGAIN, True
                task = asyncio.create_task(self._look(code, one), name="shadow look")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks)

    def close(self) -> None:
        """Ask for nothing more."""
        self._wanted.clear()
        for task in self._tasks:
            task.cancel()

    async def _look(self, code: str, wanted: _Wanted) -> None:
        try:
            book = await self._data.quotes.order_book(code, priority=Priority.SPARE)
        except WireError:
            if self._waits:
                await self._data.clock.sleep(AGAIN)
            wanted.asked = False
            if self._waits:
                self.go_on()
            return
        if self._wanted.get(code) is wanted:
            del self._wanted[code]
            self._see(code, book)

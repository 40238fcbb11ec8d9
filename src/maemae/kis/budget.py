"""The request budget of an app key: one queue by priority, shared by all processes.

See `SlotBook` for how processes share. Within a process the waiting callers stand in a heap; the
first of them speaks for all.
"""

import asyncio
import heapq
import itertools
import os
import uuid
from pathlib import Path
from typing import NamedTuple

from maemae.clock import Clock
from maemae.kis.priority import Priority
from maemae.kis.slots import SlotBook, micros


class _Waiter(NamedTuple):
    priority: Priority
    order: int
    since: int
    granted: "asyncio.Future[None]"


class Budget:
    """Hands out the right to send one request, to the most important caller first.

    Args:
        path: the file that the processes of the app key share.
        calls_per_second: the broker's limit, in venue seconds.
        clock: venue time; all pacing is measured on it.
    """

    def __init__(self, path: Path, calls_per_second: float, clock: Clock) -> None:
        owner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._book = SlotBook(path, owner, calls_per_second)
        self._clock = clock
        self._waiting: list[_Waiter] = []
        self._order = itertools.count()
        self._pump: asyncio.Task[None] | None = None
        self.granted = 0
        self.throttled = 0

    async def slot(self, priority: Priority) -> None:
        """Wait for the right to send one request.

        A caller that is cancelled while it waits takes nothing away from the others.
        """
        now = self._now()
        if not self._waiting and not self._book.claim(now, priority, now):
            self.granted += 1
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, _Waiter(priority, next(self._order), now, future))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._serve(), name="kis budget")
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._book.give_back(self._now())
            raise

    def spare(self) -> bool:
        """Take the right to send one request, if nobody needs it; return whether it was so."""
        if self._waiting or not self._book.spare(self._now()):
            return False
        self.granted += 1
        return True

    def slow_down(self) -> None:
        """Note that the broker said the limit was exceeded."""
        self.throttled += 1
        self._book.slow_down(self._now())

    async def close(self) -> None:
        """Stop serving; callers that still wait are cancelled."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        for waiter in self._waiting:
            waiter.granted.cancel()
        self._waiting.clear()
        self._book.close()

    def _now(self) -> int:
        return micros(self._clock.now())

    def _first(self) -> _Waiter | None:
        while self._waiting and self._waiting[0].granted.done():
            heapq.heappop(self._waiting)
        return self._waiting[0] if self._waiting else None

    async def _serve(self) -> None:
        """Serve all that wait; what goes wrong is theirs to hear, for nobody awaits this task."""
        try:
            while first := self._first():
                wait = self._book.claim(self._now(), first.priority, first.since)
                if wait:
                    await self._clock.sleep(wait / 1_000_000)
                    continue
                self.granted += 1
                first.granted.set_result(None)
        except Exception as error:  # noqa: BLE001 - each caller raises it
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                if not waiter.granted.done():
                    waiter.granted.set_exception(error)

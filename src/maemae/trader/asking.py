"""How many questions of a kind are under way at once.

The desk asks on without waiting, for an answer may never come. Where the broker takes one request a
second (모의투자) the questions would then queue up, and each answer be older than the one before.
"""

import asyncio
from collections import Counter

from maemae.desk.events import Query

AT_ONCE = 2
"""Questions of a kind that may be under way: one of them may hang, and is repeated by itself."""


class Asking:
    """Lets the newest question of a kind go when one of its kind has been answered."""

    def __init__(self) -> None:
        self._under_way: Counter[Query] = Counter()
        self._waiting: dict[Query, asyncio.Future[bool]] = {}

    async def begin(self, query: Query) -> bool:
        """Wait for a question's turn; False: a newer one of its kind asks in its place."""
        if self._under_way[query] < AT_ONCE:
            self._under_way[query] += 1
            return True
        self._hand(query, turn=False)
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[query] = waiting
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.result():
                self.end(query)
            raise

    def end(self, query: Query) -> None:
        """Note that a question whose turn it was has been answered, or will not be."""
        if not self._hand(query, turn=True):
            self._under_way[query] -= 1

    def _hand(self, query: Query, *, turn: bool) -> bool:
        """Tell the question that waits whether it is its turn; False: none waits."""
        waiting = self._waiting.pop(query, None)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(turn)
        return True

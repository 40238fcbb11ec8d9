"""What is going to happen at the venue, in order of time and, at one instant, of scheduling."""

import heapq
from collections.abc import Callable

from maemae.exchange.moment import Moment

Action = Callable[[Moment], None]


class Agenda:
    """Actions due at instants of venue time. Nothing happens until somebody runs it."""

    def __init__(self) -> None:
        self._heap: list[tuple[Moment, int, Action]] = []
        self._count = 0

    def add(self, at: Moment, action: Action) -> None:
        """Do something at an instant; it is called with that instant."""
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, action))

    def next_at(self) -> Moment | None:
        """Return the instant of the next action, or None when there is none."""
        return self._heap[0][0] if self._heap else None

    def run_instant(self, at: Moment) -> None:
        """Do everything due up to and including an instant, also what that brings about."""
        while self._heap and self._heap[0][0] <= at:
            due, _, action = heapq.heappop(self._heap)
            action(due)

    def clear(self) -> None:
        """Forget everything that has not happened yet."""
        self._heap.clear()

"""Holding the machine's clock against the broker's, as long as the trader runs."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from maemae.clock import Clock
from maemae.desk.events import ClockCompared, Event
from maemae.kis import Ahead, MarketClient

EVERY = 1.0
"""Real seconds between two looks."""


async def watch(
    clients: Sequence[MarketClient], clock: Clock, put: Callable[[Event], None]
) -> None:
    """Tell the desk of each new comparison of our clock with the servers'.

    Args:
        clients: of the servers that are asked anyway.
        clock: the machine's; never that of a simulated exchange, which is the exchange's own.
        put: hands the desk an event.
    """
    told: list[Ahead] = []
    while True:
        known = [c.server_time.ahead for c in clients if c.server_time.ahead is not None]
        if known != told:
            told = known
            put(ClockCompared(at=clock.now(), ahead=agreed(known)))
        await asyncio.sleep(EVERY)


def agreed(comparisons: Sequence[Ahead]) -> timedelta:
    """Return what our clock is off by all servers: one that agrees with it is believed."""
    return min((one.certain for one in comparisons), key=abs)

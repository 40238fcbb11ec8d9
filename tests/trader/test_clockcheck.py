"""The shell's part in watching the clock."""

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from maemae.clock import KST, ScaledClock
from maemae.desk.events import ClockCompared, Event
from maemae.kis import Ahead
from maemae.trader import clockcheck

NOW = datetime(2026, 11, 20, 9, tzinfo=KST)


def ahead(least: float, most: float, after: float = 0) -> Ahead:
    bounds = timedelta(seconds=least), timedelta(seconds=most)
    return Ahead(*bounds, NOW + timedelta(seconds=after))


@pytest.mark.parametrize(
    ("comparisons", "off"),
    [
        ([ahead(-1, 0.1)], 0),
        ([ahead(39, 40.1)], 39),
        ([ahead(-41, -40)], -40),
        ([ahead(39, 40.1), ahead(-1, 0.1)], 0),  # One of the servers is wrong, not we.
        ([ahead(39, 40.1), ahead(20, 41)], 20),
    ],
)
def test_a_server_that_agrees_with_us_is_believed(comparisons: list[Ahead], off: float) -> None:
    assert clockcheck.agreed(comparisons) == timedelta(seconds=off)


async def test_each_new_comparison_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockcheck, "EVERY", 0)
    client: Any = SimpleNamespace(server_time=SimpleNamespace(ahead=None))
    told: list[Event] = []
    clock = ScaledClock(NOW, 1)
    task = asyncio.create_task(clockcheck.watch([client], clock, told.append))
    await _turns()
    assert told == []
    client.server_time.ahead = ahead(39, 40.1)
    await _turns()
    client.server_time.ahead = ahead(39, 40.1, after=1)
    await _turns()
    task.cancel()
    offs = [event.ahead for event in told if isinstance(event, ClockCompared)]
    assert offs == [timedelta(seconds=39)] * 2


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)

"""The kill switch by file."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from maemae.clock import KST, ScaledClock
from maemae.desk.events import Event, HaltOrdered
from maemae.desk.records import Halt
from maemae.trader import haltfile


@pytest.mark.parametrize(
    ("said", "level"),
    [
        (b"", Halt.ALL),
        (b"entries\n", Halt.ENTRIES),
        (b"EXITS_ONLY", Halt.EXITS_ONLY),
        (b"none", Halt.ALL),
        (b"stop everything!", Halt.ALL),
        (b"\xff\xfe", Halt.ALL),
    ],
)
async def test_a_file_halts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes, level: Halt
) -> None:
    monkeypatch.setattr(haltfile, "EVERY", 0)
    orders: list[Event] = []
    clock = ScaledClock(datetime(2026, 11, 20, 9, tzinfo=KST), 1)
    task = asyncio.create_task(haltfile.watch(tmp_path, clock, orders.append))
    (tmp_path / "HALT").write_bytes(said)
    while not orders:
        await asyncio.to_thread(int)
    for _ in range(20):
        await asyncio.to_thread(int)
    task.cancel()
    levels = [order.level for order in orders if isinstance(order, HaltOrdered)]
    assert levels == [level]

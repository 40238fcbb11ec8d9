"""Days in one process: each is measured, and the next begins where the exchange goes on."""

from pathlib import Path

from maemae.cli.demo import running_exchange
from maemae.proof.week import Day, week


async def test_each_day_is_traded_and_measured(tmp_path: Path) -> None:
    told: list[Day] = []
    flags = {"--speed": "step", "--date": "2026-11-16", "--time": "15:15"}
    async with running_exchange(flags) as addresses:
        (day,) = await week(addresses.real, tmp_path, 1, told.append)
    assert told == [day]
    assert (str(day.day), day.equal) == ("2026-11-16", True)
    assert day.orders > 0
    assert day.events > day.orders
    assert day.rss > 10_000_000
    assert day.objects > 10_000

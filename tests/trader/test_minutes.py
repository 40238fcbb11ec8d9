"""Minute bars from live ticks: only what is proven whole, and never in the way of trading."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.exchange.conftest import DAY
from tests.trader.test_trader import HandClock

from maemae.bars.staging import sole_merger
from maemae.bars.store import BarStore
from maemae.clock import KST
from maemae.kis import StreamDown, Tick
from maemae.market.calendar import krx
from maemae.market.kinds import Market
from maemae.trader.minutes import MinuteRecorder

SESSION = krx().session(DAY)


class Tape:
    """A recorder, and trades for it with the day's volume kept."""

    def __init__(self, folder: Path) -> None:
        self.store = BarStore(folder)
        self.clock = HandClock(SESSION.open)
        self.said: list[str] = []
        self.volume = 0
        markets = {"000010": Market.KOSPI}
        self.recorder = MinuteRecorder(
            self.store, SESSION, markets.get, self.clock, self.said.append
        )

    def trade(self, time: str, price: int, quantity: int = 1, *, heard: bool = True) -> None:
        hour, minute, second = map(int, time.split(":"))
        at = datetime(DAY.year, DAY.month, DAY.day, hour, minute, second, tzinfo=KST)
        self.volume += quantity
        self.clock.at = max(self.clock.at, at)
        if heard:
            self.recorder.hear(Tick("000010", price, quantity, self.volume, at, None, None))

    async def stored(self) -> list[tuple[str, int, int, int, int, int]]:
        self.clock.at = SESSION.close + timedelta(minutes=2)
        await self.recorder.close()
        bars = self.store.minutes("000010", DAY, DAY)
        rows = bars.select("at", "open", "high", "low", "close", "volume").iter_rows()
        return [(f"{row[0]:%H:%M}", *row[1:]) for row in rows]


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path)


async def test_whole_minutes_are_stored_and_the_closing_auction_too(tape: Tape) -> None:
    tape.trade("09:00:01", 100, 5)
    tape.trade("09:00:40", 104, 2)
    tape.trade("09:01:00", 99, 1)
    tape.trade("09:06:00", 98)
    tape.recorder.hear(StreamDown(tape.clock.at, "not a trade"))
    tape.trade("15:30:12", 97, 3)
    tape.trade("16:10:00", 50, 3)
    assert await tape.stored() == [
        ("09:00", 100, 104, 100, 104, 7),
        ("09:01", 99, 99, 99, 99, 1),
        ("09:06", 98, 98, 98, 98, 1),
        ("15:30", 97, 97, 97, 97, 3),
    ]
    assert tape.said == []
    assert (tape.recorder.dropped, list(tape.store.root.rglob("live*"))) == (0, [])


async def test_minutes_with_missed_trades_are_left_out(tape: Tape) -> None:
    tape.trade("09:00:01", 100, heard=False)
    tape.trade("09:00:02", 100)  # watching began within the minute
    tape.trade("09:01:00", 101)
    tape.trade("09:02:00", 102)
    tape.trade("09:02:10", 110, heard=False)
    tape.trade("09:04:00", 103)  # says that something between was missed
    tape.trade("09:05:00", 104)
    tape.trade("09:06:00", 105)  # the last one before the code was let go
    assert [bar[0] for bar in await tape.stored()] == ["09:01", "09:05"]
    assert tape.recorder.dropped == 4


async def test_a_store_in_use_is_said_and_the_bars_wait(tape: Tape) -> None:
    tape.trade("09:00:01", 100)
    tape.trade("09:01:00", 101)
    tape.clock.at = SESSION.close
    with sole_merger(tape.store):
        await tape.recorder.close()
    assert "stay in staging" in tape.said[0]
    assert len(list(tape.store.root.rglob("live*.parquet"))) == 1


async def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    tape = Tape(in_the_way)
    tape.trade("09:00:01", 100)
    tape.trade("09:01:00", 101)
    await tape.recorder.close()
    assert "1 minute bars could not be written" in tape.said[0]

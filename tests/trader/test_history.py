from datetime import date, datetime
from pathlib import Path

import pytest

from maemae.bars.download import download_daily
from maemae.bars.store import BarStore
from maemae.clock import KST
from maemae.kis import Bar
from maemae.market.calendar import krx
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market
from maemae.trader.history import daily_fetch, last_settled, minute_fetch

LISTED = date(2022, 3, 2)
LAST = date(2022, 11, 30)


class Charts:
    """Bars since the listing; nothing is traded on the last day, nor in every second minute."""

    async def daily_bars(
        self, code: str, first: date, last: date, *, adjusted: bool = True
    ) -> list[Bar]:
        assert not adjusted
        return [
            Bar(day, 67_000, 67_600, 66_900, 67_500, 0 if day == LAST else 5, 337_500, -500)
            for day in krx().sessions(max(first, LISTED), last)
        ]

    async def minute_bars(
        self, code: str, day: date, *, since: datetime | None = None
    ) -> list[Bar]:
        assert since == datetime(day.year, day.month, day.day, 9, tzinfo=KST)
        times = [datetime(day.year, day.month, day.day, 9, n, tzinfo=KST) for n in range(4)]
        return [Bar(at, 10, 12, 9, 11, at.minute % 2) for at in times]


async def test_rows_are_as_the_store_wants_them() -> None:
    bars = await daily_fetch(Charts())("005930", LISTED, LAST)
    assert bars.row(0, named=True) == {
        "date": LISTED, "open": 67_000, "high": 67_600, "low": 66_900, "close": 67_500,
        "volume": 5, "value": 337_500, "base": 68_000,
    }  # fmt: skip
    assert bars.select("open", "high", "low", "close", "volume").row(-1) == (0, 0, 0, 67_500, 0)


async def test_minutes_without_trades_are_left_out() -> None:
    bars = await minute_fetch(Charts(), krx())("005930", date(2022, 3, 2), date(2022, 3, 3))
    assert [f"{at:%d %H:%M}" for at in bars["at"]] == [
        "02 09:01", "02 09:03", "03 09:01", "03 09:03",
    ]  # fmt: skip


async def test_what_the_charts_say_passes_into_the_store(tmp_path: Path) -> None:
    store = BarStore(tmp_path)
    outcome = await download_daily(
        daily_fetch(Charts()), [Instrument("005930", "삼성전자", Market.KOSPI)], store,
        LISTED, LAST, now=lambda: datetime(2022, 12, 1, tzinfo=KST),
        progress=lambda instrument, done, total: None,
    )  # fmt: skip
    assert outcome.report.clean
    assert store.daily().height == 187
    assert store.daily()["source"].unique().to_list() == ["KIS"]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 20, 15, 39, tzinfo=KST), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 15, 40, tzinfo=KST), date(2026, 11, 20)),
        (datetime(2026, 11, 22, 12, 0, tzinfo=KST), date(2026, 11, 20)),
        (datetime(2026, 11, 19, 16, 0, tzinfo=KST), date(2026, 11, 18)),  # exam day: 16:30
    ],
)
def test_only_final_bars_are_asked_for(now: datetime, day: date) -> None:
    assert last_settled(now, krx()) == day

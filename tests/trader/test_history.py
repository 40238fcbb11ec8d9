from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

from maemae.bars.download import download_daily
from maemae.bars.store import BarStore
from maemae.clock import KST
from maemae.errors import WireError
from maemae.kis.pages import Complete, Partial
from maemae.kis.priority import Priority
from maemae.market.calendar import krx
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market
from maemae.trader.history import daily_fetch, last_settled

LISTED = date(2022, 3, 2)
LAST = date(2022, 11, 30)


class FakeCharts:
    """Answers as the document says: at most 100 rows, newest first, padded with an empty one."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.broken = False

    async def call(
        self,
        endpoint_id: str,
        params: Mapping[str, str] | None = None,
        *,
        priority: Priority = Priority.QUOTE,
        pages: int = 50,
    ) -> Complete | Partial:
        assert params is not None
        assert (endpoint_id, priority) == (
            "domestic_stock.inquire_daily_itemchartprice", Priority.HISTORY,
        )  # fmt: skip
        self.asked.append(params)
        first = date.fromisoformat(params["FID_INPUT_DATE_1"])
        last = date.fromisoformat(params["FID_INPUT_DATE_2"])
        days = krx().sessions(max(first, LISTED), last) if last >= LISTED else ()
        rows = [
            {
                "stck_bsop_date": f"{day:%Y%m%d}", "stck_clpr": "67500", "stck_oprc": "67000",
                "stck_hgpr": "67600", "stck_lwpr": "66900", "acml_vol": "0" if day == LAST else "5",
                "acml_tr_pbmn": "337500", "prdy_vrss": "-500",
            }
            for day in reversed(days[-100:])
        ]  # fmt: skip
        blocks = {"output2": [*rows, {"stck_bsop_date": ""}]}
        return Partial(blocks, 1, WireError("cut")) if self.broken else Complete(blocks, 1)


async def test_a_chart_is_read_in_windows_until_the_listing() -> None:
    charts = FakeCharts()
    bars = await daily_fetch(charts)("005930", date(2021, 1, 4), LAST)
    assert bars["date"].to_list() == list(krx().sessions(LISTED, LAST))
    # 187 sessions since the listing: two windows with rows, and the first empty one ends it.
    assert len(charts.asked) == 3
    assert {params["FID_ORG_ADJ_PRC"] for params in charts.asked} == {"1"}
    assert bars.row(0, named=True) == {
        "date": LISTED, "open": 67_000, "high": 67_600, "low": 66_900, "close": 67_500,
        "volume": 5, "value": 337_500, "base": 68_000,
    }  # fmt: skip
    assert bars.select("open", "high", "low", "close", "volume").row(-1) == (0, 0, 0, 67_500, 0)


async def test_an_incomplete_answer_is_an_error() -> None:
    charts = FakeCharts()
    charts.broken = True
    with pytest.raises(WireError, match="cut"):
        await daily_fetch(charts)("005930", LISTED, LAST)


async def test_what_the_charts_say_passes_into_the_store(tmp_path: Path) -> None:
    store = BarStore(tmp_path)
    outcome = await download_daily(
        daily_fetch(FakeCharts()), [Instrument("005930", "삼성전자", Market.KOSPI)], store,
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
    assert last_settled(now) == day

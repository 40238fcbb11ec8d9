"""Earlier sessions out of the owner's store: what a strategy on daily bars begins with."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from maemae.bars.schema import STORED
from maemae.bars.store import BarStore
from maemae.desk.records import Listed
from maemae.market.calendar import krx
from maemae.market.instruments import Instrument, Instruments
from maemae.market.kinds import Market
from maemae.trader.sources.daily_bars import DailyBars
from maemae.trader.sources.source import Means

TODAY = date(2024, 3, 4)
SAMSUNG = Instrument("005930", "삼성전자", Market.KOSPI, krx_sectors=("반도체", "바이오"))


async def test_bars_of_the_store_serve_without_asking_the_broker(tmp_path: Path) -> None:
    calendar, row = krx(), dict[str, Any].fromkeys(STORED)
    row |= {"code": "005930", "market": "KOSPI", "kind": "stock", "raw_ok": True, "volume": 10}
    row |= dict.fromkeys(("open", "high", "low", "close"), 10_000) | {"source": "test"}
    days = calendar.sessions(calendar.offset(TODAY, -5), calendar.previous_session(TODAY))
    rows = [row | {"date": day} for day in days]
    BarStore(tmp_path).write_daily(pl.DataFrame(rows, schema=STORED))
    means = SimpleNamespace(
        session=SimpleNamespace(day=TODAY),
        state=SimpleNamespace(calendar=calendar),
        store=BarStore(tmp_path),
        data=SimpleNamespace(history=None),
        instruments=Instruments((SAMSUNG,)),
    )
    listed = {"005930": Listed(code="005930")}
    bars = DailyBars(3, cast("Means", means))
    await bars.load(listed)
    assert bars.missing(listed) == ()
    panel = bars.finished(listed)
    assert panel is not None
    assert len(panel.times) == 5
    assert panel.facts["sector"].is_one_of(["은행", "반도체"]).tolist() == [[True]]

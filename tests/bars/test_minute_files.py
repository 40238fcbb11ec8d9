from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.bars.make import FETCHED

from maemae.bars import blocks
from maemae.bars.ingest import Cleaned, Report
from maemae.bars.minute_files import ingest_minutes
from maemae.bars.store import BarStore
from maemae.market.kinds import Market
from maemae.market.ticks import is_printable

NINE = datetime(2025, 6, 27, 9, 0)  # noqa: DTZ001 - files carry local time without a zone


def bar(minute: int = 0, **more: Any) -> dict[str, Any]:
    usual = {"open": 100, "high": 110, "low": 90, "close": 105, "volume": 3}
    return {"ts": NINE + timedelta(minutes=minute), "code": "005930"} | usual | more


def take(folder: Path, *rows: dict[str, Any]) -> tuple[Report, list[Cleaned]]:
    if rows:
        pl.DataFrame(list(rows)).write_parquet(folder / "minutes.parquet")
    report = Report()
    files = sorted(folder.glob("*.parquet"))
    parts = ingest_minutes(files, Market.KOSPI, source="s", fetched=FETCHED, report=report)
    return report, list(parts)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"code": "5930"}, "the code is not six"),
        ({"low": 0}, "not above zero"),
        ({"high": 104}, "out of order"),
        ({"ts": datetime(2025, 6, 28, 9, 0)}, "the exchange was closed"),  # noqa: DTZ001
        ({"ts": NINE + timedelta(seconds=61)}, "not the start of a minute"),
        ({"ts": NINE}, "the minute stands twice"),
        ({"close": None}, "a value is missing"),
    ],
)
def test_a_bad_minute_is_set_aside(tmp_path: Path, wrong: dict[str, Any], reason: str) -> None:
    report, (part,) = take(tmp_path, bar(), bar(1, **wrong))
    assert part.good.height == report.kept == 1
    found = part.bad.row(0, named=True)
    assert reason in found["problem"]
    assert found["row"] == 2


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"ts": NINE, "code": "005930"}], "minute bars need ts and"),
        ([bar() | {"ts": "2025-06-27"}], "ts is String, not a time"),
        ([bar(open=100.5)], "open is Float64, not whole won"),
    ],
)
def test_another_table_is_named(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    report, parts = take(tmp_path, *rows)
    assert parts == []
    assert message in report.unreadable[0]


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    report, parts = take(tmp_path, bar())
    assert "a.parquet: cannot be read as Parquet" in report.unreadable[0]
    assert len(parts) == 1


def test_the_recorded_day_of_a_share(shared: Path, tmp_path: Path) -> None:
    report, store = Report(), BarStore(tmp_path)
    file = shared / "data/kr_minute/stock_005930_1min_20250627.parquet"
    for part in ingest_minutes([file], Market.KOSPI, source="s", fetched=FETCHED, report=report):
        store.write_minutes(part.good)
    day = date(2025, 6, 27)
    bars = store.minutes("005930", day, day)
    assert report.clean
    assert bars.height == 391
    assert f"{bars['at'][0]:%H:%M %z}" == "09:00 +0900"
    prices = set(bars.select("open", "high", "low", "close").unpivot()["value"])
    assert all(is_printable(price, day, Market.KOSPI) for price in prices)
    assert any(price % 100 for price in prices)  # half ticks of mid-price orders are among them


def test_a_large_file_comes_in_blocks_of_codes_and_is_judged_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [None, "005930", "000660", "035720", "5930"]
    rows = [bar(minute, code=code, volume=-1 if minute == 3 else 1)
            for minute in range(4) for code in codes]  # fmt: skip
    rows += [bar(0, code="000660", close=91), bar(1, code="005930", close=91)]  # They stand twice.
    whole, (all_at_once,) = take(tmp_path, *rows)
    monkeypatch.setattr(blocks, "_FEWEST", 5)
    monkeypatch.setattr(blocks, "_BYTES", 2**40)
    report, parts = take(tmp_path)
    assert len(parts) == 4
    assert report == whole
    assert report.quarantined["the minute stands twice"] == 2
    key = ["code", "at"]
    for name in ("good", "bad"):
        joined = pl.concat([getattr(part, name) for part in parts])
        assert joined.sort(key).equals(getattr(all_at_once, name).sort(key))
    stores = BarStore(tmp_path / "one"), BarStore(tmp_path / "other")
    for store, some in zip(stores, ([all_at_once], parts), strict=True):
        for part in some:
            store.write_minutes(part.good)
    days = date(2025, 6, 27), date(2025, 6, 27)
    for code in ("005930", "000660", "035720"):
        assert stores[0].minutes(code, *days).equals(stores[1].minutes(code, *days))
        assert stores[0].minutes(code, *days).height == 3

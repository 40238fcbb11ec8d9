from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.bars.make import DAYS, FETCHED, row, stored

from maemae.bars.schema import MINUTE
from maemae.bars.store import BarStore
from maemae.errors import DataError
from maemae.market.kinds import Market


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    return BarStore(tmp_path / "bars")


def test_what_is_written_is_read_back(store: BarStore) -> None:
    bars = stored(
        row(), row(DAYS[1]), row(date(2021, 6, 2), "000660"), row(code="035900", market="KOSDAQ")
    )
    assert store.write_daily(bars) == 0
    assert store.daily().equals(bars)
    assert store.daily(DAYS[0], DAYS[0])["code"].to_list() == ["005930", "035900"]
    assert store.daily(markets=[Market.KOSDAQ])["code"].to_list() == ["035900"]
    assert store.daily(codes=["000660"])["date"].to_list() == [date(2021, 6, 2)]
    assert store.daily(date(2023, 1, 2)).is_empty()
    assert (store.root / "daily/market=KOSPI/year=2021/bars.parquet").is_file()


def test_writing_twice_changes_nothing(store: BarStore) -> None:
    bars = stored(row(), row(DAYS[1]))
    store.write_daily(bars)
    assert store.write_daily(bars) == 2
    assert store.daily().equals(bars)


def test_prices_as_traded_win_and_then_the_later_ones(store: BarStore) -> None:
    later = FETCHED + timedelta(days=1)
    store.write_daily(stored(row(close=1_000)))
    store.write_daily(stored(row(close=2_000, raw_ok=False, fetched=later)))
    assert store.daily()["close"].to_list() == [1_000]
    store.write_daily(stored(row(close=3_000, fetched=later)))
    assert store.daily()["close"].to_list() == [3_000]


def test_coverage_and_spans(store: BarStore) -> None:
    assert store.coverage() == []
    assert store.spans() == {}
    store.write_daily(stored(row(), row(DAYS[3]), row(code="000660", raw_ok=False)))
    (kospi,) = store.coverage()
    assert (kospi.market, kospi.rows, kospi.instruments, kospi.raw_rows) == (Market.KOSPI, 3, 2, 2)
    assert (kospi.first, kospi.last) == (DAYS[0], DAYS[3])
    assert kospi.bytes > 0
    assert store.spans() == {"005930": (DAYS[0], DAYS[3]), "000660": (DAYS[0], DAYS[0])}


def test_a_store_that_is_not_there_is_an_error_and_not_empty(store: BarStore) -> None:
    with pytest.raises(DataError, match="maemae bars import"):
        store.daily()


def test_a_damaged_file_is_an_error(store: BarStore) -> None:
    store.write_daily(stored(row()))
    path = store.root / "daily/market=KOSPI/year=2022/bars.parquet"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(DataError, match="damaged"):
        store.daily()
    with pytest.raises(DataError, match="damaged"):
        store.write_daily(stored(row()))


def test_quarantine_never_overwrites(store: BarStore) -> None:
    first = store.quarantine(pl.DataFrame({"a": [1]}), "check")
    second = store.quarantine(pl.DataFrame({"a": [2]}), "check")
    assert first != second
    assert pl.read_parquet(first)["a"].to_list() == [1]


def test_rows_can_be_removed(store: BarStore) -> None:
    store.write_daily(stored(row(), row(DAYS[1]), row(code="000660")))
    assert store.remove_daily(stored(row())) == 1
    assert store.daily().select("code", "date").rows() == [("000660", DAYS[0]), ("005930", DAYS[1])]


def test_minute_bars(store: BarStore) -> None:
    bars = pl.DataFrame(
        [
            {"at": FETCHED + timedelta(minutes=n), "code": "005930", "open": 1, "high": 2, "low": 1,
             "close": 2, "volume": n, "market": "KOSPI", "source": "s", "fetched": FETCHED}
            for n in range(3)
        ],
        schema=MINUTE,
    )  # fmt: skip
    store.write_minutes(bars)
    store.write_minutes(bars)
    day = date(2026, 11, 20)
    assert store.minutes("005930", day, day).equals(bars)
    assert store.minutes("000660", day, day).is_empty()

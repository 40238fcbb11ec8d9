import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.bars.make import row, stored

from maemae.bars.aside import Aside
from maemae.bars.daily import day_bars, read_daily
from maemae.bars.store import BarStore
from maemae.errors import DataError
from maemae.exchange.extremes import extremes_from_bars
from maemae.exchange.listing import history_from_bars

DAYS = [date(2022, 6, 2 + n) for n in range(2)]


def frame(**changes: Any) -> pl.DataFrame:
    columns: dict[str, list[object]] = {
        "date": list(DAYS),
        "code": ["005930", "005930"],
        "market": ["KOSPI", "KOSPI"],
        "open": [67_500, 67_000],
        "high": [67_500, 67_200],
        "low": [66_700, 66_500],
        "close": [66_800, 66_700],
        "volume": [10, 20],
    }
    return pl.DataFrame(columns | changes)


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "bars.parquet"
    frame(**changes).write_parquet(path)
    return path


def test_a_file_and_a_folder_read_alike(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert read_daily(path).equals(read_daily(tmp_path))
    assert read_daily(path)["close"].to_list() == [66_800, 66_700]


def test_of_a_store_only_the_daily_bars_are_read(tmp_path: Path) -> None:
    store = BarStore(tmp_path)
    store.write_daily(stored(row(DAYS[0])))
    store.quarantine(pl.DataFrame({"a": [1]}), "import")
    assert read_daily(tmp_path)["close"].to_list() == [66_800]
    assert day_bars(tmp_path, DAYS[0])["code"].to_list() == ["005930"]


def test_files_with_other_columns_come_together(tmp_path: Path) -> None:
    frame(code=["000660", "000660"], value=[5, 6]).write_parquet(tmp_path / "a.parquet")
    frame().write_parquet(tmp_path / "b.parquet")
    bars = read_daily(tmp_path)
    assert bars["value"].to_list() == [5, 6, None, None]


def test_an_etn_loses_its_q_and_a_kind_given_as_market_is_understood(tmp_path: Path) -> None:
    bars = read_daily(write(tmp_path, code=["Q500001", "069500"], market=["ETN", "ETF"]))
    assert bars["code"].to_list() == ["069500", "500001"]
    assert bars["kind"].to_list() == ["etf", "etn"]
    assert bars["market"].to_list() == ["KOSPI", "KOSPI"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"close": [66_800, None]}, "row 2: 005930 2022-06-03: close is missing"),
        ({"low": [66_700, -1]}, "row 2: 005930 .*: a price or volume is below zero"),
        ({"code": ["A5930", "005930"]}, "row 1: A5930 .*: the code is not six"),
        ({"market": ["KOSPI", "NASDAQ"]}, "row 2: 005930 .*: the market is not one of"),
        ({"kind": ["stock", "coin"]}, "row 2: 005930 .*: the kind is not one of"),
        ({"close": ["66800", "none"]}, "row 2: 005930 .*: close is not a whole number: 'none'"),
        ({"close": [66_800.5, 66_700.0]}, "row 1: 005930 .*: close is not a whole number; back"),
        ({"high": [67_500, 66_000]}, "row 2: 005930 .*: open, high, low and close are out of"),
        ({"date": [DAYS[0], DAYS[0]]}, "row 2: 005930 2022-06-02: the code stands twice"),
    ],
)
def test_a_bad_row_is_refused_or_set_aside_and_the_rest_used(
    tmp_path: Path, changes: dict[str, list[object]], message: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(DataError, match=message):
        read_daily(path)
    aside = Aside()
    assert read_daily(path, aside).height == 1
    assert aside.rows == 1
    assert re.search(message, str(aside.first[0]))
    for day in DAYS:  # What the exchange asks for is the same row, counted once.
        with suppress(DataError):
            day_bars(path, day, aside)
    history_from_bars(path, "005930", date.max, aside)
    extremes_from_bars(path, [date.min], date.max, aside)
    assert aside.rows == 1


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    frame().drop("volume", "low").write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: no column for low, volume"):
        read_daily(tmp_path)


def test_a_truncated_file_and_an_empty_folder_are_one_line_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no Parquet or CSV file"):
        read_daily(tmp_path)
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="cannot be read as Parquet") as raised:
        read_daily(path)
    assert "\n" not in str(raised.value)


def test_the_base_is_the_last_close_as_traded(tmp_path: Path) -> None:
    bars = day_bars(write(tmp_path), DAYS[1])
    assert bars.select("code", "name", "kind", "base").row(0) == (
        "005930",
        "005930",
        "stock",
        66_800,
    )
    assert day_bars(tmp_path, DAYS[0])["base"].to_list() == [None]


def test_the_base_comes_from_the_change_where_the_file_has_it(tmp_path: Path) -> None:
    bars = day_bars(write(tmp_path, change=[0, 33_300]), DAYS[1])
    assert bars["base"].to_list() == [33_400]


def test_the_base_is_brought_to_the_grid_of_the_day(tmp_path: Path) -> None:
    days = [date(2023, 1, 20), date(2023, 1, 25)]
    shape = {"open": [200_100, 210_000], "high": [200_100, 210_000], "low": [200_100, 210_000]}
    path = write(tmp_path, date=days, market=["KOSDAQ"] * 2, close=[200_100, 210_000], **shape)
    assert day_bars(path, days[1])["base"].to_list() == [200_500]


def test_halted_and_adjusted_rows_are_left_out(tmp_path: Path) -> None:
    zero = {"open": [0, 67_000], "high": [0, 67_200], "low": [0, 66_500]}
    path = write(tmp_path, date=[DAYS[1]] * 2, code=["000660", "005930"], **zero)
    assert day_bars(path, DAYS[1])["code"].to_list() == ["005930"]
    path = write(tmp_path, raw_ok=[False, True])
    assert day_bars(path, DAYS[1])["base"].to_list() == [None]
    with pytest.raises(DataError, match="no bars as traded for 2022-06-02"):
        day_bars(path, DAYS[0])


def test_a_day_of_the_official_list(shared: Path) -> None:
    bars = day_bars(shared / "data/kr_official", date(2023, 1, 25))
    samsung = bars.filter(pl.col("code") == "005930").row(0, named=True)
    assert (samsung["name"], samsung["base"], samsung["close"]) == ("삼성전자", 61_800, 63_400)
    assert bars["base"].null_count() == 0
    assert bars["open"].min() == 80


def test_the_same_day_in_two_files_counts_once(tmp_path: Path) -> None:
    frame().write_parquet(tmp_path / "a.parquet")
    frame(close=[66_900, 66_700]).write_parquet(tmp_path / "b.parquet")
    aside = Aside()
    assert read_daily(tmp_path, aside)["close"].to_list() == [66_800, 66_700]
    assert [Path(one.file).name for one in aside.first] == ["b.parquet"] * 2
    with pytest.raises(DataError, match=r"b\.parquet row 1: 005930 .*: the code stands twice"):
        read_daily(tmp_path)


def test_nothing_good_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the close is 0; no row of"):
        read_daily(write(tmp_path, close=[0, 0]), Aside())


def test_rounding_of_adjusted_prices_is_widened_as_an_import_does(tmp_path: Path) -> None:
    path = write(tmp_path, high=[66_999, 40_000], raw_ok=[False, False])
    aside = Aside()
    bars = read_daily(path, aside)
    assert bars["high"].to_list() == [67_500]
    assert [one.row for one in aside.first] == [2]

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from tests.bars.make import FETCHED

from maemae.bars.ingest import Cleaned, Report, clean, ingest
from maemae.bars.schema import STORED
from maemae.bars.sources import Reading, read_pandas, read_source, source_files
from maemae.errors import DataError

HEAD = "date,code,market,open,high,low,close,volume\n"
GOOD = "2022-06-02,005930,KOSPI,67500,67500,66700,66800,100\n"


def take(path: Path, reading: Reading = Reading()) -> tuple[Report, list[Cleaned]]:  # noqa: B008
    report = Report()
    files = source_files(path)
    return report, list(ingest(files, reading, source="s", fetched=FETCHED, report=report))


def one(folder: Path, text: str, reading: Reading = Reading()) -> tuple[Report, Cleaned]:  # noqa: B008
    (folder / "bars.csv").write_text(text, encoding="utf-8")
    report, (cleaned,) = take(folder, reading)
    return report, cleaned


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2022-06-03,005930,KOSPI,abc,67500,66700,66800,100", "open is not a whole number: 'abc'"),
        ("2022-06-03,005930,KOSPI,67500.5,67500,66700,66800,1", "import --adjusted`: '67500.5'"),
        ("2022-13-03,005930,KOSPI,67500,67500,66700,66800,100", "date is not a date: '2022-13-03'"),
        ("2022-06-03,005930,KOSPI,67500,67500,,66800,100", "low is missing"),
        ("2022-06-03,A5930,KOSPI,67500,67500,66700,66800,100", "the code is not six"),
        ("2022-06-03,005930,NYSE,67500,67500,66700,66800,100", "the market is not one of"),
        ("2022-06-03,005930,KOSPI,67500,67500,66700,66800,-1", "below zero"),
        ("2022-06-03,005930,KOSPI,0,0,0,0,0", "the close is 0"),
        ("2022-06-06,005930,KOSPI,67500,67500,66700,66800,100", "the exchange was closed"),
        ("2022-06-03,005930,KOSPI,0,67500,0,66800,0", "not all 0 on a day without trades"),
        ("2022-06-03,005930,KOSPI,67500,67000,66700,66800,100", "out of order"),
        ("2022-06-02,005930,KOSPI,67500,67500,66700,66900,100", "the code stands twice"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    report, cleaned = one(tmp_path, HEAD + GOOD + line + "\n")
    assert cleaned.good.height == report.kept == 1
    bad = cleaned.bad.row(0, named=True)
    assert reason in bad["problem"]
    assert (bad["row"], Path(bad["file"]).name) == (2, "bars.csv")
    assert sum(report.quarantined.values()) == 1
    assert not report.clean


def test_a_line_with_too_many_fields_is_not_guessed_at(tmp_path: Path) -> None:
    """Thousands separators without quotes shift the columns; short lines lack values."""
    text = HEAD + GOOD + "2022-06-03,005930,KOSPI,67,500,67,500,66,700,66,800,100\n"
    report, cleaned = one(tmp_path, text + "2022-06-07,005930,KOSPI\n")
    assert cleaned.good["date"].to_list() == [date(2022, 6, 2)]
    first, second = cleaned.bad["problem"]
    assert first == "the line has more fields than the heading (12, not 8)"
    assert second == "open is missing"
    assert report.quarantined["the line has more fields than the heading"] == 1


def test_files_that_cannot_be_read_are_named_and_the_rest_imported(
    tmp_path: Path, shared: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\xd8bad")
    whole = (shared / "data/kr_etf_daily.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:5_000])
    (tmp_path / "c.csv").write_text("date,open\n2022-06-02,1\n")
    (tmp_path / "d.csv").write_text(HEAD + GOOD)
    (tmp_path / "e.csv").write_text(
        "date,code,open,high,low,close,volume\n2022-06-02,x,1,1,1,1,1\n"
    )
    (tmp_path / "f.csv").write_text("")
    report, cleaned = take(tmp_path)
    assert [Path(line.partition(":")[0]).name for line in report.unreadable] == [
        "a.csv", "b.parquet", "c.csv", "e.csv", "f.csv",
    ]  # fmt: skip
    assert "neither UTF-8 nor CP949" in report.unreadable[0]
    assert "no column for code, high, low, close, volume" in report.unreadable[2]
    assert [part.good.height for part in cleaned] == [1]


def test_a_korean_file_in_cp949(tmp_path: Path) -> None:
    text = "날짜,티커,종목명,시가,고가,저가,종가,거래량,거래대금\n"
    text += '20220602,005930,삼성전자,"67,500","67,500","66,700","66,800","14,959,443",5\n'
    (tmp_path / "krx.csv").write_bytes(text.encode("cp949"))
    report, (cleaned,) = take(tmp_path, Reading(market="KOSPI"))
    assert report.clean
    found = cleaned.good.row(0, named=True)
    assert (found["date"], found["open"], found["volume"], found["value"], found["name"]) == (
        date(2022, 6, 2), 67_500, 14_959_443, 5, "삼성전자",
    )  # fmt: skip


def test_columns_can_be_named_by_hand(tmp_path: Path) -> None:
    renamed = HEAD.replace("close", "last price") + GOOD
    report, cleaned = one(tmp_path, renamed, Reading({"close": "last price"}))
    assert cleaned.good["close"].to_list() == [66_800]
    assert report.clean
    with pytest.raises(DataError, match="no column 'nothing' to take close from"):
        read_source(tmp_path / "bars.csv", Reading({"close": "nothing"}))


def test_the_code_may_stand_in_the_file_name(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Volume,Change\n2022-06-02,67500,67500,66700,66800,1,0.0\n"
    (tmp_path / "005930.csv").write_text(text)
    _, (cleaned,) = take(tmp_path, Reading(market="KOSPI", adjusted=True))
    found = cleaned.good.row(0, named=True)
    # FinanceDataReader's Change is a ratio: it must not be taken for won.
    assert (found["code"], found["base"], found["raw_ok"]) == ("005930", None, False)


def test_without_a_market_nothing_is_imported(tmp_path: Path) -> None:
    (tmp_path / "005930.csv").write_text("date,open,high,low,close,volume\n2022-06-02,1,1,1,1,1\n")
    table = read_source(tmp_path / "005930.csv", Reading())
    with pytest.raises(DataError, match="--market KOSPI"):
        clean(table, file="005930.csv", source="s", fetched=FETCHED, report=Report())


def test_a_change_in_won_gives_the_base_price(tmp_path: Path) -> None:
    head = HEAD.strip() + ",change\n"
    _, cleaned = one(tmp_path, head + GOOD.strip() + ",-200\n")
    assert cleaned.good["base"].to_list() == [67_000]


def test_rounding_of_adjusted_prices_is_repaired_and_counted(tmp_path: Path) -> None:
    text = HEAD + "2022-06-02,005930,KOSPI,67500,67499,66700,66699,100\n"
    report, cleaned = one(tmp_path, text, Reading(adjusted=True))
    assert report.repaired == 1
    assert cleaned.good.select("high", "low").row(0) == (67_500, 66_699)
    far = HEAD + "2022-06-02,005930,KOSPI,67500,60000,50000,66800,100\n"
    report, _ = one(tmp_path, far, Reading(adjusted=True))
    assert report.repaired == 0
    assert report.kept == 0


def test_halted_days_and_off_hours_trades_are_kept(tmp_path: Path) -> None:
    text = HEAD + "2022-06-02,005930,KOSPI,0,0,0,66800,0\n2022-06-03,005930,KOSPI,0,0,0,66800,7\n"
    report, _ = one(tmp_path, text)
    assert report.kept == 2


def pandas_frames() -> dict[str, tuple[Any, Reading]]:
    """Frames with the columns pykrx and FinanceDataReader return."""
    days = pd.DatetimeIndex(["2022-06-02", "2022-06-03"])
    by_ticker = pd.DataFrame(
        {"시가": [67_500, 67_000], "고가": [67_500, 67_000], "저가": [66_700, 66_800],
         "종가": [66_800, 66_800], "거래량": [1, 2], "거래대금": [3, 4], "등락률": [0.1, 0.2]},
        index=days.set_names("날짜"),
    )  # fmt: skip
    reader = pd.DataFrame(
        {"Open": [67_500, 67_000], "High": [67_500, 67_000], "Low": [66_700, 66_800],
         "Close": [66_800, 66_800], "Volume": [1, 2], "Change": [float("nan"), 0.0]},
        index=days.set_names("Date"),
    )  # fmt: skip
    return {
        "pykrx": (by_ticker, Reading(code="005930", market="KOSPI")),
        "FinanceDataReader": (reader, Reading(code="005930", market="KOSPI")),
    }


@pytest.mark.parametrize("maker", ["pykrx", "FinanceDataReader"])
def test_pandas_frames_as_they_come(maker: str) -> None:
    frame, reading = pandas_frames()[maker]
    report = Report()
    table = read_pandas(frame, reading)
    cleaned = clean(table, file=maker, source=maker, fetched=FETCHED, report=report)
    assert report.clean
    assert cleaned.good.schema == pl.Schema(STORED)
    assert cleaned.good["date"].to_list() == [date(2022, 6, 2), date(2022, 6, 3)]
    assert cleaned.good["open"].to_list() == [67_500, 67_000]
    assert cleaned.good["base"].to_list() == [None, None]


def test_the_shared_files_import_whole(shared: Path) -> None:
    report = Report()
    for name, reading in (
        ("kr_official", Reading()),
        ("kr_daily/kr_daily_2019.parquet", Reading()),
    ):
        files = source_files(shared / "data" / name)
        for _ in ingest(files, reading, source=name, fetched=FETCHED, report=report):
            pass
    assert report.rows == report.kept == 241_697 + 509_645
    assert report.clean


def test_the_dirty_sample_is_mostly_set_aside(shared: Path) -> None:
    files = source_files(shared / "data/kr_dirty_sample.parquet")
    report = Report()
    (cleaned,) = ingest(
        files, Reading(market="KOSPI"), source="dirty", fetched=FETCHED, report=report
    )
    assert report.rows == 130_743 == cleaned.good.height + cleaned.bad.height
    assert report.quarantined["open, high, low and close are out of order"] > 0.2 * report.rows
    assert report.quarantined["the close is 0"] > 0.05 * report.rows

"""Files as people have them: read and said, or refused with what helps."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from maemae.bars.aside import Aside
from maemae.bars.daily import read_daily
from maemae.bars.ingest import Cleaned, Report, ingest
from maemae.bars.sources import Reading

KRX = (
    '"종목코드","종목명","시장구분","종가","대비","등락률","시가","고가","저가","거래량"\n'
    '"060310","3S","KOSDAQ","3185","-5","-0.16","3215","3215","3150","150000"\n'
    '"068400","정지종목","KOSPI","12000","0","0.00","0","0","0","0"\n'
)
KIS = (
    "stck_bsop_date,stck_clpr,stck_oprc,stck_hgpr,stck_lwpr,acml_vol,acml_tr_pbmn,mod_yn\n"
    "20220503,10050,10000,10150,9900,12345,124067250,N\n"
)
ONE = "Date,Open,High,Low,Close,Volume,Change\n2022-05-03,10000,10150,9900,10050,12345,0.01\n"
DECIMAL = "Date,Open,High,Low,Close,Volume\n2022-05-03,9613.0,9757.195,9516.87,9661.065,12345.0\n"
NUMBERS = "Code,Date,Open,High,Low,Close,Volume\n{},2022-05-03,10000,10150,9900,10050,12345\n"
MARKET = Reading(market="KOSPI")


def take(path: Path, text: str, reading: Reading = MARKET) -> tuple[Report, list[Cleaned]]:
    path.write_bytes(text.encode("cp949"))
    report = Report()
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return report, list(ingest([path], reading, source="t", fetched=now, report=report))


def refusal(path: Path, text: str) -> str:
    report, found = take(path, text)
    assert not found
    return report.unreadable[0]


@pytest.mark.parametrize("code", ["5930", "5930.0"])
def test_codes_that_lost_their_zeros_get_them_back_and_it_is_said(
    tmp_path: Path, code: str
) -> None:
    report, (cleaned,) = take(tmp_path / "a.csv", NUMBERS.format(code))
    assert cleaned.good["code"].to_list() == ["005930"]
    assert report.clean
    assert report.padded == 1
    aside = Aside()
    assert read_daily(tmp_path / "a.csv", aside)["code"].to_list() == ["005930"]
    assert (aside.rows, aside.padded) == (0, 1)


def test_a_code_with_letters_is_no_number(tmp_path: Path) -> None:
    report, (cleaned,) = take(tmp_path / "a.csv", NUMBERS.format("A593"))
    assert cleaned.good.is_empty()
    assert report.padded == 0


@pytest.mark.parametrize("name", ["data_1234_20220602.csv", "krx 2022-06-02.csv"])
def test_a_day_file_of_the_exchange_has_its_day_in_its_name(tmp_path: Path, name: str) -> None:
    report, (cleaned,) = take(tmp_path / name, KRX, Reading())
    assert report.clean
    rows = cleaned.good.select("date", "code", "market", "close", "base").rows()
    assert rows == [
        (date(2022, 6, 2), "060310", "KOSDAQ", 3_185, 3_190),
        (date(2022, 6, 2), "068400", "KOSPI", 12_000, 12_000),
    ]
    assert read_daily(tmp_path / name).height == 2


def test_a_day_file_without_a_day_asks_for_it(tmp_path: Path) -> None:
    for name in ("krx.csv", "20220602-20220603.csv", "20221399.csv"):
        assert "give the day with --date 2022-06-02" in refusal(tmp_path / name, KRX)
    given = Reading(day=date(2022, 6, 3))
    report, (cleaned,) = take(tmp_path / "krx.csv", KRX, given)
    assert report.clean
    assert cleaned.good["date"].to_list() == [date(2022, 6, 3)] * 2


def test_the_columns_of_kis_are_known(tmp_path: Path) -> None:
    assert "give the code with --code 005930" in refusal(tmp_path / "kis.csv", KIS)
    report, (cleaned,) = take(tmp_path / "kis.csv", KIS, Reading(code="005930", market="KOSPI"))
    assert report.clean
    found = cleaned.good.select("open", "high", "low", "close", "volume", "value").row(0)
    assert found == (10_000, 10_150, 9_900, 10_050, 12_345, 124_067_250)


@pytest.mark.parametrize("name", ["005930.csv", "fdr_005930.csv", "005930_2022.csv", "0001a0.csv"])
def test_a_file_of_one_code_is_named_for_it(tmp_path: Path, name: str) -> None:
    _report, (cleaned,) = take(tmp_path / name, ONE)
    assert cleaned.good["code"].to_list() == ["0001A0" if "a" in name else "005930"]


@pytest.mark.parametrize("name", ["prices_202205.csv", "005930-000660.csv", "mine.csv"])
def test_a_name_that_may_mean_something_else_is_not_guessed_at(tmp_path: Path, name: str) -> None:
    assert "no column for code" in refusal(tmp_path / name, ONE)


def test_adjusted_prices_with_decimals_are_rounded_where_they_are_said_to_be_adjusted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "005930.csv"
    report, (cleaned,) = take(path, DECIMAL)
    assert cleaned.good.is_empty()
    (problem,) = report.quarantined
    assert "import --adjusted" in problem
    report, (cleaned,) = take(path, DECIMAL, Reading(market="KOSPI", adjusted=True))
    assert report.clean
    assert report.rounded == 1
    found = cleaned.good.select("open", "high", "low", "close", "volume", "raw_ok").row(0)
    assert found == (9_613, 9_757, 9_517, 9_661, 12_345, False)

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import DataError
from maemae.i18n import language, set_language
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market
from maemae.market.masters import encode_master, save_masters


@pytest.fixture
def english() -> Iterator[None]:
    before = language()
    set_language("en")
    yield
    set_language(before)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), list(arguments))
    if isinstance(result.exception, DataError):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.usefixtures("english")
def test_a_year_of_the_calendar() -> None:
    status, output = run("calendar", "--year", "2026")
    assert status == 0
    assert "2026: 244 trading days" in output
    assert "Constitution Day" in output
    assert "10:00–16:30" in output


@pytest.mark.usefixtures("english")
def test_a_day_of_the_calendar() -> None:
    status, output = run("calendar", "--day", "2026-11-20")
    assert status == 0
    assert "15:20–15:30" in output
    assert "settle on 2026-11-24" in output


@pytest.mark.parametrize(
    "arguments", [("--year", "1999"), ("--day", "2026-13-01"), ("--day", "2026-06-03")]
)
@pytest.mark.usefixtures("english")
def test_bad_days_are_one_line(arguments: tuple[str, str]) -> None:
    with pytest.raises(DataError) as raised:
        run("calendar", *arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("english")
def test_searching_instruments(tmp_path: Path) -> None:
    samsung = Instrument("005930", "삼성전자", Market.KOSPI, base_price=63_400, halted=True)
    save_masters({Market.KOSPI: encode_master([samsung], Market.KOSPI)}, tmp_path)
    status, output = run("instruments", "search", "ㅅㅅㅈㅈ", "--folder", str(tmp_path))
    assert status == 0
    assert "63,400" in output
    assert "halted" in output
    assert run("instruments", "search", "없음", "--folder", str(tmp_path))[0] == 1

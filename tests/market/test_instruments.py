import pytest

from maemae.errors import DataError
from maemae.market.instruments import Instrument, Instruments, initials
from maemae.market.kinds import Kind, Market

ALL = Instruments(
    [
        Instrument("005935", "삼성전자우", Market.KOSPI, preferred=True),
        Instrument("005930", "삼성전자", Market.KOSPI),
        Instrument("009150", "삼성전기", Market.KOSPI),
        Instrument("000660", "SK하이닉스", Market.KOSPI),
        Instrument("069500", "KODEX 200", Market.KOSPI, Kind.ETF),
        Instrument("0007C0", "에이피알", Market.KOSPI),
    ]
)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("삼성전자", ["005930", "005935"]),
        ("ㅅㅅㅈㅈ", ["005930", "005935"]),
        ("삼ㅅ전ㄱ", ["009150"]),
        ("ㅅㅅㅈㄱ", ["009150"]),
        ("ㅎㅇㄴㅅ", ["000660"]),
        ("sk하", ["000660"]),
        ("kodex200", ["069500"]),
        ("00593", ["005930", "005935"]),
        ("0007c0", ["0007C0"]),
        ("전기", ["009150"]),
        ("없는것", []),
        ("  ", []),
    ],
)
def test_search(text: str, codes: list[str]) -> None:
    assert [found.code for found in ALL.search(text)] == codes


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("삼송전자", "삼성전자"),
        ("ㅅㅅㅈㅊ", "삼성전자"),
        ("sk하이닉쓰", "SK하이닉스"),
    ],
)
def test_a_slip_finds_what_was_meant(text: str, first: str) -> None:
    assert ALL.search(text) == []
    assert ALL.near(text)[0].name == first


def test_the_beginning_of_a_name_with_a_slip_is_enough() -> None:
    assert "삼성전자" in [one.name for one in ALL.near("삼송")]


def test_nothing_is_near_what_resembles_nothing() -> None:
    assert ALL.near("호랑이") == []
    assert ALL.near("") == []


def test_the_search_is_limited() -> None:
    assert len(ALL.search("0", limit=2)) == 2


def test_by_code() -> None:
    assert "005930" in ALL
    assert ALL["005930"].name == "삼성전자"
    assert ALL.get("999999") is None
    assert len(ALL) == len(list(ALL)) == 6
    with pytest.raises(DataError, match="no instrument has the code 999999"):
        ALL["999999"]


def test_a_code_twice_is_an_error() -> None:
    with pytest.raises(DataError, match="005930 stands twice"):
        Instruments([*ALL, ALL["005930"]])


def test_initials() -> None:
    assert initials("쌍용C&E 힣가") == "ㅆㅇC&E ㅎㄱ"


def test_what_is_halted_is_not_tradable() -> None:
    assert ALL["005930"].is_tradable
    assert not Instrument("000020", "가", Market.KOSPI, halted=True).is_tradable
    assert not Instrument("000020", "가", Market.KOSPI, liquidation=True).is_tradable

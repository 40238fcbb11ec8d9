"""Target lists from files that people and other programs write, and from files that attack."""

import json
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.errors import DataError
from maemae.trader.sources.plain_pickle import read_plain
from maemae.trader.sources.target_file import Target, read_targets

SAMSUNG = Target("005930", "삼성전자", 66_800)
HYNIX = Target("000660", "SK하이닉스", None)
KOREAN = "종목코드,종목명,기준가\n005930,삼성전자,66800\n000660,SK하이닉스,\n"
OBJECTS = (
    '[{"code": "005930", "name": "삼성전자", "price": 66800.0},'
    ' {"code": "000660", "name": "SK하이닉스"}]'
)
PLAIN = {"005930": ["삼성전자", 66_800], "000660": ["SK하이닉스", None]}


def write(folder: Path, name: str, data: bytes | str) -> Path:
    file = folder / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "code,name,price\n005930,삼성전자,66800\n\n000660,SK하이닉스,\n"),
        ("a.csv", '\ufeff종목명,기준가,종목코드\n삼성전자,"66,800",005930\nSK하이닉스,,000660'),
        ("a.csv", KOREAN.encode("cp949")),
        ("a.json", json.dumps(PLAIN)),
        ("a.json", OBJECTS),
    ],
)
def test_a_list_is_read_as_people_write_it(tmp_path: Path, name: str, data: bytes | str) -> None:
    assert read_targets(write(tmp_path, name, data)) == (SAMSUNG, HYNIX)


def test_a_list_of_nothing_but_codes_has_no_prices(tmp_path: Path) -> None:
    found = read_targets(write(tmp_path, "a.json", '["005930", "0004K0"]'))
    assert found == (Target("005930"), Target("0004K0"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_the_legacy_pickle_is_read_whatever_its_protocol(tmp_path: Path, protocol: int) -> None:
    data = pickle.dumps({"005930": ["삼성전자", 66_800], "035720": ["카카오", 84_000.0]}, protocol)
    kakao = Target("035720", "카카오", 84_000)
    assert read_targets(write(tmp_path, "a.pkl", data)) == (SAMSUNG, kakao)


plain = st.recursive(
    st.text() | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=30,
)


@given(plain, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_data_comes_out_as_it_went_in(value: Any, protocol: int) -> None:
    assert read_plain(pickle.dumps(value, protocol)) == value


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    try:
        read_plain(data)
    except DataError:
        return


class Attack:
    """What its pickle runs when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"open({str(self.mark)!r}, 'w').close()",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_something_is_refused_and_not_run(
    tmp_path: Path, protocol: int
) -> None:
    mark = tmp_path / "mark"
    data = pickle.dumps({"005930": ["삼성전자", Attack(mark)]}, protocol)
    with pytest.raises(DataError, match=r"the pickle wants '.*exec', .*not executed"):
        read_targets(write(tmp_path, "a.pickle", data))
    assert not mark.exists()
    with pytest.raises(KeyError):
        pickle.loads(data)["nothing"]  # noqa: S301 - this is the attack that must not work on us
    assert mark.exists(), "the attack would have worked on pickle.loads"


@pytest.mark.parametrize(
    ("value", "opcode"),
    [({1}, "EMPTY_SET"), (frozenset({1}), "FROZENSET")],
)
def test_an_opcode_that_plain_data_does_not_need_is_named(value: Any, opcode: str) -> None:
    with pytest.raises(DataError, match=f"opcode {opcode}"):
        read_plain(pickle.dumps({"005930": value}, 4))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", "", "a .csv, .json, .pkl or .pickle file"),
        ("a.csv", "", "first row must name the columns"),
        ("a.csv", "name,price\nx,1\n", "first row must name the columns"),
        ("a.csv", "code\n5930\n", "row 2: '5930' is no code"),
        ("a.csv", "code,price\n005930,1\n000660,cheap\n", "row 3: the price 'cheap' is no number"),
        ("a.csv", "code,price\n005930,-1\n", "row 2: the price '-1' is no whole number"),
        ("a.csv", "code,price\n005930,0.5\n", "row 2: the price '0.5' is no whole number"),
        ("a.csv", "code,price\n005930,NaN\n", "row 2: the price 'NaN' is no number"),
        ("a.csv", "code\n005930\n005930\n", "row 3: 005930 is in the list twice"),
        ("a.csv", 'code\n"005930\n', "row 2: unexpected end of data"),
        ("a.csv", b"code\n\xff\xff\xff\n", "neither UTF-8 nor CP949"),
        ("a.json", "{", "not JSON"),
        ("a.json", "3", "a list or an object"),
        ("a.json", "[3]", "entry 1: expected a code or an object"),
        ("a.json", '[{"cod": "005930"}]', "entry 1: expected a code or an object"),
        ("a.json", '{"005930": 3}', r"'005930': expected \[name, price\]"),
        ("a.json", '{"005930": ["a", true]}', "no whole number"),
        ("a.json", '{"005930": [3, 1]}', "3 is no name"),
        ("a.pkl", pickle.dumps([1]), "must hold a dictionary"),
        ("a.pkl", pickle.dumps({5930: ["a", 1]}), "5930 is no code"),
        ("a.pkl", b"", "not a pickle"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_is_refused_by_place(
    tmp_path: Path, name: str, data: bytes | str, said: str
) -> None:
    file = write(tmp_path, name, data)
    with pytest.raises(DataError, match=said) as caught:
        read_targets(file)
    assert str(file) in str(caught.value)


def test_a_list_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv cannot be read"):
        read_targets(tmp_path / "none.csv")
    with pytest.raises(DataError, match="larger than"):
        read_targets(write(tmp_path, "a.csv", b"x" * 16_777_217))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_numbers_of_numpy_and_tuples_are_read(tmp_path: Path, protocol: int) -> None:
    prices = (np.int64(66_800), np.float64(66_800), np.int32(66_800), np.uint32(66_800), 66_800)
    for price in (*prices, np.array([66_800], ">i4")[0], np.float32(66_800)):
        for entry in (("삼성전자", price), ["삼성전자", price]):
            data = pickle.dumps({"005930": entry}, protocol)
            assert read_targets(write(tmp_path, "a.pkl", data)) == (SAMSUNG,), repr(price)


@given(st.binary(max_size=60), st.integers(0, 200))
def test_a_damaged_pickle_of_numpy_s_numbers_calls_nothing(noise: bytes, at: int) -> None:
    whole = pickle.dumps({"005930": ("삼성전자", np.int64(66_800))}, 4)
    with suppress(DataError):
        read_plain(whole[:at] + noise + whole[at + len(noise) :])

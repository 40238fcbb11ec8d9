"""`maemae bars info` and `bars check` know minutes, with or without daily bars beside them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.bars.make import FETCHED, row, stored
from typer.testing import CliRunner

from maemae.bars.minute_check import check_minutes
from maemae.bars.schema import MINUTE
from maemae.bars.store import BarStore
from maemae.cli import build
from maemae.clock import KST
from maemae.errors import DataError

AT = datetime(2022, 6, 2, 9, tzinfo=KST)


def minute(
    at: datetime = AT, code: str = "005930", price: int = 60_000, **more: Any
) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "high", "low", "close"), price)
    usual = {"at": at, "code": code, "volume": 10, "market": "KOSPI", "source": "test",
             "fetched": FETCHED}  # fmt: skip
    return prices | usual | more


def kept(root: Path, *rows: dict[str, Any]) -> BarStore:
    store = BarStore(root)
    store.write_minutes(pl.DataFrame(list(rows), schema=MINUTE))
    return store


def bars(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), ["bars", *words], env={"COLUMNS": "200"})
    if isinstance(result.exception, DataError):
        raise result.exception
    return result.exit_code, result.output


def problems(store: BarStore) -> list[tuple[str, str, str]]:
    (month,) = store.months()
    found = check_minutes(month, store.calendar())
    return list(found.select("code", "problem", "detail").iter_rows())


def test_minutes_that_can_be_true_are_not_found(tmp_path: Path) -> None:
    times = [AT.replace(hour=8), AT, AT.replace(hour=15, minute=30), AT.replace(hour=19, minute=59)]
    assert problems(kept(tmp_path, *[minute(at) for at in times])) == []


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"high": 59_000}, "order of prices"),
        ({"low": 61_000}, "order of prices"),
        ({"volume": 0}, "a minute without trades"),
        ({"at": AT.replace(hour=7, minute=59)}, "outside the hours of trading"),
        ({"at": AT.replace(hour=20)}, "outside the hours of trading"),
        ({"at": AT.replace(day=6)}, "outside the hours of trading"),
    ],
)
def test_what_no_minute_can_have_been_is_found(
    tmp_path: Path, wrong: dict[str, Any], problem: str
) -> None:
    store = kept(tmp_path, minute(), minute(**({"at": AT + timedelta(minutes=1)} | wrong)))
    ((code, found, detail),) = problems(store)
    assert (code, found) == ("005930", problem)
    assert detail[2] == ":"


def test_a_store_of_minutes_alone_is_shown_and_checked(tmp_path: Path) -> None:
    kept(
        tmp_path, minute(), minute(code="000660"), minute(AT.replace(month=7, day=1)),
        minute(code="035720", market="KOSDAQ"),
    )  # fmt: skip
    status, output = bars("info", "--root", str(tmp_path), "--json")
    kospi, kosdaq = json.loads(output)
    assert status == 0
    assert (kospi["bars"], kospi["rows"], kospi["instruments"], kospi["days"]) == (
        "minute",
        3,
        2,
        2,
    )
    assert (kospi["first"], kospi["last"]) == ("2022-06-02", "2022-07-01")
    assert (kosdaq["market"], kosdaq["rows"]) == ("KOSDAQ", 1)
    assert "minute bars" in bars("info", "--root", str(tmp_path))[1]
    status, output = bars("check", "--root", str(tmp_path))
    assert (status, "4 minutes checked" in output) == (0, True)
    assert "rows checked" not in output


def test_both_kinds_are_shown_and_checked_together(tmp_path: Path) -> None:
    store = kept(tmp_path, minute(volume=0))
    store.write_daily(stored(row()))
    kinds = [one["bars"] for one in json.loads(bars("info", "--root", str(tmp_path), "--json")[1])]
    assert kinds == ["daily", "minute"]
    status, output = bars("check", "--root", str(tmp_path))
    assert status == 1
    assert "1 rows checked" in output
    assert "a minute without trades: 1 rows of 1 instruments" in output


def test_an_empty_store_is_still_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the store is empty"):
        bars("info", "--root", str(tmp_path))
    with pytest.raises(DataError, match="no daily bars"):
        bars("check", "--root", str(tmp_path))

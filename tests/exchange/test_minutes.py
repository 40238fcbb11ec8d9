"""Recorded minute bars are replayed as they were."""

from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.conftest import DAY, LISTINGS, hours

from maemae.bars import minute_files
from maemae.bars.aside import Aside
from maemae.clock import KST
from maemae.errors import DataError
from maemae.exchange.minutes import read_minutes
from maemae.exchange.moment import MINUTE
from maemae.exchange.replay import DayMarket

BARS = [
    (0, 10_100, 10_150, 10_050, 10_120, 1_003),
    (1, 10_120, 10_120, 10_120, 10_120, 3),
    (7, 11_500, 11_600, 11_400, 11_450, 999),
    (379, 11_000, 11_050, 10_990, 11_040, 40),
    (390, 11_020, 11_020, 11_020, 11_020, 500),
]


def _file(folder: Path, day: datetime) -> Path:
    rows = [(LISTINGS[0].code, day + timedelta(minutes=at), *rest) for at, *rest in BARS]
    names = ["code", "at", "open", "high", "low", "close", "volume"]
    file = folder / "minutes.parquet"
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(file)
    return file


def test_minute_bars_come_out_as_they_went_in(tmp_path: Path) -> None:
    opened = datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=KST)
    bars = read_minutes(_file(tmp_path, opened), hours())
    market = DayMarket(LISTINGS, hours(), 7, minutes=bars)
    points = market.points(0, market.hours.close)
    seen = []
    for minute, group in groupby(points, lambda p: (p.at - market.hours.open) // MINUTE):
        part = list(group)
        prices = [point.price for point in part]
        volume = sum(point.volume for point in part)
        seen.append((minute, prices[0], max(prices), min(prices), prices[-1], volume))
    assert seen == [*BARS]
    assert market.interruptions(0) == ()
    assert market.state(0, market.hours.close).price == 11_020
    assert market.state(1, market.hours.close).price == LISTINGS[1].close


def test_a_day_without_minutes_is_named(tmp_path: Path) -> None:
    file = _file(tmp_path, datetime(2024, 3, 4, 9, tzinfo=KST))
    with pytest.raises(DataError, match="no minute bars of 2024-03-05"):
        read_minutes(file, hours())
    (tmp_path / "broken.parquet").write_text("no")
    with pytest.raises(DataError, match="cannot be read"):
        read_minutes(tmp_path / "broken.parquet", hours())


GOOD = {"open": 10_000, "high": 10_100, "low": 9_900, "close": 10_050, "volume": 7}
BAD: list[dict[str, Any]] = [
    {"high": 9_000}, {"low": 10_200}, {"open": 0}, {"close": -5}, {"volume": -1},
    {"close": None}, {"code": "5930"}, {"code": None}, {"seconds": 30}, {"minute": 0},
]  # fmt: skip
"""What makes a row one that cannot be true; the last repeats a minute."""
CODE = LISTINGS[0].code


@given(st.lists(st.sampled_from([{}, *BAD]), max_size=12), st.booleans())
def test_the_exchange_and_all_others_leave_out_the_same_rows(
    changes: list[dict[str, Any]], zoned: bool
) -> None:
    opened = datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=KST)
    rows: list[dict[str, Any]]
    rows = [{"code": CODE, "minute": n, "seconds": 0, **GOOD} for n in range(len(changes) + 1)]
    rows = [row | change for row, change in zip(rows, [{}, *changes], strict=True)]
    others = [{**row, "minute": row["minute"] - 24 * 60} for row in rows]  # Of another day.
    for row in (*rows, *others):
        row["at"] = opened + timedelta(minutes=row.pop("minute"), seconds=row.pop("seconds"))
    bad = sum(1 for change in changes if change)
    table = pl.DataFrame([*others, *rows]).with_columns(pl.col("at").dt.convert_time_zone(KST.key))
    if not zoned:
        table = table.with_columns(pl.col("at").dt.replace_time_zone(None))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "minutes.parquet"
        table.write_parquet(file)
        aside, everybody = Aside(), Aside()
        found = read_minutes(file, hours(), aside)
        whole = minute_files.read_minutes([file], everybody)
        assert aside.rows == bad
        assert [one.row for one in aside.first] == [
            len(rows) + 1 + n for n, change in enumerate([{}, *changes]) if change
        ][: len(aside.first)]
        today = whole.filter(pl.col("ts").dt.date() == DAY)
        assert sum(len(bars) for bars in found.values()) == today.height == len(rows) - bad
        assert everybody.rows >= bad
        if bad:
            with pytest.raises(DataError, match=r"minutes\.parquet row \d+"):
                read_minutes(file, hours())

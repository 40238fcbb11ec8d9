"""Recorded minute bars are replayed as they were."""

from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import polars as pl
import pytest
from tests.exchange.conftest import DAY, LISTINGS, hours

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

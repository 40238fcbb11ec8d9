"""The day's profile: it is what the minute bars say, and adds up."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from maemae.exchange import daytime

FUTURES = "data/kr_minute/k200f_1min_20260209_20260213.parquet"
SHARE = "data/kr_minute/stock_005930_1min_20250627.parquet"


def parts(bars: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return the parts of variance and volume of each stretch of a day."""
    at = pl.col("ts")
    minute = at.dt.hour().cast(pl.Int32) * 60 + at.dt.minute().cast(pl.Int32) - 540
    inside = (
        bars.with_columns(minute=minute)
        .filter(pl.col("minute").is_between(0, 379))
        .with_columns(
            cell=pl.sum_horizontal(pl.col("minute") >= edge for edge in daytime.MINUTES),
            square=(pl.col("high") / pl.col("low")).log() ** 2,
        )
    )
    sums = inside.group_by("cell").agg(pl.col("square", "volume").sum()).sort("cell")
    return sums["square"] / sums["square"].sum(), sums["volume"] / sums["volume"].sum()


def test_the_profile_is_measured(shared: Path) -> None:
    futures = pl.read_parquet(shared / FUTURES)
    share = pl.read_parquet(shared / SHARE)
    days = [parts(day) for _, day in futures.group_by(pl.col("ts").dt.date())]
    auction = round(daytime.OPENING_VOLUME * int(share["volume"].sum()))
    first = pl.when(pl.int_range(pl.len()) == 0).then(auction).otherwise(0)
    one = parts(share.with_columns(volume=pl.col("volume") - first))
    for at, wanted in ((0, daytime.VARIANCE), (1, daytime.VOLUME)):
        mean = np.mean([day[at].to_numpy() for day in days], axis=0)
        seen = (mean + one[at].to_numpy()) / 2
        assert wanted == pytest.approx(seen, abs=0.0006)
    closing = int(share["volume"][-1]) / int(share["volume"].sum())
    assert closing == pytest.approx(daytime.CLOSING_VOLUME, abs=0.001)


def test_the_day_adds_up() -> None:
    clock, volume = daytime.clock(2_282), daytime.volume(2_282)
    assert clock[0] == 0
    assert clock[-1] == 1
    assert (np.diff(clock) > 0).all()
    assert volume.sum() == pytest.approx(1)
    assert volume[-1] == daytime.CLOSING_VOLUME
    assert clock[-2] == pytest.approx(1 - daytime.CLOSING_VARIANCE)

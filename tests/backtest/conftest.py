from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from maemae.bars.panel import Fact, Panel


def market(rows: int = 12, count: int = 90, *, seed: int = 1, holes: float = 0.05) -> Panel:
    """Lively random walks on whole won, with halts, late listings, locked days and all markets."""
    random = np.random.default_rng(seed)
    shape = (rows, count)
    level = random.choice([700, 3_000, 9_000, 40_000, 300_000], rows)[:, None]
    close = np.rint(level * np.exp(np.cumsum(random.normal(0, 0.04, shape), axis=1)))
    opened = np.rint(close * np.exp(random.normal(0, 0.03, shape)))
    stretch = np.abs(random.normal(0, 0.02, (2, *shape)))
    high = np.rint(np.maximum(close, opened) * (1 + stretch[0]))
    low = np.rint(np.minimum(close, opened) * (1 - stretch[1]))
    volume = np.rint(random.lognormal(6, 2, shape))
    fields = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    stuck = random.random(shape) < 0.02
    up = np.rint(np.roll(close, 1, axis=1) * random.choice([0.7, 1.3], shape))
    for name in ("open", "high", "low", "close"):
        fields[name] = np.maximum(np.where(stuck, up, fields[name]), 1)
    absent = random.random(shape) < holes
    absent[: rows // 4, : count // 3] = True
    for values in fields.values():
        values[absent] = np.nan
    days = np.datetime64("2022-10-03") + np.arange(2 * count)
    labels = ("KOSPI", "KOSDAQ", "KONEX")
    places = random.integers(0, 3, (rows, 1)).astype(np.int16)
    kinds = (random.random((rows, 1)) < 0.2).astype(np.int16)
    return Panel(
        tuple(f"{row:06d}" for row in range(rows)),
        days[np.is_busday(days)][:count],
        fields,
        facts={"market": Fact(places, labels), "kind": Fact(kinds, ("stock", "etf"))},
        step=timedelta(days=1),
    )


@pytest.fixture(scope="session")
def year(shared: Path) -> Panel:
    """All of 2021 with the index."""
    folder = shared / "data"
    bars = pl.read_parquet(folder / "kr_daily" / "kr_daily_2021.parquet")
    indices = pl.read_parquet(folder / "kr_index_daily.parquet")
    return Panel.from_frame(bars, indices=indices.filter(pl.col("date").dt.year() >= 2020))


def minutes(rows: int = 6, days: int = 5, *, seed: int = 1) -> Panel:
    """The same market in bars of half an hour, thirteen a day from nine o'clock on."""
    bars = market(rows, 13 * days, seed=seed, holes=0.08)
    sessions = bars.times[:days].astype("datetime64[s]")
    clock = np.timedelta64(9 * 3600, "s") + np.arange(13) * np.timedelta64(1800, "s")
    times: NDArray[np.datetime64] = np.add.outer(sessions, clock).reshape(-1)
    return Panel(bars.codes, times, bars.fields, bars.facts, step=timedelta(minutes=30))

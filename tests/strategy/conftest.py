from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from maemae.bars.panel import Panel
from maemae.strategy import Expr
from maemae.strategy.evaluate import evaluate
from maemae.strategy.live import Live, latest, replay

Maker = Callable[..., Panel]


def synthetic(
    instruments: int = 7, bars: int = 120, *, gaps: float = 0.0, seed: int = 1, daily: bool = True
) -> Panel:
    """Random walks on whole won, with instruments that start late, stop early and pause."""
    random = np.random.default_rng(seed)
    shape = (instruments, bars)
    close = np.rint(10_000 * np.exp(np.cumsum(random.normal(0, 0.02, shape), axis=1)))
    opened = np.rint(close * (1 + random.normal(0, 0.005, shape)))
    high = np.maximum(close, opened) + random.integers(0, 50, shape)
    low = np.minimum(close, opened) - random.integers(0, 50, shape)
    volume = np.rint(random.lognormal(10, 1, shape))
    fields = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    fields["value"] = close * volume
    if gaps:
        absent = random.random(shape) < gaps
        for row in range(instruments):
            absent[row, : random.integers(0, bars // 4)] = True
            absent[row, bars - int(random.integers(0, bars // 8)) :] = True
        for values in fields.values():
            values[absent] = np.nan
    if daily:
        days = np.datetime64("2021-01-04") + np.arange(bars * 2)
        times = days[np.is_busday(days)][:bars]
    else:
        times = np.datetime64("2021-01-04T09:00:00") + np.arange(bars) * np.timedelta64(60, "s")
    codes = tuple(f"{row:06d}" for row in range(instruments))
    step = timedelta(days=1) if daily else timedelta(minutes=1)
    return Panel(codes, times, fields, step=step)


@pytest.fixture(scope="session")
def make_panel() -> Maker:
    return synthetic


@pytest.fixture(scope="session")
def market(shared: Path) -> Panel:
    """All of 2021–2022 with the two indices."""
    folder = shared / "data"
    bars = pl.concat(
        pl.read_parquet(folder / "kr_daily" / f"kr_daily_{year}.parquet") for year in (2021, 2022)
    )
    indices = pl.read_parquet(folder / "kr_index_daily.parquet")
    return Panel.from_frame(bars, indices=indices.filter(pl.col("date").dt.year() >= 2020))


@pytest.fixture(scope="session")
def long_history() -> Panel:
    return synthetic(5, 3000, seed=3)


def _assert_equal(trees: Sequence[Expr], panel: Panel) -> None:
    whole = [
        panel.packed.spread(values, False if values.dtype == bool else np.nan)
        for values in evaluate(trees, panel)
    ]
    live = Live(trees, panel.codes, facts=latest(panel.facts), step=panel.step)
    for time, bar, references in replay(panel):
        answers = live.push(time, bar, references)
        if time not in panel.times:
            continue
        column = int(np.searchsorted(panel.times, time))
        for tree, values, answer in zip(trees, whole, answers, strict=True):
            np.testing.assert_array_equal(values[:, column], answer, err_msg=f"{tree} at {column}")


@pytest.fixture(scope="session")
def assert_equal() -> Callable[[Sequence[Expr], Panel], None]:
    """Bar by bar equals whole history, to the last bit."""
    return _assert_equal

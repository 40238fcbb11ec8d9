"""The golden cross by others; run by `strategy.py` in an environment of its own."""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import vectorbt as vbt

arrays = np.load(sys.argv[1])
close, volume = arrays["close"], arrays["volume"]
rows, columns = close.shape
code = np.repeat(np.arange(rows), columns)
Answer = tuple[int, int]


def by_pandas(frame: pd.DataFrame) -> Answer:
    grouped = frame.groupby("code", sort=False)
    fast, slow, usual = (
        grouped[name].rolling(length).mean().to_numpy()
        for name, length in (("close", 5), ("close", 20), ("volume", 20))
    )
    frame = frame.assign(fast=fast, slow=slow)
    before = frame.groupby("code", sort=False)[["fast", "slow"]].shift(1)
    entry = (frame.fast > frame.slow) & (before.fast <= before.slow) & (frame.volume > 2 * usual)
    leave = (frame.fast < frame.slow) & (before.fast >= before.slow)
    return int(entry.sum()), int(leave.sum())


def by_polars(frame: pl.DataFrame) -> Answer:
    def mean(name: str, length: int) -> pl.Expr:
        return pl.col(name).rolling_mean(length).over("code")

    fast, slow = pl.col("fast"), pl.col("slow")
    before = {name: pl.col(name).shift(1).over("code") for name in ("fast", "slow")}
    found = frame.lazy().with_columns(
        fast=mean("close", 5), slow=mean("close", 20), usual=mean("volume", 20)
    )
    answer = found.select(
        entry=(fast > slow) & (before["fast"] <= before["slow"])
        & (pl.col("volume") > 2 * pl.col("usual")),
        leave=(fast < slow) & (before["fast"] >= before["slow"]),
    ).sum().collect()  # fmt: skip
    return answer.item(0, 0), answer.item(0, 1)


def by_vectorbt(wide: tuple[pd.DataFrame, pd.DataFrame]) -> Answer:
    prices, traded = wide
    fast, slow = vbt.MA.run(prices, 5), vbt.MA.run(prices, 20)
    usual = vbt.MA.run(traded, 20).ma.to_numpy()
    entry = fast.ma_crossed_above(slow).to_numpy() & (traded.to_numpy() > 2 * usual)
    return int(entry.sum()), int(fast.ma_crossed_below(slow).to_numpy().sum())


def show(name: str, run: Callable[[], Answer]) -> None:
    run()
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        entries, exits = run()
        spent.append(time.perf_counter() - start)
    line = {"name": name, "best": min(spent), "entries": entries, "exits": exits}
    print(json.dumps(line), flush=True)


flat = {"code": code, "close": close.reshape(-1), "volume": volume.reshape(-1)}
pandas_frame, polars_frame = pd.DataFrame(flat), pl.DataFrame(flat)
wide = pd.DataFrame(np.ascontiguousarray(close.T)), pd.DataFrame(np.ascontiguousarray(volume.T))
show(f"pandas {pd.__version__} groupby", lambda: by_pandas(pandas_frame))
show(f"polars {pl.__version__} over", lambda: by_polars(polars_frame))
show(f"vectorbt {vbt.__version__}", lambda: by_vectorbt(wide))

"""Made-up bars to try a strategy on where no history is at hand."""

import numpy as np

from maemae.bars.panel import Panel


def random_walk(instruments: int, sessions: int, *, seed: int = 7) -> Panel:
    """Return daily bars of random walks in whole won, with an index KOSPI; the same every time."""
    days = np.datetime64("2020-01-01") + np.arange(2 * sessions)
    times = days[np.is_busday(days)][:sessions]
    random = np.random.default_rng(seed)
    codes = tuple(f"{row:06d}" for row in range(instruments))
    return Panel(
        codes, times, _walk(random, instruments, sessions),
        references={"KOSPI": Panel(("KOSPI",), times, _walk(random, 1, sessions))},
    )  # fmt: skip


def _walk(
    random: np.random.Generator, instruments: int, sessions: int
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    shape = (instruments, sessions)
    close = np.rint(20_000 * np.exp(np.cumsum(random.normal(0, 0.025, shape), axis=1)))
    opened = np.rint(close * np.exp(random.normal(0, 0.01, shape)))
    high = np.rint(np.maximum(opened, close) * np.exp(np.abs(random.normal(0, 0.01, shape))))
    low = np.rint(np.minimum(opened, close) * np.exp(-np.abs(random.normal(0, 0.01, shape))))
    volume = np.rint(random.lognormal(11, 1, shape))
    return {"open": opened, "high": high, "low": low, "close": close, "volume": volume}

"""Intraday paths from daily bars: where the price was at each of the day's points.

A path is a driftless random walk given its day's open, high, low and close (`brownian`, `bridges`),
on the day's clock of variance (`daytime`): whatever rule buys and sells on it, it is the game that
the bar came from. The walk is not seen; the price is a tick that it has met, and changes when the
walk is at another tick. Where more of the walk is known, the path goes through it (`framed`).
Prices are on the tick grid and within the bar, volumes add up to the day's. Everything follows
from (seed, date, code), see `noise`.

A name that ends at its price limit is locked there from when it came to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maemae.exchange import daytime
from maemae.exchange.bridges import Places, Walks, fill
from maemae.exchange.brownian import draw_variance, times
from maemae.exchange.framed import Told, framed
from maemae.exchange.grid import Grid
from maemae.exchange.liquidity import USUAL_VOLATILITY, VOLATILITIES
from maemae.exchange.listing import WALK_PARTS, Listing, Walk
from maemae.exchange.noise import Words, lanes, mix, row_of_words, uniform
from maemae.exchange.trades import offsets, trade_at, volumes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int32]

SLOT_MS = 10_000
"""One point of a path per ten seconds of continuous trading, at a random instant in them."""

_CHUNK = 512
_LIMIT_PERCENT = 12
"""A close at the limit so far from the base price, or farther, is locked."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of all instruments: one row each, one column per point.

    `steps`: index of the price on the instrument's grid; of the last trade, where a point has no
    volume. `volumes`: shares traded at the point. `offsets`: milliseconds after the open.
    """

    steps: Steps
    volumes: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int32]


PathMaker = Callable[
    [Sequence[Listing], Sequence[Grid], Ints, tuple[int, int], tuple[int, int]], Paths
]
"""What makes a day's paths, as `make_paths` does."""


def point_count(continuous_ms: int) -> int:
    """Return the number of points: one per slot, and one for each of the two auctions."""
    return continuous_ms // SLOT_MS + 2


def make_paths(
    listings: Sequence[Listing],
    grids: Sequence[Grid],
    bars: npt.NDArray[np.int64],
    key: tuple[int, int],
    session_ms: tuple[int, int],
) -> Paths:
    """Make the paths of a day.

    Args:
        listings: the instruments.
        grids: their price grids.
        bars: open, high, low, close of each as indices of its price grid; shape (n, 4).
        key: seed and date (YYYYMMDD).
        session_ms: from the open to the end of continuous trading, and to the closing price.
    """
    count, points = len(listings), point_count(session_ms[0])
    paths = Paths(
        steps=np.empty((count, points), np.int32),
        volumes=np.empty((count, points), np.int64),
        offsets=np.empty((count, points), np.int32),
    )
    clock = daytime.clock(points)
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        some = listings[part]
        keys = np.array([mix(*key, *one.code.encode()) for one in some], np.uint64)
        draws = uniform(row_of_words(keys, 0, _DRAWS))
        bar = _Bar.of(some, grids[part], bars[part], draws)
        walk, extremes = _walk(bar, keys, draws, clock)
        raw = row_of_words(keys, _VOLUMES, -(-points // 4))
        traded = volumes(some, raw, points, extremes)
        last = np.full(len(bars[part]), points - 1)
        trade_at(traded, np.stack([np.zeros_like(last), *extremes, last], axis=1), bars[part])
        paths.steps[part] = _met(walk, bars[part], keys, traded)
        paths.volumes[part] = traded
        numbers = lanes(row_of_words(keys, _OFFSETS, -(-points // 4)))[:, :points]
        paths.offsets[part] = offsets(numbers, SLOT_MS, session_ms[1])
    return paths


_DRAWS = 12
_NOISE, _ROUNDING, _VOLUMES, _OFFSETS = 1_024, 2_048, 3_072, 4_096
"""Where in a name's stream of words what begins."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """Bars as the walk behind the price sees them.

    The price is at its high from when the walk came to that tick until it comes to the next one:
    the walk's own high lies somewhere between the two, its low likewise, its close less than a
    tick from the price. `steps`: open, high, low, close of the price; shape (n, 4). `low`,
    `width`: of the walk in won. `opened`, `close`: places in the bar. `variance`: median, in
    bars; `spread`: what is not known of its logarithm. `locked`: 1 at the high, -1 at the low.
    `walks`: where more is known of them.
    """

    steps: Ints
    grids: Sequence[Grid]
    low: Floats
    width: Floats
    opened: Floats
    close: Floats
    variance: Floats
    spread: Floats
    locked: npt.NDArray[np.int8]
    walks: Sequence[Walk | None]

    @classmethod
    def of(
        cls, some: Sequence[Listing], grids: Sequence[Grid], bars: Ints, draws: Floats
    ) -> "_Bar":
        beyond = 0.02 + 0.96 * draws[:, :2]
        high = _won(grids, bars[:, 1] + beyond[:, 0])
        low = _won(grids, bars[:, 2] - beyond[:, 1])
        opened = _won(grids, bars[:, 0].astype(np.float64))
        off = draws[:, 2] + draws[:, 3] - 1.0
        close = _won(grids, bars[:, 3] + off)
        width = high - low
        known = np.array([one.volatility for one in some])
        deviation = np.where(known > 0, known, USUAL_VOLATILITY) * opened
        return cls(
            steps=bars,
            grids=grids,
            low=low,
            width=width,
            opened=(opened - low) / width,
            close=np.clip((close - low) / width, 0.01, 0.99),
            variance=(deviation / width) ** 2,
            spread=np.where(known > 0, 0.0, 2.0 * VOLATILITIES),
            locked=np.array([_locked(one) for one in some], np.int8),
            walks=[one.walk for one in some],
        )


def _locked(one: Listing) -> int:
    """Return 1 for a name that ends at its upper limit after trades below, -1 for the other."""
    if abs(one.close - one.base) * 100 < _LIMIT_PERCENT * one.base:
        return 0
    if one.close == one.upper == one.high and one.open != one.close:
        return 1
    return -1 if one.close == one.lower == one.low and one.open != one.close else 0


def _won(grids: Sequence[Grid], steps: Floats) -> Floats:
    """Return places between the ticks of each grid in won; beyond its ends ticks go on alike."""
    found = np.empty(len(steps))
    kinds = np.array([id(one) for one in grids])
    for one in {id(one): one for one in grids}.values():
        rows = np.flatnonzero(kinds == id(one))
        whole = np.clip(np.floor(steps[rows]).astype(np.int64), 0, len(one.prices) - 2)
        price, after = one.prices[whole], one.prices[whole + 1]
        found[rows] = price + (steps[rows] - whole) * (after - price)
    return found


def _walk(bar: _Bar, keys: Words, draws: Floats, clock: Floats) -> tuple[Places, tuple[Ints, Ints]]:
    """Return where between ticks the walks are at all points, and the points of high and low."""
    points = len(clock)
    variance = draw_variance(bar.opened, bar.close, bar.variance, bar.spread, draws[:, 4])
    high_first, before, after = times(variance, bar.opened, bar.close, bar.locked, draws[:, 5:7])
    first = np.clip(np.searchsorted(clock, before), 1, points - 3)
    second = np.clip(np.searchsorted(clock, 1.0 - after), first + 1, points - 2)

    known = np.flatnonzero([one is not None for one in bar.walks])
    frame = None
    if len(known):
        told = _told(bar, known, variance, draws)
        high_first[known], first[known], second[known], frame = framed(told, clock)

    def turned(place: Floats) -> Floats:
        return np.where(high_first, place, 1.0 - place)

    walks = Walks(keys, variance, turned(bar.opened), turned(bar.close), first, second, clock)
    path = np.empty((len(keys), points), np.float32)
    bare = np.setdiff1d(np.arange(len(keys)), known)
    for rows, one in ((bare, None), (known, frame)):
        if len(rows):
            path[rows] = fill(walks.of(rows), _NOISE, one)
    np.subtract(1.0, path, out=path, where=~high_first[:, None])
    high, low = np.where(high_first, first, second), np.where(high_first, second, first)
    _to_steps(path, bar)
    here = np.arange(len(path))
    for row in np.flatnonzero(bar.locked == 1):
        at, step = high[row], bar.steps[row, 1]
        path[row, :at], path[row, at:] = np.minimum(path[row, :at], step - 1), step
    for row in np.flatnonzero(bar.locked == -1):
        at, step = low[row], bar.steps[row, 2]
        path[row, :at], path[row, at:] = np.maximum(path[row, :at], step + 1), step
    path[here, high], path[here, low] = np.inf, -np.inf
    path[:, -1] = np.inf
    return path, (high, low)


def _told(bar: _Bar, rows: Ints, variance: Floats, draws: Floats) -> Told:
    """Return what is known of some walks, in units of their bars."""
    opened = _won(bar.grids, bar.steps[:, 0].astype(np.float64))
    places = np.full((len(rows), WALK_PARTS + 1), np.nan)
    walks = [bar.walks[row] for row in rows]
    for at, (row, walk) in enumerate(zip(rows, walks, strict=True)):
        if walk is not None:
            won = opened[row] * (1.0 + np.array(walk.places))
            places[at, 1 : len(won) + 1] = (won - bar.low[row]) / bar.width[row]
    places[:, 0], places[:, -1] = bar.opened[rows], bar.close[rows]
    high, low = ([getattr(one, name) for one in walks] for name in ("high", "low"))
    return Told(
        places, np.array(high), np.array(low), variance[rows], bar.locked[rows], draws[rows, 7:10]
    )


def _to_steps(path: Places, bar: _Bar) -> None:
    """Turn places in the bar into places between ticks, in place."""
    low, high = bar.steps[:, 2], bar.steps[:, 1]
    for row, grid in enumerate(bar.grids):
        first, last = max(int(low[row]) - 1, 0), min(int(high[row]) + 1, len(grid.prices) - 1)
        prices = grid.prices[first : last + 1]
        tick = int(prices[1] - prices[0])
        if int(prices[-1] - prices[0]) == tick * (last - first):
            path[row] *= bar.width[row] / tick
            path[row] += first + (bar.low[row] - int(prices[0])) / tick
        else:
            won = path[row].astype(np.float64) * bar.width[row] + bar.low[row]
            path[row] = np.interp(won, prices, np.arange(first, last + 1))


def _met(path: Places, bars: Ints, keys: Words, traded: Ints) -> Steps:
    """Return the last tick that each walk had met, when it last traded, at each point.

    Where the walk has left the ticks next to the price it is one of the two around it, the nearer
    the likelier, so that the price has no drift either.
    """
    points = path.shape[1]
    numbers = lanes(row_of_words(keys, _ROUNDING, -(-points // 4)))[:, :points]
    met = numbers * np.float32(1.0 / 65_536)
    met += path
    low, high = bars[:, 2:3].astype(np.float32), bars[:, 1:2].astype(np.float32)
    np.clip(np.floor(met, out=met), low, high, out=met)
    walk, met, idle = (np.ascontiguousarray(one.T) for one in (path, met, traded == 0))
    steps = np.empty(met.shape, np.int32)
    steps[0] = met[0] = bars[:, 0]
    met[-1] = bars[:, 3]
    away = np.empty_like(met[0])
    near = np.empty(len(bars), bool)
    for at in range(1, points):
        np.subtract(walk[at], met[at - 1], out=away)
        np.less(np.abs(away, out=away), 1.0, out=near)
        np.copyto(met[at], met[at - 1], where=near)
        steps[at] = met[at]
        np.copyto(steps[at], steps[at - 1], where=idle[at])
    return np.ascontiguousarray(steps.T)

"""The simulation's own walk through a bar: plain, and the same for as long as seeds are named.

The exchange's paths (`maemae.exchange.paths`) are a fair game; a simulation needs none, but seeds
that find a planted fault today must find it tomorrow. A walk goes from the open through high and
low in a random order to the close, on the tick grid; its volumes add up to the day's. Everything
follows from (seed, date, code), see `maemae.exchange.noise`. So with its books: a tick apart, with
a part of the day's volume at each price, whatever the name.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from maemae.exchange.grid import Grid
from maemae.exchange.liquidity import Liquidity
from maemae.exchange.listing import Listing
from maemae.exchange.noise import uniform, words
from maemae.exchange.paths import SLOT_MS, Paths, point_count
from maemae.exchange.trades import trade_at

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_CHUNK = 256

_AGAINST = 0.3
"""Share of the days whose first extreme is the one the day ended towards."""


class Steady(Liquidity):
    """A name's liquidity in the simulation."""

    def level(self, tick: int) -> int:
        """Return the shares that each price usually shows."""
        del tick
        return self.density

    @classmethod
    def of(cls, one: Listing) -> "Steady":
        """Return it: nothing but the day's volume counts."""
        return cls(trades=0, apart=0, density=max(1, one.volume // 1_500), off_hours=1)


def make_paths(
    listings: Sequence[Listing],
    _grids: Sequence[Grid],
    bars: npt.NDArray[np.int64],
    key: tuple[int, int],
    session_ms: tuple[int, int],
) -> Paths:
    """Make the paths of a day.

    Args:
        listings: the instruments.
        _grids: not needed here.
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
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        raw = np.stack([words(3 * points + 8, *key, one.code) for one in listings[part]])
        volume = np.array([one.volume for one in listings[part]], np.int64)
        anchors = _anchors(bars[part], raw[:, -8:], points)
        walk = _walk(anchors, bars[part], uniform(raw[:, :points]))
        volumes = _volumes(volume, raw[:, points : 2 * points])
        trade_at(volumes, anchors[:, :, 0], anchors[:, :, 1])
        paths.steps[part] = _last_traded(walk, volumes)
        paths.volumes[part] = volumes
        paths.offsets[part] = _offsets(raw[:, 2 * points : 3 * points], session_ms[1])
    return paths


def _anchors(bars: Ints, raw: npt.NDArray[np.uint64], points: int) -> Ints:
    """Return (position, level) of open, two extremes and close; shape (n, 4, 2).

    A day that rises mostly makes its low first, a day that falls its high.
    """
    opened, high, low, close = bars.T
    draw = uniform(raw)
    high_first = np.where(close > opened, draw[:, 0] < _AGAINST, draw[:, 0] >= _AGAINST)
    span = points - 2
    near = 1 + (draw[:, 1] * (span // 2 - 1)).astype(np.int64)
    far = span // 2 + (draw[:, 2] * (span - span // 2)).astype(np.int64)
    zero = np.zeros_like(opened)
    places = np.stack([zero, near, far, zero + points - 1], axis=1)
    levels = np.stack(
        [opened, np.where(high_first, high, low), np.where(high_first, low, high), close], axis=1
    )
    return np.stack([places, levels], axis=2)


def _walk(anchors: Ints, bars: Ints, draw: Floats) -> Ints:
    """Return bridges between the anchors, folded at the day's extremes; shape (n, points)."""
    rows, points = draw.shape
    place, level = anchors[:, :, 0], anchors[:, :, 1]
    at = np.arange(points)[None, :]
    part = (at >= place[:, 1:2]).astype(np.int64) + (at >= place[:, 2:3])
    here = np.arange(rows)[:, None]
    start, end = place[here, part], place[here, part + 1]
    share = (at - start) / (end - start)
    high, low = bars[:, 1:2].astype(np.float64), bars[:, 2:3].astype(np.float64)
    # A walk of n steps of unit variance covers about 1.6 √n; a uniform step has variance 1/3.
    size = (high - low) * (1.7320508 / 1.6) / np.sqrt(np.float64(points))
    noise = np.cumsum((draw - 0.5) * 2.0 * size, axis=1)
    first, last = noise[here, start], noise[here, end]
    value = level[here, part] + (level[here, part + 1] - level[here, part]) * share
    value = value + (noise - first - (last - first) * share)
    value = np.where(value > high, 2 * high - value, value)
    value = np.where(value < low, 2 * low - value, value)
    walk: Ints = np.floor(np.clip(value, low, high) + 0.5).astype(np.int64)
    walk[here, place] = level
    return walk


def _volumes(volume: Ints, raw: npt.NDArray[np.uint64]) -> Ints:
    """Return the day's volume spread over the points: busy at open and close, bursts between."""
    points = raw.shape[1]
    middle = (points - 1) // 2
    bowl = np.abs(np.arange(points) - middle)
    base = 40 + 160 * bowl * bowl // (middle * middle)
    burst = 1 + (raw & np.uint64(0x3F)).astype(np.int64)
    rare = np.where((raw >> np.uint64(8)) % np.uint64(41) == 0, 6, 1)
    weight = base[None, :] * burst * rare
    total = weight[:, 1:-1].sum(axis=1)
    weight[:, 0] = total // 40
    weight[:, -1] = total // 25
    reached = np.cumsum(weight, axis=1)
    spread = volume[:, None] * reached // reached[:, -1:]
    volumes: Ints = np.diff(spread, axis=1, prepend=0)
    return volumes


def _last_traded(walk: Ints, volumes: Ints) -> Ints:
    """Return the walk with untraded points showing the trade before them."""
    at = np.arange(walk.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(volumes > 0, at, 0), axis=1)
    return np.take_along_axis(walk, last, axis=1)


def _offsets(raw: npt.NDArray[np.uint64], close_ms: int) -> Ints:
    points = raw.shape[1]
    jitter = (raw % np.uint64(SLOT_MS - 1)).astype(np.int64)
    offsets = (np.arange(points) - 1)[None, :] * SLOT_MS + 1 + jitter
    offsets[:, 0] = 0
    offsets[:, -1] = close_ms
    return offsets

"""What lies between the extremes of a bar: Brownian bridges that do not leave it.

Units are those of `brownian`. A path is known at its open, its two extremes and its close; points
in between are drawn one half-way after the other from the law of a walk that stays within the
bar, exactly (by rejection, where an interval is long from the density itself), down to short
stretches, within which a bridge is drawn again until it stays.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maemae.exchange.brownian import arrival, pick, staying
from maemae.exchange.noise import Words, lanes, normal, row_of_words, uniform, word_at

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.float32]

_STRETCH = 48
"""Points between two nodes, about."""
_LONG = 0.2
"""From this variance on half-ways are drawn from their density."""
_PLACES = 48
_TRIES = 48
_ROOM = 96
"""Words set aside for the nodes and stretches of one try."""
_NEAR = 1e-3
_ROWS = 64
"""Walks whose points are bent at a time: what fits the processor's cache."""
_NODE_WORDS, _STRETCH_WORDS = 1 << 20, 1 << 24
"""Where in a name's stream the words for nodes and for stretches begin."""
_LOW, _HIGH = 1, 2


@dataclass(frozen=True, slots=True)
class Walks:
    """Walks to be filled in, each from its open over the high to the low and to its close.

    `keys`: streams of words, one for each; `variance`: of the day; `opened`, `close`: places;
    `high`, `low`: numbers of the points of the extremes, the high first, neither the first point
    nor the last. `clock`: part of the variance that lies before each point, from 0 to 1.
    """

    keys: Words
    variance: Floats
    opened: Floats
    close: Floats
    high: Ints
    low: Ints
    clock: Floats

    def of(self, rows: Ints) -> "Walks":
        """Return some of them."""
        return Walks(
            self.keys[rows], self.variance[rows], self.opened[rows], self.close[rows],
            self.high[rows], self.low[rows], self.clock,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """Nodes of walks, between which bridges are drawn.

    `nodes`: numbers of their points, ascending; `first`, `second`: which of them are the extremes,
    the high first; `values`: the places at the nodes where they are known, else not a number.
    `room`: words set aside for a try: three numbers a point of the longest stretch.
    """

    nodes: Ints
    first: Ints
    second: Ints
    values: Floats
    room: int = _ROOM

    @classmethod
    def of(cls, walks: Walks) -> "Frame":
        """Return the frame of walks of which no more is known."""
        nodes, first, second = _nodes(walks, len(walks.clock))
        return cls(nodes, first, second, np.full(nodes.shape, np.nan))


def fill(walks: Walks, noise_at: int, frame: Frame | None = None) -> Places:
    """Return the places of all points; shape (n, points).

    Args:
        walks: the walks.
        noise_at: where in the streams their noise begins; a quarter of a word a point is used.
        frame: what is known of them besides.
    """
    points = len(walks.clock)
    frame = frame or Frame.of(walks)
    nodes, values = frame.nodes, _skeleton(walks, frame)
    path = np.empty((len(nodes), points), np.float32)
    root = np.sqrt(np.diff(walks.clock, prepend=0.0)).astype(np.float32)
    deviation = np.sqrt(walks.variance).astype(np.float32)
    for start in range(0, len(nodes), _ROWS):
        part = slice(start, start + _ROWS)
        raw = row_of_words(walks.keys[part], noise_at, -(-points // 4))
        noise = normal(lanes(raw)[:, :points])
        noise *= root
        np.cumsum(noise, axis=1, out=noise)
        noise *= deviation[part, None]
        path[part] = _tied(noise, walks.clock, nodes[part], values[part])
    _redraw(walks, frame, values, path)
    return path


def _tied(noise: Places, clock: Floats, nodes: Ints, values: Floats) -> Places:
    """Return walks bent so that they are where they must be at their nodes."""
    here = np.arange(len(nodes))[:, None]
    off = values - noise[here, nodes]
    slope = np.diff(off, axis=1) / np.diff(clock[nodes], axis=1)
    base = off[:, :-1] - slope * clock[nodes[:, :-1]]
    lengths = np.diff(nodes, axis=1)
    lengths[:, -1] += 1
    pieces = np.stack([slope, base]).reshape(2, -1).astype(np.float32)
    bent, level = np.repeat(pieces, lengths.ravel(), axis=1).reshape(2, *noise.shape)
    bent *= clock.astype(np.float32)
    bent += level
    bent += noise
    bent[here, nodes] = values
    found: Places = bent
    return found


def _nodes(walks: Walks, points: int) -> tuple[Ints, Ints, Ints]:
    """Return the numbers of the points that are nodes, and which nodes are the extremes."""
    count = max(3, (points - 1) // _STRETCH)
    usual = np.round(np.arange(count + 1) * ((points - 1) / count)).astype(np.int64)
    nodes = np.repeat(usual[None, :], len(walks.high), axis=0)
    near = np.searchsorted((usual[1:] + usual[:-1]) / 2, np.stack([walks.high, walks.low]))
    first, second = np.clip(near, 1, count - 1)
    same = first == second
    up = same & (second < count - 1)
    second = second + up
    first = first - (same & ~up)
    here = np.arange(len(nodes))
    nodes[here, first], nodes[here, second] = walks.high, walks.low
    return nodes, first, second


def _skeleton(walks: Walks, frame: Frame) -> Floats:
    """Return the places at the nodes."""
    nodes, first, second = frame.nodes, frame.first, frame.second
    here, values = np.arange(len(nodes)), frame.values.copy()
    values[:, 0], values[:, -1] = walks.opened, walks.close
    values[here, first], values[here, second] = 1.0, 0.0
    clock = walks.clock[nodes] * walks.variance[:, None]
    row, left = np.nonzero(~np.isnan(values))
    right = np.append(left[1:], 0)
    row, left, right = (one[right > left] for one in (row, left, right))
    while True:
        wide = right - left >= 2  # noqa: PLR2004 - a node between them
        row, left, right = row[wide], left[wide], right[wide]
        if not len(row):
            return values
        middle = (left + right) // 2
        ends = _Ends(
            values[row, left], values[row, right],
            clock[row, middle] - clock[row, left], clock[row, right] - clock[row, middle],
            _kind(left, first[row], second[row]), _kind(right, first[row], second[row]),
        )  # fmt: skip
        values[row, middle] = _half_way(ends, walks.keys[row], middle)
        row = np.concatenate([row, row])
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])


def _kind(node: Ints, first: Ints, second: Ints) -> Ints:
    return np.where(node == first, _HIGH, np.where(node == second, _LOW, 0))


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both ends of intervals, the variances to and from half-way, and which ends are extremes."""

    left: Floats
    right: Floats
    to: Floats
    on: Floats
    left_kind: Ints
    right_kind: Ints

    def of(self, at: npt.NDArray[np.bool_] | Ints) -> "_Ends":
        return _Ends(
            self.left[at], self.right[at], self.to[at], self.on[at],
            self.left_kind[at], self.right_kind[at],
        )  # fmt: skip


def _half_way(ends: _Ends, keys: Words, node: Ints) -> Floats:
    """Draw the places half-way."""
    both = (ends.left_kind > 0) & (ends.right_kind > 0)
    long = both | (ends.to + ends.on > _LONG)
    found = np.empty(len(keys))
    if long.any():
        found[long] = _from_density(ends.of(long), uniform(word_at(keys[long], node[long])))
    open_ = np.flatnonzero(~long)
    for attempt in range(1, _TRIES + 1):
        if not len(open_):
            break
        some = ends.of(open_)
        raw = lanes(word_at(keys[open_], node[open_] + (attempt << 8) + _NODE_WORDS))
        drawn = raw.reshape(-1, 4)
        places, chance = _proposed(some, normal(drawn[:, :3]))
        found[open_] = np.clip(places, _NEAR, 1.0 - _NEAR)
        open_ = open_[(drawn[:, 3] + 0.5) / 65_536.0 >= chance]
    return found


def _from_density(ends: _Ends, draw: Floats) -> Floats:
    places = ((np.arange(_PLACES) + 0.5) / _PLACES)[None, :]
    weight = np.ones((len(draw), _PLACES))
    sides = ((ends.left, ends.to, ends.left_kind), (ends.right, ends.on, ends.right_kind))
    for place, time, kind in sides:
        for wanted in (0, _LOW, _HIGH):
            rows = np.flatnonzero(kind == wanted)
            if not len(rows):
                continue
            spans = time[rows, None]
            if wanted:
                factor = arrival(spans, places if wanted == _LOW else 1.0 - places)
            else:
                factor = staying(spans, place[rows, None], places)
            weight[rows] *= factor
    empty = weight.sum(axis=1) <= 0
    weight[empty] = 1.0
    return pick(weight, draw) / _PLACES


def _proposed(ends: _Ends, noise: Places) -> tuple[Floats, Floats]:
    """Return places half-way of bridges, and with what chance each is one that stays.

    Next to an extreme the bridge is one in three dimensions, whose distance from its start is a
    walk that stays on one side.
    """
    whole = ends.to + ends.on
    deviation = np.sqrt(ends.to * ends.on / whole)
    kind = np.maximum(ends.left_kind, ends.right_kind)
    free = ends.left + (ends.right - ends.left) * ends.to / whole + deviation * noise[:, 0]
    is_left = ends.left_kind > 0
    other = np.where(is_left, ends.right, ends.left)
    far = np.where(kind == _HIGH, 1.0 - other, other)
    share = np.where(is_left, ends.to, ends.on) / whole
    along = far * share + deviation * noise[:, 0]
    away = np.sqrt(along**2 + deviation**2 * (noise[:, 1] ** 2 + noise[:, 2] ** 2))
    places = np.where(kind == 0, free, np.where(kind == _HIGH, 1.0 - away, away))
    chance = np.where(
        kind == 0,
        _stays(ends.to, ends.left, places) * _stays(ends.on, places, ends.right),
        _beyond(np.where(is_left, ends.to, ends.on), away)
        * _stays_other(np.where(is_left, ends.on, ends.to), away, far),
    )
    return places, np.where((places > 0) & (places < 1), chance, 0.0)


def _stays(time: Floats, start: Floats, end: Floats) -> Floats:
    """Return the probability of a bridge between two places to stay in (0, 1)."""
    left = np.exp(-2.0 * np.maximum(start * end, 0.0) / time)
    right = np.exp(-2.0 * np.maximum((1.0 - start) * (1.0 - end), 0.0) / time)
    apart = end - start
    twice = np.exp(-2.0 * (1.0 + apart) / time) + np.exp(-2.0 * (1.0 - apart) / time)
    found: Floats = np.clip(1.0 - left - right + twice, 0.0, 1.0)
    return found


def _beyond(time: Floats, away: Floats) -> Floats:
    """Return the chance of a walk that leaves an extreme for good not to meet the other one."""
    safe = np.maximum(away, 1e-9)
    met = (2.0 - safe) / safe * np.exp(-2.0 * np.maximum(1.0 - safe, 0.0) / time)
    return np.clip(1.0 - met, 0.0, 1.0)


def _stays_other(time: Floats, start: Floats, end: Floats) -> Floats:
    """Return the chance of a bridge that does not meet one extreme not to meet the other one."""
    one = 1.0 - np.exp(-2.0 * np.maximum(start * end, 1e-12) / time)
    return np.clip(_stays(time, start, end) / np.maximum(one, 1e-12), 0.0, 1.0)


def _redraw(walks: Walks, frame: Frame, values: Floats, path: Places) -> None:
    """Draw anew the stretches that left the bar, and those next to an extreme, in place."""
    nodes, first, second = frame.nodes, frame.first, frame.second
    here = np.arange(len(nodes))
    starts = (nodes[:, :-1] + here[:, None] * path.shape[1]).ravel()
    flat = path.ravel()
    bad = (np.minimum.reduceat(flat, starts) <= 0.0) | (np.maximum.reduceat(flat, starts) >= 1.0)
    bad = bad.reshape(len(nodes), -1)
    for one in (first, second):
        bad[here, one] = bad[here, one - 1] = True
    row, block = np.nonzero(bad)
    start, end = nodes[row, block], nodes[row, block + 1]
    room = int((end - start).max())
    at = start[:, None] + np.arange(room + 1)[None, :]
    inside = at < end[:, None]
    clock = walks.clock[np.minimum(at, end[:, None])] * walks.variance[row, None]
    share = (clock - clock[:, :1]) / (clock[:, -1:] - clock[:, :1])
    root = np.sqrt(np.diff(clock, axis=1, prepend=clock[:, :1]))
    kind = np.maximum(
        _kind(block, first[row], second[row]), _kind(block + 1, first[row], second[row])
    )
    words = -(-(room + 1) // 4)
    left, right = values[row, block], values[row, block + 1]
    waiting = np.arange(len(row))
    for attempt in range(_TRIES):
        if not len(waiting):
            return
        place = _STRETCH_WORDS + ((attempt << 8) + block[waiting]) * frame.room
        bridge = []
        for dimension in range(1 if attempt and not (kind[waiting] > 0).any() else 3):
            offset = (place + dimension * (frame.room // 3))[:, None] + np.arange(words)[None, :]
            raw = word_at(walks.keys[row[waiting], None], offset)
            steps = normal(lanes(raw)[:, : room + 1]) * root[waiting]
            noise = np.cumsum(steps, axis=1)
            bridge.append(noise - noise[:, -1:] * share[waiting])
        drawn = _bridged(bridge, left[waiting], right[waiting], share[waiting], kind[waiting])
        last = attempt == _TRIES - 1
        strict = inside[waiting, 1:]
        fine = (((drawn[:, 1:] > 0.0) & (drawn[:, 1:] < 1.0)) | ~strict).all(axis=1) | last
        some = waiting[fine]
        rows, columns = np.nonzero(inside[some, 1:])
        path[row[some][rows], at[some][rows, columns + 1]] = np.clip(
            drawn[fine][rows, columns + 1], 0.0, 1.0
        )
        waiting = waiting[~fine]


def _bridged(
    bridge: list[Floats], left: Floats, right: Floats, share: Floats, kind: Ints
) -> Floats:
    """Return bridges between two places; next to an extreme those that stay on its side."""
    straight = left[:, None] + (right - left)[:, None] * share
    free = straight + bridge[0]
    if len(bridge) == 1:
        return free
    high = (kind == _HIGH)[:, None]
    along = np.where(high, 1.0 - straight, straight) + bridge[0]
    away = np.sqrt(along**2 + bridge[1] ** 2 + bridge[2] ** 2)
    kept = np.where(high, 1.0 - away, away)
    found: Floats = np.where((kind > 0)[:, None], kept, free)
    return found

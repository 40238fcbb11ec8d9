"""Random walks within a daily bar: a Brownian path given its open, high, low, close and variance.

Everything is in units of the bar: the low is 0, the high 1, and `variance` is that of the whole
day. The path goes to one extreme, to the other, and to its close, without leaving the bar; the
joint density of the times at which it is at them is the product of three densities of first
passage, each a sum over reflected images (Borodin and Salminen, Handbook of Brownian Motion,
1.15.8 and 3.0.2; the decomposition at the extremes is Williams'). `times` draws them, and
`draw_variance` the variance where only its prior is known. What lies between is in `bridges`.

Nothing is folded at an extreme, so that the path is the fair game that the bar came from.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAST, MOST = 0.02, 2.0
"""Variances that are used: beyond, a bar is one in ten thousand, and the sums lose their digits."""
_IMAGES = 3
_CELLS = 48
_VARIANCES = np.geomspace(LEAST, MOST, 40)
_EDGES = (1.0 - np.cos(np.pi * np.arange(_CELLS + 1) / _CELLS)) / 2.0
"""Edges of the cells of time, finest at open and close, where extremes are likely."""


def arrival(time: Floats, distance: Floats) -> Floats:
    """Return the density of the first arrival at one end of (0, 1), without the other, at a time.

    `distance` is how far away the walk starts. Up to a constant, as all densities here.
    """
    found = np.zeros(np.broadcast(time, distance).shape)
    for k in range(-_IMAGES, _IMAGES + 1):
        z = distance + 2.0 * k
        found += z * np.exp(z * z / (-2.0 * time))
    return np.maximum(found / (time * np.sqrt(time)), 0.0)


def arrived(time: Floats, distance: Floats) -> Floats:
    """Return the probability of having arrived at one end by a time, without the other."""
    found = np.zeros(np.broadcast(time, distance).shape)
    root = np.sqrt(2.0 * np.maximum(time, 1e-300))
    for k in range(-_IMAGES, _IMAGES + 1):
        z = distance + 2.0 * k
        found += np.sign(z) * _erfc(np.abs(z) / root)
    return found


def staying(time: Floats, start: Floats, end: Floats) -> Floats:
    """Return the density of a walk from one place to another that has not left (0, 1)."""
    found = np.zeros(np.broadcast(time, start, end).shape)
    apart, sum_ = end - start, end + start
    for k in range(-_IMAGES, _IMAGES + 1):
        found += np.exp((apart + 2.0 * k) ** 2 / (-2.0 * time))
        found -= np.exp((sum_ + 2.0 * k) ** 2 / (-2.0 * time))
    return np.maximum(found, 0.0)


def _crossing(time: Floats) -> Floats:
    """Return the density of the time from one end to the other."""
    found = np.zeros(time.shape)
    for k in range(_IMAGES):
        square = (1.0 + 2.0 * k) ** 2
        found += (square / time - 1.0) * np.exp(square / (-2.0 * time))
    return np.maximum(found / (time * np.sqrt(time)), 0.0)


def _crossed(time: Floats) -> Floats:
    """Return the probability, up to a constant, of having come from one end to the other."""
    found = np.zeros(time.shape)
    for k in range(_IMAGES):
        found += np.exp((1.0 + 2.0 * k) ** 2 / (-2.0 * time))
    return found / np.sqrt(time)


def _returning(time: Floats, distance: Floats) -> Floats:
    """Return the density of going from one end to the other, and to a place far from the first."""
    found = np.zeros(np.broadcast(time, distance).shape)
    for k in range(-_IMAGES, _IMAGES + 1):
        square = (distance + 2.0 * k) ** 2 / time
        found += 2.0 * k * (1.0 - square) * np.exp(square / -2.0)
    return np.maximum(found / (time * np.sqrt(time)), 0.0)


def _likelihood(variance: Floats, opened: Floats, close: Floats) -> Floats:
    """Return the density of a bar, given the variance: of its high, low and close at once."""
    found = np.zeros(np.broadcast(variance, opened).shape)
    root = variance * variance * np.sqrt(variance)
    for k in range(-_IMAGES, _IMAGES + 1):
        one, other = (close - opened + 2.0 * k) ** 2, (2.0 * (1 + k) - close - opened) ** 2
        found += 4.0 * k * k * (one - variance) * np.exp(one / (-2.0 * variance))
        found -= 4.0 * k * (k + 1) * (other - variance) * np.exp(other / (-2.0 * variance))
    return np.maximum(found / root, 0.0)


def draw_variance(
    opened: Floats, close: Floats, middle: Floats, spread: Floats, draw: Floats
) -> Floats:
    """Draw the variance of each bar from what it may be, having seen the bar.

    Args:
        opened: where in the bar it opened, 0 at the low and 1 at the high; shape (n,).
        close: where it closed.
        middle: the median of the variance before the bar was seen.
        spread: the standard deviation of the variance's logarithm; 0: the variance is known.
        draw: uniform on [0, 1).
    """
    grid = _VARIANCES[None, :]
    wide = np.maximum(spread, 1e-3)[:, None]
    before = -0.5 * (np.log(grid / middle[:, None]) / wide) ** 2
    before = np.exp(before - before.max(axis=1, keepdims=True))
    weight = before * _likelihood(grid, opened[:, None], close[:, None])
    weight = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, before)
    place = pick(weight, draw)
    ratio = np.log(_VARIANCES[1] / _VARIANCES[0])
    drawn = _VARIANCES[0] * np.exp(ratio * (place - 0.5))
    return np.clip(np.where(spread > 0, drawn, middle), LEAST, MOST)


def times(
    variance: Floats, opened: Floats, close: Floats, locked: npt.NDArray[np.int8], draws: Floats
) -> tuple[Bools, Floats, Floats]:
    """Draw which extreme comes first, and when each comes.

    Args:
        variance: of the day; shape (n,).
        opened: where in the bar it opened.
        close: where it closed.
        locked: 1: the walk ends as soon as it is at the high, -1: at the low; else 0.
        draws: uniform on [0, 1), two for each; shape (n, 2).

    Returns:
        Whether the high is first, and the parts of the variance that lie before the first extreme
        and after the second.
    """
    edges = variance[:, None] * _EDGES[None, :]
    middle = (edges[:, 1:] + edges[:, :-1]) / 2.0
    remaining = variance[:, None] - middle
    sides = []
    for distance, end, lock in ((1.0 - opened, 1.0 - close, -1), (opened, close, 1)):
        first = np.maximum(np.diff(arrived(edges, distance[:, None]), axis=1), 0.0)
        rest = _returning(remaining, end[:, None])
        only = (locked == lock)[:, None]
        rest = np.where(only, _crossed(remaining), rest)
        sides.append(np.where((locked == -lock)[:, None], 0.0, first * rest))
    # Where the walk is locked at an extreme the densities of the other order are not comparable.
    weight = np.concatenate(sides, axis=1)
    flat = np.broadcast_to(np.where(_EDGES[1:] < 0.5, 1.0, 0.0), middle.shape)  # noqa: PLR2004
    spare = np.concatenate([flat * (locked <= 0)[:, None], flat * (locked >= 0)[:, None]], axis=1)
    place = pick(np.where(weight.sum(axis=1, keepdims=True) > 0, weight, spare), draws[:, 0])
    high_first = place < _CELLS
    before = _time(np.where(high_first, place, place - _CELLS))
    spent = variance * before
    last = np.where(high_first, close, 1.0 - close)
    left = variance[:, None] - spent[:, None] - middle
    ends = np.maximum(np.diff(arrived(edges, last[:, None]), axis=1), 0.0)
    ends = np.where((locked != 0)[:, None], np.diff(edges, axis=1), ends)
    weight = np.where(left > 0, ends * _crossing(np.maximum(left, 1e-9)), 0.0)
    spare = np.where(left > 0, left, 0.0)
    after = _time(pick(np.where(weight.sum(axis=1, keepdims=True) > 0, weight, spare), draws[:, 1]))
    return high_first, before, np.minimum(after, 1.0 - before)


def pick(weight: Floats, draw: Floats) -> Floats:
    """Draw a place in each row by its weights: its number, and how far into it."""
    reached = np.cumsum(weight, axis=1)
    wanted = draw * reached[:, -1]
    at = np.minimum((reached <= wanted[:, None]).sum(axis=1), weight.shape[1] - 1)
    here = np.arange(len(at))
    own = weight[here, at]
    into = (wanted - (reached[here, at] - own)) / np.where(own > 0, own, 1.0)
    place: Floats = at + np.clip(into, 0.0, 0.999999)
    return place


def _time(place: Floats) -> Floats:
    """Return the part of the day's variance that lies before a place in the cells."""
    cell = place.astype(np.int64)
    time: Floats = _EDGES[cell] + (place - cell) * (_EDGES[cell + 1] - _EDGES[cell])
    return time


def _erfc(x: Floats) -> Floats:
    """Return the complementary error function of x >= 0, to 1.5e-7 (Abramowitz, Stegun 7.1.26)."""
    t = 1.0 / (1.0 + 0.3275911 * x)
    found = np.full_like(t, 1.061405429)
    for term in (-1.453152027, 1.421413741, -0.284496736, 0.254829592, 0.0):
        found *= t
        found += term
    found *= np.exp(-x * x)
    return found

"""Walks of which more is known than their bars: where they were at parts of the day.

What names have in common within a day is in the walks that made it. Drawn from their bars alone,
paths would go their own ways to the close, and the mean of all names, which knows the way, would
foretell it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maemae.exchange.bridges import Frame
from maemae.exchange.brownian import pick

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_INSIDE = 0.003
"""So far from the extremes of its bar a known place is at least."""
_CELLS = 32
_ROOM = 144


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of some walks, in units of their bars; one row for each.

    `places`: at the edges of equal parts of the variance, from the open to the close; not a number
    where it is not known. `high`, `low`: in which parts the extremes are. `variance`: of the day.
    `locked`: as of `brownian.times`. `draws`: uniform on [0, 1), three for each.
    """

    places: Floats
    high: Ints
    low: Ints
    variance: Floats
    locked: npt.NDArray[np.int8]
    draws: Floats


def framed(told: Told, clock: Floats) -> tuple[npt.NDArray[np.bool_], Ints, Ints, Frame]:
    """Return whether the high is first, the points of both extremes, and the frame of each walk.

    Nodes are the edges of the parts, and one between each two, which an extreme takes the place of.

    Args:
        told: the walks.
        clock: part of the variance that lies before each point, from 0 to 1.
    """
    parts, last = told.places.shape[1] - 1, len(clock) - 1
    high_first = np.where(told.high == told.low, told.draws[:, 0] < 0.5, told.high < told.low)  # noqa: PLR2004
    high_first = np.where(told.locked == 0, high_first, told.locked < 0)
    usual = np.searchsorted(clock, np.arange(2 * parts + 1) / (2 * parts))
    usual[-2] = min(usual[-2], last - 1)
    nodes = np.repeat(usual[None, :], len(told.high), axis=0)
    values = np.full(nodes.shape, np.nan)
    values[:, ::2] = np.clip(told.places, _INSIDE, 1.0 - _INSIDE)
    at_high, at_low = (_at(told, one) for one in (True, False))
    same = told.high == told.low
    early, late = np.minimum(at_high, at_low), np.maximum(at_high, at_low)
    one = np.where(same, early, np.where(high_first, at_high, at_low))
    other = np.where(same, late, np.where(high_first, at_low, at_high))
    first = 2 * np.minimum(told.high, told.low) + 1
    second = 2 * np.maximum(told.high, told.low) + 1
    # Both in one part: the second takes the place of the edge after it, of the last part the first
    # of the one before.
    final = same & (first == 2 * parts - 1)
    second = np.where(same & ~final, first + 1, second)
    first = np.where(final, first - 1, first)
    here = np.arange(len(nodes))
    points = np.searchsorted(clock, one)
    points = np.clip(
        points,
        nodes[here, first - 1] + 1,
        np.where(same, nodes[here, second + 1] - 2, nodes[here, first + 1] - 1),
    )
    nodes[here, first] = points
    more = np.searchsorted(clock, other)
    more = np.clip(more, nodes[here, second - 1] + 1, nodes[here, second + 1] - 1)
    nodes[here, second] = more
    turned = np.where(high_first[:, None], values, 1.0 - values)
    return high_first, points, more, Frame(nodes, first, second, turned, _ROOM)


def _at(told: Told, high: bool) -> Floats:
    """Draw when the extremes come: after what part of the day's variance.

    The density of the first arrival there, and of the way back to the end of the part.
    """
    part = told.high if high else told.low
    here, parts = np.arange(len(part)), told.places.shape[1] - 1
    places = np.clip(np.where(high, told.places, 1.0 - told.places), _INSIDE, 1.0 - _INSIDE)
    away, back = (1.0 - places[here, part + n] for n in (0, 1))
    back = np.where(np.isnan(back), 1.0, back)
    away = np.where(np.isnan(away), 1.0, away)
    whole = (told.variance / parts)[:, None]
    time = (np.arange(_CELLS) + 0.5)[None, :] / _CELLS * whole
    power = (away**2)[:, None] / (-2.0 * time) - (back**2)[:, None] / (2.0 * (whole - time))
    weight = np.exp(power - power.max(axis=1, keepdims=True)) / (time * (whole - time)) ** 1.5
    found: Floats = (part + pick(weight, told.draws[:, 1 if high else 2]) / _CELLS) / parts
    return found

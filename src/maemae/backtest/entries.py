"""Decisions to buy, by session: who competes with whom, and who comes first."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from maemae.backtest.rules import Ints, compiled
from maemae.bars.panel import Packed
from maemae.strategy.signals import Decisions

Floats = NDArray[np.float64]
WORST = -np.inf


class Entries(NamedTuple):
    """Decisions to buy; those of column t are `first[t]:first[t + 1]`, in the order of the rows.

    Attributes:
        first: where the decisions of each column begin.
        row: row of the panel.
        at: the packed bar decided on.
        score: the largest comes first, equals in the order of the rows.
        above: for a breakout, its distance above the open.
    """

    first: Ints
    row: NDArray[np.int32]
    at: Ints
    score: Floats
    above: Floats


def entries(found: Decisions, packed: Packed, count: int, earliest: int) -> Entries:
    """Group decisions by column, leaving out those before column `earliest`."""
    none = np.empty(0)
    score = none if found.score is None else found.score
    above = none if found.above_open is None else found.above_open
    return Entries(
        *_grouped(found.at, score, above, packed.columns, packed.offsets, count, earliest)
    )


@njit(cache=True)
def _grouped(
    at: Ints, score: Floats, above: Floats, columns: NDArray[np.int32], offsets: Ints, count: int,
    earliest: int,
) -> tuple[Ints, NDArray[np.int32], Ints, Floats, Floats]:  # fmt: skip
    """Sort decisions, which come by row, by column; undefined scores become the worst."""
    column = np.empty(at.size, np.int32)
    first = np.zeros(count + 1, np.int64)
    for event in range(at.size):
        column[event] = columns[at[event]]
        if column[event] >= earliest:
            first[column[event] + 1] += 1
    for t in range(count):
        first[t + 1] += first[t]
    place = first[:-1].copy()
    size = first[count]
    rows, bars, scores = np.empty(size, np.int32), np.empty(size, np.int64), np.zeros(size)
    distances = np.zeros(size if above.size else 0)
    row = 0
    for event in range(at.size):
        while at[event] >= offsets[row + 1]:
            row += 1
        if column[event] < earliest:
            continue
        to = place[column[event]]
        place[column[event]] += 1
        rows[to], bars[to] = row, at[event]
        if score.size:
            scores[to] = WORST if np.isnan(score[event]) else score[event]
        if above.size:
            distances[to] = above[event]
    return first, rows, bars, scores, distances


@compiled
def line_up(found: Entries, column: int, heap: Ints) -> int:
    """Put the decisions of a column on a heap, best on top; return how many there are."""
    first = found.first[column]
    size = found.first[column + 1] - first
    for place in range(size):
        heap[place] = first + place
    for place in range(size // 2 - 1, -1, -1):
        _sink(found.score, heap, place, size)
    return int(size)


@compiled
def step_up(found: Entries, heap: Ints, size: int) -> int:
    """Take the best off the heap of `size`; it is left just behind the others."""
    heap[0], heap[size - 1] = heap[size - 1], heap[0]
    _sink(found.score, heap, 0, size - 1)
    return int(heap[size - 1])


@compiled
def _sink(score: Floats, heap: Ints, place: int, size: int) -> None:
    moving = heap[place]
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size and _ahead(score, heap[child + 1], heap[child]):
            child += 1
        if not _ahead(score, heap[child], moving):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = moving


@compiled
def _ahead(score: Floats, one: int, other: int) -> bool:
    return bool(score[one] > score[other] or (score[one] == score[other] and one < other))

"""Operators across the instruments of one moment."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kernel = Callable[[Floats], Floats]


def rank(values: Floats) -> Floats:
    """Rank as a share of the count, 1 the largest; equals share the mean rank."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Floats = (last - (counts - 1) / 2) / len(values)
    return shared[where]


def place(values: Floats) -> Floats:
    """1 the largest; equals share the better place."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    above: NDArray[np.int64] = len(values) - np.cumsum(counts)
    return (above[where] + 1).astype(np.float64)


def zscore(values: Floats) -> Floats:
    """Distance from the mean in standard deviations of the population; none where all agree."""
    spread = float(values.std())
    if spread == 0:
        return np.full(len(values), np.nan)
    centred: Floats = (values - values.mean()) / spread
    return centred


ACROSS: dict[str, Kernel] = {"rank": rank, "place": place, "zscore": zscore}


def across(op: str, values: Floats, within: NDArray[np.bool_] | None) -> Floats:
    """Apply an operator across the instruments of one moment; undefined outside `within`."""
    member = np.isfinite(values)
    if within is not None:
        member &= within
    out = np.full(len(values), np.nan)
    if member.any():
        out[member] = ACROSS[op](values[member])
    return out


def across_all(
    op: str,
    values: Floats,
    within: NDArray[np.bool_] | None,
    by_time: tuple[NDArray[Any], NDArray[Any]],
) -> Floats:
    """Apply an operator at every moment of a packed panel (see `Packed.by_time`)."""
    order, starts = by_time
    out = np.empty_like(values)
    for start, stop in pairwise(starts.tolist()):
        at = order[start:stop]  # Moment by moment: another array of all bars may not fit.
        out[at] = across(op, values[at], None if within is None else within[at])
    return out

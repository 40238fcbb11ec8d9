"""The loops that arrays cannot express, compiled once and cached on disk."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indexes = NDArray[np.int64]


@njit(cache=True, nogil=True)
def crossed(left: Floats, right: Floats, bounds: Indexes, above: bool) -> Flags:
    """Find where one series is beyond another and was not at the bar before.

    Instrument i has the bars `bounds[i]:bounds[i + 1]`; nothing crosses at the first of them, nor
    where a value is undefined.
    """
    found = np.empty(left.size, np.bool_)
    if above:
        for i in range(1, left.size):
            found[i] = (left[i] > right[i]) & (left[i - 1] <= right[i - 1])
    else:
        for i in range(1, left.size):
            found[i] = (left[i] < right[i]) & (left[i - 1] >= right[i - 1])
    for start in bounds[:-1]:
        if start < left.size:
            found[start] = False
    return found


def positions(flags: Flags) -> Indexes:
    """Return where flags are up."""
    whole = flags.size // 8 * 8
    words = np.ascontiguousarray(flags[:whole]).view(np.uint64)
    return _positions(words, flags, np.empty(np.count_nonzero(flags), np.int64))


@njit(cache=True, nogil=True)
def _positions(words: NDArray[np.uint64], flags: Flags, out: Indexes) -> Indexes:
    """Look at eight flags at once, for most are down."""
    count = 0
    for word in range(words.size):
        if words[word]:
            for at in range(8 * word, 8 * word + 8):
                if flags[at]:
                    out[count] = at
                    count += 1
    for at in range(8 * words.size, flags.size):
        if flags[at]:
            out[count] = at
            count += 1
    return out


@njit(cache=True, nogil=True)
def smooth(values: Floats, share: Floats) -> Floats:
    """Follow the values, each bar by its share of the distance; starts at the first value."""
    out = np.empty_like(values)
    level = np.nan
    for i in range(values.size):
        level = values[i] if np.isnan(level) else level + share[i] * (values[i] - level)
        out[i] = level
    return out


@njit(cache=True, nogil=True)
def zigzag(high: Floats, low: Floats, reversal: float) -> tuple[Floats, Floats]:
    """Return the last confirmed turn and the direction of the leg since (1 up, −1 down)."""
    pivots = np.empty_like(high)
    directions = np.empty_like(high)
    rising, extreme, pivot = True, np.nan, np.nan
    for i in range(high.size):
        if np.isnan(extreme):
            extreme = high[i]
        elif rising:
            if high[i] > extreme:
                extreme = high[i]
            elif low[i] <= extreme * (1 - reversal):
                pivot, extreme, rising = extreme, low[i], False
        elif low[i] < extreme:
            extreme = low[i]
        elif high[i] >= extreme * (1 + reversal):
            pivot, extreme, rising = extreme, high[i], True
        pivots[i] = pivot
        directions[i] = 1.0 if rising else -1.0
    return pivots, directions

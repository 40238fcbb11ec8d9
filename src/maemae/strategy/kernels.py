"""The loops that arrays cannot express, compiled once and cached on disk."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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

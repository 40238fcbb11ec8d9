"""The loops that arrays cannot express, compiled once and cached on disk."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indexes = NDArray[np.int64]


@njit(cache=True, nogil=True)
def smooth(values: Floats, share: Floats) -> Floats:
    """Follow the values, each bar by its share of the distance; starts at the first value."""
    out = np.empty_like(values)
    level = np.nan
    for i in range(values.size):
        level = values[i] if np.isnan(level) else level + share[i] * (values[i] - level)
        out[i] = level
    return out

"""When in the day prices move and shares are traded: measured parts of a session.

Measured on minute bars: five days of KOSPI 200 futures (2026-02-09 to 13, 09:00 to 15:20) and one
of Samsung Electronics (2025-06-27), each day's parts of its own sum, the futures' mean and the
share's weighed alike. Variance is that of Parkinson, the square of log(high / low) of each
minute. `tests/exchange/test_daytime.py` measures it again, where the bars are at hand.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MINUTES = (0, 10, 20, 40, 60, 100, 140, 180, 220, 260, 300, 340, 380)
"""Edges of the parts in minutes after the open, of a session of 380 minutes."""
VARIANCE = (0.104, 0.082, 0.101, 0.084, 0.106, 0.104, 0.094, 0.056, 0.057, 0.077, 0.068, 0.070)
"""Parts of the variance of continuous trading."""
VOLUME = (0.092, 0.054, 0.081, 0.075, 0.093, 0.144, 0.104, 0.058, 0.058, 0.078, 0.076, 0.087)
"""Parts of the shares traded in continuous trading."""

OPENING_VOLUME, CLOSING_VOLUME = 0.02, 0.125
"""Parts of the day's shares that the two auctions have: Samsung Electronics, as above."""
CLOSING_VARIANCE = 0.02
"""Part of the day's variance that lies between the last trade before the closing auction and it:
of Samsung Electronics 0.016, of one day only."""


def clock(points: int) -> Floats:
    """Return the part of the day's variance that lies before each point of a path, from 0 to 1.

    The first point is the opening auction, the last the closing auction, the others are evenly
    spread over continuous trading.
    """
    inner = (1.0 - CLOSING_VARIANCE) * _reached(VARIANCE, points)
    return np.concatenate([[0.0], inner, [1.0]])


def volume(points: int) -> Floats:
    """Return the part of the day's shares that each point of a path is likely to have."""
    inner = np.diff(_reached(VOLUME, points), prepend=0.0)
    rest = 1.0 - OPENING_VOLUME - CLOSING_VOLUME
    return np.concatenate([[OPENING_VOLUME], rest * inner, [CLOSING_VOLUME]])


def _reached(parts: tuple[float, ...], points: int) -> Floats:
    """Return how much of something has come at each point between the auctions, up to 1."""
    edges = np.array(MINUTES) / MINUTES[-1]
    sums = np.concatenate([[0.0], np.cumsum(parts)])
    ends = np.arange(1, points - 1) / (points - 2)
    reached: Floats = np.interp(ends, edges, sums / sums[-1])
    return reached

"""Figures of the real market, or of a fair game, to hold a simulated one against.

Daily bars: adjusted and unadjusted KRX bars of 2019 to 2022 of KOSPI and KOSDAQ, the unadjusted
rows (raw_ok) from 1,000 won with a trade, 1.34 million; the figures are those of `survey.bars`.
`maemae exchange --describe --bars DATA` prints them for any such data. Times of highs: the law of
the time of a Brownian maximum (arcsine), on the clock of `daytime`. Volumes over the day, trades
and best levels: minute bars of Samsung Electronics (2025-06-27), and of what books and trades of
large names show.
"""

from math import asin, pi, sqrt

from maemae.exchange.daytime import CLOSING_VARIANCE, VARIANCE
from maemae.exchange.survey.bars import BarFigures

REAL = BarFigures(
    days=988,
    bars=1_343_819,
    gap_and_rest=-0.13,
    after_gap=-0.0059,
    up_after_gap=0.34,
    deviation=0.0332,
    peakedness=20.5,
    beyond_five=0.083,
    beyond_ten=0.0108,
    below_ten=0.0043,
    clusters=0.23,
    with_market=0.48,
    width=0.033,
    at_high=0.061,
    strong=0.35,
    limit_up=0.0016,
    streak=0.11,
)

_AUCTION_MINUTES = 10
_LATE = (30 - _AUCTION_MINUTES) / 40 * VARIANCE[-1] * (1 - CLOSING_VARIANCE) + CLOSING_VARIANCE
LATE_HIGHS = 1 - 2 / pi * asin(sqrt(1 - _LATE))
"""Part of the days of a random walk whose high is in the last half hour of the session.

By the day's clock of variance; were it even over the session, it would be 18 %.
"""

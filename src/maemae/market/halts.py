"""Brakes of the market: volatility interruption (변동성완화장치, VI) and circuit breaker.

Sources: KRX KOSPI Business Regulation §25-26-2, Enforcement Rules §39, §41-2; KOSDAQ Business
Regulation §23-3, Enforcement Rules §28-5. Percentages are whole per cents.
"""

from dataclasses import dataclass
from datetime import timedelta

from maemae.market.kinds import Kind, Market

VI_AUCTION = timedelta(minutes=2)
"""Length of the call auction a VI opens, or by which it lengthens a running one."""
VI_RANDOM_END = timedelta(seconds=30)
"""At most this much is added at random to the end of an auction."""
STATIC_PERCENT = 10
"""A static VI fires this far from the last call-auction price (the base price before the open)."""

_EXEMPT_BELOW = 1_000


@dataclass(frozen=True, slots=True)
class DynamicVi:
    """How far from the most recent price an order's price fires a dynamic VI, in per cent."""

    continuous: int
    closing_auction: int


@dataclass(frozen=True, slots=True)
class BreakerStage:
    """One stage of the circuit breaker, on the market's own index."""

    number: int
    fall_percent: int
    """From the previous close, held for a minute."""
    further_percent: int
    """From the index at the previous stage's trigger; 0 for the first stage."""
    halt: timedelta | None
    """None: the market is over for the day."""
    auction: timedelta


BREAKER = (
    BreakerStage(1, 8, 0, timedelta(minutes=20), timedelta(minutes=10)),
    BreakerStage(2, 15, 1, timedelta(minutes=20), timedelta(minutes=10)),
    BreakerStage(3, 20, 1, None, timedelta()),
)
"""Each stage fires once a day, after a minute's confirmation, from a minute after the open."""
BREAKER_CONFIRMATION = timedelta(minutes=1)
BREAKER_LAST = timedelta(minutes=40)
"""Stages 1 and 2 do not fire in the last 40 minutes before the close (after 14:50)."""


def dynamic_vi(
    market: Market, kind: Kind = Kind.STOCK, *, kospi200: bool = False, broad_index: bool = False
) -> DynamicVi:
    """Return the dynamic VI of an instrument.

    Args:
        market: its market.
        kind: what it is.
        kospi200: whether it is a constituent of the KOSPI 200.
        broad_index: for an ETF or ETN, whether it tracks KOSPI 200/100/50, KRX 100 or a bond
            index with a multiple of at most one.
    """
    calm = broad_index if kind.is_etp else kospi200 and market is Market.KOSPI
    return DynamicVi(3, 2) if calm else DynamicVi(6, 4)


def vi_exempt(market: Market, price: int, ticks_moved: int) -> bool:
    """Whether a move is too small in ticks: below 1,000 won, 3 ticks on KOSPI, 5 on KOSDAQ."""
    return price < _EXEMPT_BELOW and ticks_moved <= (3 if market is Market.KOSPI else 5)

"""Tick sizes (호가가격단위) by date, market and kind.

Sources: KRX KOSPI Business Regulation, Enforcement Rules §32(2), and the KOSDAQ equivalent, for
the tables in force; press of 2023-01-17 on the tables before 2023-01-25. All prices are won.
From 2025-03-04 trades half-way between two ticks are real (mid-price orders, 중간가): check a
printed price with `is_printable`, an order's price with `is_on_grid`.
"""

from bisect import bisect_right
from datetime import date
from functools import lru_cache

from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Kind, Market

Bands = tuple[tuple[int, int], ...]
"""Rising (first price of the band, tick) pairs; the first band starts at 0."""

FIRST_DAY = date(2010, 10, 4)
"""The oldest day whose tick tables are known."""

MID_PRICE_FROM = date(2025, 3, 4)
"""Since that day mid-price orders trade half-way between two ticks."""

_UNIFIED_FROM = date(2023, 1, 25)
_FUND_1_WON_FROM = date(2023, 12, 11)

CHANGES = (FIRST_DAY, _UNIFIED_FROM, _FUND_1_WON_FROM, MID_PRICE_FROM)
"""Days on which what is on the grid or printable changed; between two of them nothing does."""

_UNIFIED: Bands = (
    (0, 1), (2_000, 5), (5_000, 10), (20_000, 50), (50_000, 100), (200_000, 500), (500_000, 1_000),
)  # fmt: skip
_KOSPI_2010: Bands = (
    (0, 1), (1_000, 5), (5_000, 10), (10_000, 50), (50_000, 100), (100_000, 500), (500_000, 1_000),
)  # fmt: skip
_KOSDAQ_2010: Bands = ((0, 1), (1_000, 5), (5_000, 10), (10_000, 50), (50_000, 100))
_FUND_2023: Bands = ((0, 1), (2_000, 5))
_FLAT_5: Bands = ((0, 5),)


@lru_cache(maxsize=8192)
def tick_bands(on: date, market: Market, kind: Kind = Kind.STOCK) -> Bands:
    """Return the tick table in force on that day.

    Raises:
        DataError: the day is before `FIRST_DAY`, whose table is not known.
    """
    if on < FIRST_DAY:
        raise DataError(
            _("tick sizes are known from {first_day} on; {on} is before that").format(
                first_day=FIRST_DAY, on=on
            )
        )
    if kind is Kind.ELW:
        return _FLAT_5
    if kind.is_etp:
        return _FUND_2023 if on >= _FUND_1_WON_FROM else _FLAT_5
    if on >= _UNIFIED_FROM:
        return _UNIFIED
    return _KOSPI_2010 if market is Market.KOSPI else _KOSDAQ_2010


def tick_size(price: int, on: date, market: Market, kind: Kind = Kind.STOCK) -> int:
    """Return the tick in won of the band that holds this price."""
    return _tick(tick_bands(on, market, kind), price)


def is_on_grid(price: int, on: date, market: Market, kind: Kind = Kind.STOCK) -> bool:
    """Whether an order may carry this price (above zero and a multiple of its band's tick)."""
    return price > 0 and price % tick_size(price, on, market, kind) == 0


def is_printable(price: int, on: date, market: Market, kind: Kind = Kind.STOCK) -> bool:
    """Whether a trade may print at this price: on the grid, or a mid-price since 2025-03-04.

    A mid-price is (best bid + best ask) / 2 with the fraction of a won dropped; bid and ask may
    be several ticks apart, so it lies on the grid or half-way between two neighbours of it.
    """
    if is_on_grid(price, on, market, kind):
        return True
    if on < MID_PRICE_FROM or price <= 0:
        return False
    below = floor_to_tick(price, on, market, kind)
    above = ceil_to_tick(price, on, market, kind)
    return price == (below + above) // 2


def floor_to_tick(price: int, on: date, market: Market, kind: Kind = Kind.STOCK) -> int:
    """Return the highest price on the grid not above `price` (0 if there is none)."""
    return price - price % tick_size(price, on, market, kind)


def ceil_to_tick(price: int, on: date, market: Market, kind: Kind = Kind.STOCK) -> int:
    """Return the lowest price on the grid not below `price`.

    Every band starts on a multiple of its own tick, so rounding up inside a band cannot leave
    the grid when it reaches the next one.
    """
    return price + -price % tick_size(price, on, market, kind)


def move_ticks(price: int, steps: int, on: date, market: Market, kind: Kind = Kind.STOCK) -> int:
    """Move a price that many ticks up (or down, when negative) along the grid.

    A price between two ticks moves to its neighbour with the first step. The way down ends at
    the lowest price of the grid.
    """
    bands = tick_bands(on, market, kind)
    return _up(bands, price, steps) if steps >= 0 else _down(bands, price, -steps)


def _tick(bands: Bands, price: int) -> int:
    # Eight bands at most, most prices in the middle: quicker than a search with a key.
    for start, tick in reversed(bands):
        if price >= start:
            return tick
    return bands[0][1]


def _start(band: tuple[int, int]) -> int:
    return band[0]


def _up(bands: Bands, price: int, steps: int) -> int:
    if steps:
        price -= price % _tick(bands, price)
    while steps:
        index = bisect_right(bands, price, key=_start) - 1
        tick = bands[index][1]
        room = (bands[index + 1][0] - price) // tick if index + 1 < len(bands) else steps
        taken = min(steps, room)
        price += taken * tick
        steps -= taken
    return price


def _down(bands: Bands, price: int, steps: int) -> int:
    lowest = bands[0][1]
    price += -price % _tick(bands, price)
    while steps and price > lowest:
        # Just below a band's first price the tick of the band beneath holds.
        start, tick = bands[max(bisect_right(bands, price - 1, key=_start) - 1, 0)]
        taken = min(steps, (price - start) // tick)
        price -= taken * tick
        steps -= taken
    return max(price, lowest)

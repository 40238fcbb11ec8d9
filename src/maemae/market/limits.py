"""Daily price limits (가격제한폭) by date, market and kind.

Source: KRX KOSPI Business Regulation §20, Enforcement Rules §30-31. The ±30 % of today hold since
2015-06-15, ±15 % from 1998-12-07 (KOSDAQ ±12 % until 2005-03-25); KONEX has kept ±15 %.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Kind, Market
from maemae.market.ticks import ceil_to_tick, floor_to_tick, tick_size

_PERCENT_30_FROM = date(2015, 6, 15)
_KOSDAQ_15_FROM = date(2005, 3, 28)
_FIRST_DAY = date(1998, 12, 7)
_LISTING_400_FROM = date(2023, 6, 26)

PERCENT_CHANGES = (_FIRST_DAY, _KOSDAQ_15_FROM, _PERCENT_30_FROM)
"""Days from which on `limit_percent` is another."""


@dataclass(frozen=True, slots=True)
class PriceLimits:
    """The lowest (하한가) and highest (상한가) price of a day, in won, both valid prices."""

    lower: int
    upper: int

    def contains(self, price: int) -> bool:
        """Whether the price lies inside the limits, ends included."""
        return self.lower <= price <= self.upper


def limit_percent(on: date, market: Market) -> int:
    """Return the width of the limits on one side, in percent of the base price."""
    if on < _FIRST_DAY:
        raise DataError(
            _("price limits are known from {first_day} on; {on} is before that").format(
                first_day=_FIRST_DAY, on=on
            )
        )
    if market is Market.KONEX:
        return 15
    if on >= _PERCENT_30_FROM:
        return 30
    return 12 if market is Market.KOSDAQ and on < _KOSDAQ_15_FROM else 15


def base_price(previous_close: int, on: date, market: Market, kind: Kind = Kind.STOCK) -> int:
    """Return the base price (기준가) that follows from a close, corporate actions aside.

    A close off today's grid is rounded up to a tick (Enforcement Rules §30).
    """
    return ceil_to_tick(previous_close, on, market, kind)


def price_limits(
    base: int,
    on: date,
    market: Market,
    kind: Kind = Kind.STOCK,
    *,
    leverage: Decimal | int = 1,
    listing_day: bool = False,
) -> PriceLimits:
    """Return the day's limits around a base price.

    Args:
        base: the base price in won (previous close, or the issue price on a listing day).
        on: the trading day.
        market: its market.
        kind: what it is.
        leverage: the multiple of a leveraged or inverse ETF/ETN, e.g. 2 or -2; below 1 in
            magnitude it does not narrow the limits.
        listing_day: whether a new listing trades for the first time. Since 2023-06-26 it may
            trade between 60 % and 400 % of the issue price; before, these are the limits of the
            opening auction (90-200 %), whose price then is the base of the ordinary limits.

    Raises:
        ValueError: the base price is not above zero.
        DataError: the day is before the tables known here.
    """
    if base <= 0:
        raise ValueError(f"a base price must be above zero, not {base}")
    tick = tick_size(base, on, market, kind)
    if listing_day and not kind.is_etp:
        down, up = (40, 300) if on >= _LISTING_400_FROM else (10, 100)
    else:
        down = up = limit_percent(on, market)
    multiple = max(abs(Decimal(leverage)), Decimal(1)) if kind.is_etp else Decimal(1)
    lower = base - _whole_ticks(base * down * multiple, tick)
    upper = base + _whole_ticks(base * up * multiple, tick)
    lowest = tick_size(1, on, market, kind)
    return PriceLimits(
        lower=ceil_to_tick(max(lower, lowest), on, market, kind),
        upper=floor_to_tick(upper, on, market, kind),
    )


def _whole_ticks(hundredfold: Decimal, tick: int) -> int:
    """Cut an amount (given times a hundred) to whole ticks of the base price, at least one."""
    return max(int(hundredfold) // 100 // tick * tick, tick)

"""US stocks through KIS: tick, sessions and fees as data, until US trading is built.

Sources: SEC Rule 612 (tick); KIS pages as of 2026-10-01 (sessions in Korean time, medium
confidence); SEC and FINRA fee notices. Money is `Decimal` dollars. Session times follow New York,
so that daylight saving needs no table.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache
from zoneinfo import ZoneInfo

from maemae.errors import DataError
from maemae.i18n import _
from maemae.zones import KST

NEW_YORK = ZoneInfo("America/New_York")

_CENT, _SUBCENT = Decimal("0.01"), Decimal("0.0001")
_SEC_FEE = (
    (date(2025, 5, 14), Decimal(0), Decimal("Infinity")),
    (date(2026, 4, 4), Decimal("0.0000206"), Decimal("Infinity")),
)
_TAF = (
    (date(2026, 1, 1), Decimal("0.000195"), Decimal("9.79")),
    (date(2027, 1, 1), Decimal("0.000232"), Decimal("11.61")),
)
_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class UsSession:
    """The sessions of one US trading day, in Korean time; `day` is the date in New York.

    The day market (주간거래) runs from `day_open` in the Korean morning to `pre_open`.
    """

    day: date
    day_open: datetime
    pre_open: datetime
    open: datetime
    close: datetime
    after_close: datetime


def us_tick(price: Decimal) -> Decimal:
    """Return the tick in dollars: a cent from one dollar up, a hundredth of a cent below."""
    return _CENT if price >= 1 else _SUBCENT


def is_us_session(day: date) -> bool:
    """Whether the New York exchanges trade on that day (New York date)."""
    return day.weekday() < _WEEKEND and day not in _closures(day.year)


def us_session(day: date) -> UsSession:
    """Return the sessions of a US trading day.

    A day before Independence Day, the day after Thanksgiving and Christmas Eve close at 13:00.

    Raises:
        DataError: the New York exchanges are closed on that day.
    """
    if not is_us_session(day):
        raise DataError(_("{day} is no trading day in New York").format(day=day))
    regular = datetime.combine(day, time(9, 30), NEW_YORK)
    close = datetime.combine(day, time(13) if _is_half_day(day) else time(16), NEW_YORK)
    pre = regular - timedelta(hours=5, minutes=30)
    ten = datetime.combine(day, time(10), KST)
    return UsSession(
        day=day,
        day_open=ten,
        pre_open=pre.astimezone(KST),
        open=regular.astimezone(KST),
        close=close.astimezone(KST),
        after_close=datetime.combine(day + timedelta(days=1), time(7), KST),
    )


def sec_fee(proceeds: Decimal, on: date) -> Decimal:
    """Return the SEC fee on a sale in dollars, rounded up to the cent.

    Raises:
        DataError: the day is before the rates known here.
    """
    return _fee(_SEC_FEE, proceeds, on)


def finra_taf(quantity: int, on: date) -> Decimal:
    """Return FINRA's trading activity fee on a sale in dollars, rounded up to the cent.

    Raises:
        DataError: the day is before the rates known here.
    """
    return _fee(_TAF, Decimal(quantity), on)


def _fee(table: tuple[tuple[date, Decimal, Decimal], ...], base: Decimal, on: date) -> Decimal:
    index = bisect_right(table, on, key=lambda row: row[0]) - 1
    if index < 0:
        raise DataError(
            _("US fees are known from {table} on; {on} is before that").format(
                table=table[0][0], on=on
            )
        )
    _since, rate, most = table[index]
    return min((base * rate).quantize(_CENT, ROUND_CEILING), most)


@cache
def _closures(year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - a quarter of a second that only its users pay

    return frozenset(holidays.financial_holidays("NYSE", years=year))


def _is_half_day(day: date) -> bool:
    if (day.month, day.day) in ((7, 3), (12, 24)):
        return True
    yesterday = day - timedelta(days=1)
    thanksgiving = yesterday.month == 11 and yesterday.weekday() == 3  # noqa: PLR2004
    return thanksgiving and yesterday in _closures(day.year)

"""Venue time as integers: microseconds since 1970, so that equal instants are equal numbers."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from maemae.clock import KST

Moment = int
"""An instant of venue time, in microseconds since 1970-01-01 00:00 UTC."""

SECOND: Moment = 1_000_000
MILLISECOND: Moment = 1_000
MINUTE: Moment = 60 * SECOND
HOUR: Moment = 60 * MINUTE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KOREAN_EPOCH = _EPOCH.astimezone(KST)
_UNIT = timedelta(microseconds=1)


def moment(at: datetime) -> Moment:
    """Return an aware datetime as a moment."""
    return (at - _EPOCH) // _UNIT


def datetime_of(at: Moment) -> datetime:
    """Return a moment as an aware datetime in Korean time.

    Korea has been nine hours ahead ever since 1970 but for the summers of 1987 and 1988, which no
    market of ours knows: clocks are added to, which is half the work of turning them.
    """
    return _KOREAN_EPOCH + timedelta(microseconds=at)


def moment_at(day: date, clock_time: time) -> Moment:
    """Return the moment of a time of day in Korea."""
    return moment(datetime.combine(day, clock_time, KST))


def day_text(at: Moment) -> str:
    """Return the Korean date as `YYYYMMDD`, as the broker writes it."""
    return _text(at // HOUR * HOUR)[0]


def clock_text(at: Moment) -> str:
    """Return the Korean time of day as `HHMMSS`, as the broker writes it."""
    return _text(at // SECOND * SECOND)[1]


@lru_cache(maxsize=1_024)
def _text(at: Moment) -> tuple[str, str]:
    day, _, clock = f"{datetime_of(at):%Y%m%d %H%M%S}".partition(" ")
    return day, clock

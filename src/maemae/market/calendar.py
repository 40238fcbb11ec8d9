"""Trading days and session times of the Korea Exchange.

Closures come from the `holidays` package (which cites KRX's own list) with our corrections file
`data/krx_corrections.toml` on top; session times come from the rules below. The first session of
a year opens an hour late; on the day of the university entrance exam (수능, CSAT) the whole
regular session is an hour late. Sources stand beside each entry of the corrections file.
"""

import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from maemae.errors import DataError
from maemae.i18n import _
from maemae.zones import KST

_CLOSE_1530_FROM = date(2016, 8, 1)
_AUCTION_30_MINUTES_FROM = date(2019, 4, 29)
_HOUR = timedelta(hours=1)
_YEAR = timedelta(days=366)

CLOSED_BY_BROKER: Final = "증권사 휴장"
"""Why a day is closed of which only the broker knows; reasons of closures are Korean."""


@dataclass(frozen=True, slots=True)
class Session:
    """The regular session of one trading day; all times are aware, in Korean time.

    Orders for the opening auction (시가 동시호가) are taken from `opening_auction`; continuous
    trading runs from `open` to `closing_auction`; the closing auction ends at `close`.
    """

    day: date
    opening_auction: datetime
    open: datetime
    closing_auction: datetime
    close: datetime
    first_of_year: bool = False
    csat: bool = False

    @property
    def is_regular(self) -> bool:
        """Whether it keeps the ordinary hours."""
        return not (self.first_of_year or self.csat)


class Calendar:
    """Trading days from `first` to `last`; asking outside raises `DataError`.

    Args:
        first: the first day known.
        last: the last day known.
        closures: weekdays without trading, with the reason.
        csat: days on which the regular session is an hour late.
        openings: days of a weekend with trading.
    """

    def __init__(
        self,
        first: date,
        last: date,
        closures: Mapping[date, str],
        csat: frozenset[date],
        openings: frozenset[date] = frozenset(),
    ) -> None:
        self.first = first
        self.last = last
        self.closures = MappingProxyType(dict(closures))
        self._csat = csat
        self._openings = openings
        span = (last - first).days + 1
        days = (first + timedelta(n) for n in range(span))
        self._days = tuple(
            d
            for d in days
            if d not in closures and (d.weekday() < 5 or d in openings)  # noqa: PLR2004
        )
        self._set = frozenset(self._days)

    def __deepcopy__(self, memo: object) -> "Calendar":
        """Return itself: nothing of it changes."""
        del memo
        return self

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on that day."""
        self._check(day)
        return day in self._set

    def why_closed(self, day: date) -> str:
        """Return why the exchange is closed on a day: the reason, or the weekday."""
        return self.closures.get(day) or weekday_name(day)

    def session(self, day: date) -> Session:
        """Return the session of a trading day.

        Raises:
            DataError: the exchange is closed on that day, or the day is outside the calendar.
        """
        if not self.is_session(day):
            reason = self.why_closed(day)
            raise DataError(
                _("{day} is no trading day of the Korea Exchange ({reason})").format(
                    day=day, reason=reason
                )
            )
        return self.hours(day)

    def hours(self, day: date) -> Session:
        """Return the hours that the exchange keeps on a day if it trades: of any day at all."""
        first = self.first <= day <= self.last and self._is_first_of_year(day)
        return _session(day, first_of_year=first, csat=day in self._csat)

    def age(self, since: date, day: date) -> int:
        """Return how many trading days before a day another one was; of any days at all.

        What lies outside the calendar is cut off: a position is never too old or too new to look
        at.
        """
        first, last = max(since, self.first), min(day, self.last)
        return len(self.sessions(first, last)) - 1 if first <= last else 0

    def next_session(self, day: date) -> date:
        """Return the first trading day after `day`."""
        return self.offset(day, 1)

    def previous_session(self, day: date) -> date:
        """Return the last trading day before `day`."""
        return self.offset(day, -1)

    def sessions(self, first: date, last: date) -> tuple[date, ...]:
        """Return the trading days from `first` to `last`, both included."""
        self._check(first)
        self._check(last)
        return self._days[bisect_left(self._days, first) : bisect_right(self._days, last)]

    def offset(self, day: date, n: int) -> date:
        """Return the n-th trading day after `day` (before it, when negative).

        `day` need not be a trading day unless n is 0; the trading day after a Saturday is n = 1.

        Raises:
            DataError: the answer lies outside the calendar, or n is 0 on a day without trading.
        """
        self._check(day)
        if n > 0:
            index = bisect_right(self._days, day) + n - 1
        else:
            index = bisect_left(self._days, day) + n
            if n == 0 and day not in self._set:
                raise DataError(_("{day} is no trading day of the Korea Exchange").format(day=day))
        if not 0 <= index < len(self._days):
            raise DataError(
                _("{n:+d} trading days from {day} {outside}").format(
                    n=n, day=day, outside=self._outside()
                )
            )
        return self._days[index]

    def settlement(self, day: date) -> date:
        """Return the day on which trades of that day settle (T+2, 결제일)."""
        return self.offset(day, 2)

    def disagreements(self, opened: Mapping[date, bool]) -> list[date]:
        """Return the days on which the broker's holiday inquiry says otherwise, in order.

        Args:
            opened: the broker's answer (개장일여부, `opnd_yn`) by day; days outside the calendar
                are left out. Any disagreement is an incident: one of the two is wrong.
        """
        return [
            day
            for day, answer in sorted(opened.items())
            if self.first <= day <= self.last and answer != (day in self._set)
        ]

    def otherwise(self, other: "Calendar") -> dict[date, bool]:
        """Return whether the exchange opens, says another calendar, where this one denies it."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        theirs = frozenset(other.sessions(other.first, other.last))
        differing = sorted(self._set ^ theirs)
        return {day: day in theirs for day in differing if first <= day <= last}

    def corrected(self, opened: Mapping[date, bool]) -> "Calendar":
        """Return a calendar that follows the broker on these days (as in `disagreements`).

        A day beyond the calendar makes it reach as far: see `reaching`.
        """
        if not opened:
            return self
        whole = self.reaching(max(opened))
        differing = whole.disagreements(opened)
        if not differing:
            return whole
        closures = dict(whole.closures)
        openings = set(whole._openings)  # noqa: SLF001 - of its own kind
        for day in differing:
            if opened[day]:
                closures.pop(day, None)
                openings.add(day)
            else:
                closures.setdefault(day, CLOSED_BY_BROKER)
        return Calendar(whole.first, whole.last, closures, self._csat, frozenset(openings))

    def reaching(self, day: date) -> "Calendar":
        """Return a calendar that knows a day and the year after it.

        Beyond what is known every weekday is taken for a trading day with the ordinary hours,
        until somebody says otherwise.
        """
        if day <= self.last:
            return self
        return Calendar(self.first, day + _YEAR, self.closures, self._csat, self._openings)

    def _is_first_of_year(self, day: date) -> bool:
        index = bisect_left(self._days, date(day.year, 1, 1))
        return index < len(self._days) and self._days[index] == day

    def _check(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise DataError(f"{day} {self._outside()}")

    def _outside(self) -> str:
        return _(
            "is outside the trading calendar ({first} to {last}); a newer maemae may know it"
        ).format(first=self.first, last=self.last)


def weekday_name(day: date) -> str:
    """Name the weekday of a day in the language in force."""
    names = (
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
        _("Sunday"),
    )  # fmt: skip
    return names[day.weekday()]


@lru_cache(maxsize=4096)
def _session(day: date, *, first_of_year: bool, csat: bool) -> Session:
    opens = datetime.combine(day, time(9), KST)
    closes = datetime.combine(day, time(15, 30) if day >= _CLOSE_1530_FROM else time(15), KST)
    opens += _HOUR if first_of_year or csat else timedelta()
    closes += _HOUR if csat else timedelta()
    lead = timedelta(minutes=30) if day >= _AUCTION_30_MINUTES_FROM else _HOUR
    return Session(
        day=day,
        opening_auction=opens - lead,
        open=opens,
        closing_auction=closes - timedelta(minutes=10),
        close=closes,
        first_of_year=first_of_year,
        csat=csat,
    )


@cache
def krx() -> Calendar:
    """Return the calendar of the Korea Exchange (KOSPI, KOSDAQ, KONEX)."""
    corrections = _corrections()
    first, last = corrections["first"], corrections["last"]
    closures = closure_names("ko")
    csat = frozenset(day for entry in corrections["csat"] for day in entry["days"])
    return Calendar(first, last, closures, csat)


def closure_names(language: str) -> dict[date, str]:
    """Return every weekday without trading, with its name in that language (ko or en)."""
    import holidays  # noqa: PLC0415 - a quarter of a second that only the calendar's users pay

    corrections = _corrections()
    first, last = corrections["first"], corrections["last"]
    package = holidays.financial_holidays(
        "XKRX",
        years=range(first.year, last.year + 1),
        language={"ko": "ko", "en": "en_US"}[language],
    )
    names = {day: name for day, name in package.items() if first <= day <= last}
    names |= {entry["day"]: entry[language] for entry in corrections.get("closure", ())}
    for entry in corrections.get("opening", ()):
        names.pop(entry["day"], None)
    return {day: names[day] for day in sorted(names) if day.weekday() < 5}  # noqa: PLR2004


def _corrections() -> dict[str, Any]:
    file = resources.files("maemae.market").joinpath("data", "krx_corrections.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))

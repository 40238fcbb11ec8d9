"""Price history from the broker's charts, for `bars.download`.

Source: KIS documents "국내주식기간별시세" (FHKST03010100), "주식당일분봉조회" (FHKST03010200)
and "주식일별분봉조회" (FHKST03010230); prices as traded (원주가).
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

import polars as pl

from maemae.bars.download import Fetch
from maemae.bars.schema import MINUTE, PRICES, REQUIRED
from maemae.clock import KST
from maemae.kis import Bar
from maemae.market.calendar import Calendar

SETTLED = timedelta(minutes=10)
"""A session's bars are asked for once this much time has passed since its close."""

EARLIEST = time(9)
"""Nothing is traded on the exchange before it, also on days on which it opens later."""

DAILY: dict[str, pl.DataType] = {
    name: dtype for name, dtype in REQUIRED.items() if name != "code"
} | {"value": pl.Int64(), "base": pl.Int64()}
MINUTES = {name: MINUTE[name] for name in ("at", *PRICES, "volume")}


class Charts(Protocol):
    """The part of `kis.history.History` that is used here."""

    async def daily_bars(
        self, code: str, first: date, last: date, *, adjusted: bool = ...
    ) -> list[Bar]:
        """See `History.daily_bars`."""
        ...

    async def minute_bars(self, code: str, day: date, *, since: datetime | None = ...) -> list[Bar]:
        """See `History.minute_bars`."""
        ...


def daily_fetch(charts: Charts) -> Fetch:
    """Return the function that `bars.download.download_daily` asks.

    Where a call fails the whole question fails; a hole is never taken for a halt.
    """

    async def fetch(code: str, first: date, last: date) -> pl.DataFrame:
        bars = await charts.daily_bars(code, first, last, adjusted=False)
        return pl.DataFrame([_daily(bar) for bar in bars], schema=DAILY)

    return fetch


def minute_fetch(charts: Charts, calendar: Calendar) -> Fetch:
    """Return the function that `bars.download.download_minutes` asks: a day at a time."""

    async def fetch(code: str, first: date, last: date) -> pl.DataFrame:
        found: list[Bar] = []
        for day in calendar.sessions(first, last):
            opens = datetime.combine(day, EARLIEST, KST)
            found += await charts.minute_bars(code, day, since=opens)
        return minute_rows(found)

    return fetch


def minute_rows(bars: Sequence[Bar]) -> pl.DataFrame:
    """Return minute bars in rows; minutes in which nothing was traded are left out."""
    rows = [
        {
            "at": bar.at, "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close,
            "volume": bar.volume,
        }
        for bar in bars
        if bar.volume
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=MINUTES)


def last_settled(now: datetime, calendar: Calendar) -> date:
    """Return the last session whose bars are final at that time."""
    today = now.date()
    if calendar.is_session(today) and now >= calendar.session(today).close + SETTLED:
        return today
    return calendar.previous_session(today)


def _daily(bar: Bar) -> dict[str, Any]:
    # A halted day repeats the last price in every field; the store says it with zeros.
    traded = 1 if bar.volume else 0
    return {
        "date": bar.at,
        "open": bar.open * traded,
        "high": bar.high * traded,
        "low": bar.low * traded,
        "close": bar.close,
        "volume": bar.volume,
        "value": bar.value,
        "base": None if bar.change is None else bar.close - bar.change,
    }

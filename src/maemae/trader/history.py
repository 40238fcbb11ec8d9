"""Price history from the broker's charts, for `bars.download`.

Source: KIS document "국내주식기간별시세" (FHKST03010100): at most 100 rows a call, newest first,
paged by moving the date range; FID_ORG_ADJ_PRC 1 asks for prices as traded (원주가).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import polars as pl

from maemae.bars.schema import REQUIRED
from maemae.kis.pages import Complete, Partial
from maemae.kis.priority import Priority
from maemae.kis.reply import Row
from maemae.market.calendar import krx

_DAILY = "domestic_stock.inquire_daily_itemchartprice"
_PER_CALL = 100
_SETTLED = timedelta(minutes=10)
"""A session's bar is asked for once this much time has passed since its close."""

SCHEMA: dict[str, pl.DataType] = {
    name: dtype for name, dtype in REQUIRED.items() if name != "code"
} | {"value": pl.Int64(), "base": pl.Int64()}


class Charts(Protocol):
    """The part of `KisClient` that is used here."""

    async def call(
        self,
        endpoint_id: str,
        params: Mapping[str, str] | None = None,
        *,
        priority: Priority = ...,
        pages: int = ...,
    ) -> Complete | Partial:
        """See `KisClient.call`."""
        ...


def daily_fetch(kis: Charts) -> Callable[[str, date, date], Awaitable[pl.DataFrame]]:
    """Return the function that `bars.download.download_daily` asks, on a KIS client.

    It asks backwards from the last day, a hundred sessions a call in the lowest priority, and
    stops at the first empty answer: the instrument was not listed before. Where a call fails the
    whole question fails; a hole is never taken for a halt.
    """

    async def fetch(code: str, first: date, last: date) -> pl.DataFrame:
        sessions = krx().sessions(first, last)
        found: list[dict[str, Any]] = []
        for end in range(len(sessions), 0, -_PER_CALL):
            window = sessions[max(end - _PER_CALL, 0) : end]
            rows = await _window(kis, code, window)
            if not rows:
                break
            found += rows
        return pl.DataFrame(found, schema=SCHEMA).sort("date")

    return fetch


def last_settled(now: datetime) -> date:
    """Return the last session whose daily bar is final at that time."""
    calendar, today = krx(), now.date()
    if calendar.is_session(today) and now >= calendar.session(today).close + _SETTLED:
        return today
    return calendar.previous_session(today)


async def _window(kis: Charts, code: str, window: Sequence[date]) -> list[dict[str, Any]]:
    params = {
        "FID_COND_MRKT_DIV_CODE": "J",
        "FID_INPUT_ISCD": code,
        "FID_INPUT_DATE_1": f"{window[0]:%Y%m%d}",
        "FID_INPUT_DATE_2": f"{window[-1]:%Y%m%d}",
        "FID_PERIOD_DIV_CODE": "D",
        "FID_ORG_ADJ_PRC": "1",
    }
    answer = await kis.call(_DAILY, params, priority=Priority.HISTORY, pages=1)
    if isinstance(answer, Partial):
        raise answer.error
    rows = (Row(_DAILY, fields) for fields in answer.rows("output2"))
    return [_bar(row) for row in rows if row.maybe_text("stck_bsop_date")]


def _bar(row: Row) -> dict[str, Any]:
    close, change = row.won("stck_clpr"), row.maybe_won("prdy_vrss")
    volume = row.won("acml_vol")
    # A halted day repeats the last price in every field; the store says it with zeros.
    traded = 1 if volume else 0
    return {
        "date": datetime.strptime(row.text("stck_bsop_date"), "%Y%m%d").date(),  # noqa: DTZ007
        "open": row.won("stck_oprc") * traded,
        "high": row.won("stck_hgpr") * traded,
        "low": row.won("stck_lwpr") * traded,
        "close": close,
        "volume": volume,
        "value": row.maybe_won("acml_tr_pbmn"),
        "base": None if change is None else close - change,
    }

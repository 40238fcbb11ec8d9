"""Rows for the tests of this room."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from maemae.bars.schema import STORED

FETCHED = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAYS = (date(2022, 6, 2), date(2022, 6, 3), date(2022, 6, 7), date(2022, 6, 8))
"""Four sessions in a row (2022-06-06 was Memorial Day)."""


def row(
    day: date = DAYS[0], code: str = "005930", close: int = 66_800, **more: Any
) -> dict[str, Any]:
    usual = dict.fromkeys(STORED) | {
        "date": day, "code": code, "open": close, "high": close, "low": close, "close": close,
        "volume": 100, "market": "KOSPI", "kind": "stock", "raw_ok": True, "source": "test",
        "fetched": FETCHED,
    }  # fmt: skip
    return usual | more


def stored(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=STORED).sort("code", "date")

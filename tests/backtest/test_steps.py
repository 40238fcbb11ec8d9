"""Bars that cannot be one share's are named, and all others are left alone."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.backtest.steps import LONG, forbidden, gaps, reused
from maemae.bars.panel import Panel
from maemae.market.calendar import krx

DAYS = krx().sessions(date(2022, 3, 2), date(2022, 6, 30))


def bars(closes: list[int], **more: Any) -> Panel:
    """Return one instrument's bars; a close of 0 is a session without one."""
    rows = [
        {"date": day, "code": "111110", "market": "KOSDAQ", "name": "one", "volume": 1_000}
        | dict.fromkeys(("open", "high", "low", "close"), close)
        | {key: value(at) for key, value in more.items()}
        for at, (day, close) in enumerate(zip(DAYS, closes, strict=False))
        if close
    ]
    other = [row | {"code": "222220"} | dict.fromkeys(("open", "high", "low", "close"), 10_000)
             for row in rows] + [
        {"date": day, "code": "333330", "market": "KOSDAQ", "name": "three", "volume": 1,
         "open": 500, "high": 500, "low": 500, "close": 500} for day in DAYS
    ]  # fmt: skip
    return Panel.from_frame(pl.DataFrame([*rows, *other]).sort("code", "date"))


def test_a_split_in_the_bars_is_named_with_code_day_and_limit() -> None:
    found = forbidden(bars([10_000] * 20 + [2_000] * 20))
    assert [said for _, said in found] == [f"111110 {DAYS[20]} -80% (30%)"]
    assert [said for _, said in forbidden(bars([2_000] * 5 + [10_000] * 5))] == [
        f"111110 {DAYS[5]} +400% (30%)"
    ]


@pytest.mark.parametrize(("market", "named"), [("KOSDAQ", 0), ("KONEX", 1), ("NASDAQ", 0)])
def test_each_market_has_its_limit(market: str, named: int) -> None:
    panel = bars([10_000, 10_000, 12_500, 12_500], market=lambda _: market)
    assert len(forbidden(panel)) == named


@given(st.lists(st.integers(-30, 30), min_size=1, max_size=60))
def test_what_a_session_allows_is_never_named(moves: list[int]) -> None:
    closes = [100_000]
    for percent in moves:
        closes.append(max(1_000, closes[-1] * (100 + percent) // 100))
    assert forbidden(bars(closes)) == []


@given(st.integers(1, 60), st.sampled_from([2, 5, 10]), st.booleans())
def test_every_split_is_named(at: int, times: int, merged: bool) -> None:
    small, large = 5_000, 5_000 * times
    before, after = (small, large) if merged else (large, small)
    assert len(forbidden(bars([before] * at + [after] * 5))) == 1


def test_long_gaps_and_codes_used_again_are_named() -> None:
    panel = bars(
        [10_000] * 10 + [0] * (LONG + 1) + [1_500] * 10,
        name=lambda at: "one" if at < 20 else "another",
    )
    row = panel.row_of["111110"]
    day = DAYS[10 + LONG + 1]
    assert (row, f"111110 {day} ({LONG + 1})") in gaps(panel)
    assert (row, f"111110 {day} one > another") in reused(panel)
    assert gaps(bars([10_000] * 10 + [0] * LONG + [10_000])) == []


def test_bars_by_the_minute_are_not_looked_at() -> None:
    panel = bars([10_000] * 3 + [2_000])
    step = timedelta(minutes=1)
    minutes = Panel(panel.codes, panel.times, dict(panel.fields), panel.facts, step=step)
    assert [look(minutes) for look in (forbidden, gaps, reused)] == [[], [], []]

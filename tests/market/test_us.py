import json
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from maemae.errors import DataError
from maemae.market.us import finra_taf, is_us_session, sec_fee, us_session, us_tick


def test_sessions_in_korean_time_follow_daylight_saving() -> None:
    summer, winter = us_session(date(2026, 7, 1)), us_session(date(2026, 11, 20))
    assert (summer.pre_open.time(), summer.open.time(), summer.close.time()) == (
        time(17), time(22, 30), time(5),
    )  # fmt: skip
    assert (winter.pre_open.time(), winter.open.time(), winter.close.time()) == (
        time(18), time(23, 30), time(6),
    )  # fmt: skip
    assert winter.close.date() == date(2026, 11, 21)
    assert winter.day_open.time() == time(10)
    assert winter.after_close.time() == time(7)


def test_half_days_close_at_one() -> None:
    assert us_session(date(2026, 11, 27)).close.time() == time(3)
    assert us_session(date(2026, 12, 24)).close.time() == time(3)
    assert us_session(date(2026, 11, 25)).close.time() == time(6)


def test_the_closures_of_the_rule_book(shared: Path) -> None:
    rules = json.loads((shared / "market/krx_rules.json").read_text())["us"]["us_market_holidays"]
    closed = [date.fromisoformat(day) for day in rules["2026_remaining"] + rules["2027"]]
    assert len(closed) == 12
    assert not any(is_us_session(day) for day in closed)
    for key in ("2026_early_close_13:00_NY", "2027_early_close_13:00_NY"):
        for day in rules[key]:
            assert us_session(date.fromisoformat(day)).close.time() == time(3)
    with pytest.raises(DataError, match="no trading day in New York"):
        us_session(closed[0])


def test_ticks_and_fees() -> None:
    assert us_tick(Decimal("1.00")) == Decimal("0.01")
    assert us_tick(Decimal("0.9999")) == Decimal("0.0001")
    assert sec_fee(Decimal(10_000), date(2026, 1, 2)) == 0
    assert sec_fee(Decimal(10_000), date(2026, 4, 4)) == Decimal("0.21")
    assert finra_taf(100, date(2026, 11, 20)) == Decimal("0.02")
    assert finra_taf(10**6, date(2027, 1, 4)) == Decimal("11.61")
    with pytest.raises(DataError, match="known from"):
        finra_taf(1, date(2025, 1, 2))

"""The rules against three windows of the exchange's own daily list (unadjusted)."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from maemae.bars.daily import read_daily
from maemae.market.calendar import krx
from maemae.market.kinds import Market
from maemae.market.limits import price_limits
from maemae.market.ticks import is_on_grid

LIQUIDATION = "liquidation trading (정리매매) before delisting: no limits"
OFF_HOURS = "no regular trade that day, only off-hours: open, high and low are 0"
OUTSIDE_THE_LIMITS = {
    ("2021-02-02", "036260"): LIQUIDATION,
    ("2021-02-03", "036260"): LIQUIDATION,
    ("2021-02-05", "036260"): LIQUIDATION,
    ("2021-02-08", "036260"): LIQUIDATION,
    ("2021-02-09", "036260"): LIQUIDATION,
    ("2021-02-10", "036260"): LIQUIDATION,
    ("2022-01-04", "221610"): LIQUIDATION,
    ("2022-01-24", "050540"): LIQUIDATION,
    ("2022-02-11", "007630"): LIQUIDATION,
    ("2022-02-15", "007630"): LIQUIDATION,
    ("2022-02-14", "114570"): LIQUIDATION,
    ("2022-02-17", "114570"): LIQUIDATION,
    ("2023-01-06", "064510"): LIQUIDATION,
    ("2021-01-15", "241510"): "a KONEX oddity: 58 % below its base price",
    ("2021-02-01", "141070"): OFF_HOURS,
    ("2022-02-09", "215090"): OFF_HOURS,
}


@pytest.fixture(scope="module")
def traded(shared: Path) -> pl.DataFrame:
    bars = read_daily(shared / "data/kr_official")
    assert bars.height == 241_697
    return bars.filter(pl.col("volume") > 0)


def test_every_traded_price_is_on_the_grid(traded: pl.DataFrame) -> None:
    assert traded.height == 235_611
    four = ["open", "high", "low", "close"]
    prices = traded.unpivot(four, index=["date", "market"], value_name="price")
    seen = prices.filter(pl.col("price") > 0).select("date", "market", "price").unique()
    off = [row for row in seen.iter_rows() if not is_on_grid(row[2], row[0], Market(row[1]))]
    assert off == []


def test_the_old_table_does_not_fit_the_new_days(traded: pl.DataFrame) -> None:
    """The check can fail: by the table of the day before, a fifth of the closes are off."""
    new = traded.filter(pl.col("date") >= date(2023, 1, 25))
    old_day = date(2023, 1, 20)
    fits = [is_on_grid(p, old_day, Market(m)) for p, m in new.select("close", "market").iter_rows()]
    assert 0.75 < sum(fits) / len(fits) < 0.85


def test_every_price_is_inside_the_limits_but_for_the_rows_explained(traded: pl.DataFrame) -> None:
    outside = set()
    rows = traded.select("date", "code", "market", "low", "high", "base").iter_rows()
    for day, code, market, low, high, base in rows:
        limits = price_limits(base, day, Market(market))
        if not (limits.contains(low) and limits.contains(high)):
            outside.add((str(day), code))
    assert outside == set(OUTSIDE_THE_LIMITS)


def test_the_windows_hold_every_session_but_one(traded: pl.DataFrame) -> None:
    days = set(traded["date"])
    missing = set()
    for year in (2021, 2022, 2023):
        window = sorted(day for day in days if day.year == year)
        missing |= set(krx().sessions(window[0], window[-1])) - set(window)
        assert set(window) <= set(krx().sessions(window[0], window[-1]))
    assert missing == {date(2021, 1, 22)}

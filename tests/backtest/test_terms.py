"""The market's rules as arrays, held against the tables they are looked up in."""

from datetime import date, timedelta

import pytest

from maemae.backtest.terms import LEVERAGED, day_rules
from maemae.errors import DataError
from maemae.market.costs import CostClass, CostRules, tax_changes, tax_rates
from maemae.market.kinds import Kind, Market
from maemae.market.limits import PERCENT_CHANGES, limit_percent
from maemae.market.ticks import CHANGES, FIRST_DAY, tick_bands

LAST = date(2026, 11, 20)
CLASSES = {
    CostClass.KOSPI: (Market.KOSPI, Kind.STOCK), CostClass.KOSDAQ: (Market.KOSDAQ, Kind.STOCK),
    CostClass.KONEX: (Market.KONEX, Kind.STOCK), CostClass.FUND: (Market.KOSPI, Kind.ETF),
}  # fmt: skip


def test_every_day_has_the_rules_of_its_day() -> None:
    days = [FIRST_DAY + timedelta(days=n) for n in range((LAST - FIRST_DAY).days)]
    assert {*CHANGES, *PERCENT_CHANGES, *tax_changes()} & {*days[1:]}
    found = day_rules(days, CostRules.REAL)
    for at, day in enumerate(days):
        assert found.day[at] == at
        for cls, (market, kind) in CLASSES.items():
            bands = tick_bands(day, market, kind)
            row = found.table[at, cls]
            assert found.starts[row, : len(bands)].tolist() == [first for first, _ in bands]
            assert found.ticks[row, : len(bands)].tolist() == [tick for _, tick in bands]
            assert found.percent[at, cls] == limit_percent(day, market)
            parts = tax_rates(day).of(cls)
            assert found.tax[at, cls].tolist() == [*parts, *[0] * (2 - len(parts))]
        assert found.percent[at, LEVERAGED] == 2 * found.percent[at, CostClass.FUND]


def test_a_day_before_the_tick_tables_is_refused() -> None:
    with pytest.raises(DataError, match="tick sizes are known from"):
        day_rules([FIRST_DAY - timedelta(days=1), FIRST_DAY], CostRules.REAL)


def test_bars_of_one_day_share_it() -> None:
    days = [date(2024, 3, 4)] * 3 + [date(2024, 3, 5)] * 2
    assert day_rules(days, CostRules.FREE).day.tolist() == [0, 0, 0, 1, 1]

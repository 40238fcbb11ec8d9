import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.errors import DataError
from maemae.market.kinds import Kind, Market
from maemae.market.limits import PriceLimits, base_price, price_limits
from maemae.market.ticks import ceil_to_tick, is_on_grid

NOW = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("base", "lower", "upper"),
    [(67_700, 47_400, 88_000), (19_990, 14_000, 25_950), (1_995, 1_397, 2_590), (1, 1, 2)],
)
def test_thirty_percent_cut_to_ticks(base: int, lower: int, upper: int) -> None:
    assert price_limits(base, NOW, Market.KOSPI) == PriceLimits(lower, upper)


def test_the_vectors_of_the_rule_book(shared: Path) -> None:
    rules = json.loads((shared / "market/krx_rules.json").read_text())["price_limit"]
    assert len(rules["test_vectors_stock"]) > 20
    for row in rules["test_vectors_stock"]:
        assert price_limits(row["base"], NOW, Market.KOSDAQ) == PriceLimits(
            row["lower"], row["upper"]
        )
    for row in rules["test_vectors_etf"]:
        found = price_limits(row["base"], NOW, Market.KOSPI, Kind.ETF, leverage=row["leverage"])
        assert found == PriceLimits(row["lower"], row["upper"])


@pytest.mark.parametrize(
    ("day", "market", "upper"),
    [
        (date(2015, 6, 12), Market.KOSPI, 11_500),
        (date(2015, 6, 15), Market.KOSPI, 13_000),
        (date(2015, 6, 12), Market.KOSDAQ, 11_500),
        (date(2022, 1, 3), Market.KONEX, 11_500),
    ],
)
def test_the_width_follows_date_and_market(day: date, market: Market, upper: int) -> None:
    assert price_limits(10_000, day, market).upper == upper


def test_a_listing_day_is_wider_and_was_other_before_2023_06_26() -> None:
    after = price_limits(10_000, date(2023, 6, 26), Market.KOSDAQ, listing_day=True)
    before = price_limits(10_000, date(2023, 6, 23), Market.KOSDAQ, listing_day=True)
    assert after == PriceLimits(6_000, 40_000)
    assert before == PriceLimits(9_000, 20_000)


def test_an_inverse_fund_is_as_wide_as_its_multiple() -> None:
    inverse = price_limits(10_000, NOW, Market.KOSPI, Kind.ETF, leverage=-2)
    assert inverse == PriceLimits(4_000, 16_000)
    half = price_limits(10_000, NOW, Market.KOSPI, Kind.ETF, leverage=Decimal("0.5"))
    assert half == PriceLimits(7_000, 13_000)


def test_a_base_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        price_limits(0, NOW, Market.KOSPI)


def test_a_day_before_the_known_rules_is_refused() -> None:
    with pytest.raises(DataError, match="known from"):
        price_limits(1_000, date(1998, 12, 1), Market.KOSPI)


def test_the_base_price_of_an_off_grid_close_is_rounded_up() -> None:
    # 200,100 was on KOSDAQ's grid until 2023-01-24; the tick then became 500.
    assert base_price(200_100, date(2023, 1, 25), Market.KOSDAQ) == 200_500


@given(st.integers(1, 2_000_000), st.sampled_from(Market), st.sampled_from([date(2012, 5, 2), NOW]))
def test_limits_are_valid_prices_around_the_base(price: int, market: Market, day: date) -> None:
    base = ceil_to_tick(price, day, market)
    limits = price_limits(base, day, market)
    assert limits.contains(base)
    assert limits.upper > base
    assert is_on_grid(limits.lower, day, market)
    assert is_on_grid(limits.upper, day, market)

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.errors import DataError
from maemae.market.kinds import Kind, Market
from maemae.market.ticks import (
    ceil_to_tick,
    floor_to_tick,
    is_on_grid,
    is_printable,
    move_ticks,
    tick_bands,
    tick_size,
)

OLD, NEW, AFTER_FUND = date(2023, 1, 24), date(2023, 1, 25), date(2023, 12, 11)
days = st.sampled_from([date(2010, 10, 4), OLD, NEW, date(2023, 12, 10), AFTER_FUND])
markets = st.sampled_from(Market)
kinds = st.sampled_from([Kind.STOCK, Kind.ETF, Kind.ETN, Kind.ELW])
prices = st.integers(1, 3_000_000)


@pytest.mark.parametrize(
    ("price", "day", "market", "kind", "tick"),
    [
        (999, OLD, Market.KOSPI, Kind.STOCK, 1),
        (1_000, OLD, Market.KOSPI, Kind.STOCK, 5),
        (1_000, NEW, Market.KOSPI, Kind.STOCK, 1),
        (2_000, NEW, Market.KOSDAQ, Kind.STOCK, 5),
        (10_000, OLD, Market.KOSPI, Kind.STOCK, 50),
        (10_000, NEW, Market.KOSPI, Kind.STOCK, 10),
        (100_000, OLD, Market.KOSPI, Kind.STOCK, 500),
        (100_000, NEW, Market.KOSPI, Kind.STOCK, 100),
        (600_000, OLD, Market.KOSPI, Kind.STOCK, 1_000),
        (600_000, OLD, Market.KOSDAQ, Kind.STOCK, 100),
        (600_000, OLD, Market.KONEX, Kind.STOCK, 100),
        (600_000, NEW, Market.KOSDAQ, Kind.STOCK, 1_000),
        (1_999, date(2023, 12, 10), Market.KOSPI, Kind.ETF, 5),
        (1_999, AFTER_FUND, Market.KOSPI, Kind.ETF, 1),
        (100_000, AFTER_FUND, Market.KOSPI, Kind.ETN, 5),
        (1_000, AFTER_FUND, Market.KOSPI, Kind.ELW, 5),
        (1_000, AFTER_FUND, Market.KOSPI, Kind.REIT, 1),
    ],
)
def test_the_tick_follows_date_market_and_kind(
    price: int, day: date, market: Market, kind: Kind, tick: int
) -> None:
    assert tick_size(price, day, market, kind) == tick


def test_a_day_before_the_known_tables_is_refused() -> None:
    with pytest.raises(DataError, match="2010-10-04"):
        tick_size(1_000, date(2010, 10, 3), Market.KOSPI)


@given(prices, days, markets, kinds)
def test_rounding_brackets_the_price(price: int, day: date, market: Market, kind: Kind) -> None:
    down, up = floor_to_tick(price, day, market, kind), ceil_to_tick(price, day, market, kind)
    assert down <= price <= up
    assert is_on_grid(up, day, market, kind)
    assert down == 0 or is_on_grid(down, day, market, kind)
    if is_on_grid(price, day, market, kind):
        assert down == price == up
    else:
        assert move_ticks(price, 1, day, market, kind) == up
        assert move_ticks(price, -1, day, market, kind) == max(
            down, tick_size(1, day, market, kind)
        )


@given(prices, st.integers(-400, 400), days, markets, kinds)
def test_moving_by_ticks_is_stepping_one_by_one(
    price: int, steps: int, day: date, market: Market, kind: Kind
) -> None:
    moved = price
    for _ in range(abs(steps)):
        moved = move_ticks(moved, 1 if steps > 0 else -1, day, market, kind)
    if steps:
        assert moved == move_ticks(price, steps, day, market, kind)
        assert is_on_grid(moved, day, market, kind)


@given(prices, st.integers(0, 400), days, markets, kinds)
def test_there_and_back(price: int, steps: int, day: date, market: Market, kind: Kind) -> None:
    start = ceil_to_tick(price, day, market, kind)
    there = move_ticks(start, steps, day, market, kind)
    assert move_ticks(there, -steps, day, market, kind) == start


@given(days, markets, kinds)
def test_every_band_starts_on_its_own_grid(day: date, market: Market, kind: Kind) -> None:
    for (_, before), (start, tick) in pairwise(tick_bands(day, market, kind)):
        assert start % tick == 0
        assert start % before == 0


@pytest.mark.parametrize(
    ("price", "day", "printable"),
    [
        (71_950, date(2025, 6, 27), True),  # observed on the wire, half of a 100-won tick
        (249_250, date(2025, 6, 27), True),
        (71_950, date(2025, 3, 3), False),
        (71_930, date(2025, 6, 27), False),
        (2_002, date(2025, 6, 27), True),  # (2000 + 2005) / 2 cut to the won
        (2_003, date(2025, 6, 27), False),
    ],
)
def test_half_ticks_print_since_the_mid_price_order(price: int, day: date, printable: bool) -> None:
    assert is_printable(price, day, Market.KOSPI) is printable

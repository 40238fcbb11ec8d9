"""The replayed day: bars are hit exactly, paths are the same every time."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import DAY, LISTINGS, hours, listing

from maemae.exchange.grid import grid
from maemae.exchange.listing import Listing, listings_from_bars
from maemae.exchange.moment import SECOND
from maemae.exchange.replay import DayMarket
from maemae.exchange.synthetic import SyntheticHistory
from maemae.market.calendar import krx
from maemae.market.kinds import Market


def _assert_bar(market: DayMarket, one: Listing) -> None:
    state = market.state(market.rows[one.code], market.hours.close)
    assert (state.open, state.high, state.low, state.price, state.volume) == (
        one.open, one.high, one.low, one.close, one.volume,
    )  # fmt: skip


def test_paths_reproduce_their_bars(market: DayMarket) -> None:
    for one in LISTINGS:
        if one.volume:
            _assert_bar(market, one)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.integers(0, 60), min_size=4, max_size=4),
    volume=st.integers(4, 5_000_000),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_bar_is_reproduced(steps: list[int], volume: int, seed: int) -> None:
    prices = [9_000 + 10 * step for step in steps]
    one = listing("111110", (prices[0], max(prices), min(prices), prices[3]), volume)
    market = DayMarket([one], hours(), seed)
    _assert_bar(market, one)
    points = market.points(0, market.hours.close)
    assert sum(point.volume for point in points) == volume
    assert all(one.low <= point.price <= one.high for point in points)
    assert all(point.price in grid(DAY, Market.KOSPI) for point in points)
    times = [point.at for point in points]
    assert times == sorted(set(times))


def test_a_days_prices_follow_from_seed_and_code_alone(market: DayMarket) -> None:
    alone = DayMarket([LISTINGS[1]], hours(), seed=7)
    together = market.rows[LISTINGS[1].code]
    assert all(
        np.array_equal(*pair) for pair in zip(alone.path(0), market.path(together), strict=True)
    )
    other = DayMarket([LISTINGS[1]], hours(), seed=8)
    assert not np.array_equal(alone.path(0)[0], other.path(0)[0])


def test_prices_are_these_on_every_machine(market: DayMarket) -> None:
    prices, volumes, offsets = market.path(0)
    at = [0, 1, 500, 1_000, 2_000, -1]
    assert prices[at].tolist() == [10100, 10100, 10410, 10540, 10360, 10400]
    assert volumes[at].tolist() == [60000, 5361, 1251, 116, 0, 375000]
    assert offsets[at].tolist() == [0, 7934, 4990968, 9991592, 19996929, 23400000]


def test_snapshot_agrees_with_the_single_lookup(market: DayMarket) -> None:
    opened = market.hours.open
    for seconds in (-60, 0, 1, 12_345, 22_790, 22_900, 23_400, 24_000):
        at = opened + seconds * SECOND
        price, volume, value = market.snapshot(at)
        for row in range(len(market)):
            state = market.state(row, at)
            assert (state.price, state.volume, state.value) == (price[row], volume[row], value[row])


def test_nothing_trades_between_continuous_trading_and_the_closing_price(market: DayMarket) -> None:
    inside = (market.hours.auction, market.hours.close - SECOND)
    assert market.state(0, inside[0]).volume == market.state(0, inside[1]).volume
    last = market.next_point(0, inside[0])
    assert last is not None
    assert last.at == market.hours.close
    assert market.is_auction(0, last)


def test_synthetic_days_follow_one_another() -> None:
    first = date(2024, 3, 4)
    history = SyntheticHistory(5, krx(), first)
    before, after = history.bars(first), history.bars(DAY)
    assert [one.close for one in before] == [one.base for one in after]
    assert SyntheticHistory(5, krx(), first).bars(DAY) == after
    assert len({one.code for one in after}) == len(after) == 300
    assert all(one.lower <= one.low <= one.high <= one.upper for one in after)
    rising = [one for one in after if 1 <= 100 * (one.close - one.base) / one.base <= 8]
    assert len(rising) >= 20


def test_a_real_day_is_reproduced(shared: Path) -> None:
    day = date(2022, 6, 2)
    listings = listings_from_bars(shared / "data" / "kr_daily", day)
    assert len(listings) > 1_600
    market = DayMarket(listings, hours(day), seed=1)
    for one in listings:
        if one.volume:
            _assert_bar(market, one)


@pytest.mark.parametrize("price", [1, 1_999, 2_000, 19_990, 20_000, 499_500, 500_000])
def test_grid_finds_its_own_prices(price: int) -> None:
    steps = grid(DAY, Market.KOSPI)
    assert price in steps
    assert steps.price(steps.floor(price)) == steps.price(steps.ceil(price)) == price

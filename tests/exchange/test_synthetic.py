"""The made-up market: the same on every machine, inside the exchange's rules."""

import hashlib
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.exchange.grid import grid
from maemae.exchange.synthetic import SyntheticHistory
from maemae.market.calendar import krx
from maemae.market.kinds import Market
from maemae.market.limits import price_limits


@pytest.mark.parametrize(
    ("seed", "first", "begins"),
    [
        (1, date(2022, 6, 2), "995c4cd83fb0f79c"),
        (7, date(2026, 7, 1), "2be95101395229ce"),
        (3, date(2019, 3, 4), "91dc3d7a7ede2d39"),
    ],
)
def test_a_seed_always_gives_the_same_days(seed: int, first: date, begins: str) -> None:
    market = SyntheticHistory(seed, krx(), first)
    day = krx().offset(first, 1)
    rows = [
        (one.code, one.base, one.open, one.high, one.low, one.close, one.volume)
        for one in market.bars(day)
    ]
    assert hashlib.sha256(repr(rows).encode()).hexdigest()[:16] == begins


@given(
    bases=st.lists(st.integers(1, 3_000_000), min_size=1, max_size=20),
    on=st.sampled_from((date(2012, 5, 2), date(2014, 5, 2), date(2022, 6, 2), date(2024, 6, 3))),
    market=st.sampled_from((Market.KOSPI, Market.KOSDAQ)),
)
def test_limits_of_many_prices_are_those_of_each(
    bases: list[int], on: date, market: Market
) -> None:
    lower, upper = grid(on, market).limits(np.array(bases, dtype=np.int64))
    expected = [price_limits(base, on, market) for base in bases]
    assert lower.tolist() == [one.lower for one in expected]
    assert upper.tolist() == [one.upper for one in expected]


@given(price=st.integers(1, 3_999_999))
def test_the_price_below_is_the_floor(price: int) -> None:
    steps = grid(date(2022, 6, 2), Market.KOSDAQ)
    assert steps.below(np.array([price])).tolist() == [steps.price(steps.floor(price))]

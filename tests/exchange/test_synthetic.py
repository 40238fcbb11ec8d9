"""The made-up market: the same on every machine, inside the exchange's rules."""

import hashlib
import re
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.conftest import DAY, hours

from maemae.exchange.grid import grid
from maemae.exchange.listing import listings_from_bars
from maemae.exchange.replay import DayMarket
from maemae.exchange.survey.bars import BarFigures, collect, figures
from maemae.exchange.survey.facts import REAL
from maemae.exchange.survey.games import DOWN, GAMES, OTHERS, UP, Tally, play_all
from maemae.exchange.survey.survey import paths
from maemae.exchange.synthetic import SyntheticHistory
from maemae.market.calendar import krx
from maemae.market.kinds import Market
from maemae.market.limits import price_limits


@pytest.mark.parametrize(
    ("seed", "first", "begins"),
    [
        (1, date(2022, 6, 2), "c5fab7fbfd777f35"),
        (7, date(2026, 7, 1), "ccd2f44f70409672"),
        (3, date(2019, 3, 4), "429988a4a93a12ff"),
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


@cache
def made(seed: int) -> BarFigures:
    """Return the figures of eleven months."""
    market = SyntheticHistory(seed, krx(), date(2024, 6, 3))
    last = date(2024, 6, 3)
    days = [day for day in krx().sessions(date(2023, 7, 3), last) if day <= last]
    return figures(collect([(day, market.bars(day)) for day in days]))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_market_has_the_figures_of_the_real_one(seed: int) -> None:
    """Those that a fair game can have: gaps foretell nothing, real ones are turned a little."""
    here = made(seed)
    assert abs(here.gap_and_rest) < 0.04
    assert abs(here.after_gap) < 0.005
    assert 0.45 < here.up_after_gap < 0.55
    for name, rel in (
        ("deviation", 0.15), ("peakedness", 0.4), ("beyond_five", 0.3), ("beyond_ten", 0.45),
        ("clusters", 0.35), ("with_market", 0.15), ("width", 0.15), ("at_high", 0.3),
    ):  # fmt: skip
        assert getattr(here, name) == pytest.approx(getattr(REAL, name), rel=rel), name
    assert 0.0005 < here.limit_up < 0.003
    assert 0.03 < here.streak < 0.25


SHOWN = (
    ("deviation", 100, ".1f"), ("peakedness", 1, ".0f"), ("beyond_five", 100, ".1f"),
    ("beyond_ten", 100, ".1f"), ("below_ten", 100, ".1f"), ("clusters", 1, "+.2f"),
    ("with_market", 1, ".2f"), ("width", 100, ".1f"), ("at_high", 100, ".1f"),
    ("limit_up", 100, ".2f"), ("streak", 100, ".0f"), ("gap_and_rest", 1, "+.2f"),
    ("strong", 100, ".0f"),
)  # fmt: skip
"""The rows of the table in docs/exchange.md."""


def test_the_page_tells_these_figures() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "exchange.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^\| .* \| ([-+.\d]+) \| ([-+.\d]+) \|$", page)
    seeds = [made(seed) for seed in (1, 2, 3)]
    assert told == [
        (
            format(times * float(np.mean([getattr(one, name) for one in seeds])), form),
            format(times * getattr(REAL, name), form),
        )
        for name, times, form in SHOWN
    ]


def test_real_bars_have_the_figures_that_are_told(shared: Path) -> None:
    starts = date(2022, 1, 3)
    days = [day for day in krx().sessions(starts, date(2022, 2, 28)) if day.month in (1, 2)]
    found = figures(
        collect([(day, listings_from_bars(shared / "data" / "kr_daily", day)) for day in days[:12]])
    )
    assert found.gap_and_rest < 0
    assert found.deviation == pytest.approx(REAL.deviation, rel=0.3)
    assert found.width == pytest.approx(REAL.width, rel=0.3)


def test_well_known_names_are_there_under_their_codes() -> None:
    names = {one.code: one for one in SyntheticHistory(1, krx(), DAY).bars(DAY)}
    assert names["005930"].name == "삼성전자"
    assert names["247540"].market is Market.KOSDAQ
    worth = {code: one.shares * one.close for code, one in names.items()}
    assert worth["005930"] > worth["097950"]
    assert len(names) == 300


def test_values_are_spread_as_those_of_the_market() -> None:
    """Medians of 0.74 billion won; a twentieth below 0.04, another above 20 to 40 (KRX, 2022)."""
    values = np.array([one.close * one.volume for one in SyntheticHistory(1, krx(), DAY).bars(DAY)])
    low, middle, high = np.quantile(values[values > 0], (0.05, 0.5, 0.95)) / 1e9
    assert 0.01 < low < 0.1
    assert 0.4 < middle < 1.6
    assert 15 < high < 120


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_of_the_made_up_market_is_a_fair_game(seed: int) -> None:
    found = [Tally() for _game in GAMES]
    history = SyntheticHistory(seed, krx(), DAY)
    for day in krx().sessions(DAY, date(2024, 3, 12)):
        play_all(found, paths(DayMarket(history.bars(day), hours(day), seed)))
    for games in (UP, DOWN, OTHERS):
        pooled = [tally for game, tally in zip(GAMES, found, strict=True) if game in games]
        gains = np.concatenate([tally.gains for tally in pooled])
        # Games of one path and names of one market have their luck in common.
        assert abs(gains.mean()) < 3 * gains.std() / np.sqrt(len(gains) / 6)


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

"""Paths through daily bars: the law of a random walk given its bar, and so a fair game."""

from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from tests.exchange.conftest import DAY, hours, listing

from maemae.exchange import daytime
from maemae.exchange.bridges import Walks, fill
from maemae.exchange.brownian import LEAST, MOST, draw_variance, times
from maemae.exchange.liquidity import VOLATILITIES
from maemae.exchange.listing import WALK_PARTS
from maemae.exchange.replay import DayMarket
from maemae.exchange.survey.games import DOWN, GAMES, OTHERS, UP, Game, Tally, play_all
from maemae.exchange.survey.survey import paths
from maemae.exchange.survey.walks import volatility, walked
from maemae.exchange.synthetic import SyntheticHistory
from maemae.market.calendar import krx

Floats = npt.NDArray[np.float64]
WALKS, STEPS = 6_000, 1_024


@cache
def walks() -> tuple[Floats, Floats, Floats]:
    """Return walks of variance one, their extremes mended for the gaps between points."""
    steps = np.random.default_rng(5).standard_normal((WALKS, STEPS)) / np.sqrt(STEPS)
    walk = np.concatenate([np.zeros((WALKS, 1)), np.cumsum(steps, axis=1)], axis=1)
    gap = 0.5826 / np.sqrt(STEPS)
    return walk, walk.max(axis=1) + gap, walk.min(axis=1) - gap


def bars() -> tuple[Floats, Floats, Floats]:
    """Return variance, open and close of the walks in units of their bars."""
    walk, high, low = walks()
    width = high - low
    return np.clip(width**-2, LEAST, MOST), -low / width, (walk[:, -1] - low) / width


def test_the_times_of_the_extremes_are_those_of_walks_with_such_bars() -> None:
    variance, opened, close = bars()
    draws = np.random.default_rng(6).random((WALKS, 2))
    high_first, before, after = times(variance, opened, close, np.zeros(WALKS, np.int8), draws)
    walk = walks()[0]
    high_at, low_at = walk.argmax(axis=1) / STEPS, walk.argmin(axis=1) / STEPS
    quantiles = (0.1, 0.25, 0.5, 0.75, 0.9)
    for drawn, seen in (
        (before, np.minimum(high_at, low_at)),
        (1 - after, np.maximum(high_at, low_at)),
    ):
        assert np.quantile(drawn, quantiles) == pytest.approx(
            np.quantile(seen, quantiles), abs=0.025
        )
    for least, most in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        some = (close >= least) & (close < most)
        truly = (high_at < low_at)[some].mean()
        assert high_first[some].mean() == pytest.approx(truly, abs=0.04)


def test_a_volatility_that_is_not_known_is_drawn_from_what_the_bar_leaves_open() -> None:
    _, opened, close = bars()
    rng = np.random.default_rng(7)
    volatility = np.exp(VOLATILITIES * rng.standard_normal(WALKS))
    width = volatility * (walks()[1] - walks()[2])
    spread = np.full(WALKS, 2 * VOLATILITIES)
    drawn = np.sqrt(draw_variance(opened, close, width**-2, spread, rng.random(WALKS))) * width
    quantiles = (0.05, 0.25, 0.5, 0.75, 0.95)
    seen = np.quantile(volatility, quantiles)
    assert np.quantile(drawn, quantiles) == pytest.approx(seen, rel=0.05)
    narrow = width < np.quantile(width, 0.2)
    assert drawn[narrow].mean() == pytest.approx(volatility[narrow].mean(), rel=0.04)


def test_walks_between_the_extremes_are_random_walks_that_stay_in_the_bar() -> None:
    variance, opened, close = (one[:2_000] for one in bars())
    count, points = len(variance), 1_201
    zeros = np.zeros(count, np.int8)
    draws = np.random.default_rng(8).random((count, 2))
    high_first, before, after = times(variance, opened, close, zeros, draws)
    clock = np.linspace(0.0, 1.0, points)
    first = np.clip(np.searchsorted(clock, before), 1, points - 3)
    second = np.clip(np.searchsorted(clock, 1 - after), first + 1, points - 2)
    start, end = (np.where(high_first, one, 1 - one) for one in (opened, close))
    keys = np.arange(count, dtype=np.uint64)
    path = fill(Walks(keys, variance, start, end, first, second, clock), 64).astype(np.float64)
    here = np.arange(count)
    assert (path[here, first] == 1).all()
    assert (path[here, second] == 0).all()
    path[here, first], path[here, second] = 0.5, 0.5
    assert ((path > 0) & (path < 1)).all()
    path[here, first], path[here, second] = 1, 0
    walk = np.where(high_first[:, None], path, 1 - path)
    # In units of the walk: all bars together, it is a walk without any condition.
    walk = (walk - opened[:, None]) / np.sqrt(variance)[:, None]
    steps = np.diff(walk, axis=1)
    assert (steps**2).sum(axis=1).mean() == pytest.approx(1, abs=0.015)
    for apart in (1, 8, 32, 200):
        together = (steps[:, apart:] * steps[:, :-apart]).mean() / (steps**2).mean()
        assert abs(together) < 0.004
    for part in (0.1, 0.5, 0.9):
        assert walk[:, int(part * points)].var() == pytest.approx(part, rel=0.1)


@cache
def tallies(known: str) -> list[Tally]:
    found = [Tally() for _game in GAMES]
    bars = walked(1_600, hours(), 3, told=known == "walk")
    if known == "volatility":
        bars = [replace(one, volatility=volatility(3, one.code)) for one in bars]
    play_all(found, paths(DayMarket(bars, hours(), 3)))
    return found


@pytest.mark.parametrize("known", ["walk", "volatility", "bar"])
@pytest.mark.parametrize("games", [UP, DOWN, OTHERS])
def test_bars_of_a_fair_game_are_replayed_as_one(games: tuple[Game, ...], known: str) -> None:
    """Games on one path have its luck in common: they count as half as many."""
    pooled = [tally for game, tally in zip(GAMES, tallies(known), strict=True) if game in games]
    gains = np.concatenate([tally.gains for tally in pooled])
    error = gains.std() / np.sqrt(len(gains) / 2)
    assert abs(gains.mean()) < 3 * error
    assert error < 0.0006, "a game that is off by a fifth of a percent is found"


def test_paths_go_where_the_walks_that_made_their_days_were() -> None:
    bars = walked(400, hours(), 3, told=True)
    market = DayMarket(bars, hours(), 3)
    clock = daytime.clock(market.last_index + 1)
    points = np.searchsorted(clock, np.arange(1, WALK_PARTS) / WALK_PARTS)
    off = []
    for row, one in enumerate(bars):
        assert one.walk is not None
        prices = market.path(row)[0]
        assert (prices[0], prices.max(), prices.min()) == (one.open, one.high, one.low)
        tick = market.grid(row).tick(market.grid(row).floor(one.base))
        wanted = one.base * (1 + np.array(one.walk.places))
        off.append((prices[points] - wanted) / (one.volatility * one.base + tick))
    assert np.sqrt((np.array(off) ** 2).mean()) < 0.1
    assert np.abs(np.median(off)) < 0.005
    squares = []
    for row, one in enumerate(bars):
        steps = np.diff(market.path(row)[0][points])
        squares.append((steps**2).mean() * WALK_PARTS / (one.volatility * one.base) ** 2)
    assert np.median(squares) == pytest.approx(1, abs=0.1)


def test_the_market_as_a_whole_goes_on_by_nothing_that_it_has_done() -> None:
    """Names have the market in common: drawn from their bars alone, their mean knew the close."""
    moves = []
    for seed in range(3):
        history = SyntheticHistory(seed, krx(), DAY)
        day = DAY
        for _ in range(10):
            market = DayMarket(history.bars(day), hours(day), seed)
            points = np.searchsorted(daytime.clock(market.last_index + 1), np.arange(9) / 8)
            prices = np.stack([market.path(row)[0][points] for row in range(len(market))])
            moves.append(np.diff(np.log(prices), axis=1).mean(axis=0))
            day = krx().next_session(day)
    parts = np.array(moves)
    together = np.mean([np.corrcoef(parts[:, n], parts[:, n + 1])[0, 1] for n in range(7)])
    assert abs(together) < 0.25
    assert parts.std() > 0.001


def test_highs_come_when_a_walk_has_them() -> None:
    market = DayMarket(walked(1_500, hours(), 3), hours(), 3)
    clock = daytime.clock(2_282)
    seen = []
    for row in range(len(market)):
        prices, _volumes, _offsets = market.path(row)
        seen.append(clock[int(np.argmax(prices))])
    # The law of the time of a maximum (arcsine), on the day's clock of variance.
    for part in (0.1, 0.5, 0.9):
        below = 2 / np.pi * np.arcsin(np.sqrt(part))
        assert np.mean(np.array(seen) <= part) == pytest.approx(below, abs=0.04)


@pytest.mark.parametrize(
    ("bar", "limit"),
    [((10_500, 13_000, 10_200, 13_000), 13_000), ((9_500, 9_800, 7_000, 7_000), 7_000)],
)
def test_a_name_that_ends_at_its_limit_is_locked_from_when_it_was_there(
    bar: tuple[int, int, int, int], limit: int
) -> None:
    one = listing("000070", bar, 3_000_000)
    for seed in range(20):
        prices, _, _ = DayMarket([one], hours(), seed).path(0)
        assert (prices[int(np.argmax(prices == limit)) :] == limit).all()


def test_a_thin_name_trades_seldom_and_a_large_one_always() -> None:
    bar = (10_100, 10_600, 9_900, 10_400)
    names = [listing(f"00010{n}", bar, volume) for n, volume in enumerate((500, 50_000, 9_000_000))]
    market = DayMarket(names, hours(), 7)
    thin, usual, large = (int((market.path(row)[1] > 0).sum()) for row in range(3))
    assert thin < 200 < usual < 1_500
    assert large > 1_800

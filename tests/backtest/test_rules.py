"""Every fill rule as a table of cases worked by hand.

Prices lie on the grid of today: 1 won below 2,000, 5 below 5,000, 10 below 20,000, 50 below 50,000.
"""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.backtest import rules
from maemae.backtest.rules import BREAKOUT, CLOSE, FAR, NOW, OPEN, STOP, TAKE, TRAIL, Bar, Grid
from maemae.market.kinds import Market
from maemae.market.limits import limit_percent, price_limits
from maemae.market.ticks import ceil_to_tick, floor_to_tick, tick_bands

DAY = date(2024, 3, 4)


def grid(market: Market = Market.KOSPI, day: date = DAY) -> Grid:
    starts, ticks = zip(*tick_bands(day, market), strict=True)
    return Grid(np.array(starts, np.int64), np.array(ticks, np.int64))


GRID = grid()
ANY = (0, FAR)


def bar(opened: int, high: int, low: int, close: int, base: int = 10_000) -> Bar:
    return Bar(opened, high, low, close, base)


@pytest.mark.parametrize(
    ("how", "session", "above", "band", "price", "late"),
    [
        # the next open, whatever follows
        (OPEN, bar(10_050, 10_500, 9_900, 10_300), 0, ANY, 10_050, False),
        # … only while the open lies in the band
        (OPEN, bar(10_050, 10_500, 9_900, 10_300), 0, (10_000, 10_499), 10_050, False),
        (OPEN, bar(10_500, 10_900, 10_400, 10_800), 0, (10_000, 10_499), 0, False),
        # the closing auction
        (CLOSE, bar(10_050, 10_500, 9_900, 10_300), 0, ANY, 10_300, False),
        # a breakout: the open plus a distance, rounded up to a tick
        (BREAKOUT, bar(10_050, 10_500, 9_900, 10_300), 251, ANY, 10_310, True),
        (BREAKOUT, bar(10_050, 10_310, 9_900, 10_300), 251, ANY, 10_310, True),
        (BREAKOUT, bar(10_050, 10_300, 9_900, 10_300), 251, ANY, 0, False),
        # … of no distance is the open
        (BREAKOUT, bar(10_050, 10_300, 9_900, 10_300), 0, ANY, 10_050, False),
        # a band: at the open if it lies inside
        (NOW, bar(10_050, 10_500, 9_900, 10_300), 0, (10_000, 10_499), 10_050, False),
        # … from below: its lower end, once the price gets there
        (NOW, bar(9_900, 10_500, 9_850, 10_300), 0, (10_000, 10_499), 10_000, True),
        (NOW, bar(9_900, 9_990, 9_850, 9_950), 0, (10_000, 10_499), 0, False),
        # … from above (a gap up that comes back): the highest price of the grid still inside
        (NOW, bar(10_700, 10_900, 10_400, 10_500), 0, (10_000, 10_499), 10_490, True),
        (NOW, bar(10_700, 10_900, 10_500, 10_500), 0, (10_000, 10_499), 0, False),
        # a limit is a band without a lower end
        (NOW, bar(10_050, 10_500, 9_900, 10_300), 0, (0, 10_000), 10_000, True),
    ],
)
def test_an_entry_is_bought_at(  # noqa: PLR0917
    how: int, session: Bar, above: int, band: tuple[int, int], price: int, late: bool
) -> None:
    assert rules.entry(GRID, session, how, above, *band) == (price, late)


PAID = 10_000


@pytest.mark.parametrize(
    ("session", "stop", "take", "trail", "peak", "adverse_first", "late", "price", "why"),
    [
        # nothing reached
        (bar(10_000, 10_400, 9_600, 10_100), 5, 5, 0, 10_000, True, False, 0, 0),
        # stop loss of 5 %: at 9,500, reached exactly or passed
        (bar(10_000, 10_100, 9_500, 9_900), 5, 5, 0, 10_000, True, False, 9_500, STOP),
        (bar(10_000, 10_100, 9_100, 9_200), 5, 5, 0, 10_000, True, False, 9_500, STOP),
        # … a gap through it fills at the open, not at the stop
        (bar(9_300, 9_900, 9_200, 9_800), 5, 5, 0, 10_000, True, False, 9_300, STOP),
        # take profit of 5 %: at 10,500, or at an open above it
        (bar(10_000, 10_500, 9_900, 10_100), 5, 5, 0, 10_000, True, False, 10_500, TAKE),
        (bar(10_800, 11_000, 10_700, 10_900), 5, 5, 0, 10_000, True, False, 10_800, TAKE),
        # both in one bar: the adverse one first, or last if wanted
        (bar(10_000, 10_600, 9_400, 10_100), 5, 5, 0, 10_000, True, False, 9_500, STOP),
        (bar(10_000, 10_600, 9_400, 10_100), 5, 5, 0, 10_000, False, False, 10_500, TAKE),
        # … but an open beyond one of them decides
        (bar(10_600, 10_700, 9_400, 9_500), 5, 5, 0, 10_000, True, False, 10_600, TAKE),
        # trailing 10 % below a peak of 12,000: at 10,800
        (bar(11_500, 11_600, 10_700, 11_000), 0, 0, 10, 12_000, True, False, 10_800, TRAIL),
        # … the nearer of stop and trail comes first
        (bar(11_500, 11_600, 9_000, 9_100), 5, 0, 10, 12_000, True, False, 10_800, TRAIL),
        # … and below both the reason is the stop
        (bar(9_000, 9_100, 8_900, 9_000), 5, 0, 10, 12_000, True, False, 9_000, STOP),
        # bought within the session: what is adverse counts, what is favourable does not
        (bar(9_700, 10_600, 9_400, 10_600), 5, 5, 0, 10_000, True, True, 9_500, STOP),
        (bar(9_700, 10_600, 9_600, 10_600), 5, 5, 0, 10_000, True, True, 0, 0),
    ],
)
def test_a_bound_is_reached_at(  # noqa: PLR0917
    session: Bar, stop: int, take: int, trail: int, peak: int, adverse_first: bool, late: bool,
    price: int, why: int,
) -> None:  # fmt: skip
    percent = 10_000
    at = rules.bounds(PAID, peak, stop * percent, trail * percent, take * percent)
    found = rules.inside(GRID, session, at, adverse_first, late)
    assert (found, rules.reason(at, found) if found else 0) == (price, why)


@pytest.mark.parametrize(
    ("paid", "stop", "take", "price"),
    [
        # 3 % of 10,110 is 303.3: the stop stands at 9,806.7, the first price at or below is 9,800
        (10_110, 30_000, 0, 9_800),
        # … and +3 % at 10,413.3, the first price at or above is 10,420
        (10_110, 0, 30_000, 10_420),
        # across a band of the grid: 2,000 - 1 % = 1,980 in steps of 1
        (2_000, 10_000, 0, 1_980),
    ],
)
def test_bounds_are_rounded_to_the_grid(paid: int, stop: int, take: int, price: int) -> None:
    at = rules.bounds(paid, paid, stop, 0, take)
    wide = bar(paid, 2 * paid, paid // 2, paid)
    assert rules.inside(GRID, wide, at, True, False) == price


def test_off_the_grid_a_fill_stays_inside_the_bar() -> None:
    """Back-adjusted prices lie between ticks; the bar is still all that traded."""
    at = rules.bounds(10_000, 10_000, 50_000, 0, 0)
    assert rules.inside(GRID, bar(10_003, 10_011, 9_497, 9_600), at, True, False) == 9_500
    at = rules.bounds(10_003, 10_003, 50_000, 0, 0)  # at 9,502, the grid's 9,500 did not trade
    assert rules.inside(GRID, bar(10_003, 10_011, 9_502, 9_600), at, True, False) == 9_502


@pytest.mark.parametrize(
    ("session", "price"),
    [
        # a new high of 12,000 trails to 10,800; a close at or below it came after the high
        (bar(11_000, 12_000, 10_900, 11_000), 0),
        (bar(11_000, 12_000, 10_700, 10_750), 10_800),
        (bar(11_000, 12_000, 10_800, 10_800), 10_800),
    ],
)
def test_a_trail_below_the_bars_own_high(session: Bar, price: int) -> None:
    assert rules.fallen(GRID, session, session.high * 9 // 10) == price


@pytest.mark.parametrize(
    ("session", "percent", "state"),
    [
        (bar(13_000, 13_000, 13_000, 13_000), 30, 1),
        (bar(7_000, 7_000, 7_000, 7_000), 30, -1),
        # the limit was left: it can be traded
        (bar(13_000, 13_000, 12_900, 13_000), 30, 0),
        # one price all day, but inside the limits
        (bar(11_000, 11_000, 11_000, 11_000), 30, 0),
        # KONEX
        (bar(11_500, 11_500, 11_500, 11_500), 15, 1),
        # adjusted prices, a little short of the limit by their rounding
        (bar(12_953, 12_953, 12_953, 12_953), 30, 1),
        # no base: a first day
        (bar(13_000, 13_000, 13_000, 13_000, 0), 30, 0),
    ],
)
def test_locked_at_a_limit(session: Bar, percent: int, state: int) -> None:
    assert rules.locked(GRID, session, percent) == state


@pytest.mark.parametrize(
    ("price", "up", "rate", "ticks", "worse"),
    [
        (10_000, True, 0, 0, 10_000),
        (10_000, True, 1_000, 0, 10_010),
        (10_000, False, 1_000, 0, 9_990),
        (10_000, True, 1_500, 0, 10_020),
        (10_000, True, 0, 2, 10_020),
        (10_000, False, 0, 2, 9_980),
        # a tick below 20,000 is 10, above it 50
        (20_000, False, 0, 1, 19_990),
        (20_000, True, 0, 1, 20_050),
        # never beyond the day's limits
        (12_990, True, 100_000, 0, 13_000),
        (7_010, False, 100_000, 0, 7_000),
    ],
)
def test_slippage(price: int, up: bool, rate: int, ticks: int, worse: int) -> None:
    session = bar(price, price, price, price, 10_000 if price < 15_000 else 20_000)
    assert rules.slipped(GRID, session, price, up, rate, ticks, 30) == worse


@given(
    price=st.integers(1, 3_000_000),
    market=st.sampled_from(Market),
    day=st.dates(date(2015, 6, 15), date(2026, 11, 20)),
)
def test_grid_and_limits_are_those_of_the_market(price: int, market: Market, day: date) -> None:
    today = grid(market, day)
    assert rules.floor_tick(today, price) == floor_to_tick(price, day, market)
    base = ceil_to_tick(price, day, market)
    assert rules.ceil_tick(today, price) == base
    wanted = price_limits(base, day, market)
    found = rules.limits(today, price, limit_percent(day, market))
    assert found == (wanted.lower, wanted.upper)

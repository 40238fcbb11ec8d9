"""The scalper's rule: what it pays between bid and ask, and that a fair game takes nothing else."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from tests.exchange.conftest import DAY, hours, listing

from maemae.exchange.grid import Grid
from maemae.exchange.liquidity import USUAL_VOLATILITY
from maemae.exchange.listing import Listing
from maemae.exchange.paths import Paths
from maemae.exchange.replay import DayMarket
from maemae.exchange.survey.scalping import Position, Scalper, driftless
from maemae.exchange.synthetic import SyntheticHistory
from maemae.market.calendar import krx

Ints = npt.NDArray[np.int64]
BAR = (10_300, 10_700, 9_500, 10_200)


def names(number: int) -> list[Listing]:
    return [
        listing(f"{700_000 + n}", BAR, 3_000_000, volatility=USUAL_VOLATILITY)
        for n in range(number)
    ]


def moved(positions: Sequence[Position]) -> tuple[float, float]:
    found = np.array([one.moved for one in positions])
    return float(found.mean()), float(found.std() / np.sqrt(len(found)))


def test_what_is_paid_between_bid_and_ask_is_the_difference_of_the_prices_traded() -> None:
    one = Position(paid=10_010, got=9_920, spread=20)
    assert one.gain == 9_920 / 10_010 - 1
    assert one.moved == 9_940 / 10_010 - 1


def test_a_rule_on_driftless_walks_loses_what_it_pays_between_bid_and_ask() -> None:
    positions = Scalper(DayMarket(names(800), hours(), 3, make=driftless), 800).play()
    middle, error = moved(positions)
    assert error < 0.0004
    assert abs(middle) < 3 * error
    assert 0.0002 < np.mean([one.spread / one.paid for one in positions]) < 0.002
    assert all(one.spread >= 0 for one in positions)


def test_a_market_that_sinks_is_told_from_a_fair_one() -> None:
    def sinking(
        listings: Sequence[Listing],
        grids: Sequence[Grid],
        bars: Ints,
        key: tuple[int, int],
        session_ms: tuple[int, int],
    ) -> Paths:
        paths = driftless(listings, grids, bars, key, session_ms)
        paths.steps[:] -= np.arange(paths.steps.shape[1], dtype=np.int32) // 120
        return paths

    middle, error = moved(Scalper(DayMarket(names(300), hours(), 3, make=sinking), 300).play())
    assert middle < -4 * error


def test_walks_have_the_volatility_of_their_names_and_stay_within_the_limits() -> None:
    market = DayMarket(names(400), hours(), 3, make=driftless)
    change = np.array([market.path(row)[0][[0, -1]] for row in range(len(market))])
    assert (change[:, 0] == BAR[0]).all()
    spread = np.std(change[:, 1] / change[:, 0] - 1)
    assert spread == np.clip(spread, 0.9 * USUAL_VOLATILITY, 1.1 * USUAL_VOLATILITY)
    wild = [listing("700000", BAR, 3_000_000, volatility=0.9)]
    prices = DayMarket(wild, hours(), 3, make=driftless).path(0)[0]
    assert wild[0].lower <= prices.min() < prices.max() <= wild[0].upper


@pytest.mark.filterwarnings("error")
def test_walks_of_thin_names_trade_what_their_day_does() -> None:
    thin = [listing(f"{700_000 + n}", BAR, 3, volatility=0.02) for n in range(40)]
    market = DayMarket(thin, hours(), 3, make=driftless)
    assert [int(market.path(row)[1].sum()) for row in range(40)] == [3] * 40


def test_no_more_names_are_held_than_allowed_and_the_rule_trades_the_made_up_market() -> None:
    listings = SyntheticHistory(1, krx(), DAY).bars(DAY)
    market = DayMarket(listings, hours(), 1)
    few, many = (Scalper(market, names).play() for names in (1, 5))
    assert 1 < len(few) < len(many)

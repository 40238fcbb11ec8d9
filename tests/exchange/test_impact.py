"""Market impact: clients' fills move the later prices, if a scenario asks for it."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.exchange.conftest import DAY, LISTINGS, Client, hours, listing, make_exchange, pass_time

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.grid import grid
from maemae.exchange.impact import Impact
from maemae.exchange.moment import MINUTE, SECOND
from maemae.exchange.orders import OrderKind, Ticket
from maemae.exchange.paths import Paths, make_paths
from maemae.exchange.replay import DayMarket
from maemae.exchange.scenario import read_scenario
from maemae.exchange.venue import Venue
from maemae.market.costs import CostRules
from maemae.market.kinds import Market, Side

CODE = LISTINGS[0].code
CASH = 100_000_000_000


def _venue(strength: float) -> tuple[Venue, Account]:
    market = DayMarket([*LISTINGS], hours(), 7)
    account = Account("11111111-01", CostRules.REAL, DAY, CASH)
    account.holdings[CODE] = Holding(CODE, 500_000, 5_000_000_000)
    venue = Venue(market, [account], impact=strength)
    venue.advance(market.hours.open + 30 * MINUTE)
    return venue, account


def _trade(venue: Venue, account: Account, side: Side, quantity: int) -> None:
    venue.submit(account, Ticket(CODE, side, OrderKind.MARKET, quantity))
    venue.advance(venue.now + 10 * MINUTE)


def test_buying_raises_and_selling_takes_it_back() -> None:
    plain, _ = _venue(0.0)
    venue, account = _venue(1.0)
    row = venue.floor.market.rows[CODE]
    _trade(venue, account, Side.BUY, 120_000)
    # 825 shares stand in a won; 0.4 won for so many, cut to ticks of ten.
    bought = plain.floor.market.index(row, venue.now)
    moved, still = venue.floor.market.path(row)[0], plain.floor.market.path(row)[0]
    assert (moved[: bought - 70] == still[: bought - 70]).all()
    assert (moved[bought:-1] - still[bought:-1]).tolist() == [50] * (len(moved) - bought - 1)
    assert moved[-1] == still[-1] == LISTINGS[0].close
    _trade(venue, account, Side.SELL, 120_000)
    back = venue.floor.market.index(row, venue.now)
    moved = venue.floor.market.path(row)[0]
    assert (moved[back:] == still[back:]).all()


def _still(*given: Any) -> Paths:
    """Make paths whose price never moves, so that all gains are the impact's."""
    made = make_paths(*given)
    made.steps[:] = made.steps[:, -1:]
    return made


@pytest.mark.parametrize("strength", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("volume", [400, 20_000, 3_000_000])
@pytest.mark.parametrize("price", [1_500, 4_990, 60_000])
def test_no_round_trip_of_market_orders_pays(strength: float, volume: int, price: int) -> None:
    """Bought in one to eight parts, at once or over the day, sold in one to three."""
    flat = listing("000010", (price, price + 100, price, price), volume, base=price)
    dice = Random(volume)
    for _ in range(6):
        market = DayMarket([flat], hours(), 7, make=_still)
        account = Account("11111111-01", CostRules.REAL, DAY, 10 * CASH)
        venue = Venue(market, [account], impact=strength)
        venue.advance(market.hours.open + 10 * MINUTE)
        most = dice.choice((5, 50, 300))
        for _ in range(dice.randint(1, 8)):
            quantity = max(1, volume * dice.randint(1, most) // 8_000)
            venue.submit(account, Ticket("000010", Side.BUY, OrderKind.MARKET, quantity))
            venue.advance(venue.now + SECOND + dice.randint(0, 3) * MINUTE)
        venue.advance(venue.now + 60 * MINUTE)
        for left in range(dice.randint(1, 3), 0, -1):
            quantity = -(-account.held("000010") // left)
            if quantity:
                venue.submit(account, Ticket("000010", Side.SELL, OrderKind.MARKET, quantity))
            venue.advance(venue.now + 60 * MINUTE)
        sold = [one.quantity * one.price for one in account.fills if one.side is Side.SELL]
        bought = [one.quantity * one.price for one in account.fills if one.side is Side.BUY]
        assert bought
        # What the thin book of a strong impact has not taken yet is worth what it was before.
        assert sum(sold) + account.held("000010") * price <= sum(bought)


def test_without_the_option_the_price_is_replayed() -> None:
    venue, account = _venue(0.0)
    before = venue.floor.market.path(0)[0]
    _trade(venue, account, Side.BUY, 120_000)
    assert np.array_equal(venue.floor.market.path(0)[0], before)
    assert venue.floor.market.version(0) == 0


def test_prices_stay_valid_however_strong_it_is() -> None:
    venue, account = _venue(100.0)
    _trade(venue, account, Side.BUY, 200_000)
    prices = venue.floor.market.path(0)[0]
    assert prices.max() == LISTINGS[0].upper
    assert all(int(price) in grid(DAY, Market.KOSPI) for price in prices)
    venue.advance(venue.hours.close + SECOND)
    state = venue.floor.state(CODE)
    assert (state.price, state.high, state.volume) == (10_400, 13_000, LISTINGS[0].volume)


def test_quotes_and_frames_follow(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text("impact = 1.0\n")
    scenario = read_scenario(file, seed=7, cash=CASH)
    seen = []
    for given in (scenario, None):
        exchange = make_exchange(at="09:30", scenario=given)
        client = Client(exchange)
        client.order("buy", CODE, 100_000 if given else 1)
        pass_time(exchange, "15:15")
        price = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": CODE}
        output = client.quote("inquire-price", "FHKST01010100", **price)["output"]
        seen.append(int(output["stck_prpr"]))
    assert seen[0] - seen[1] == 40


def test_an_idle_instrument_does_not_move() -> None:
    idle = listing("000060", (10_000, 10_000, 10_000, 10_000), 0)
    market = DayMarket([idle], hours(), 7)
    impact = Impact(market, 1.0)
    impact.fill("000060", 10, market.hours.open)
    assert (impact.moved(0), market.version(0)) == (0, 0)

"""How liquid names are: like the one that was measured, and widely different by size."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from tests.exchange.conftest import (
    DAY,
    Client,
    FixedSource,
    hours,
    listen,
    listing,
    make_exchange,
    pass_time,
    records,
)

from maemae.exchange.broadcast import RECORDS
from maemae.exchange.depth import depth_around
from maemae.exchange.liquidity import Liquidity
from maemae.exchange.listing import Listing
from maemae.exchange.protocol.frames import latest
from maemae.exchange.replay import DayMarket
from maemae.exchange.synthetic import SyntheticHistory
from maemae.exchange.tape import make_tape
from maemae.exchange.trades import prints
from maemae.market.calendar import krx

LARGE = listing(
    "005930", (72_000, 72_400, 71_700, 71_900), 15_800_000, base=72_000, volatility=0.014
)
THIN = listing("000010", (40_000, 41_000, 39_500, 40_200), 1_500, base=40_000, volatility=0.03)


def books(one: Listing) -> tuple[float, float]:
    """Return the mean of shares at the best prices and of the ticks between, over a day."""
    market = DayMarket([one], hours(), 7)
    shares, ticks = [], []
    for point in market.points(0, market.hours.auction):
        book = depth_around(market, 0, point, 7)
        shares += [book.asks[0].quantity, book.bids[0].quantity]
        grid = market.grid(0)
        ticks.append(grid.floor(book.asks[0].price) - grid.floor(book.bids[0].price))
    return float(np.mean(shares)), float(np.mean(ticks))


def test_a_large_name_is_like_the_one_that_was_measured() -> None:
    shares, ticks = books(LARGE)
    assert shares == pytest.approx(93_500, rel=0.1)
    assert ticks == 1.0
    market = DayMarket([LARGE], hours(), 7)
    trades = int(market.trades(0).sum())
    assert trades == pytest.approx(59_500, rel=0.1)
    early = market.index(0, market.hours.open + 34 * 60 * 10**6)
    assert int(market.trades(0)[: early + 1].sum()) == pytest.approx(12_042, rel=0.2)


def test_a_thin_name_trades_seldom_and_wide() -> None:
    shares, ticks = books(THIN)
    assert 1 < shares < 30
    assert 2.0 < ticks < 6.0
    market = DayMarket([THIN], hours(), 7)
    assert 50 < market.trades(0).sum() < 400


def test_names_of_the_made_up_market_differ_by_size() -> None:
    listings = SyntheticHistory(1, krx(), DAY).bars(DAY)
    market = DayMarket(listings, hours(), 1)
    trades = np.array([market.trades(row).sum() for row in range(len(market))])
    assert trades[market.rows["005930"]] > 20_000
    low, middle, high = np.quantile(trades[trades > 0], (0.05, 0.5, 0.95))
    assert low < middle / 4
    assert high > 4 * middle


def test_a_book_tells_nothing_of_how_far_the_day_goes() -> None:
    calm, wild = (
        Liquidity.of(listing("000020", (10_000, 10_000 + far, 10_000 - far, 10_000), 100_000))
        for far in (50, 2_000)
    )
    assert calm == wild


@pytest.mark.parametrize(("volume", "trades"), [(1, 1), (7, 7), (10_000, 26), (10_000, 1)])
def test_the_trades_of_a_point_have_its_shares(volume: int, trades: int) -> None:
    found = [*prints(volume, trades, 7, 0, 3)]
    assert len(found) == trades
    assert sum(one.shares for one in found) == volume
    assert all(one.shares > 0 for one in found)
    for at, one in enumerate(found):
        after = found[at + 1 :]
        assert (one.left, one.later) == (sum(two.shares for two in after), len(after))


def test_points_and_tape_count_the_same_trades() -> None:
    market = DayMarket([LARGE, THIN], hours(), 7)
    for row in range(2):
        points = market.points(row, market.hours.close)
        tape = make_tape(market, row)
        counted = int(tape.bought_count[-1] + tape.sold_count[-1])
        assert sum(one.trades for one in points) == counted == market.trades(row).sum()
        assert points[0].trades == points[-1].trades == 1
        newest = [*latest(market, row, points, 30)]
        assert len(newest) == 30
        assert newest[0][0] == points[-1]


class LargeSource(FixedSource):
    """One large name."""

    def listings(self, day: date) -> list[Listing]:
        return [LARGE]


def test_frames_have_the_trades_of_an_instant_and_sums_that_go_on() -> None:
    exchange = make_exchange(source=LargeSource(), at="09:30")
    texts = listen(exchange, ("H0STCNT0", LARGE.code))
    pass_time(exchange, "09:32")
    frames = [text.split("|", 3) for text in texts if text.startswith("0|H0STCNT0")]
    counts = [int(count) for _, _, count, _ in frames]
    assert max(counts) > 5
    assert max(counts) <= RECORDS
    trades = records(texts, "H0STCNT0")
    assert len(trades) == sum(counts)
    for before, after in pairwise(trades):
        assert int(after[13]) - int(before[13]) == int(after[12])
        sold, bought = (int(after[n]) - int(before[n]) for n in (15, 16))
        assert (sold, bought) in ((1, 0), (0, 1))
        assert after[21] == ("1" if bought else "5")
        assert int(after[19]) - int(before[19]) == (int(after[12]) if sold else 0)
        assert int(after[14]) - int(before[14]) == int(after[12]) * int(after[2])


def test_inquiries_tell_the_same_trades_as_the_feed() -> None:
    exchange = make_exchange(source=LargeSource(), at="09:30")
    texts = listen(exchange, ("H0STCNT0", LARGE.code))
    pass_time(exchange, "09:31")
    told = [(one[1], one[12], one[18]) for one in records(texts, "H0STCNT0")][-30:]
    assert len({strength for _, _, strength in told}) > 20
    asked = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": LARGE.code}
    client = Client(exchange)
    rows = client.quote("inquire-ccnl", "FHKST01010300", **asked)["output"]
    named = [("stck_cntg_hour", name, "tday_rltv") for name in ("cntg_vol", "cnqn")]
    assert [tuple(one[name] for name in named[0]) for one in reversed(rows)] == told
    asked["FID_INPUT_HOUR_1"] = "093100"
    rows = client.quote("inquire-time-itemconclusion", "FHPST01060000", **asked)["output2"]
    assert [tuple(one[name] for name in named[1]) for one in reversed(rows)] == told
    sums = [int(one["acml_vol"]) for one in reversed(rows)]
    assert [later - before for before, later in pairwise(sums)] == [
        int(one) for _, one, _ in told[1:]
    ]

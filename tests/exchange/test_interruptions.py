"""Volatility interruptions, halts and the expected prices of auctions."""

import json
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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

from maemae.errors import SettingsError
from maemae.exchange.accounts import Account
from maemae.exchange.auctions import auction_at, expected
from maemae.exchange.interruptions import Halt
from maemae.exchange.listing import Listing
from maemae.exchange.moment import MILLISECOND, SECOND, datetime_of, moment_at
from maemae.exchange.orders import OrderKind, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket
from maemae.exchange.scenario import read_scenario
from maemae.exchange.venue import Venue
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

WILD = listing("111110", (10_000, 12_500, 9_900, 12_000), 1_000_000)
GAP = listing("111120", (11_500, 11_800, 11_200, 11_600), 1_000_000)
CALM = listing("111130", (10_000, 10_200, 9_900, 10_100), 1_000_000)
HALT = Halt(("111130",), time(10), time(10, 20))
BEFORE = hours().open - 60 * SECOND


def _market(*halts: Halt) -> DayMarket:
    return DayMarket([WILD, GAP, CALM], hours(), 3, halts)


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(st.integers(-290, 290), min_size=4, max_size=4),
    volume=st.integers(50, 5_000_000),
    seed=st.integers(0, 2**32 - 1),
)
def test_interrupted_days_keep_their_bars(steps: list[int], volume: int, seed: int) -> None:
    prices = [10_000 + 10 * step for step in steps]
    one = listing("111110", (prices[0], max(prices), min(prices), prices[3]), volume)
    market = DayMarket([one], hours(), seed)
    state = market.state(0, market.hours.close)
    assert (state.open, state.high, state.low, state.price, state.volume) == (
        one.open, one.high, one.low, one.close, one.volume,
    )  # fmt: skip
    points = market.points(0, market.hours.close)
    for cut in market.interruptions(0):
        start = market.hours.open + cut.start * MILLISECOND
        end = market.hours.open + cut.end * MILLISECOND
        assert not [point for point in points if start <= point.at < end]
        assert end == market.hours.close or 120 * SECOND <= end - start <= 150 * SECOND


def test_a_rise_of_ten_percent_stops_trading_for_two_minutes() -> None:
    market = _market()
    cut = market.interruptions(0)[0]
    assert (cut.is_vi, cut.reference) == (True, 10_000)
    end = market.point(0, cut.index)
    assert end.at == market.hours.open + cut.end * MILLISECOND
    assert market.is_auction(0, end)
    assert market.vi_reference(0, cut.index) == end.price
    assert market.interruptions(2) == ()


def test_an_open_ten_percent_away_comes_two_minutes_later() -> None:
    market = _market()
    cut = market.interruptions(1)[0]
    assert (cut.start, cut.reference) == (0, 10_000)
    first = market.next_point(1, BEFORE)
    assert first is not None
    assert (first.price, first.at) == (11_500, market.hours.open + cut.end * MILLISECOND)
    auction = auction_at(market, 1, market.hours.open + 60 * SECOND)
    assert auction is not None
    assert (auction.phase, auction.end) == ("C", first.at)


def _account() -> Account:
    return Account("11111111-01", CostRules.REAL, DAY, 50_000_000)


def _venue(market: DayMarket, at: int) -> tuple[Venue, Account]:
    account = _account()
    venue = Venue(market, [account])
    venue.advance(at)
    return venue, account


def test_orders_wait_for_the_single_price_of_a_vi() -> None:
    market = _market()
    cut = market.interruptions(0)[0]
    venue, account = _venue(market, market.hours.open + cut.start * MILLISECOND + SECOND)
    with pytest.raises(Refusal) as caught:
        venue.submit(account, Ticket("111110", Side.BUY, OrderKind.IOC_MARKET, 10))
    assert caught.value.reason is Reason.WRONG_KIND
    order = venue.submit(account, Ticket("111110", Side.BUY, OrderKind.MARKET, 10))
    end = market.point(0, cut.index)
    venue.advance(end.at - 1)
    assert order.filled == 0
    venue.advance(end.at)
    assert [(fill.price, fill.at) for fill in account.fills] == [(end.price, end.at)]


def test_in_a_halt_orders_are_only_cancelled() -> None:
    market = _market(HALT)
    venue, account = _venue(market, moment_at(DAY, time(9, 50)))
    order = venue.submit(account, Ticket("111130", Side.BUY, OrderKind.LIMIT, 10, 9_000))
    venue.advance(moment_at(DAY, time(10, 5)))
    with pytest.raises(Refusal) as caught:
        venue.submit(account, Ticket("111130", Side.BUY, OrderKind.LIMIT, 10, 9_000))
    assert caught.value.reason is Reason.HALTED
    with pytest.raises(Refusal):
        venue.amend(account, order.number, OrderKind.LIMIT, 9_100, None)
    venue.cancel(account, order.number)
    venue.advance(moment_at(DAY, time(10, 21)))
    assert order.remaining == 0
    again = venue.submit(account, Ticket("111130", Side.BUY, OrderKind.MARKET, 10))
    venue.advance(moment_at(DAY, time(10, 29)))
    assert again.filled == 0
    venue.advance(moment_at(DAY, time(10, 31)))
    assert again.filled == 10


def test_a_late_halt_ends_with_the_close() -> None:
    market = _market(Halt((), time(15), time(15, 12)))
    for row in range(3):
        cut = market.interruptions(row)[-1]
        assert market.hours.open + cut.end * MILLISECOND == market.hours.close
        assert market.state(row, market.hours.close).volume == 1_000_000


def test_expected_prices_end_at_the_auctions_price() -> None:
    market = _market()
    auction = auction_at(market, 1, market.hours.auction)
    assert auction is not None
    assert auction.phase == "A"
    last = expected(market, auction, market.hours.close - 1)
    assert abs(last.price - 11_600) <= 10
    assert 0 < last.quantity <= auction.volume
    assert auction_at(market, 1, market.hours.open + 3_000 * SECOND) is None


class _Source(FixedSource):
    def listings(self, day: object) -> list[Listing]:
        return [WILD, GAP, CALM]


def test_auctions_are_published_before_the_open() -> None:
    exchange = make_exchange(source=_Source())
    texts = listen(exchange, ("H0STASP0", "111130"), ("H0STANC0", "111130"))
    pass_time(exchange, "08:49")
    assert len(texts) == 2
    assert exchange.venue.floor.expected("111130") is None
    pass_time(exchange, "08:59:59")
    books, prices = records(texts, "H0STASP0"), records(texts, "H0STANC0")
    assert len(books) == len(prices) == 60
    assert {book[2] for book in books} == {"B"}
    assert books[-1][6:13] == ["0"] * 7
    assert abs(int(books[-1][47]) - 10_000) <= 10
    assert books[-1][47] == prices[-1][2]
    assert (len(prices[-1]), prices[-1][43], prices[-1][13]) == (45, "B", "0")
    pass_time(exchange, "09:01")
    assert records(texts, "H0STASP0")[-1][2] == "0"
    assert len(records(texts, "H0STANC0")) == 60
    pass_time(exchange, "15:25")
    assert records(texts, "H0STANC0")[-1][43] == "A"


def test_a_vi_is_announced_and_shown() -> None:
    exchange = make_exchange(source=_Source())
    texts = listen(exchange, ("H0STMKO0", "111120"), ("H0STCNT0", "111120"))
    pass_time(exchange, "09:01")
    assert records(texts, "H0STMKO0") == [
        ["111120", "N", "(null)", "", "311", "", "", "55", "Y", "N", "1"]
    ]
    assert records(texts, "H0STCNT0") == []
    client = Client(exchange)
    quote = client.quote(
        "inquire-price", "FHKST01010100", FID_COND_MRKT_DIV_CODE="J", FID_INPUT_ISCD="111120"
    )["output"]
    assert (quote["vi_cls_code"], quote["stck_prpr"], quote["acml_vol"]) == ("Y", "10000", "0")
    book = client.quote(
        "inquire-asking-price-exp-ccn", "FHKST01010200", FID_COND_MRKT_DIV_CODE="J",
        FID_INPUT_ISCD="111120",
    )  # fmt: skip
    assert book["output2"]["vi_cls_code"] == "Y"
    assert 10_000 <= int(book["output2"]["antc_cnpr"]) <= 11_600
    assert book["output1"]["askp4"] == "0"
    pass_time(exchange, "09:03")
    assert [one[8] for one in records(texts, "H0STMKO0")] == ["Y", "N"]
    assert records(texts, "H0STCNT0")[0][2] == "11500"


def test_trades_of_both_exchanges_are_those_of_krx() -> None:
    exchange = make_exchange(source=_Source(), at="10:00")
    texts = listen(exchange, ("H0STCNT0", "111130"), ("H0UNCNT0", "111130"))
    pass_time(exchange, "10:02")
    assert records(texts, "H0UNCNT0") == records(texts, "H0STCNT0") != []


def test_a_feed_that_is_not_simulated_is_in_the_journal() -> None:
    exchange = make_exchange(source=_Source())
    texts = listen(exchange, ("H0STPGM0", "111130"), ("H0STCNT0", "111130"))
    assert json.loads(texts[0])["body"]["msg_cd"] == "OPSP0000"
    entries = exchange.journal.since(0, "not simulated")
    assert [entry["feed"] for entry in entries] == [["H0STPGM0", "111130"]]


def test_halts_of_a_scenario_file(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text('[[halt]]\ncodes = ["111130"]\nfrom_time = "10:00:00"\nto_time = "10:20:00"\n')
    assert read_scenario(file, 1).halts == (HALT,)
    file.write_text('[[halt]]\nfrom_time = "10:00:00"\nto_time = "09:20:00"\n')
    with pytest.raises(SettingsError, match="before to_time"):
        read_scenario(file, 1)


MINUTES = st.integers(-60, 450)
"""Minutes after the open: an hour before it to an hour after the close."""


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=3),
    everything=st.booleans(),
)
def test_a_day_with_any_halts_at_all_begins_and_ends(
    spans: list[tuple[int, int]], everything: bool
) -> None:
    opens = datetime_of(hours().open)
    times = [sorted((opens + timedelta(minutes=m)).time() for m in span) for span in spans]
    codes = () if everything else ("111110", "111130")
    halts = [Halt(codes, start, end) for start, end in times if start < end]
    market = _market(*halts)
    for row, one in enumerate(market.listings):
        state = market.state(row, market.hours.close)
        volume = sum(point.volume for point in market.points(row, market.hours.close))
        assert (state.volume, volume) == (one.volume, one.volume)
        for cut in market.interruptions(row):
            assert cut.start <= cut.end


def test_a_name_suspended_all_day_does_not_trade_and_refuses_orders() -> None:
    market = _market(Halt(("111130",), time(9), time(15, 30)))
    row = market.rows["111130"]
    assert market.points(row, market.hours.close) == []
    account = Account("12345678-01", CostRules.REAL, DAY, settled=10_000_000)
    venue = Venue(market, [account])
    venue.advance(market.hours.open + 60 * SECOND)
    with pytest.raises(Refusal) as refused:
        venue.submit(account, Ticket("111130", Side.BUY, OrderKind.MARKET, 10))
    assert refused.value.reason is Reason.HALTED
    assert market.state(0, market.hours.close).volume == 1_000_000

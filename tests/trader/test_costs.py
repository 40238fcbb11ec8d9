"""Fees, taxes, slippage and the hashkey as settings, the same on the exchange and in our books."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.conftest import listing
from tests.trader.days import SLOW, Bars, place

from maemae.backtest.rules import Bar, Grid, slipped
from maemae.backtest.terms import Days, day_rules
from maemae.exchange.hours import Hours
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.exchange.replay import DayMarket
from maemae.exchange.simulation import TERMS
from maemae.exchange.slippage import Slippage
from maemae.market.calendar import krx
from maemae.market.costs import CostClass, CostRules, Turnover
from maemae.market.kinds import Kind, Market, Side
from maemae.trader.books.targets import TargetBook
from maemae.trader.cost_settings import CostSettings, costs_of
from maemae.trader.settings import Settings

MONDAY = date(2024, 3, 4)
OWN = CostSettings(fee_bp=Decimal(5), tax_bp=Decimal(30), slippage_bp=Decimal("12.5"))
SOLD = Turnover().add(Side.SELL, 10_000_000, Market.KOSPI)
FUND = Turnover().add(Side.SELL, 10_000_000, Market.KOSPI, Kind.ETF)


def test_the_settings_take_the_place_of_the_law_and_of_kis() -> None:
    rules = OWN.over(CostRules.REAL)
    assert (rules.costs(SOLD, MONDAY).fee, rules.costs(SOLD, MONDAY).tax) == (5_000, 30_000)
    assert rules.costs(FUND, MONDAY).tax == 0
    assert CostSettings().over(CostRules.VIRTUAL) == CostRules.VIRTUAL
    days = day_rules([MONDAY], rules)
    assert days.tax[0, CostClass.KOSDAQ].tolist() == [3_000_000, 0]
    assert days.tax[0, CostClass.FUND].tolist() == [0, 0]
    assert day_rules([MONDAY], CostRules.FREE).tax.sum() == 0


def test_the_fee_of_an_account_goes_over_all() -> None:
    settings = Settings(venue="live", costs=OWN, live={"fee_rate": "0.0001"})
    assert costs_of(settings).costs(SOLD, MONDAY).fee == 1_000
    assert costs_of(Settings(venue="paper", costs=OWN)).costs(SOLD, MONDAY).fee == 5_000
    assert costs_of(Settings()) == CostRules.REAL


@cache
def one_day() -> tuple[DayMarket, Days]:
    hours = Hours.of(krx().session(MONDAY))
    market = DayMarket([listing("000010", (10_000, 10_000, 10_000, 10_000), 100)], hours, 1)
    return market, day_rules([MONDAY], CostRules.REAL)


@given(
    st.integers(0, 100), st.integers(0, 100_000), st.sampled_from(Side),
    st.none() | st.integers(0, 100),
)  # fmt: skip
def test_the_exchange_slips_as_backtests_do_and_never_past_a_limit(
    at: int, rate: int, side: Side, limit: int | None
) -> None:
    market, days = one_day()
    grid, one = market.grid(0), market.listings[0]
    inside = grid.prices[grid.ceil(one.lower) : grid.floor(one.upper) + 1]
    price = int(inside[at * (len(inside) - 1) // 100])
    bound = 0 if limit is None else int(inside[limit * (len(inside) - 1) // 100])
    kind = OrderKind.MARKET if limit is None else OrderKind.LIMIT
    order = Order(1, "", Ticket("000010", side, kind, 1, bound), 0)
    if not order.accepts(price):
        return
    found = Slippage(market, rate).worse(order, price)
    assert found in grid
    assert order.accepts(found)
    bar = Bar(*(10_000 for _ in Bar._fields))
    steps = Grid(days.starts[days.table[0, 0]], days.ticks[days.table[0, 0]])
    theirs = int(slipped(steps, bar, price, side is Side.BUY, rate, 0, 30))
    if limit is None:
        assert found == theirs
    else:
        assert min(price, theirs) <= found <= max(price, theirs)


async def test_exchange_and_books_reckon_alike_with_costs_of_one_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "targets.csv"
    file.write_text("code,price\n000010,10000\n", encoding="utf-8")
    book = TargetBook.model_validate({"file": file, "quote_seconds": 300, "band": "5%"} | SLOW)
    bars = Bars({"000010": (10_100, 10_200, 10_000, 10_100)})
    terms = {name: OWN.over(rules) for name, rules in TERMS.items()}
    given: dict[str, Any] = {"terms": terms, "slippage": OWN.slippage}
    async with place(tmp_path, bars, MONDAY, **given) as where:
        settings = where.settings(book, costs=OWN)
        sim = settings.sim.model_copy(update={"hashkey": True})
        report = await where.trade(settings.model_copy(update={"sim": sim}))
        calls = [e for e in where.exchange.journal.since(0, "call") if "hashkey" in str(e)]
    assert report.venue is not None
    (fill,) = report.ledger["fills"]
    assert report.ledger["fees"] == fill["price"] * fill["quantity"] * 5 // 10_000
    assert report.ledger["fees"] == report.venue["fees"]
    assert len(calls) == 1

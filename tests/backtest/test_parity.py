"""The compiled loop and the live desk trade alike: same days, shares, prices, fees, taxes, cash."""

from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest.conftest import market, minutes

from maemae.backtest import book, kernel
from maemae.backtest.inputs import Inputs, inputs
from maemae.backtest.reference import replay
from maemae.backtest.rules import Ints
from maemae.backtest.terms import Terms
from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.market.costs import CostRules
from maemae.strategy import (
    Account,
    EntryOrder,
    EqualCash,
    EqualShares,
    FixedAmount,
    FractionOfEquity,
    Schedule,
    Strategy,
    close,
    crosses_above,
    high,
    low,
    open_,
    sma,
)
from maemae.strategy.presets import PRESETS

RULED = [name for name in PRESETS if name not in {"target_band", "condition_scalper"}]


def run(given_: Inputs) -> tuple[Ints, Ints]:
    fills, daily = kernel.simulate(given_.bars, given_.entries, given_.ways, given_.days)
    return fills, daily


def assert_alike(given_: Inputs) -> Ints:
    fills, daily = run(given_)
    others, others_daily = replay(given_)
    np.testing.assert_array_equal(fills, others)
    np.testing.assert_array_equal(daily, others_daily)
    return fills


@pytest.mark.parametrize("name", RULED)
def test_presets_on_real_bars(year: Panel, name: str) -> None:
    panel = year.rows(range(0, len(year.codes), 12))
    fills = assert_alike(inputs(PRESETS[name], panel, Terms(cash=50_000_000)))
    # These need more history than the year has.
    assert len(fills) > 0 or name in {"week52_high", "dual_momentum"}


orders = st.sampled_from([
    EntryOrder(),
    EntryOrder(at="close"),
    EntryOrder(at="breakout", above_open=0.3 * (high - low)),
    EntryOrder(at="now", band=(-0.02, 0.03)),
    EntryOrder(at="now", band=(0.01, 0.04)),
    EntryOrder(at="open", band=(-0.05, 0.02)),
])  # fmt: skip
bounds = st.one_of(st.none(), st.sampled_from([0.02, 0.03, 0.05, 0.1]))
sizes = st.sampled_from([EqualShares(), EqualCash(), FixedAmount(700_000), FractionOfEquity(0.29)])
DEAR = CostRules(fee_rate=Decimal("0.005"), fee_rounding=10)
TAXED = CostRules(fee_rate=Decimal("0.0001"), tax_rate=Decimal("0.0031"))
costs = st.sampled_from([CostRules.REAL, CostRules.VIRTUAL, CostRules.FREE, DEAR, TAXED])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    order=orders,
    stop=bounds,
    take=bounds,
    trail=bounds,
    longest=st.one_of(st.none(), st.integers(1, 6)),
    flat=st.sampled_from([None, time(15, 20), time(13, 7)]),
    short=st.booleans(),
    slots=st.integers(1, 6),
    sizing=sizes,
    cost=costs,
    slippage=st.sampled_from([0.0, 0.001, 0.02]),
    ticks=st.integers(0, 2),
    participation=st.sampled_from([None, 0.01, 0.5]),
    adverse=st.booleans(),
    by_close=st.booleans(),
    cash=st.sampled_from([300_000, 5_000_000, 10_000_000_000]),
)
def test_whatever_is_declared(  # noqa: PLR0917
    seed: int, order: EntryOrder, stop: float | None, take: float | None, trail: float | None,
    longest: int | None, flat: time | None, short: bool, slots: int, sizing: EqualShares,
    cost: CostRules, slippage: float, ticks: int, participation: float | None, adverse: bool,
    by_close: bool, cash: int,
) -> None:  # fmt: skip
    strategy = Strategy(
        name="any", entry=close > open_, exit=close < 0.98 * open_, score=close / open_,
        order=order, stop_loss=stop, take_profit=take, trailing_stop=trail, max_holding=longest,
        schedule=Schedule(bars=30 if short else "daily", flat_by=flat), max_positions=slots,
        sizing=sizing,
    )  # fmt: skip
    terms = Terms(
        cash=cash, costs=cost, slippage=slippage, slippage_ticks=ticks,
        participation=participation, adverse_first=adverse,
        sized_at_close=by_close,
    )  # fmt: skip
    panel = minutes(seed=seed) if short else market(8, 50, seed=seed)
    given_ = inputs(strategy, panel, terms)
    fills = assert_alike(given_)
    _, daily = run(given_)
    # The books add up from the fills alone, and nothing is spent that is not there.
    moved = fills[:, book.SIDE] * fills[:, book.QUANTITY] * fills[:, book.PRICE]
    spent = moved + fills[:, book.PAID_FEE] + fills[:, book.PAID_TAX]
    assert daily[-1, 0] == cash - spent.sum()
    assert (daily[:, 0] >= 0).all()
    assert (daily[:, 2] <= slots).all()


def test_the_start_is_respected() -> None:
    strategy = Strategy(name="s", entry=crosses_above(close, sma(close, 5)), max_holding=3)
    given_ = inputs(strategy, market(), Terms(), start=40)
    fills = assert_alike(given_)
    assert fills[:, book.DAY].min() >= 40
    later = inputs(replace(strategy, order=EntryOrder(at="close")), market(), Terms(), start=40)
    assert assert_alike(later)[:, book.DAY].min() >= 40


@dataclass(frozen=True)
class Half:
    """A sizing rule of the user's own."""

    def amount(self, account: Account) -> int:
        return account.cash // 2


def test_a_sizing_rule_of_ones_own_needs_the_desk() -> None:
    strategy = Strategy(name="s", entry=close > open_, max_holding=3, sizing=Half())
    given_ = inputs(strategy, market(), Terms())
    assert given_.unsupported == "the sizing rule Half"
    fills, daily = replay(given_)
    first = fills[0]
    assert first[book.QUANTITY] == 5_000_000 // first[book.PRICE]
    assert (daily[:, 0] >= 0).all()


def test_bars_of_another_length_are_refused() -> None:
    daily = Strategy(name="s", entry=close > open_)
    with pytest.raises(DataError, match="decides on daily bars"):
        inputs(daily, minutes(), Terms())
    with pytest.raises(DataError, match="bars of 5 minutes, these are of 0:30:00"):
        inputs(replace(daily, schedule=Schedule(bars=5)), minutes(), Terms())
    with pytest.raises(DataError, match="bars of 5 minutes, these are of 1 day"):
        inputs(replace(daily, schedule=Schedule(bars=5)), market(), Terms())

"""What happens in a session, as tables worked by hand: bars above, fills below.

Every bar is (open, high, low, close, volume); None is a day without trades. Without costs, so that
shares and cash can be followed by eye. Entry: a close above its open. Both executors are asked.
"""

from dataclasses import replace
from datetime import time
from typing import Any

import numpy as np
import pytest

from maemae.backtest import Result, Terms, backtest
from maemae.bars.panel import Fact, Panel
from maemae.market.costs import CostRules
from maemae.strategy import (
    EntryOrder,
    FixedAmount,
    FractionOfEquity,
    Schedule,
    Strategy,
    close,
    high,
    low,
    open_,
)

Bar = tuple[int, int, int, int, int] | None
RISE, FLAT, FALL = (10_000, 10_100, 9_950, 10_050, 10**6), (10_000,) * 4 + (10**6,), (
    10_000, 10_050, 9_900, 9_950, 10**6)  # fmt: skip
STRATEGY = Strategy(
    name="rises", entry=close > open_, exit=close < open_, max_positions=1,
    sizing=FixedAmount(100_000),
)  # fmt: skip
TERMS = Terms(cash=1_000_000, costs=CostRules.FREE)
DAYS = np.array(["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08"],
                "datetime64[D]")  # fmt: skip


def run(strategy: Strategy, terms: Terms = TERMS, *, kind: str = "stock", name: str = "",
        **names: list[Bar]) -> Result:  # fmt: skip
    """Run over instruments a, b … (code A00000, …) and demand the same of both executors."""
    count = max(map(len, names.values()))
    rows = [[*bars, *[None] * (count - len(bars))] for bars in names.values()]
    table = np.array([[bar or (np.nan,) * 5 for bar in bars] for bars in rows], float)
    columns = ("open", "high", "low", "close", "volume")
    fields = {column: np.ascontiguousarray(table[:, :, at]) for at, column in enumerate(columns)}
    same = np.zeros((len(rows), 1), np.int16)
    facts = {"market": Fact(same, ("KOSPI",)), "kind": Fact(same, (kind,)),
             "name": Fact(same, (name,))}  # fmt: skip
    panel = Panel(tuple(f"{one.upper()}00000" for one in names), DAYS[:count], fields, facts)
    found = backtest(strategy, panel, terms=terms)
    other = backtest(strategy, panel, terms=terms, executor="desk")
    assert other.fills.equals(found.fills)
    assert other.daily.equals(found.daily)
    return found


def fills(found: Result) -> list[tuple[int, str, str, int, int, str]]:
    """Return (session, instrument, side, shares, price, reason) of each fill."""
    days = DAYS.tolist()
    return [
        (days.index(f["date"]), f["code"][0].lower(), f["side"], f["quantity"], f["price"],
         f["reason"])
        for f in found.fills.iter_rows(named=True)
    ]  # fmt: skip


BOUGHT = (1, "a", "buy", 10, 10_000, "")

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[Bar], list[Any]]] = {
    "decided at a close, bought and sold at the opens after": (
        {}, {}, [RISE, FALL, (9_900, 9_950, 9_850, 9_900, 10**6)],
        [BOUGHT, (2, "a", "sell", 10, 9_900, "exit_rule")],
    ),
    "no bar in the next session: the decision lapses": ({}, {}, [RISE, None, FLAT], []),
    "a halt: the exit waits": (
        {}, {}, [RISE, FALL, None, (9_800, 9_800, 9_700, 9_750, 10**6)],
        [BOUGHT, (3, "a", "sell", 10, 9_800, "exit_rule")],
    ),
    "bars that end: it stays": ({}, {}, [RISE, FALL, None], [BOUGHT]),
    "locked at the upper limit (10,050 + 30 %): nobody sells to us": (
        {}, {}, [RISE, (13_060,) * 4 + (10**6,), FLAT], [],
    ),
    "limit-up at the open, left later: bought at the open": (
        {}, {}, [RISE, (13_060, 13_060, 12_000, 13_000, 10**6)],
        [(1, "a", "buy", 7, 13_060, "")],
    ),
    "locked at the lower limit (9,950 - 30 %): nobody buys from us, the day after does": (
        {}, {}, [RISE, FALL, (6_970,) * 4 + (10**6,), (5_500, 6_000, 5_500, 6_000, 10**6)],
        [BOUGHT, (3, "a", "sell", 10, 5_500, "exit_rule")],
    ),
    "held two sessions, sold at the open of the third day": (
        {"exit": None, "max_holding": 2}, {}, [RISE, FLAT, FLAT, FLAT],
        [BOUGHT, (3, "a", "sell", 10, 10_000, "max_holding")],
    ),
    "flat by the evening: sold at the close": (
        {"schedule": Schedule(flat_by=time(15, 20))}, {}, [RISE, FALL, FLAT],
        [BOUGHT, (1, "a", "sell", 10, 9_950, "flat_by")],
    ),
    "stop loss of 5 %, touched on the day of the purchase": (
        {"stop_loss": 0.05}, {}, [RISE, (10_000, 10_050, 9_400, 9_450, 10**6)],
        [BOUGHT, (1, "a", "sell", 10, 9_500, "stop_loss")],
    ),
    "stop loss, the next session opens below it": (
        {"stop_loss": 0.05, "exit": None}, {},
        [RISE, FLAT, (9_200, 9_300, 9_100, 9_250, 10**6)],
        [BOUGHT, (2, "a", "sell", 10, 9_200, "stop_loss")],
    ),
    "both bounds in one bar: the adverse one": (
        {"stop_loss": 0.05, "take_profit": 0.05, "exit": None}, {},
        [RISE, FLAT, (10_000, 10_600, 9_400, 10_000, 10**6)],
        [BOUGHT, (2, "a", "sell", 10, 9_500, "stop_loss")],
    ),
    "... or the favourable one, if wanted": (
        {"stop_loss": 0.05, "take_profit": 0.05, "exit": None}, {"adverse_first": False},
        [RISE, FLAT, (10_000, 10_600, 9_400, 10_000, 10**6)],
        [BOUGHT, (2, "a", "sell", 10, 10_500, "take_profit")],
    ),
    "trailing 5 %: up to 11,000, back through 10,450 by the close": (
        {"trailing_stop": 0.05, "exit": None}, {},
        [RISE, FLAT, (10_100, 11_000, 10_050, 10_300, 10**6)],
        [BOUGHT, (2, "a", "sell", 10, 10_450, "trailing_stop")],
    ),
    "breakout: the open plus half of yesterday's range of 150, up to a tick": (
        {"order": EntryOrder(at="breakout", above_open=0.5 * (high - low))}, {},
        [RISE, (10_000, 10_200, 9_990, 10_150, 10**6)],
        [(1, "a", "buy", 9, 10_080, "")],
    ),
    "a band of at most +1 %: gapped above it, it comes back": (
        {"order": EntryOrder(at="now", band=(-0.01, 0.01))}, {},
        [RISE, (10_400, 10_500, 10_050, 10_450, 10**6)],
        [(1, "a", "buy", 9, 10_150, "")],
    ),
    "at the close decided on": (
        {"order": EntryOrder(at="close")}, {}, [RISE, FLAT],
        [(0, "a", "buy", 9, 10_050, "")],
    ),
    "a tenth of the volume: 4 of 10 shares, and sold in parts": (
        {}, {"participation": 0.1},
        [RISE, (10_000, 10_050, 9_900, 9_950, 40), (9_900, 9_900, 9_800, 9_850, 30), FLAT],
        [(1, "a", "buy", 4, 10_000, ""), (2, "a", "sell", 3, 9_900, "exit_rule"),
         (3, "a", "sell", 1, 10_000, "exit_rule")],
    ),
    "two ticks of slippage, each way": (
        {}, {"slippage_ticks": 2}, [RISE, FALL, (9_900, 9_950, 9_850, 9_900, 10**6)],
        [(1, "a", "buy", 9, 10_020, ""), (2, "a", "sell", 9, 9_880, "exit_rule")],
    ),
    "shares at the close that decided, as a plan states them": (
        {}, {"sized_at_close": True}, [RISE, (9_500, 9_600, 9_400, 9_550, 10**6)],
        [(1, "a", "buy", 9, 9_500, "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_instrument(case: str) -> None:
    changes, terms, bars, wanted = CASES[case]
    assert fills(run(replace(STRATEGY, **changes), replace(TERMS, **terms), a=bars)) == wanted


def test_a_fund_of_twice_the_index_has_limits_twice_as_wide() -> None:
    bars: list[Bar] = [RISE, (13_060,) * 4 + (10**6,)]
    assert fills(run(STRATEGY, kind="etf", name="KODEX 200", a=bars)) == []
    bought = fills(run(STRATEGY, kind="etf", name="KODEX 레버리지", a=bars))
    assert bought == [(1, "a", "buy", 7, 13_060, "")]


FALLS = (9_900, 9_950, 9_850, 9_900, 10**6)


def test_the_money_of_a_sale_buys_at_the_same_open() -> None:
    """All the cash is in a; b is bought with what its sale brings (D+2 cash is reusable)."""
    strategy = replace(STRATEGY, sizing=FixedAmount(990_000))
    found = run(strategy, a=[RISE, FALL, FALLS], b=[FLAT, RISE, FLAT])
    assert fills(found) == [
        (1, "a", "buy", 99, 10_000, ""),
        (2, "a", "sell", 99, 9_900, "exit_rule"),
        (2, "b", "buy", 99, 10_000, ""),
    ]
    assert found.daily["cash"].to_list() == [1_000_000, 10_000, 10_000 + 99 * 9_900 - 990_000]


def test_of_two_the_better_score_is_bought() -> None:
    better = (10_000, 10_300, 9_950, 10_200, 10**6)
    strategy = replace(STRATEGY, score=close / open_)
    assert [who for _, who, *_ in fills(run(strategy, a=[RISE, FLAT], b=[better, FLAT]))] == ["b"]
    assert [who for _, who, *_ in fills(run(STRATEGY, a=[RISE, FLAT], b=[better, FLAT]))] == ["a"]


def test_what_is_sold_is_not_bought_again_at_the_same_open() -> None:
    """Both rules hold at the close of the second day: it leaves, and another takes the place."""
    both = replace(STRATEGY, exit=close > open_)
    found = fills(run(both, a=[RISE, RISE, FLAT], b=[FLAT, RISE, FLAT]))
    assert found == [
        BOUGHT,
        (2, "a", "sell", 10, 10_000, "exit_rule"),
        (2, "b", "buy", 10, 10_000, ""),
    ]


def test_a_crumb_of_cash_takes_up_no_place() -> None:
    """Four fifths are in a, and b would be bought for less than half of its part."""
    strategy = replace(STRATEGY, sizing=FractionOfEquity(0.8), max_positions=2)
    assert fills(run(strategy, a=[RISE, FLAT], b=[RISE, FLAT])) == [(1, "a", "buy", 80, 10_000, "")]
    half = replace(strategy, sizing=FractionOfEquity(0.6))
    assert [q for *_, q, _p, _w in fills(run(half, a=[RISE, FLAT], b=[RISE, FLAT]))] == [60, 40]


def test_what_a_last_thin_session_left_unsold_is_told_as_stuck() -> None:
    """Half of a session's ten shares are ours to sell; then the bars of a end."""
    thin = (9_900, 9_950, 9_850, 9_900, 10)
    found = run(STRATEGY, replace(TERMS, participation=0.5), a=[RISE, FALL, thin], b=[FLAT] * 5)
    assert fills(found) == [BOUGHT, (2, "a", "sell", 5, 9_900, "exit_rule")]
    assert found.trades.select("quantity", "sold").rows() == [(5, DAYS[2].item()), (5, None)]
    (stuck,) = [note for note in found.notes if note.kind == "stuck"]
    assert (stuck.count, stuck.names) == (1, ("A00000",))

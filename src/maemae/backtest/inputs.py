"""From a strategy and a panel to what both executors read: bars, decisions, whole numbers."""

from dataclasses import dataclass

import numpy as np

from maemae.backtest.kernel import (
    EQUAL_CASH,
    EQUAL_SHARES,
    FIXED_AMOUNT,
    FRACTION,
    Bars,
    Entries,
    Ways,
)
from maemae.backtest.rules import BREAKOUT, CLOSE, NOW, OPEN, plain
from maemae.backtest.terms import Days, Terms, classes, day_rules, days_of
from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.strategy.declare import Strategy
from maemae.strategy.declare import plain as number
from maemae.strategy.evaluate import Cache
from maemae.strategy.parts import EqualCash, EqualShares, FixedAmount, FractionOfEquity, Sizing
from maemae.strategy.signals import Signals, signals

CUSTOM = -1
"""A sizing rule of the user's own, which only the reference executor can ask."""

_HOW = {"open": OPEN, "close": CLOSE, "breakout": BREAKOUT, "now": NOW}


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything an executor needs."""

    strategy: Strategy
    panel: Panel
    terms: Terms
    bars: Bars
    entries: Entries
    ways: Ways
    days: Days
    start: int

    @property
    def unsupported(self) -> str | None:
        """What the compiled executor cannot do of this, or None."""
        if self.ways.sizing == CUSTOM:
            return f"the sizing rule {type(self.strategy.sizing).__name__}"
        return None


def inputs(
    strategy: Strategy,
    panel: Panel,
    terms: Terms,
    *,
    start: int = 0,
    cache: Cache | None = None,
    threads: int | None = None,
) -> Inputs:
    """Decide over the whole panel and trade from column `start` on.

    Raises:
        DataError: the bars are not daily ones.
        RuleError: the strategy's candidates are not a rule over history.
    """
    if not panel.daily:
        raise DataError("a backtest runs on daily bars; these are shorter")
    found = signals(strategy, panel, cache=cache, threads=threads)
    packed = panel.packed
    bars = Bars(
        offsets=packed.offsets,
        columns=packed.columns,
        open=packed.field("open"),
        high=packed.field("high"),
        low=packed.field("low"),
        close=packed.field("close"),
        volume=packed.field("volume"),
        cls=classes(panel),
        leave=found.exit,
        above_open=np.empty(0) if found.above_open is None else found.above_open,
    )
    return Inputs(
        strategy, panel, terms, bars, _entries(strategy, found, panel.shape[1], start),
        ways(strategy, terms), day_rules(days_of(panel), terms.costs), start,
    )  # fmt: skip


def _entries(strategy: Strategy, found: Signals, count: int, start: int) -> Entries:
    events = found.entries()
    # What is bought at the open of the first day was decided the evening before.
    earliest = start if strategy.order.at == "close" else start - 1
    begin = int(np.searchsorted(events.time, earliest))
    first = np.searchsorted(events.time[begin:], np.arange(count + 1)).astype(np.int64)
    return Entries(first, events.row[begin:])


def ways(strategy: Strategy, terms: Terms) -> Ways:
    """Return strategy and terms in whole numbers."""
    band = strategy.order.band or (0.0, 0.0)
    sizing, money, fraction = _sizing(strategy.sizing)
    return Ways(
        cash=terms.cash,
        slots=strategy.max_positions,
        how=_HOW[strategy.order.at],
        band=int(strategy.order.band is not None),
        low=plain(band[0]),
        high=plain(band[1]),
        stop=plain(number(strategy.stop_loss)),
        take=plain(number(strategy.take_profit)),
        trail=plain(number(strategy.trailing_stop)),
        longest=int(number(strategy.max_holding) or 0),
        flat=int(strategy.schedule.flat_by is not None),
        sizing=sizing,
        money=money,
        fraction=fraction,
        slip=plain(terms.slippage),
        slip_ticks=terms.slippage_ticks,
        participation=plain(terms.participation),
        adverse_first=terms.adverse_first,
    )


def _sizing(sizing: Sizing) -> tuple[int, int, float]:
    match sizing:
        case EqualShares():
            return EQUAL_SHARES, 0, 0.0
        case EqualCash():
            return EQUAL_CASH, 0, 0.0
        case FixedAmount(money):
            return FIXED_AMOUNT, money, 0.0
        case FractionOfEquity(fraction):
            return FRACTION, 0, fraction
        case _:
            return CUSTOM, 0, 0.0

"""From a strategy and a panel to what both executors read: bars, decisions, whole numbers."""

from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Any

import numpy as np

from maemae.backtest.book import (
    EQUAL_CASH,
    EQUAL_SHARES,
    FIXED_AMOUNT,
    FRACTION,
    Bars,
    Ways,
)
from maemae.backtest.entries import Entries, entries
from maemae.backtest.rules import BREAKOUT, CLOSE, NOW, OPEN, Ints, plain
from maemae.backtest.terms import AT_CLOSE, AT_OPEN, Days, Terms, classes, day_rules, days_of
from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.i18n import _
from maemae.strategy.declare import LIMITS, Strategy
from maemae.strategy.declare import plain as number
from maemae.strategy.evaluate import Cache
from maemae.strategy.parts import EqualCash, EqualShares, FixedAmount, FractionOfEquity, Sizing
from maemae.strategy.signals import decisions

CUSTOM = -1
"""A sizing rule of the user's own, which only the reference executor can ask."""

_UNLIMITED: dict[str, Any] = dict.fromkeys(LIMITS)
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
            return _("the sizing rule {kind}").format(kind=type(self.strategy.sizing).__name__)
        return None

    def on(self, terms: Terms) -> "Inputs":
        """Return the same decisions on other terms."""
        fresh = day_rules(days_of(self.panel), terms.costs)
        return replace(
            self,
            terms=terms,
            ways=ways(self.strategy, terms),
            days=fresh._replace(enters=self.days.enters, flat=self.days.flat),
        )

    def under(
        self, strategy: Strategy, *, cache: Cache | None = None, threads: int | None = None
    ) -> "Inputs":
        """Return the inputs of another strategy, deciding anew only where its rules differ."""
        if replace(strategy, **_UNLIMITED) == replace(self.strategy, **_UNLIMITED):
            return replace(self, strategy=strategy, ways=ways(strategy, self.terms))
        return inputs(
            strategy, self.panel, self.terms,
            start=self.start, cache=cache, threads=threads, bars=self.bars,
        )  # fmt: skip


def inputs(
    strategy: Strategy,
    panel: Panel,
    terms: Terms,
    *,
    start: int = 0,
    cache: Cache | None = None,
    threads: int | None = None,
    bars: Bars | None = None,
) -> Inputs:
    """Decide over the whole panel and trade from column `start` on.

    Args:
        strategy: what to trade.
        panel: the bars.
        terms: account and market.
        start: first column in which a purchase can be made.
        cache: see `maemae.strategy.evaluate`.
        threads: the same.
        bars: those of other inputs over the same panel, where many runs share them.

    Raises:
        DataError: the strategy decides on bars of another length.
        RuleError: the strategy's candidates are not a rule over history.
    """
    _check(strategy, panel)
    found = decisions(strategy, panel, cache=cache, threads=threads)
    bars = (bars or _bars_of(panel))._replace(leave=found.exit)
    # What is bought at the open of the first day was decided the evening before.
    earliest = start if strategy.order.at == "close" else start - 1
    competing = entries(found, panel.packed, panel.shape[1], earliest)
    rules = _by_the_clock(strategy, panel, day_rules(days_of(panel), terms.costs))
    return Inputs(strategy, panel, terms, bars, competing, ways(strategy, terms), rules, start)


def _bars_of(panel: Panel) -> Bars:
    """Return the bars as no strategy changes them; where it leaves is put in afterwards."""
    packed = panel.packed
    return Bars(
        offsets=packed.offsets,
        columns=packed.columns,
        open=packed.field("open"),
        high=packed.field("high"),
        low=packed.field("low"),
        close=packed.field("close"),
        volume=packed.field("volume"),
        cls=classes(panel),
        leave=np.empty(0, np.bool_),
        opens=np.empty(0, np.int64) if panel.daily else _opens(panel),
    )


def _check(strategy: Strategy, panel: Panel) -> None:
    bars = strategy.schedule.bars
    if bars == "daily" and not panel.daily:
        raise DataError(
            _(
                "{name} decides on daily bars, these are shorter; for minute bars its "
                "schedule names their length"
            ).format(name=strategy.name)
        )
    if bars != "daily" and panel.step != timedelta(minutes=bars):
        raise DataError(
            _("{name} decides on bars of {bars} minutes, these are of {step}").format(
                name=strategy.name, bars=bars, step=panel.step
            )
        )


def _by_the_clock(strategy: Strategy, panel: Panel, rules: Days) -> Days:
    """Put in when the schedule buys and when it sells everything."""
    schedule = strategy.schedule
    if panel.daily:
        flat = np.full_like(rules.flat, AT_CLOSE if schedule.flat_by is not None else 0)
        return rules._replace(flat=flat)
    of_day = panel.times - panel.times.astype("datetime64[D]")
    enters = (of_day >= _since_midnight(schedule.first)) & (
        of_day <= _since_midnight(schedule.last)
    )
    flat = np.zeros_like(rules.flat)
    if schedule.flat_by is not None:
        late = of_day >= _since_midnight(schedule.flat_by)
        enters &= ~late
        flat[late] = AT_OPEN
        last = np.diff(rules.day, append=-1) != 0
        flat[last & ~late] = AT_CLOSE
    return rules._replace(enters=enters, flat=flat)


def _since_midnight(at: time) -> np.timedelta64:
    return np.timedelta64(3600 * at.hour + 60 * at.minute + at.second, "s")


def _opens(panel: Panel) -> Ints:
    """Return for each column the first of its day."""
    days = panel.times.astype("datetime64[D]")
    return np.searchsorted(days, days).astype(np.int64)


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
        sizing=sizing,
        money=money,
        fraction=fraction,
        slip=plain(terms.slippage),
        slip_ticks=terms.slippage_ticks,
        participation=plain(terms.participation),
        by_close=terms.sized_at_close,
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

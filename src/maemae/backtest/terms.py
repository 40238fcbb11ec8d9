"""The terms of a backtest, and the same as arrays that a compiled loop can read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maemae.backtest.rules import FAR, Grid, Ints
from maemae.bars.panel import Panel
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.costs import CostClass, CostRules, Turnover, tax_changes, tax_rates
from maemae.market.kinds import Kind, Market, Side
from maemae.market.limits import PERCENT_CHANGES, limit_percent
from maemae.market.ticks import CHANGES, tick_bands

_SCALE = 10**9
_COMPONENTS = 2
_PROBE = 10**13
"""Won of turnover that shows a fee rate: large enough to lose nothing to rounding."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a backtest assumes about account, broker and market.

    Attributes:
        cash: won at the start.
        costs: fees and taxes; `CostRules.FREE` for a comparison without them.
        slippage: fraction by which every fill is worse than the bar says.
        slippage_ticks: whole ticks by which every fill is worse, on top.
        participation: an order takes at most this fraction of the bar's volume; None for any.
            What is left of a sale waits for the next bar.
        sized_at_close: an entry's money buys shares at the close that decided, as a next-open plan
            states them the evening before; otherwise at the price it is filled at.
        adverse_first: which side of a bar comes first when both bounds of a position lie in it.

    Raises:
        DataError: a number makes no sense.
    """

    cash: int = 10_000_000
    costs: CostRules = CostRules.REAL
    slippage: float = 0.0
    slippage_ticks: int = 0
    participation: float | None = None
    sized_at_close: bool = False
    adverse_first: bool = True

    def __post_init__(self) -> None:
        if self.cash <= 0:
            raise DataError(
                _("a backtest starts with cash above 0 won, not {cash}").format(cash=self.cash)
            )
        if not 0 <= self.slippage < 1 or self.slippage_ticks < 0:
            raise DataError(
                _(
                    "slippage is a fraction from 0 up to 1 (0.001 for 0.1 %) and whole ticks "
                    "from 0, not {slippage} and {slippage_ticks}"
                ).format(slippage=self.slippage, slippage_ticks=self.slippage_ticks)
            )
        if self.participation is not None and not 0 < self.participation <= 1:
            raise DataError(
                _(
                    "participation is a fraction of the volume, 0.01 for 1 %: {participation}"
                ).format(participation=self.participation)
            )

    def free(self) -> "Terms":
        """Return the same terms without fees, taxes and slippage."""
        return replace(self, costs=CostRules.FREE, slippage=0.0, slippage_ticks=0)


LEVERAGED = len(CostClass)
"""A class beyond those of the costs: funds of twice the index, whose limits are as wide again."""

CLASSES = len(CostClass) + 1
_TWICE = ("레버리지", "2X", "2x", "곱버스")
"""Words in the names of leveraged and doubly inverse funds (KRX lists none beyond twice)."""

AT_OPEN, AT_CLOSE = 1, 2
"""Whether everything is sold at a bar's open or close, in `Days.flat`; 0 for neither."""


class Days(NamedTuple):
    """The market's rules by day and class (`CostClass`, `LEVERAGED`), and what a bar allows.

    Attributes:
        day: the day of each column of the panel.
        enters: by column, whether purchases are made in it.
        flat: by column, whether everything is sold in it.
        starts, ticks: tick tables, one a row; unused bands start at a price never reached.
        table: which of them holds, shape (days, classes).
        percent: width of the price limits, shape (days, classes).
        tax: parts per billion of a sale, shape (days, classes, components).
        fee: parts per billion, by class.
        rounding: won to which the fee, and each tax component, is cut.
    """

    day: Ints
    enters: NDArray[np.bool_]
    flat: NDArray[np.int8]
    starts: Ints
    ticks: Ints
    table: Ints
    percent: Ints
    tax: Ints
    fee: Ints
    rounding: Ints


_LISTED = (
    (Market.KOSPI, Kind.STOCK),
    (Market.KOSDAQ, Kind.STOCK),
    (Market.KONEX, Kind.STOCK),
    (Market.KOSPI, Kind.ETF),
    (Market.KOSPI, Kind.ETF),
)
"""An instrument of each class."""


def days_of(panel: Panel) -> list[date]:
    """Return the date of each column of a panel."""
    found: list[date] = panel.times.astype("datetime64[D]").tolist()
    return found


def day_rules(columns: Sequence[date], costs: CostRules) -> Days:
    """Look up the rules of each column's day; purchases in all of them, nothing sold by the clock.

    Raises:
        DataError: a day is before the tick tables known.
    """
    found = _day_rules(tuple(columns))
    return found._replace(
        tax=_taxes(found.tax, costs),
        fee=_fees(costs),
        rounding=np.array([costs.fee_rounding, costs.tax_rounding], np.int64),
    )


def _taxes(legal: Ints, costs: CostRules) -> Ints:
    """Return the taxes by day, class and component: the law's, or those of the terms."""
    if costs.taxed and costs.tax_rate is None:
        return legal
    own = np.zeros_like(legal)
    for cls in range(CLASSES):
        parts = costs.tax_parts(CostClass(min(cls, CostClass.FUND)), date(2020, 1, 2))
        own[:, cls, : len(parts)] = parts
    return own


@lru_cache(maxsize=4)
def _day_rules(columns: tuple[date, ...]) -> Days:
    """Look up what does not depend on the broker, once for each stretch without a change."""
    days, numbers = np.unique(np.array(columns, "datetime64[D]"), return_inverse=True)
    changes = {*CHANGES, *PERCENT_CHANGES, *tax_changes()}
    since = [columns[0], *sorted(day for day in changes if columns[0] < day <= columns[-1])]
    period = np.searchsorted(np.array(since, "datetime64[D]"), days, side="right") - 1
    tables: dict[tuple[tuple[int, int], ...], int] = {}
    shape = (len(since), CLASSES)
    table, percent = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    tax = np.zeros((*shape, _COMPONENTS), np.int64)
    for at, day in enumerate(since):
        rates = tax_rates(day)
        for cls, (market, kind) in enumerate(_LISTED):
            table[at, cls] = tables.setdefault(tick_bands(day, market, kind), len(tables))
            percent[at, cls] = limit_percent(day, market) * (2 if cls == LEVERAGED else 1)
            parts = rates.of(CostClass(min(cls, CostClass.FUND)))
            tax[at, cls, : len(parts)] = parts
    starts = np.full((len(tables), max(map(len, tables))), FAR, np.int64)
    ticks = np.ones_like(starts)
    for bands, row in tables.items():
        starts[row, : len(bands)], ticks[row, : len(bands)] = zip(*bands, strict=True)
    return Days(
        day=numbers,
        enters=np.ones(len(columns), np.bool_),
        flat=np.zeros(len(columns), np.int8),
        starts=starts, ticks=ticks, table=table[period], percent=percent[period], tax=tax[period],
        fee=np.zeros(CLASSES, np.int64), rounding=np.ones(2, np.int64),
    )  # fmt: skip


def grid_of(rules: Days, column: int, cls: int) -> Grid:
    """Return the tick table of one day and class."""
    row = rules.table[rules.day[column], cls]
    return Grid(rules.starts[row], rules.ticks[row])


def classes(panel: Panel) -> NDArray[np.int8]:
    """Return the class of every bar, packed; KOSPI where the bars name no market."""
    packed = panel.packed
    found = np.zeros(len(packed), np.int8)
    for market in Market:
        if "market" in panel.facts:
            found[packed.flags("market", [market.value])] = CostClass[market.name]
    if "kind" in panel.facts:
        exempt = [kind.value for kind in Kind if kind.is_tax_exempt]
        funds = packed.flags("kind", exempt)
        found[funds] = CostClass.FUND
        if "name" in panel.facts:
            names = panel.facts["name"].labels
            twice = [name for name in names if any(word in name for word in _TWICE)]
            found[funds & packed.flags("name", twice)] = LEVERAGED
    return found


def _fees(costs: CostRules) -> Ints:
    plain = replace(costs, fee_rounding=1, taxed=False)
    fees = [
        plain.costs(Turnover().add(Side.BUY, _PROBE, *listed), date(2020, 1, 2)).fee
        for listed in _LISTED
    ]
    return np.array([fee * _SCALE // _PROBE for fee in fees], np.int64)

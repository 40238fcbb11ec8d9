"""At which prices the exits of a position would sell it."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from maemae.clock import KST
from maemae.desk.exits import profit_rate
from maemae.desk.positions import Position
from maemae.desk.records import Listed
from maemae.desk.terms import Exits
from maemae.market.costs import CostRules

CEILING = 4
"""A price further away than this multiple of what was paid is of no interest."""


@dataclass(frozen=True, slots=True)
class ExitPrices:
    """Won: the lowest price that takes the profit, the highest that stops the loss."""

    take_profit: int | None = None
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """All that the fixed exits of a position depend on."""

    listed: Listed
    quantity: int
    paid: int
    costs: int
    exits: Exits


def exit_prices(position: Position, rules: CostRules, on: date) -> ExitPrices:
    """Find them. A trailing stop counts as a stop where it is the nearer one."""
    p, trailing = position, position.exits.trailing
    fixed = _fixed(_Case(p.listed, p.quantity, p.paid, p.costs, p.exits), rules, on)
    if trailing is None:
        return fixed
    return ExitPrices(fixed.take_profit, max(int(p.high * (1 - trailing)), fixed.stop or 0))


@lru_cache(maxsize=4096)
def _fixed(case: _Case, rules: CostRules, on: date) -> ExitPrices:
    """Search the prices: the rate of profit never falls as the price rises."""
    since = datetime.combine(on, time(), KST)
    at = Position("", case.listed, case.quantity, case.paid, case.costs, case.exits, since, 0)
    prices = range(1, CEILING * (case.paid // case.quantity + 1))

    def rate(price: int) -> Decimal:
        return profit_rate(at, price, rules, on)

    take, stop = case.exits.take_profit, case.exits.stop_loss
    return ExitPrices(
        take_profit=None if take is None else 1 + bisect_left(prices, take, key=rate),
        stop=None if stop is None else bisect_right(prices, -stop, key=rate),
    )

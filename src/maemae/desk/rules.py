"""What the desk is told before it starts: how each book trades, costs, limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from maemae.desk.guard import Limits
from maemae.desk.records import AT_MARKET, Exits, OrderWay
from maemae.market.costs import CostRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a book buys: won per name, names at most, and the exits each position gets.

    The amount may be a rule instead: the won for one name from the account's worth at the last
    prices, its free cash and the number of names that the book holds.
    """

    amount: int | Callable[[int, int, int], int]
    names: int
    exits: Exits


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRules:
    """How one book trades: its entries, how often its source is asked and its rules looked at.

    `hours` are the times of day (from, until) between which it enters; None is the whole of
    continuous trading. With `auction` it enters, and sells what is due, in the opening auction too.
    """

    entry: Entry
    search_every: timedelta
    signal_every: timedelta
    order: OrderWay = AT_MARKET
    hours: tuple[time, time] | None = None
    auction: bool = False

    def enters(self, at: datetime) -> bool:
        """Whether the book enters at this time of day."""
        return self.hours is None or self.hours[0] <= at.time() < self.hours[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRules:
    """Everything the desk is told before it starts."""

    books: Mapping[str, BookRules]
    costs: CostRules
    limits: Limits
    balance_every: timedelta

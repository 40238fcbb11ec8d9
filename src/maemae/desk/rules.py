"""What the desk is told before it starts: how each book trades, costs, limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from fractions import Fraction

from maemae.desk.commands import STREAMED
from maemae.desk.guard import UNBOUND, BookLimits, Limits
from maemae.desk.terms import AT_MARKET, Exits, OrderWay
from maemae.market.costs import CostRules
from maemae.profile.facts import NOTHING, Beliefs


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a book has to spend when it is about to buy a name. Won throughout."""

    worth: int
    """Of the account at the last prices, the owner's shares left out."""
    cash: int
    """Free when what is being bought is paid for, and within the capital of the book."""
    held: int
    """Names that the book holds or is buying."""
    wanted: int
    """Names that it still wants and has slots for, the one in hand among them."""
    slots: int = 1
    """Names that it may still buy, the one in hand among them."""
    margin: Fraction = Fraction(0)
    """What a buy sets aside until it is filled beyond its price, as a part of that: 0.3 where one
    at market is set aside at the upper limit price (상한가), which lies 30 % up."""
    fee: Fraction = Fraction(0)
    """Of the amount of a buy."""
    before: "Sized | None" = None
    """What the book's last entry got, None where nothing was bought yet."""

    def part(self, among: int) -> int:
        """Return an equal part of the cash among so many names, the one in hand among them.

        The last of them must still find what it sets aside, when the others are paid for. What
        rounding down to whole shares left over of the name before is not given to the next one.
        """
        part = int(self.cash / ((among + self.margin) * (1 + self.fee)))
        last = self.before
        if last is None or among not in (last.wanted - 1, last.slots - 1):
            return part
        spent = last.cash - self.cash
        return last.won if 0 < spent <= last.won * (1 + self.fee) and part >= last.won else part


@dataclass(frozen=True, slots=True)
class Sized:
    """An entry as it was sized: the won it got, out of what cash, of how many names and slots."""

    won: int
    cash: int
    wanted: int
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a book buys: won per name, names at most, and the exits each position gets.

    The amount may be a rule instead, that returns the won for the name in hand.
    """

    amount: int | Callable[[Purse], int]
    names: int
    exits: Exits


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRules:
    """How one book trades: its entries, how often its source is asked and its rules looked at.

    `hours` are the times of day (from, until) between which it enters; None is the whole of
    continuous trading. With `auction` it enters, and sells what is due, in the opening auction too.
    The source is asked at the start, and then `search_after` the open and every `search_every` from
    there on: one that decides on bars is asked when a bar is over.
    """

    entry: Entry
    search_every: timedelta
    signal_every: timedelta
    search_after: timedelta = timedelta(0)
    order: OrderWay = AT_MARKET
    hours: tuple[time, time] | None = None
    auction: bool = False
    limits: BookLimits = UNBOUND

    def enters(self, at: datetime) -> bool:
        """Whether the book enters at this time of day."""
        return self.hours is None or self.hours[0] <= at.time() < self.hours[1]

    def next_search(self, opens: datetime, at: datetime) -> datetime:
        """Return when the source is asked next after a moment."""
        first = opens + self.search_after
        return first + ((at - first) // self.search_every + 1) * self.search_every


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRules:
    """Everything the desk is told before it starts."""

    books: Mapping[str, BookRules]
    costs: CostRules
    limits: Limits
    balance_every: timedelta
    beliefs: Beliefs = NOTHING
    """What is known of the broker's server; what is not takes the careful branch."""
    confirm_first: bool = False
    """Whether a ledger that has never traded begins halted, until a person lets entries go on."""
    streamed: int = STREAMED
    """Codes that the stream of prices carries."""
    pace: float = 1.0
    """Venue seconds per real second: an answer takes its real time however fast a day passes."""

    @property
    def bounds(self) -> Limits:
        """The limits of the account together with those of its books."""
        return replace(self.limits, books={name: b.limits for name, b in self.books.items()})

"""The day's result added up a second time, from facts, the exchange's base prices and the tape.

What halts entries is held against it in every step: a loss at its limit has halted them already.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date

from maemae.desk.desk import Desk
from maemae.desk.guard import Limits
from maemae.desk.loss import LossWatch
from maemae.desk.orders import Order
from maemae.desk.records import (
    OWNER,
    DayOpened,
    Filled,
    Halt,
    Halted,
    PositionLost,
    PositionMoved,
    PositionReturned,
    Record,
    Repriced,
    UnitChanged,
)
from maemae.errors import InvariantError
from maemae.market.costs import CostRules, Turnover
from maemae.market.kinds import Side

Key = tuple[str, str]


class Losses:
    """Follows shares and money of each book and name over all days.

    Args:
        costs: fee and tax rules of the venue.
    """

    def __init__(self, costs: CostRules) -> None:
        self._costs = costs
        self._day: date | None = None
        self._shares: Counter[Key] = Counter()
        self._flow: Counter[Key] = Counter()
        self._opened: Counter[Key] = Counter()
        self._turnover = Turnover()
        self._looked_at: tuple[Desk, int, list[int]] | None = None
        """The desk, its version and the prices of what is held when it was held against this."""
        self._untold: set[str] = set()
        """Books that lost shares today: nobody can tell what those were worth."""
        self._halted: set[str] = set()
        """What the step halted for a loss: books, or blank for all."""

    def begin_life(self) -> None:
        """Forget the halts of a step whose process died: the prices it knew are gone."""
        self._halted.clear()

    def apply(
        self, record: Record, order: Callable[[str], Order], bases: Mapping[str, int]
    ) -> None:
        """Add a fact; `bases` are the exchange's own base prices."""
        match record:
            case DayOpened():
                self._open(record.day, bases)
            case Halted(reason="daily_loss" | "book_loss"):
                self._halted.add(record.book)
            case Filled():
                self._fill(record, order(record.intent))
            case Repriced():
                self._reprice(record, order(record.intent))
            case PositionLost():
                self._shares[record.book, record.code] -= record.quantity
                self._untold.add(record.book)
            case PositionReturned():
                self._shares[record.book, record.code] += record.quantity
                self._untold.add(record.book)
            case PositionMoved():
                code, worth = record.listed.code, record.worth
                if not worth:
                    self._untold |= {record.origin, record.book}
                for book, sign in ((record.origin, -1), (record.book, 1)):
                    self._shares[book, code] += sign * record.quantity
                    self._flow[book, code] -= sign * worth
            case UnitChanged():
                self._convert(record, bases)
            case _:
                pass

    def _convert(self, record: UnitChanged, bases: Mapping[str, int]) -> None:
        """Count shares in the unit of today: what they opened at is their new number, at its base.

        What a person said, and what had been traded in the old unit, leaves the day untold.
        """
        into = record.code if record.listed is None else record.listed.code
        for book, code in [key for key in self._shares if key[1] == record.code]:
            traded = self._flow.pop((book, code), 0)
            del self._shares[book, code]
            self._opened.pop((book, code), None)
            shares = record.shares.get(book, 0)
            self._shares[book, into] += shares
            self._flow[book, into] += traded
            if traded or into not in bases or record.reason not in ("changed", "moved"):
                self._untold.add(book)
            else:
                self._opened[book, into] += shares * bases[into]

    def _open(self, day: date, bases: Mapping[str, int]) -> None:
        self._day, self._turnover = day, Turnover()
        self._flow.clear()
        self._untold.clear()
        held = {key: n for key, n in self._shares.items() if n > 0 and key[0] != OWNER}
        self._shares = Counter(held)
        self._opened = Counter({key: n * bases.get(key[1], 0) for key, n in held.items()})
        self._untold |= {book for book, code in held if code not in bases}

    def _fill(self, record: Filled, order: Order) -> None:
        listed, buys = order.listed, order.side is Side.BUY
        before = self._cost()
        self._turnover = self._turnover.add(order.side, record.amount, listed.market, listed.kind)
        cost = self._cost() - before
        key, quantity = (order.book, order.code), record.quantity
        if not buys and order.book != OWNER and self._shares[key] < quantity:
            self._untold.add(order.book)
        self._shares[key] += quantity if buys else -quantity
        self._flow[key] -= cost + (record.amount if buys else -record.amount)

    def _reprice(self, record: Repriced, order: Order) -> None:
        listed, before = order.listed, self._cost()
        self._turnover = self._turnover.correct(
            order.side, record.difference, listed.market, listed.kind
        )
        paid = record.difference if order.side is Side.BUY else -record.difference
        self._flow[order.book, order.code] -= paid + self._cost() - before

    def _cost(self) -> int:
        return 0 if self._day is None else self._costs.costs(self._turnover, self._day).total

    def check(self, desk: Desk, limits: Limits, *, complete: bool) -> None:
        """Hold the desk's result and its halts against this one, if a fact or a price is new.

        Args:
            desk: after a step.
            limits: of its account and its books.
            complete: whether it was told the base price of all that was held overnight.

        Raises:
            InvariantError: they differ, or a loss at its limit has halted nothing.
        """
        state = desk.state
        halted, self._halted = self._halted, set()
        if not complete or state.day != self._day:
            return
        quotes = [desk.quotes.get(code) for _, code in self._shares]
        looked_at = desk, state.version, [quote.price if quote else 0 for quote in quotes]
        if looked_at == self._looked_at:
            return
        self._looked_at = looked_at
        books = [book for book in desk.rules.books if book not in self._untold]
        withheld = state.portfolio.withheld
        books = [b for b in books if not any((b, one) in self._shares for one in withheld)]
        results = self._results(desk)
        theirs = LossWatch(limits)  # The desk's own is not asked: that would have it add up anew.
        for book in books:
            result = results[book]
            told = theirs.result(state, desk.quotes, book)
            if told != result:
                raise InvariantError(f"the day's result of {book} is {result}, not {told}")
            limit = limits.loss_of(book)
            reached = limit is not None and -result >= limit
            if reached and book not in state.paused:
                raise InvariantError(f"{book} lost {-result} and goes on")
            if book in halted and not reached:
                raise InvariantError(f"{book} lost {-result}, and is halted for it")
        if limits.daily_loss is not None and len(books) == len(desk.rules.books):
            loss = -sum(results[book] for book in books)
            if loss >= limits.daily_loss and state.halt is Halt.NONE:
                raise InvariantError(f"{loss} won are lost and entries go on")
            if loss < limits.daily_loss and "" in halted:
                raise InvariantError(f"{loss} won are lost, and entries are halted for it")

    def _results(self, desk: Desk) -> Counter[str]:
        """Return the day's result of every book, in won."""
        results: Counter[str] = Counter()
        for key in self._shares.keys() | self._flow.keys() | self._opened.keys():
            quote = desk.quotes.get(key[1])
            worth = self._shares[key] * quote.price if quote is not None else 0
            if quote is None and (position := desk.state.portfolio.positions.get(key)) is not None:
                worth = desk.state.today.neutral(position)
            results[key[0]] += worth + self._flow[key] - self._opened[key]
        return results

"""The day's result, judged on every price and every fact: warned of, and entries halted at once."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maemae.desk.guard import Limits
from maemae.desk.prices import Quote
from maemae.desk.records import Halt, Halted, Incident
from maemae.desk.state import State
from maemae.desk.turn import Turn

DAILY_LOSS = "daily_loss"
BOOK_LOSS = "book_loss"
"""Reasons of halts, and kinds of the incidents that tell the figures."""

EVERYTHING = "*"
"""Stands for all books together."""


@dataclass(slots=True)
class _Held:
    """A position as it was last valued."""

    book: str
    quantity: int
    price: int


class LossWatch:
    """Keeps the day's result of each book, and says and does what its limits demand.

    A price changes the sums by the positions of its name alone; facts have them added up anew.

    Args:
        limits: of the account and its books.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._results: dict[str, int] = {}
        self._held: dict[str, list[_Held]] = {}
        self._unpriced: set[str] = set()
        self._version = -1
        self._said: dict[tuple[str, date | None], Decimal] = {}
        """The nearest share of the limit that was said, of each book on each day."""

    def result(self, state: State, quotes: Mapping[str, Quote], book: str | None = None) -> int:
        """Return the change of worth since the day's opening in won, of one book or of all."""
        self._follow(state, quotes)
        return self._results.get(book, 0) if book is not None else sum(self._results.values())

    def priced(self, code: str, price: int) -> None:
        """Value the positions of a name at its new price."""
        if code in self._unpriced:
            self._version = -1
        for held in self._held.get(code, ()):
            self._results[held.book] += held.quantity * (price - held.price)
            held.price = price

    def judge(self, turn: Turn, quotes: Mapping[str, Quote]) -> list[str]:
        """Warn of losses near their limits and halt entries at a limit; return the books halted."""
        limits, state, halted = self._limits, turn.state, list[str]()
        self._follow(state, quotes)
        if limits.daily_loss is not None:
            loss = -self.result(state, quotes)
            if self._reached(turn, EVERYTHING, loss, limits.daily_loss) and state.halt is Halt.NONE:
                turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=DAILY_LOSS))
        for book in list(self._results):
            limit = limits.loss_of(book)
            if limit is None:
                continue
            loss = -self.result(state, quotes, book)
            if self._reached(turn, book, loss, limit) and book not in state.paused:
                halted.append(book)
                turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=BOOK_LOSS, book=book))
        return halted

    def _reached(self, turn: Turn, whose: str, loss: int, limit: int) -> bool:
        """Say a loss that has come nearer to its limit, each share of it once a day."""
        reached, key = loss >= limit, (whose, turn.state.day)
        shares = (*self._limits.loss_warnings, Decimal(1))
        nearest = max((share for share in shares if loss >= share * limit), default=Decimal(0))
        if nearest > self._said.get(key, 0):
            self._said[key] = nearest
            kind = (DAILY_LOSS if whose == EVERYTHING else BOOK_LOSS) if reached else "loss_near"
            name = "" if whose == EVERYTHING else f"{whose}: "
            detail = f"{name}{loss:,} / {limit:,}"
            turn.record(Incident(at=turn.at, kind=kind, detail=detail))
        return reached

    def _follow(self, state: State, quotes: Mapping[str, Quote]) -> None:
        """Add everything up anew where facts have come since it was last done."""
        if self._version == state.version:
            return
        results: defaultdict[str, int] = defaultdict(int)
        held: defaultdict[str, list[_Held]] = defaultdict(list)
        unclear = state.portfolio.unclear
        self._unpriced.clear()
        for (book, code), position in state.portfolio.positions.items():
            quote, quantity = quotes.get(code), position.quantity
            if quote is None or code in unclear:  # What a share of it is worth is not known.
                self._unpriced.add(code)
                results[book] += state.today.neutral(position)
                continue
            results[book] += quantity * quote.price
            held[code].append(_Held(book, quantity, quote.price))
        for (book, _), line in state.today.lines.items():
            results[book] += line.flow - line.opened
        self._results, self._held, self._version = dict(results), dict(held), state.version

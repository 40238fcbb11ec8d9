"""Whose shares are whose, by executions alone: no balance makes a position of ours unprotected.

It reads the facts and the exchange's truth, and knows nothing of how the desk compares books.
"""

from collections import Counter

from maemae.desk.records import (
    OWNER,
    DayOpened,
    Filled,
    Intended,
    PositionMoved,
    Record,
    UnitChanged,
)
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.errors import InvariantError
from maemae.market.kinds import Side
from maemae.proof.truth import Truth

Key = tuple[str, str]


class Ownership:
    """Adds up what executions gave each book, and the exits that its shares were bought with.

    Args:
        truth: what others took of our shares.
        listed: whether the broker lists orders; else a late order's shares may be anybody's.
    """

    def __init__(self, truth: Truth, *, listed: bool) -> None:
        self._truth = truth
        self._listed = listed
        self._intents: dict[str, Intended] = {}
        self._executed: Counter[Key] = Counter()
        self._exits: dict[Key, Exits] = {}
        self._owners: set[str] = set()
        self._touched: set[str] = set()
        self._changed: set[str] = set()
        """Codes of which a share became another in the night before."""

    def apply(self, record: Record) -> None:
        """Add a fact."""
        match record:
            case Intended():
                self._intents[record.intent] = record
                if record.book == OWNER:
                    self._owners.add(record.listed.code)
            case Filled():
                order = self._intents[record.intent]
                change = record.quantity if order.side is Side.BUY else -record.quantity
                self._change(order.book, order.listed.code, change, order.exits)
            case PositionMoved():
                code = record.listed.code
                if OWNER in (record.origin, record.book):
                    self._owners.add(code)
                self._change(record.origin, code, -record.quantity, None)
                self._change(record.book, code, record.quantity, record.exits)
            case UnitChanged():
                self._become(record)
            case DayOpened():
                nights = self._truth.became
                self._changed = {code for code, day in nights if day == record.day}
            case _:
                self._touched.add(getattr(record, "code", ""))

    def _become(self, record: UnitChanged) -> None:
        """Let shares be others; `maemae.proof.unitaudit` judges what becomes of their exits."""
        into = record.code if record.listed is None else record.listed.code
        for key in [key for key in self._executed if key[1] == record.code]:
            del self._executed[key]
            self._exits.pop(key, None)
        for book, shares in record.shares.items():
            if book != OWNER:
                self._executed[book, into] += shares
                self._exits.pop((book, into), None)
        self._touched |= {record.code, into}

    def _change(self, book: str, code: str, change: int, exits: Exits | None) -> None:
        self._touched.add(code)
        if book == OWNER:
            return
        key = book, code
        if self._executed[key] <= 0 and change > 0:
            self._exits[key] = exits or Exits()
        self._executed[key] = max(0, self._executed[key] + change)

    def check(self, state: State) -> None:
        """Hold what was touched since the last look against a desk.

        Names of which only the owner can say what a share has become are counted in two units.

        Raises:
            InvariantError: shares that executions gave a book are not in it, with their exits.
        """
        held = {code for _, code in state.portfolio.positions}
        for key in [key for key in self._executed if key[1] in self._changed - held]:
            # Others took them, and were counted in the unit of the day before.
            del self._executed[key]
        self._changed.clear()
        for code in self._touched - state.portfolio.withheld:
            if self._truth.can_be_told(code):
                self._check(state, code)
        self._touched.clear()

    def _check(self, state: State, code: str) -> None:
        held = {book: p for (book, name), p in state.portfolio.positions.items() if name == code}
        executed = sum(shares for (_, name), shares in self._executed.items() if name == code)
        truth = self._truth
        taken = truth.taken[code] + truth.oversold[code] + truth.paid_out[code]
        kept = sum(position.quantity for position in held.values())
        if kept < executed - taken:
            raise InvariantError(
                f"books keep {kept} of {code}, executions gave them {executed}, others took {taken}"
            )
        for book, position in held.items():
            bought_with = self._exits.get((book, code), position.exits)
            if position.exits != bought_with:
                raise InvariantError(f"{book}'s {code} has {position.exits}, not {bought_with}")
        foreign = state.portfolio.foreign.get(code, 0)
        strangers = code in self._truth.strangers or code in self._owners
        if foreign and self._listed and not strangers and self._truth.owners[code] <= 0:
            raise InvariantError(f"{foreign} of {code} are booked to the owner, who has none")

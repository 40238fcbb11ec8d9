"""Cash and shares added up a second time, from the facts alone: nothing appears or is lost."""

from collections import Counter
from collections.abc import Callable

from maemae.desk.orders import Order
from maemae.desk.records import (
    OWNER,
    CashStated,
    DayOpened,
    Filled,
    OwnerTraded,
    PositionLost,
    PositionMoved,
    PositionReturned,
    Record,
    Repriced,
    UnitChanged,
)
from maemae.desk.state import State
from maemae.errors import InvariantError
from maemae.market.kinds import Side


class Shadow:
    """What facts add up to: shares of each book by code, and won before fees and taxes."""

    def __init__(self) -> None:
        self._shares: Counter[tuple[str, str]] = Counter()
        self._cash = 0
        self._touched: set[tuple[str, str]] = set()
        self._opened = False

    def apply(self, record: Record, order: Callable[[str], Order]) -> None:
        """Add a fact; `order` finds the order of an intent."""
        match record:
            case DayOpened():
                self._open(record)
            case Filled():
                filled = order(record.intent)
                buys = filled.side is Side.BUY
                self._cash += -record.amount if buys else record.amount
                change = record.quantity if buys else -record.quantity
                self._change(filled.book, filled.code, change)
            case OwnerTraded():
                self._cash += record.cash
                self._change(OWNER, record.code, record.change)
            case CashStated():
                self._cash += record.difference
            case Repriced():
                buys = order(record.intent).side is Side.BUY
                self._cash += -record.difference if buys else record.difference
            case PositionLost():
                self._change(record.book, record.code, -record.quantity)
            case PositionReturned():
                self._change(record.book, record.code, record.quantity)
            case UnitChanged():
                self._become(record)
            case PositionMoved():
                self._change(record.origin, record.listed.code, -record.quantity)
                self._change(record.book, record.listed.code, record.quantity)
            case _:
                pass

    def _open(self, record: DayOpened) -> None:
        self._cash, self._opened = record.cash, True
        if record.owners is not None:
            for book, code in list(self._shares):
                if book == OWNER:
                    self._shares[book, code] = 0
            self._shares.update({(OWNER, code): n for code, n in record.owners.items()})
            return
        ours: Counter[str] = Counter()
        for (book, code), shares in list(self._shares.items()):
            if book == OWNER:
                self._shares[book, code] = 0
            else:
                ours[code] += shares
        for code, shares in record.holdings.items():
            self._shares[OWNER, code] = max(0, shares - ours[code])

    def _become(self, record: UnitChanged) -> None:
        """Let shares be others."""
        into = record.code if record.listed is None else record.listed.code
        for book, code in list(self._shares):
            if code == record.code:
                self._shares[book, code] = 0
                self._touched.add((book, code))
        for book, shares in record.shares.items():
            self._change(book, into, shares)

    def _change(self, book: str, code: str, change: int) -> None:
        key = book, code
        self._shares[key] = max(0, self._shares[key] + change)
        self._touched.add(key)

    def check_touched(self, state: State) -> None:
        """Hold what has changed since the last look against a desk.

        Raises:
            InvariantError: they differ.
        """
        if self._touched:
            for key in self._touched:
                self._check(state, key)
            self._touched.clear()
            self._check_cash(state)

    def check(self, state: State) -> None:
        """Hold everything against a desk.

        Raises:
            InvariantError: they differ.
        """
        for key in self._shares.keys() | state.portfolio.positions.keys():
            self._check(state, key)
        if self._opened:
            self._check_cash(state)

    def _check(self, state: State, key: tuple[str, str]) -> None:
        book, code = key
        position = state.portfolio.positions.get(key)
        theirs = position.quantity if position else 0
        if book == OWNER:
            theirs = state.portfolio.foreign.get(code, 0)
        if theirs != self._shares[key]:
            said = f"{book} holds {theirs} of {code}, the facts add up to {self._shares[key]}"
            raise InvariantError(said)

    def _check_cash(self, state: State) -> None:
        before_costs = state.cash + state.costs.total
        if before_costs != self._cash:
            said = f"{before_costs} won before costs, the facts add up to {self._cash}"
            raise InvariantError(said)

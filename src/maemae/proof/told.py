"""Whether what the broker has told plainly is known: by a list again and again, or by a notice.

A day that ends well may have been blind to both for hours, as long as balances came right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from maemae.desk.events import Execution, Notice, NoticeKind
from maemae.desk.orders import Order as Ours
from maemae.desk.state import State
from maemae.exchange.orders import Order
from maemae.proof.bounds import must
from maemae.proof.truth import Truth

TIMES = 4
"""So many lists in a row that say the same of an order are enough."""

FOR = timedelta(seconds=20)
"""And so long."""

AT_ONCE = timedelta(seconds=2)
"""How soon the notice of a cancel is known, of an order whose number is."""


@dataclass(slots=True)
class _Row:
    """What lists say of an order, since when and how often."""

    row: Execution
    since: datetime
    times: int = 0


class Told:
    """Follows what was told to one life of the process.

    Args:
        truth: whose every order is.
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._rows: dict[int, _Row] = {}
        self._cancels: list[Notice] = []

    def begin_life(self) -> None:
        """Forget what a process was told that is gone."""
        self._rows.clear()
        self._cancels.clear()

    def listed(self, rows: Iterable[Execution], at: datetime) -> None:
        """Note a list that was right when it came."""
        known, self._rows = self._rows, {}
        for row in rows:
            told = known.get(row.order_no)
            if told is None or told.row != row:
                told = _Row(row, at)
            told.times += 1
            self._rows[row.order_no] = told

    def noticed(self, notice: Notice) -> None:
        """Note a notice that was heard."""
        if notice.kind is NoticeKind.CANCELLED:
            self._cancels.append(notice)

    def check(self, state: State, orders: dict[int, Order], at: datetime) -> None:
        """Hold what is known against it.

        Args:
            state: of the desk.
            orders: of the account, by number.
            at: now.

        Raises:
            InvariantError: something was told plainly and is not known.
        """
        for number, told in self._rows.items():
            if told.times >= TIMES and at - told.since > FOR and number in orders:
                self._check_row(state, told, orders[number])
        while self._cancels and at - self._cancels[0].at > AT_ONCE:
            _check_cancel(state, self._cancels.pop(0))

    def _check_row(self, state: State, told: _Row, order: Order) -> None:
        intent, row = self._truth.intent_of(order), told.row
        ours = state.blotter.orders.get(intent or "")
        if ours is None or (row.ended and not row.filled and row.original_no is not None):
            return
        said = f"{ours.intent} is listed as {row.order_no} since {told.since}"
        # What was amended names the order that it was: nobody else's can be that.
        named = row.original_no in ours.numbers
        known = row.order_no in ours.numbers or (not named and _alike(state, ours))
        must(known, f"{said}, and not known by that number")
        booked = ours.filled >= row.filled
        must(booked, f"{said} with {row.filled} executed, booked are {ours.filled}")
        alone = len(ours.numbers) == 1 and ours.filled == row.filled
        right = not alone or not row.amount or ours.amount == row.amount
        must(right, f"{said} for {row.amount} won, booked are {ours.amount}")
        dead = not ours.live or not row.ended or ours.order_no != row.order_no
        must(dead, f"{said} as ended, and counts as {ours.state}")


def _alike(state: State, ours: Ours) -> bool:
    """Whether another order is the like of one of ours, so that nobody can tell them apart."""
    like = (ours.side, ours.code, ours.quantity)
    orders = (one for one in state.blotter.orders.values() if one is not ours)
    return any((one.side, one.code, one.quantity) == like for one in orders)


def _check_cancel(state: State, notice: Notice) -> None:
    intent = state.blotter.by_number.get(notice.original_no or notice.order_no)
    order = state.blotter.orders.get(intent or "")
    known = order is None or not order.live or order.cancelled >= notice.quantity
    must(known, f"{intent} was cancelled, and the notice of it changed nothing")

"""Shares that are written off before a night and after it: counted in the unit of the moment."""

from collections import Counter
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from maemae.clock import KST
from maemae.desk.records import PositionLost, PositionReturned
from maemae.desk.state import State
from maemae.errors import InvariantError
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.actions import Action, ActionKind, book
from maemae.market.costs import CostRules
from maemae.proof.audit import Auditor
from maemae.proof.truth import Truth

CODE, INTO = "005930", "905930"
AT = datetime(2026, 3, 4, 9, 0, tzinfo=KST)


class Night:
    """171 shares of ours are sold by the owner and written off; 133 live through the night."""

    def __init__(self, kind: ActionKind, old: int, new: int, into: str) -> None:
        self.truth = Truth(Counter())
        self.audit = Auditor(self.truth, CostRules.REAL)
        broker: Any = SimpleNamespace(looks=SimpleNamespace(lost=lambda _: None))
        self.audit._broker = broker
        self.state = State(CostRules.REAL)
        self.state.paused["keeper"] = "position_lost"
        self.code, self.truth.taken[CODE] = CODE, 171
        self.lose(171)
        self.truth.ours["keeper", CODE] = 133
        account = Account("1", CostRules.REAL, date(2026, 3, 3), 0)
        account.holdings[CODE] = Holding(CODE, 133)
        action = Action(code=CODE, day=AT.date(), kind=kind, old=old, new=new, into=into)
        booked = book(action, account, {})
        assert booked is not None
        self.truth.become(booked)
        self.code = into or CODE

    def lose(self, shares: int) -> None:
        lost = PositionLost(at=AT, book="keeper", code=self.code, quantity=shares)
        self.audit._check_given_up(lost, self.state)

    def give_back(self, shares: int) -> None:
        back = PositionReturned(at=AT, book="keeper", code=self.code, quantity=shares)
        self.audit._check_given_up(back, self.state)


@pytest.mark.parametrize(
    ("kind", "old", "new", "into"),
    [
        (ActionKind.REVERSE_SPLIT, 5, 1, ""),
        (ActionKind.SPLIT, 1, 5, ""),
        (ActionKind.BONUS, 2, 3, ""),
        (ActionKind.MERGER, 10, 7, INTO),
        (ActionKind.CODE_CHANGE, 1, 1, INTO),
    ],
)
def test_what_was_given_up_before_a_night_is_counted_as_what_others_took(
    kind: ActionKind, old: int, new: int, into: str
) -> None:
    """Seed 71200082: 171 of five to one were counted beside 34 that the owner had taken."""
    night = Night(kind, old, new, into)
    night.truth.taken[night.code] += 8
    night.lose(8)
    with pytest.raises(InvariantError, match="given up"):
        night.lose(2)
    night.give_back(3)
    night.lose(1)


@pytest.mark.parametrize("late", [True, False])
def test_a_sale_that_came_too_late_takes_from_another_book_what_was_left_of_its_own(
    late: bool,
) -> None:
    """Seed 65000266: what the owner had taken, and was written off, hid that the book had none."""
    night = Night(ActionKind.CODE_CHANGE, 1, 1, INTO)
    truth, key = night.truth, ("keeper", INTO)
    truth.ours[key] += 171  # Written off, and by the executions still the book's.
    truth.ours["timer", INTO] = 3
    if late:
        truth.very_late.add(INTO)
    truth.books["a"] = truth.books["b"] = "keeper"
    truth._change_ours("a", INTO, -133)
    truth._change_ours("b", INTO, -3)
    assert truth.oversold[INTO] == (3 if late else 0)
    if late:
        night.lose(3)
    else:
        with pytest.raises(InvariantError, match="given up"):
            night.lose(3)

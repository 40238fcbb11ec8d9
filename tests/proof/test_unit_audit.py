"""Nights that make others of the owner's shares: what is judged of them, in which unit."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal

import pytest

from maemae.clock import KST
from maemae.desk.positions import Position
from maemae.desk.records import OWNER, Intended, Listed, PositionMoved
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.errors import InvariantError
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.actions import Action, ActionKind, book
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.proof.truth import Truth
from maemae.proof.unitaudit import UnitAudit

CODE, INTO = "005930", "905930"
BOOKED = {
    ActionKind.SPLIT: (1, 5, ""),
    ActionKind.REVERSE_SPLIT: (10, 1, ""),
    ActionKind.BONUS: (2, 3, ""),
    ActionKind.MERGER: (10, 7, INTO),
    ActionKind.CODE_CHANGE: (1, 1, INTO),
}
"""Old and new shares of each kind that books others, and whose they are then."""


def morning(kind: ActionKind) -> tuple[Truth, State]:
    """Return the truth and a desk after a night: 60 shares, 40 of them the owner's."""
    old, new, into = BOOKED[kind]
    truth, account = Truth(Counter({CODE: 40})), Account("1", CostRules.REAL, date(2026, 3, 3), 0)
    truth.ours["keeper", CODE] = 20
    account.holdings[CODE] = Holding(CODE, 60)
    day = date(2026, 3, 4)
    booked = book(Action(code=CODE, day=day, kind=kind, old=old, new=new, into=into), account, {})
    assert booked is not None
    truth.become(booked)
    state = State(CostRules.REAL)
    state.portfolio.foreign = {CODE: 40}
    state.portfolio.unchecked = {CODE}
    return truth, state


@pytest.mark.parametrize("kind", BOOKED)
def test_the_owner_keeps_what_he_had_while_the_unit_is_not_known(kind: ActionKind) -> None:
    truth, state = morning(kind)
    audit = UnitAudit(truth)
    audit.check_owner(state)
    state.portfolio.foreign = {CODE: max(60, truth.owners[CODE] + 20)}
    with pytest.raises(InvariantError, match="was given"):
        audit.check_owner(state)


@pytest.mark.parametrize("kind", [kind for kind, (old, new, _) in BOOKED.items() if new <= old])
def test_in_the_unit_of_the_evening_he_has_too_many_when_the_unit_is_known(
    kind: ActionKind,
) -> None:
    """The name is withheld for what may have become it, and no share of it is counted anew."""
    truth, state = morning(kind)
    state.portfolio.unchecked = {"000660"}
    state.portfolio.appeared = frozenset({CODE})
    with pytest.raises(InvariantError, match="was given"):
        UnitAudit(truth).check_owner(state)


@pytest.mark.parametrize(
    ("profit", "true", "reached"),
    [("0.05", 3, True), ("0.12", 3, False), ("0.12", 0, True)],
)
def test_the_part_of_a_share_that_was_paid_out_belongs_to_the_profit(
    profit: str, true: int, reached: bool
) -> None:
    """Of three shares a dividend in shares leaves three, and won for the rest (주식배당)."""
    day = date(2026, 3, 4)
    truth, account = Truth(Counter()), Account("1", CostRules.REAL, date(2026, 3, 3), 0)
    truth.ours["keeper", CODE] = 3
    account.holdings[CODE] = Holding(CODE, 3)
    kind = ActionKind.STOCK_DIVIDEND
    action = Action(code=CODE, day=day, kind=kind, old=20, new=21)
    booked = book(action, account, {CODE: 6_840})
    assert booked is not None
    truth.become(booked)
    state, at = State(CostRules.REAL), datetime(2026, 3, 4, 9, tzinfo=KST)
    state.portfolio.positions["keeper", CODE] = Position(
        book="keeper", listed=Listed(code=CODE), quantity=3, paid=20_000, costs=0,
        exits=Exits(take_profit=Decimal(profit)), since=at, high=0,
    )  # fmt: skip
    truth.ours["keeper", CODE] = true  # None: all of the book's is a part of a share.
    audit = UnitAudit(truth)
    audit.begin_day([action], {CODE: 7_190})
    sale = Intended(
        at=at, intent="1", book="keeper", side=Side.SELL, listed=Listed(code=CODE), quantity=3,
        reason="take_profit",
    )  # fmt: skip
    if reached:
        audit.sold(sale, state, 6_840)
        return
    with pytest.raises(InvariantError, match="as a profit"):
        audit.sold(sale, state, 6_840)
    audit.moved(
        PositionMoved(
            at=at, origin=OWNER, book="keeper", listed=Listed(code=CODE), quantity=3, paid=20_000,
            exits=Exits(), ticket="1",
        )
    )  # fmt: skip
    audit.sold(sale, state, 6_840)  # Put into the book today, at today's price.

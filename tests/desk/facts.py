"""A desk's state made of facts, for tables of rules that need no desk."""

from datetime import datetime, timedelta
from typing import Any

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.orders import OrderState
from maemae.desk.state import State
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=KST)
CASH = 10_000_000


def opened(cash: int = CASH, at: datetime = NOW, **more: Any) -> State:
    """Open a day; `more` are fields of the opening."""
    state = State(CostRules.REAL)
    state.apply(rec.DayOpened(at=at, day=at.date(), cash=cash, **more))
    return state


def order(
    state: State,
    code: str = "005930",
    *,
    side: Side = Side.BUY,
    quantity: int = 10,
    reserve: int = 100_000,
    book: str = "book",
    at: datetime = NOW - timedelta(minutes=5),
    become: OrderState = OrderState.WORKING,
    filled: int = 0,
    price: int = 10_000,
) -> str:
    """Add an order in a state, filled so far at a price; return its intent."""
    number = len(state.blotter.orders) + 1
    intent = f"{number:05}"
    state.apply(
        rec.Intended(
            at=at,
            intent=intent,
            book=book,
            side=side,
            listed=rec.Listed(code=code),
            quantity=quantity,
            reserve=reserve,
            reason="test",
        )
    )
    if become is OrderState.INTENDED:
        return intent
    if become is OrderState.REFUSED:
        state.apply(rec.Refused(at=at, intent=intent, code="X", message="no"))
        return intent
    if become in (OrderState.UNKNOWN, OrderState.NEVER_ARRIVED):
        state.apply(rec.Lost(at=at, intent=intent, reason="timeout"))
        if become is OrderState.NEVER_ARRIVED:
            state.apply(rec.NeverArrived(at=at, intent=intent))
        return intent
    state.apply(rec.Accepted(at=at, intent=intent, order_no=number))
    if become is OrderState.FILLED:
        filled = quantity
    if filled:
        amount = filled * price
        state.apply(rec.Filled(at=at, intent=intent, quantity=filled, amount=amount, executed=at))
    if become in (OrderState.CANCELLED, OrderState.EXPIRED):
        cancelled = become is OrderState.CANCELLED
        state.apply(rec.Ended(at=at, intent=intent, cancelled=cancelled))
    return intent


def held(
    state: State,
    code: str = "005930",
    quantity: int = 10,
    price: int = 10_000,
    book: str = "book",
) -> None:
    """Buy shares into a book."""
    order(state, code, quantity=quantity, price=price, book=book, become=OrderState.FILLED)

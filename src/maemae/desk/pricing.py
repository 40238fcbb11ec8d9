"""What shares must have cost or brought, when all that is known is how the cash moved."""

from collections.abc import Mapping

from maemae.desk.orders import Order
from maemae.desk.prices import Quote
from maemae.desk.state import State
from maemae.market.kinds import Side

_STEPS = 20
_ROUNDING = 30
"""Won among which a sale's proceeds are looked for: cut fees let several bring the same cash."""


def cash_price(state: State, order: Order, quantity: int, change: int) -> int | None:
    """Return the won that a fill was worth, costs left out, or None where the cash does not fit.

    Args:
        state: the books before the fill.
        order: whose shares they are.
        quantity: shares filled.
        change: won by which the broker's cash differs from the books.
    """
    if (change >= 0) is (order.side is Side.BUY):
        return None
    amount = abs(change)
    sign = -1 if order.side is Side.BUY else 1
    for _ in range(_STEPS):
        amount = max(0, abs(change) + sign * _cost(state, order, amount))
    fitting = [
        won
        for won in range(amount - _ROUNDING, amount + _ROUNDING + 1)
        if won > 0 and won - sign * _cost(state, order, won) == abs(change)
    ]
    likely = [won for won in fitting if won % quantity == 0] or fitting
    return next((won for won in likely if plausible(order, quantity, won)), None)


def likely_price(order: Order, quotes: Mapping[str, Quote]) -> int:
    """Return what an order's shares are likely to have cost or brought each, in won."""
    if order.price is not None:
        return order.price
    quote = quotes.get(order.code)
    if quote is not None:
        return quote.price
    return order.reserve * 10 // (order.quantity * 13)


def _cost(state: State, order: Order, amount: int) -> int:
    """Return the fees and taxes by which a fill of so many won raises the day's."""
    return state.costs_after(order, amount).total - state.costs.total


def plausible(order: Order, quantity: int, amount: int) -> bool:
    """Whether an order can have been filled at that price."""
    if order.price is None:
        return (
            order.side is Side.SELL
            or not order.reserve
            or (amount * order.quantity <= order.reserve * quantity)
        )
    worst = order.price * quantity
    return amount <= worst if order.side is Side.BUY else amount >= worst

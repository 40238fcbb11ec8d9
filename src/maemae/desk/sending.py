"""Write ahead, then send: the intent is a fact of the step before its command is given."""

from datetime import timedelta

from maemae.desk.commands import Send, SendAmend, SendCancel, Wake
from maemae.desk.orders import Order, OrderState
from maemae.desk.records import AmendIntended, CancelIntended, Intended
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

ORDERS = "orders"
"""The timer that asks what became of the orders that live."""

FOLLOW_EVERY = timedelta(seconds=10)
"""How often: a book does not know of its shares before."""


def send(turn: Turn, order: Intended) -> None:
    """Send an order; sales are urgent."""
    turn.record(order)
    code, urgent = order.listed.code, order.side is Side.SELL
    turn.do(
        Send(
            order.intent, order.side, code, order.quantity, order.price,
            urgent=urgent, route=order.route,
        )
    )  # fmt: skip
    if order.route is not None:
        # Its session may be on while the regular one is not, which begins the looking around.
        turn.do(Wake(ORDERS, turn.at + FOLLOW_EVERY))


def cancel(turn: Turn, order: Order, reason: str, *, again: bool = False) -> None:
    """Cancel what is left of a working order, unless that is under way already.

    `again`: also then, for nobody has told what came of it.
    """
    if order.state is not OrderState.WORKING or order.order_no is None:
        return
    if order.cancelling and not again:
        return
    turn.record(CancelIntended(at=turn.at, intent=order.intent, reason=reason))
    number, left = order.order_no, order.remaining
    turn.do(SendCancel(order.intent, number, order.org_no, order.code, left, order.route))


def amend(turn: Turn, order: Order, price: int | None, reserve: int) -> None:
    """Give what is left of an order that has a number another price; None is a market order.

    `reserve` are the won that the whole order needs at that price.
    """
    if order.order_no is None:
        return
    turn.record(AmendIntended(at=turn.at, intent=order.intent, price=price or 0, reserve=reserve))
    number, left = order.order_no, order.remaining
    turn.do(SendAmend(order.intent, number, order.org_no, order.code, left, price, order.route))

"""The end of orders for sessions of their own, which is not the close of the day.

An order ends with its session (KRX business regulation); what is left of it is over then, and what
it had set aside is free. The inquiry, put every ten seconds while it lives, tells its executions
first.
"""

from datetime import datetime, timedelta

from maemae.desk.events import Executions
from maemae.desk.orders import OrderState
from maemae.desk.records import Ended
from maemae.desk.state import State
from maemae.desk.turn import Turn

GRACE = timedelta(minutes=1)
"""How long after its session news of an order is waited for: auctions end up to 30 s late."""


def settle(turn: Turn, event: Executions, closes: datetime | None) -> None:
    """End what is left of the orders whose session was over when the broker was asked.

    `closes` is the end of the regular session where the day goes on after it; else the close of
    the day ends its orders.
    """
    filled = {row.order_no: row.filled for row in event.rows}
    for order in list(turn.state.blotter.live()):
        until = closes if order.route is None else order.route.until
        if until is None or order.state is not OrderState.WORKING or event.asked_at is None:
            continue
        over, numbers = event.asked_at >= until + GRACE, set(order.numbers)
        # A list may have a page less: executions stand under each number that the order has had.
        told = filled.keys() >= numbers
        if over and told and sum(filled[number] for number in numbers) == order.filled:
            turn.record(Ended(at=turn.at, intent=order.intent, cancelled=False))


def last(state: State) -> datetime | None:
    """Return when the last session ends for which an order lives; None: no order has its own."""
    ends = [order.route.until for order in state.blotter.live() if order.route is not None]
    return max(ends, default=None)

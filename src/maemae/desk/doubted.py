"""A refusal that may not be true: the broker may have taken the order all the same.

Nothing that is written down says that no order is there after an answer that is no success; KIS
is believed, but looked at: until one look that was asked for after the refusal has not shown it,
the same name is not ordered again by itself. Without an answer that look is not waited for long:
an exit must go out. An order that turns up is taken for what it is, however late.
"""

from datetime import datetime, timedelta

from maemae.desk.orders import Order, OrderState
from maemae.desk.state import State
from maemae.market.kinds import Side

LOOKED_FOR = timedelta(seconds=5)
"""So long is the look awaited."""


def is_doubted(order: Order, at: datetime) -> bool:
    """Whether a refused order may be at the broker, as far as was looked."""
    recent = order.denied is not None and at - order.denied < LOOKED_FOR
    return order.state is OrderState.REFUSED and recent and not order.looks


def waits_for_look(state: State, at: datetime, code: str, side: Side) -> datetime | None:
    """Return until when no order of a name goes again by itself; None: it may go."""
    until = [
        order.denied + LOOKED_FOR
        for order in state.blotter.missing()
        if order.denied is not None
        and (order.code, order.side) == (code, side)
        and is_doubted(order, at)
    ]
    return max(until, default=None)

"""Which orders rest at the broker, by what each of them takes there: shares, or buying power."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from maemae.desk.events import Balance
from maemae.desk.orders import Order
from maemae.desk.state import State
from maemae.market.kinds import Side

MOST_DOUBTED = 10
"""Of more orders at once it is not tried to tell which of them are at the broker."""


def resting(balance: Balance, code: str) -> int | None:
    """Return the shares of a name that open sell orders have spoken for; None: it is not said."""
    held = next((h for h in balance.holdings if h.code == code), None)
    if held is None:
        return 0
    return None if held.sellable is None else held.quantity - held.sellable


def offered(
    state: State, balance: Balance, code: str, doubtful: Sequence[Order]
) -> dict[str, bool]:
    """Return which doubtful sell orders are among what the balance shows as on offer."""
    rests = resting(balance, code)
    if rests is None:
        return {}
    takes = {order.intent: order.remaining for order in doubtful}
    others = (o for o in state.blotter.live(code=code, side=Side.SELL) if o.intent not in takes)
    return present(takes, rests - sum(order.remaining for order in others), 0)


def taken_by(order: Order) -> int:
    """Return the won that a buy takes out of the buying power while it rests at the broker."""
    return order.reserved if order.price is None else order.price * order.remaining


def present(takes: Mapping[str, int], missing: int, slack: int) -> dict[str, bool]:
    """Return which orders are at the broker, by what each would take and what is missing.

    An order is there if no choice of the others explains what is missing, and not there if no
    choice with it does; it is left out where both or neither do.
    """
    if len(takes) > MOST_DOUBTED:
        return {}
    choices = [
        set(some)
        for size in range(len(takes) + 1)
        for some in combinations(takes, size)
        if abs(missing - sum(takes[intent] for intent in some)) <= slack
    ]
    with_it = {intent: sum(intent in some for some in choices) for intent in takes}
    return {
        intent: bool(times)
        for intent, times in with_it.items()
        if choices and times in (0, len(choices))
    }

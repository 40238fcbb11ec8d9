"""Which orders rest at the broker, by what each of them takes there: shares, or buying power.

That open orders shrink the two figures is documented nowhere. So each has to be seen once to lack
exactly what an order takes that is known to rest (`FigureProved`): only then does a figure that
lacks nothing tell that no order is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from math import ceil

from maemae.desk.events import Balance
from maemae.desk.orders import Order, OrderState
from maemae.desk.records import FigureProved
from maemae.desk.sights import Figure
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.market.kinds import Side
from maemae.profile.facts import Fact

SOON = timedelta(seconds=3)
"""A figure that has an order in it so soon need not be watched any more."""

MOST_DOUBTED = 10
"""Of more orders at once it is not tried to tell which of them are at the broker."""


def resting(state: State, balance: Balance, code: str) -> int | None:
    """Return the shares of a name that open sell orders have spoken for.

    None: the balance does not say it, or nobody knows that it would.
    """
    return _offered(balance, code) if state.seen_in(Figure.SELLABLE) is not None else None


def _offered(balance: Balance, code: str) -> int | None:
    held = next((h for h in balance.holdings if h.code == code), None)
    if held is None or held.sellable is None:
        return None
    return held.quantity - held.sellable


def offered(
    state: State, balance: Balance, code: str, doubtful: Sequence[Order]
) -> dict[str, bool]:
    """Return which doubtful sell orders are among what the balance shows as on offer."""
    rests = _offered(balance, code)
    if rests is None:
        return {}
    takes = {order.intent: order.remaining for order in doubtful}
    others = (o for o in state.blotter.live(code=code, side=Side.SELL) if o.intent not in takes)
    there = present(takes, rests - sum(order.remaining for order in others), 0)
    return told(state, Figure.SELLABLE, there)


def told(state: State, figure: Figure, there: Mapping[str, bool]) -> dict[str, bool]:
    """Return what a figure tells: that an order is not there only where it may be gone by."""
    sure = state.seen_in(figure) is not None
    upper = Fact.MARKET_TAKES_UPPER not in state.beliefs.denied
    return {
        intent: is_there
        for intent, is_there in there.items()
        if is_there or (sure and (upper or not _at_upper(state, figure, intent)))
    }


def _at_upper(state: State, figure: Figure, intent: str) -> bool:
    """Whether an order counts in a figure by the upper limit price, being one at market."""
    return figure is Figure.POWER and state.blotter.order(intent).price is None


def taken_by(order: Order) -> int:
    """Return the won that a buy takes out of the buying power while it rests at the broker."""
    return order.reserved if order.price is None else order.price * order.remaining


def slack(takes: Iterable[int]) -> int:
    """Return the won by which buying power may miss what orders take: nobody knows its formula."""
    return min(takes, default=0) // 4


def shown_sale(state: State, balance: Balance) -> Order | None:
    """Return a sale that is known to rest and that what can be sold lacks."""
    for code in dict.fromkeys(order.code for order in state.blotter.live(side=Side.SELL)):
        sales = list(state.blotter.live(code=code, side=Side.SELL))
        takes = {order.intent: order.remaining for order in sales}
        lacks = _offered(balance, code)
        shown = None if lacks is None else _shown(sales, present(takes, lacks, 0))
        if shown is not None:
            return shown
    return None


def shown_buy(state: State, lacks: int) -> Order | None:
    """Return a buy that is known to rest and is in the won that the buying power lacks."""
    buys = list(state.blotter.live(side=Side.BUY))
    takes = {order.intent: taken_by(order) for order in buys}
    return _shown(buys, present(takes, lacks, slack(takes.values())))


def _shown(orders: Iterable[Order], there: Mapping[str, bool]) -> Order | None:
    known = (order for order in orders if order.state is OrderState.WORKING)
    return next((order for order in known if there.get(order.intent)), None)


def wanting(state: State, figure: Figure) -> bool:
    """Whether it is worth while to see once more whether, or how soon, orders shrink a figure."""
    return state.proved.get(figure, timedelta.max) > SOON


def prove(turn: Turn, figure: Figure, order: Order | None) -> None:
    """Note that a figure was seen to have an order in it, if it never had or was much slower."""
    if order is None:
        return
    seconds = ceil((turn.at - order.intended).total_seconds())
    known = turn.state.proved.get(figure)
    if known is None or timedelta(seconds=2 * seconds) <= known:
        turn.record(FigureProved(at=turn.at, figure=figure, intent=order.intent, seconds=seconds))


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

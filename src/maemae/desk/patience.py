"""What becomes of an entry that does not fill in time: it is cancelled, or goes after the price.

Every decision follows from the order, the time and the last price alone, so that a restart changes
nothing: in the n-th round after the order was intended, the n-th step of its way is due.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from maemae.desk.amending import attempt, propose
from maemae.desk.commands import Ask, Wake
from maemae.desk.events import Query
from maemae.desk.guard import Limits
from maemae.desk.orders import Order, OrderState
from maemae.desk.prices import Quote, beside
from maemae.desk.sending import cancel
from maemae.desk.terms import AfterWait
from maemae.desk.turn import Turn

WAY = "way"
"""Timers of this kind carry the intent of the order."""


def wake(turn: Turn, order: Order) -> None:
    """Ask to be woken when the next step of an entry's way is due, if it has one."""
    if order.live and order.way is not None and order.price is not None:
        due = order.intended + (_rounds(order, turn.at) + 1) * _wait(order)
        turn.do(Wake(f"{WAY}:{order.intent}", due))


class Patience:
    """Deals with entries that are still working when their time is up.

    An order whose fate is not known, or of which a cancel or an amendment is under way, is left
    alone until the next round: an order is only ever changed, never sent a second time.

    Args:
        limits: of the risk guard, which every new price must pass.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def due(
        self,
        turn: Turn,
        intent: str,
        quotes: Mapping[str, Quote],
        *,
        in_session: bool,
        loss: Callable[[str | None], int],
    ) -> None:
        """Do what is due in this round of an order's way."""
        order = turn.state.blotter.orders.get(intent)
        if order is None or order.way is None or order.price is None or not order.live:
            return
        wake(turn, order)
        busy = order.cancelling or order.amending is not None
        if order.state is not OrderState.WORKING or busy or not in_session:
            return
        goes_on = order.way.then is not AfterWait.CANCEL
        if not goes_on or _rounds(order, turn.at) > order.way.chases:
            cancel(turn, order, "waited")
            return
        quote = quotes.get(order.code)
        if quote is None or turn.at - quote.seen > self._limits.quote_age:
            turn.do(Ask(Query.PRICE, order.code))
            return
        self._follow(turn, order, quote, loss)

    def _follow(
        self, turn: Turn, order: Order, quote: Quote, loss: Callable[[str | None], int]
    ) -> None:
        """Amend to the price of the moment, or to a market order; cancel what may not be."""
        to_market = order.way is not None and order.way.then is AfterWait.MARKET
        price = None if to_market else _next_price(order, quote, turn.at)
        if price == order.price:
            return
        wanted = propose(
            turn,
            order,
            price,
            quote,
            in_session=True,
            loss=loss(None),
            book_loss=loss(order.book),
        )
        rule = attempt(turn, self._limits, order, wanted, quote)
        if rule is not None:
            turn.record(wanted.declined(rule))
            cancel(turn, order, rule)


def _wait(order: Order) -> timedelta:
    return timedelta(seconds=order.way.wait_seconds if order.way is not None else 0)


def _rounds(order: Order, at: datetime) -> int:
    """Return how many waits have passed since the order was intended."""
    return max(0, (at - order.intended) // _wait(order))


def _next_price(order: Order, quote: Quote, at: datetime) -> int:
    """Return the price that an order is given now: on the grid also where it follows downwards."""
    ticks = order.way.offset_ticks if order.way is not None else 0
    return beside(quote.price, ticks, order.listed, at)

"""What becomes of an entry that does not fill in time: it is cancelled, or goes after the price.

An entry at market that finds no seller is cancelled too, and so is every entry before the closing
auction: what was meant for the moment must not be bought at the close and held overnight. So is an
entry that rests when the time comes from which on its own exits sell what it buys.

Every decision follows from the order, the time and the last price alone, so that a restart changes
nothing: in the n-th round after the order was intended, the n-th step of its way is due.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from maemae.desk.amending import attempt, propose
from maemae.desk.commands import Ask, Wake
from maemae.desk.denial import denied
from maemae.desk.events import Query
from maemae.desk.exits import TIME_OF_DAY, flat_from
from maemae.desk.guard import Limits
from maemae.desk.orders import Order, OrderState
from maemae.desk.prices import Quote, beside
from maemae.desk.records import BY_HAND, Incident
from maemae.desk.selling import EXITS
from maemae.desk.sending import cancel
from maemae.desk.terms import AfterWait
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

WAY = "way"
"""Timers of this kind carry the intent of the order."""

AUCTION = "auction"
"""The timer of the closing auction (장 마감 동시호가), and why an entry is cancelled before it."""

UNFILLED = "unfilled"
"""Why an entry at market is cancelled: nobody sells, as at the upper limit price (상한가)."""

MARKET_WAIT = timedelta(minutes=3)
"""How long an entry at market may rest: a volatility interruption (VI) lasts two and a half."""

AGAIN = timedelta(seconds=2)
"""How soon it is looked again at an entry that could not be cancelled yet."""


def wake(turn: Turn, order: Order) -> None:
    """Ask to be woken when the next step of an entry's way is due, and when it is too late."""
    if not order.live:
        return
    flat = _flat_from(turn, order)
    if flat is not None and flat > turn.at:
        turn.do(Wake(f"{EXITS}:{order.intent}", flat))
    if order.way is None:
        return
    due = order.intended + (_rounds(order, turn.at) + 1) * _wait(order)
    if order.price is None:
        due = max(order.intended + _rest(order), turn.at + AGAIN)
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
        self._told: set[str] = set()
        """Entries at market of which it was said that nobody sells."""

    def before_auction(self, turn: Turn) -> None:
        """Cancel the entries of books before the closing auction; look again until they are gone.

        Whatever a book or a person wants to rest until the close has no way, and is left alone.
        """
        left = [order for order in turn.state.blotter.live(side=Side.BUY) if order.way is not None]
        for order in left:
            self._give_up(turn, order, AUCTION)
        if left:
            turn.do(Wake(AUCTION, turn.at + AGAIN))

    def too_late(self, turn: Turn) -> None:
        """Cancel the entries that the time of day would sell as soon as they fill."""
        for order in list(turn.state.blotter.live(side=Side.BUY)):
            if _is_flat(turn, order):
                self._give_up(turn, order, TIME_OF_DAY)

    def due(
        self,
        turn: Turn,
        intent: str,
        quotes: Mapping[str, Quote],
        *,
        opened: datetime | None,
        closing: bool,
        loss: Callable[[str | None], int],
    ) -> None:
        """Do what is due in this round of an order's way.

        `opened` is when the session began, `closing` tells whether its closing auction is near.
        """
        order = turn.state.blotter.orders.get(intent)
        if order is None or order.way is None or not order.live or order.unwanted:
            return
        wake(turn, order)
        busy = order.cancelling or order.amending is not None
        if order.state is not OrderState.WORKING or busy or opened is None:
            return
        if closing or _is_flat(turn, order):
            self._give_up(turn, order, AUCTION if closing else TIME_OF_DAY)
            return
        if order.price is None:
            if turn.at - max(order.intended, opened) >= _rest(order):
                self._give_up(turn, order, UNFILLED)
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

    def _give_up(self, turn: Turn, order: Order, reason: str) -> None:
        """Cancel an entry; one at market was to be filled at once, so it is said, once."""
        at_market = order.at_market and order.state is OrderState.WORKING
        if at_market and order.intent not in self._told:
            self._told.add(order.intent)
            detail = f"{order.book} {order.code}: {order.filled} / {order.quantity}"
            turn.record(Incident(at=turn.at, kind="entry_unfilled", detail=detail))
        cancel(turn, order, reason)

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
            turn.record(denied(turn.state, self._limits, wanted, rule))
            cancel(turn, order, rule)


def _is_flat(turn: Turn, order: Order) -> bool:
    flat = _flat_from(turn, order)
    return flat is not None and flat <= turn.at


def _flat_from(turn: Turn, order: Order) -> datetime | None:
    """Return from when on an entry of a book must not rest; a person's is left alone."""
    if order.side is Side.SELL or order.reason == BY_HAND or order.exits is None:
        return None
    return flat_from(order.exits, turn.at, turn.state.calendar)


def _wait(order: Order) -> timedelta:
    return timedelta(seconds=order.way.wait_seconds if order.way is not None else 0)


def _rest(order: Order) -> timedelta:
    """Return how long an entry may rest at market; one by a limit was given its own wait first."""
    at_once = order.way is None or order.way.kind == "market"
    return MARKET_WAIT if at_once else MARKET_WAIT + _wait(order)


def _rounds(order: Order, at: datetime) -> int:
    """Return how many waits have passed since the order was intended."""
    return max(0, (at - order.intended) // _wait(order))


def _next_price(order: Order, quote: Quote, at: datetime) -> int:
    """Return the price that an order is given now: on the grid also where it follows downwards."""
    ticks = order.way.offset_ticks if order.way is not None else 0
    return beside(quote.price, ticks, order.listed, at)

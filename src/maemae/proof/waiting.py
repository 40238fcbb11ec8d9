"""Entries that wait: none keeps its slot for ever, and none is bought at the close."""

from datetime import datetime, timedelta

from maemae.desk.orders import Order, OrderState
from maemae.desk.records import BY_HAND, Filled
from maemae.desk.state import State
from maemae.errors import InvariantError
from maemae.exchange.moment import datetime_of
from maemae.market.kinds import Side
from maemae.proof.bounds import must
from maemae.proof.broker import Broker

AT_MARKET = timedelta(minutes=5)
"""How long an entry may rest at market while the process is up and the broker answers."""

CANCELLED_WITHIN = timedelta(minutes=1)
"""How long after the closing auction has begun the last entry may still live, likewise."""


class WaitingEntries:
    """Checks the entries of one life of the process.

    Args:
        broker: the account's broker on this day.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        hours = broker.venue.hours
        self._hours = tuple(map(datetime_of, (hours.open, hours.auction, hours.close)))
        self._up_since = broker.now
        self._known: dict[str, datetime] = {}
        """Since when an entry is known to rest: before, it has no number to cancel it by."""

    def check(self, state: State, at: datetime) -> None:
        """Check the entries that live.

        Raises:
            InvariantError: one rests longer than it may.
        """
        opens, auction, closes = self._hours
        for order in state.blotter.live(side=Side.BUY):
            if _is_persons(order) or order.state is not OrderState.WORKING or at >= closes:
                continue
            self._known.setdefault(order.intent, at)
            calm = self._calm(at)
            since = min(calm, at - max(order.intended, opens))
            wait = timedelta(seconds=order.way.wait_seconds if order.way is not None else 0)
            if order.price is None and since > AT_MARKET + wait:
                raise InvariantError(f"{order.intent} rests at market for {since}")
            late = min(calm, at - auction)
            if late > CANCELLED_WITHIN:
                raise InvariantError(f"{order.intent} lives {late} into the closing auction")

    def check_fill(self, order: Order, filled: Filled) -> None:
        """Check that a book bought nothing in the closing auction that it did not mean to.

        Raises:
            InvariantError: it did.
        """
        if order.side is Side.SELL or _is_persons(order):
            return
        closes = self._hours[-1]
        known = self._known.get(order.intent, closes)
        calm = closes - max(self._up_since, self._broker.disturbed, self._broker.unchanged, known)
        at_close = filled.executed >= closes and filled.source == "notice"
        must(not at_close or calm <= CANCELLED_WITHIN, f"{order.intent} was filled at the close")

    def _calm(self, at: datetime) -> timedelta:
        """Return for how long nothing was in the way of a cancel."""
        return at - max(self._up_since, self._broker.disturbed, self._broker.unchanged)


def _is_persons(order: Order) -> bool:
    """Whether a person ordered it: it rests as long as that person wants."""
    return order.reason == BY_HAND

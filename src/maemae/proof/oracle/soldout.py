"""Whether nothing is bought that is not to be held: after a flatten, after the time to sell."""

from datetime import datetime, timedelta

from maemae.desk.records import BY_HAND, FlattenBegun
from maemae.desk.state import State
from maemae.market.kinds import Side
from maemae.proof.bounds import must
from maemae.proof.oracle.facts import Facts, Order

GONE_WITHIN = timedelta(seconds=15)
"""How soon a purchase is cancelled that turned up, that is too late, or whose last cancel came to
nothing: orders are looked at every ten seconds."""


class SoldOut:
    """Follows, in one life of the process, purchases that are to be gone."""

    def __init__(self) -> None:
        self._resting: dict[str, datetime] = {}

    @staticmethod
    def begun(record: FlattenBegun, facts: Facts) -> None:
        """Check that nothing goes on buying of what is to be sold out.

        Raises:
            InvariantError: an order that was known to rest is not cancelled.
        """
        left = [
            one.fact.intent
            for one in facts.live(Side.BUY, book=record.book)
            if one.accepted and not one.cancelling
        ]
        must(not left, f"{record.book or 'everything'} is to be sold, and {left} go on buying")

    def check(self, facts: Facts, state: State, at: datetime, *, in_session: bool) -> None:
        """Check what a flatten found under way, and what rests when its time to sell has come.

        Raises:
            InvariantError: what it bought is kept, or one rests without being cancelled.
        """
        for key in facts.unwanted & facts.holdings.keys():
            sold = {None, key[0]} & state.flattening or key in state.portfolio.due
            must(bool(sold), f"{key} was bought by an order that was to be gone, and is kept")
        known, self._resting = self._resting, {}
        for order in facts.live(Side.BUY) if in_session else ():
            late = _is_late(order, at)
            if not (order.unwanted or late) or not order.accepted or order.cancelling:
                continue
            intent = order.fact.intent
            since = self._resting[intent] = known.get(intent, at)
            why = "its shares would be sold at once" if late else "its book was sold out"
            must(at - since <= GONE_WITHIN, f"{intent} goes on buying since {since}, though {why}")


def _is_late(order: Order, at: datetime) -> bool:
    """Whether an entry of a book rests though the time has come that sells what it buys."""
    exits = order.fact.exits
    if exits is None or exits.at is None or order.fact.reason == BY_HAND:
        return False
    return exits.days is None and at.time() >= exits.at

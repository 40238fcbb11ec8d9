"""Whether a flatten leaves nothing behind: what was being bought is cancelled, or sold again."""

from datetime import datetime, timedelta

from maemae.desk.records import FlattenBegun
from maemae.desk.state import State
from maemae.market.kinds import Side
from maemae.proof.bounds import must
from maemae.proof.oracle.facts import Facts

GONE_WITHIN = timedelta(seconds=15)
"""How soon a purchase is cancelled that turned up, or whose last cancel came to nothing: orders
are looked at every ten seconds."""


class SoldOut:
    """Follows, in one life of the process, what flattens found under way."""

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
        """Check what such orders have bought, and that they do not go on.

        Raises:
            InvariantError: it is kept, or one of them rests without being cancelled.
        """
        for key in facts.unwanted & facts.holdings.keys():
            sold = {None, key[0]} & state.flattening or key in state.portfolio.due
            must(bool(sold), f"{key} was bought by an order that was to be gone, and is kept")
        known, self._resting = self._resting, {}
        for order in facts.live(Side.BUY) if in_session else ():
            if not order.unwanted or not order.accepted or order.cancelling:
                continue
            intent = order.fact.intent
            since = self._resting[intent] = known.get(intent, at)
            said = f"{intent} goes on buying since {since}, though its book was sold out"
            must(at - since <= GONE_WITHIN, said)

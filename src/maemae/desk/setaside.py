"""What buys that are under way have set aside beyond what they will cost."""

from collections.abc import Mapping
from fractions import Fraction

from maemae.desk.orders import OrderState
from maemae.desk.prices import Quote
from maemae.desk.pricing import likely_price
from maemae.desk.state import State
from maemae.market.kinds import Side


def beyond(state: State, quotes: Mapping[str, Quote], book: str | None = None) -> int:
    """Return the won that come free when the buys of a book, or of all, are filled and paid for.

    One at market is set aside at the upper limit price (상한가). One of unknown outcome frees
    nothing that could be counted on. Below zero where fees come on top of limit prices.
    """
    fee, won = 1 + Fraction(state.rules.fee_rate), 0
    for order in state.blotter.live(book=book, side=Side.BUY):
        if order.state is not OrderState.UNKNOWN:
            cost = min(order.reserved, order.remaining * likely_price(order, quotes))
            won += order.reserved - int(cost * fee)
    return won

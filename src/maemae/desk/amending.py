"""A new price for an order that works at the broker: it passes what a new order would pass."""

from maemae.desk.guard import Limits, Proposal, refusal
from maemae.desk.orders import Order
from maemae.desk.prices import UPPER_LIMIT, Quote
from maemae.desk.sending import amend
from maemae.desk.turn import Turn
from maemae.market.kinds import Side


def propose(
    turn: Turn,
    order: Order,
    price: int | None,
    quote: Quote,
    *,
    in_session: bool,
    by_hand: bool = False,
    loss: int = 0,
    book_loss: int = 0,
) -> Proposal:
    """Put the rest of an order at another price as the guard looks at it; None is at market.

    `loss` and `book_loss` are the day's, in won, as for a new order.
    """
    reserve = reserved(order, price, quote)
    return Proposal(
        at=turn.at,
        book=order.book,
        code=order.code,
        side=order.side,
        quantity=order.remaining,
        price=quote.price if price is None else price,
        seen=quote.seen,
        reserve=-(-reserve * order.remaining // order.quantity),
        in_session=in_session,
        loss=loss,
        book_loss=book_loss,
        limit=price,
        last=quote.price,
        listed=order.listed,
        by_hand=by_hand,
        amends=order.intent,
    )


def attempt(turn: Turn, limits: Limits, order: Order, wanted: Proposal, quote: Quote) -> str | None:
    """Amend an order if the guard lets it; return the rule that forbids it."""
    rule = refusal(turn.state, limits, wanted)
    if rule is None:
        amend(turn, order, wanted.limit, reserved(order, wanted.limit, quote))
    return rule


def reserved(order: Order, price: int | None, quote: Quote) -> int:
    """Return the won that the whole order needs at another price, fees in proportion.

    A market order needs the upper limit price (상한가) of its shares; a sale needs nothing.
    """
    if order.side is Side.SELL:
        return 0
    each = quote.price * UPPER_LIMIT // 100 if price is None else price
    at_limit = order.price or each
    return -(-max(order.reserve, at_limit * order.quantity) * each // at_limit)

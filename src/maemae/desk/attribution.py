"""Whose shares moved: the orders that can have filled what two balances differ by."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from maemae.desk.events import Balance
from maemae.desk.orders import Order, OrderState
from maemae.desk.presence import resting
from maemae.desk.records import OWNER
from maemae.desk.state import State
from maemae.desk.turnover import RANGE, near, unbooked
from maemae.market.kinds import Side

SLIGHT = 3
"""Percent by which a likely price may miss that of trades of the last moments."""


def attribute(
    state: State,
    ours: Mapping[str, int],
    balance: Balance,
    since: datetime,
    told: Collection[int],
) -> dict[str, int]:
    """Return by intent the shares that only its order can have filled.

    Orders that were gone before `since` have filled nothing that is not booked. `told` are the
    numbers of orders of which a fill was told that is held back.
    """
    found: dict[str, int] = {}
    for code, change in ours.items():
        bought, sold = max(0, change), max(0, -change)
        theirs = sum(one.quantity for one in balance.holdings if one.code == code)
        price = next((one.price for one in balance.holdings if one.code == code), 0)
        buys, sells = (
            [order for order in orders if not order.lacks_shares(theirs)]
            for orders in (
                _candidates(state, code, side, since, told, price=price)
                for side in (Side.BUY, Side.SELL)
            )
        )
        if any(order.live for order in buys) and any(order.live for order in sells):
            # Both moved, perhaps; what of the sale still rests tells how much of it did.
            rests = resting(state, balance, code)
            # More may rest than is ours: sales of the owner's.
            all_sold, most = (sum(order.unfilled for order in some) for some in (sells, buys))
            filled = (
                _nearly(_by_turnover(state, balance, change, price), (all_sold, most - change))
                if rests is None
                else all_sold - rests
            )
            if filled is not None and filled >= 0 and 0 <= filled + change <= most:
                bought, sold = filled + change, filled
        found |= _share_out(state, buys, bought) | _share_out(state, sells, sold)
    return found


def _by_turnover(state: State, balance: Balance, change: int, price: int) -> int | None:
    """Return the shares of a name at a price that the won traded since tell to have been sold.

    None: they tell nothing, for the shares that were bought then are not what they come to.
    """
    if balance.bought is None or balance.sold is None or not price:
        return None
    more = unbooked(state, balance)
    sold = round(Fraction(more.sold, price))
    fits = near(more.bought, (sold + change) * price) and near(more.sold, sold * price)
    return sold if fits else None


def _nearly(shares: int | None, wholes: Iterable[int]) -> int | None:
    """Return the first of the wholes that shares nearly come to, else the shares.

    They were told by a likely price, and orders are mostly filled to the last share.
    """
    if shares is None:
        return None
    return next((n for n in wholes if abs(n - shares) * 100 <= n * SLIGHT), shares)


def _candidates(
    state: State, code: str, side: Side, since: datetime, told: Collection[int], *, price: int
) -> list[Order]:
    """Return the orders that may have moved shares; the name stands at a price, 0: unknown.

    Those that live; else those of the gone of which a fill was told; else those of the book that
    had the latest of the gone. One that balances alone called gone may have rested on until now.
    """
    live = [
        order
        for order in state.blotter.live(code=code, side=side)
        if order.remaining and _reached(order, price)
    ]
    if live:
        return live
    ends = (OrderState.NEVER_ARRIVED, OrderState.CANCELLED, OrderState.EXPIRED)
    gone = [
        order
        for order in reversed(state.blotter.orders.values())
        if (order.state in ends or (order.missing and not order.looks))
        and (order.code, order.side) == (code, side)
        and (_gone(order) >= since or (order.inferred and _may_rest(order)))
    ]
    meant = [order for order in gone if any(number in told for number in order.numbers)]
    return meant or [order for order in gone if order.book == gone[0].book]


def _may_rest(order: Order) -> bool:
    """Whether one that balances alone called gone may rest at the broker all the same.

    That nothing is left of it was said of its old number, where nobody knows what an amendment did.
    """
    return not order.gone or order.amend_lost is not None


def _reached(order: Order, price: int) -> bool:
    """Whether a name that stands at a price can have stood at an order's limit today."""
    if order.price is None or not price:
        return True
    if order.side is Side.SELL:
        return order.price <= price * RANGE
    return price <= order.price * RANGE


def _share_out(state: State, orders: Sequence[Order], moved: int) -> dict[str, int]:
    """Give moved shares to the orders that can have filled them; to none where it is not clear.

    No book has sold more than it holds. What moved beyond an order that the broker took is others':
    it was filled, and they traded, too.
    """
    room = {order.intent: min(order.unfilled, _most(state, order)) for order in orders}
    one_book = len({order.book for order in orders}) == 1
    if moved > sum(room.values()) and all(order.state is OrderState.WORKING for order in orders):
        moved = sum(room.values())
    if moved > sum(room.values()) or not (one_book or moved == sum(room.values())):
        return {}
    given: dict[str, int] = {}
    for intent, most in room.items():
        if part := min(most, moved):
            given[intent] = part
            moved -= part
    return given


def _most(state: State, order: Order) -> int:
    """Return the shares that an order's book can have bought or sold with it."""
    if order.side is Side.BUY:
        return order.quantity
    if order.book == OWNER:
        return state.portfolio.foreign.get(order.code, 0)
    position = state.portfolio.positions.get((order.book, order.code))
    return 0 if position is None else position.quantity


def _gone(order: Order) -> datetime:
    """Return when an order can last have reached the broker, or lived there."""
    if order.missing:
        return order.gone_out
    return order.ended or order.intended

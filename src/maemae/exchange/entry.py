"""The checks an order passes before it enters the books."""

from maemae.exchange.accounts import Account
from maemae.exchange.grid import Grid
from maemae.exchange.listing import Listing
from maemae.exchange.moment import Moment
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import Hours
from maemae.market.kinds import Side


def check_hours(hours: Hours, now: Moment) -> None:
    """Refuse outside the regular session."""
    if now < hours.entry:
        raise Refusal(Reason.BEFORE_HOURS)
    if now >= hours.close:
        raise Refusal(Reason.AFTER_HOURS)


def check_kind(hours: Hours, now: Moment, kind: OrderKind, *, continuous: bool) -> None:
    """Refuse in auctions what auctions do not take.

    Best-price orders and those that must be filled at once need continuous trading; conditional
    orders are not taken in the closing auction (KRX Business Regulation §10-24).
    """
    at_once = kind.is_ioc or kind.is_fok or kind.is_best or kind is OrderKind.BEST_OWN
    late = kind is OrderKind.CONDITIONAL and now >= hours.auction
    if kind.after_hours or late or (at_once and not continuous):
        raise Refusal(Reason.WRONG_KIND)


def check_price(listing: Listing, grid: Grid, kind: OrderKind, price: int) -> None:
    """Refuse a limit price off the tick grid or outside the limits."""
    if not kind.has_price:
        return
    if price not in grid:
        raise Refusal(Reason.OFF_TICK)
    if not listing.lower <= price <= listing.upper:
        raise Refusal(Reason.OUTSIDE_LIMITS)


def check_means(account: Account, ticket: Ticket, reserved: int) -> None:
    """Refuse what the account cannot pay for or does not hold.

    Args:
        account: the books.
        ticket: the order.
        reserved: won per share to hold back; for a buy without a price the upper limit price.
    """
    if ticket.quantity < 1:
        raise Refusal(Reason.BAD_QUANTITY)
    if ticket.side is Side.BUY:
        if ticket.quantity * reserved > account.buying_power:
            raise Refusal(Reason.NO_CASH)
    elif not account.held(ticket.code):
        raise Refusal(Reason.NO_HOLDING)
    elif ticket.quantity > account.sellable(ticket.code):
        raise Refusal(Reason.NO_SHARES)


def reserve_price(listing: Listing, side: Side, kind: OrderKind, price: int) -> int:
    """Return the won per share to hold back for an order: nothing for a sale.

    A conditional order may end as a market order, so it is reckoned like one.
    """
    if side is Side.SELL:
        return 0
    priced = kind.has_price and kind is not OrderKind.CONDITIONAL
    return price if priced else listing.upper


def original_order(account: Account, number: int, quantity: int | None) -> Order:
    """Return the order that an amendment or cancellation is about."""
    order = account.orders.get(number)
    if order is None or order.is_cancel:
        raise Refusal(Reason.UNKNOWN_ORDER)
    if not order.remaining:
        raise Refusal(Reason.NOTHING_LEFT)
    if quantity is not None and quantity < 1:
        raise Refusal(Reason.BAD_QUANTITY)
    if quantity is not None and quantity > order.remaining:
        raise Refusal(Reason.TOO_MANY)
    return order

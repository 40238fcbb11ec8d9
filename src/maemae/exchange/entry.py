"""The checks an order passes before it enters the books."""

from maemae.exchange.accounts import Account
from maemae.exchange.grid import Grid
from maemae.exchange.hours import Hours
from maemae.exchange.listing import Listing
from maemae.exchange.moment import Moment, datetime_of
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.market.kinds import Side


def check_session(hours: Hours, now: Moment, kind: OrderKind) -> None:
    """Refuse outside the session that an order kind is for."""
    session = kind.session
    if session is None:
        first, last = hours.entry, hours.close
    elif session in hours.off_hours:
        first, last = hours.off_hours[session].orders_from, hours.off_hours[session].end
    else:
        raise Refusal(Reason.WRONG_KIND)
    if first <= now < last:
        return
    if session is not None and hours.entry <= now < hours.close:
        raise Refusal(Reason.WRONG_KIND)
    if datetime_of(now).date() != hours.day:
        raise Refusal(Reason.NO_TRADING_DAY)
    raise Refusal(Reason.BEFORE_HOURS if now < first else Reason.AFTER_HOURS)


def check_kind(hours: Hours, now: Moment, kind: OrderKind, *, continuous: bool) -> None:
    """Refuse kinds that the day does not know yet, and in auctions what auctions do not take.

    Best-price, mid-price and stop orders and those that must be filled at once need continuous
    trading; conditional orders are not taken in the closing auction (KRX Business Regulation
    §10-24).
    """
    rule = kind.rule
    if not rule.first <= hours.day <= rule.last:
        raise Refusal(Reason.WRONG_KIND)
    if kind.session is not None:
        return
    at_once = kind.is_ioc or kind.is_fok or kind.is_best or kind.is_own
    late = kind is OrderKind.CONDITIONAL and now >= hours.auction
    if late or ((at_once or kind.is_mid or kind.is_stop) and not continuous):
        raise Refusal(Reason.WRONG_KIND)


def check_change(original: OrderKind, kind: OrderKind) -> None:
    """Refuse an amendment to a kind that an order cannot become.

    An order stays in its session, one at the close's price is only cancelled, and mid-price and
    stop orders keep their kind (KRX Enforcement Rules §17).
    """
    fixed = original.is_mid or original.is_stop or kind.is_mid or kind.is_stop
    at_close = original in (OrderKind.PRE_CLOSE, OrderKind.POST_CLOSE)
    if original.session is not kind.session or at_close or (fixed and original is not kind):
        raise Refusal(Reason.WRONG_KIND)


def check_price(listing: Listing, grid: Grid, kind: OrderKind, prices: tuple[int, int]) -> None:
    """Refuse a limit or stop price off the tick grid or outside the limits.

    Args:
        listing: the instrument.
        grid: its prices.
        kind: the order's kind, which tells whether it has these prices.
        prices: limit and stop.
    """
    limit, stop = prices
    given = ([limit] if kind.has_price else []) + ([stop] if kind.is_stop else [])
    if any(price not in grid for price in given):
        raise Refusal(Reason.OFF_TICK)
    if not all(listing.lower <= price <= listing.upper for price in given):
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


def reserve_price(listing: Listing, ticket: Ticket, fixed: int = 0) -> int:
    """Return the won per share to hold back for an order: nothing for a sale.

    A conditional order may end as a market order, so it is reckoned like one: at the upper limit.

    Args:
        listing: the instrument.
        ticket: the order.
        fixed: the price of a session that has only one.
    """
    if ticket.side is Side.SELL:
        return 0
    if fixed:
        return fixed
    priced = ticket.kind.has_price and ticket.kind is not OrderKind.CONDITIONAL
    return ticket.price if priced else listing.upper


def original_order(account: Account, number: int, quantity: int | None) -> Order:
    """Return the order that an amendment or cancellation is about."""
    order = account.orders.get(number)
    if order is None or order.is_cancel:
        raise Refusal(Reason.UNKNOWN_ORDER)
    if not order.left:
        raise Refusal(Reason.NOTHING_LEFT)
    if quantity is not None and quantity < 1:
        raise Refusal(Reason.BAD_QUANTITY)
    if quantity is not None and quantity > order.left:
        raise Refusal(Reason.TOO_MANY)
    return order

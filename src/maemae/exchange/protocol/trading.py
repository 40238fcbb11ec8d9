"""Orders, amendments, cancellations, and what may still be ordered."""

from collections.abc import Mapping
from types import MappingProxyType

from maemae.exchange.entry import reserve_price
from maemae.exchange.moment import clock_text
from maemae.exchange.orders import Order, OrderKind, Place, Ticket
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.numbers import is_whole, zeros
from maemae.exchange.protocol.paging import ledger_reply
from maemae.exchange.protocol.reply import OK, Reply, business_error, filled_in
from maemae.exchange.refusals import Reason, Refusal
from maemae.market.kinds import Side
from maemae.profile.facts import Fact

_SIDES: Mapping[str, Side] = MappingProxyType(
    {
        "TTTC0011U": Side.SELL,
        "TTTC0012U": Side.BUY,
        "VTTC0011U": Side.SELL,
        "VTTC0012U": Side.BUY,
        "TTTC0801U": Side.SELL,
        "TTTC0802U": Side.BUY,
        "VTTC0801U": Side.SELL,
        "VTTC0802U": Side.BUY,
    }
)
_VIRTUAL_KINDS = (
    OrderKind.LIMIT,
    OrderKind.MARKET,
    OrderKind.CONDITIONAL,
    OrderKind.BEST_OPPOSITE,
    OrderKind.BEST_OWN,
)
"""The virtual server takes no IOC, FOK, mid-price or stop orders, and none outside the session."""
_AMEND, _CANCEL = "01", "02"
_MARGIN = 5
"""The virtual server's `max_buy_amt` is five times the cash."""


def order_cash(context: Context) -> Reply:
    """Answer 주식주문(현금)."""
    account = context.account
    side = _SIDES[context.call.header("tr_id")]
    kind = _kind(context)
    price = context.number("ORD_UNPR")
    stop = context.number("CNDT_PRIC") if kind.is_stop else 0
    ticket = Ticket(
        context.required("PDNO"), side, kind, context.number("ORD_QTY"), price, stop,
        _place(context),
    )  # fmt: skip
    try:
        order = context.venue.submit(account, ticket)
    except Refusal as refusal:
        raise context.manner.refusal(refusal) from None
    return _sent(context, order, side)


def order_rvsecncl(context: Context) -> Reply:
    """Answer 주식주문(정정취소)."""
    account = context.account
    number = context.number("ORGN_ODNO")
    whole = context.call.get("QTY_ALL_ORD_YN") == "Y"
    quantity = None if whole else context.number("ORD_QTY")
    what = context.required("RVSE_CNCL_DVSN_CD")
    if what not in (_AMEND, _CANCEL):
        raise business_error("OPSQ2002", "ERROR : INPUT INVALID_CHECK [RVSE_CNCL_DVSN_CD]", "2")
    if Fact.CANCEL_BY_NUMBER in context.present.denied:
        _check_branch(context)
    try:
        if what == _CANCEL:
            order, word = context.venue.cancel(account, number, quantity), "cancel"
        else:
            kind, price = _kind(context), context.number("ORD_UNPR")
            keeps = Fact.AMEND_RENUMBERS in context.present.denied
            order = context.venue.amend(account, number, kind, price, quantity, keeps=keeps)
            word = "amend"
    except Refusal as refusal:
        raise context.manner.refusal(context.behaviour.no(refusal)) from None
    return _sent(context, order, word)


def _check_branch(context: Context) -> None:
    """Refuse what does not name the branch that keeps the order."""
    if context.call.get("KRX_FWDG_ORD_ORGNO") != context.manner.org_no:
        raise context.manner.refusal(Refusal(Reason.UNKNOWN_ORDER))


def _kind(context: Context) -> OrderKind:
    try:
        kind = OrderKind(context.required("ORD_DVSN"))
    except ValueError:
        raise context.manner.refusal(Refusal(Reason.WRONG_KIND)) from None
    if context.manner.personality == "virtual" and kind not in _VIRTUAL_KINDS:
        raise context.manner.refusal(Refusal(Reason.WRONG_KIND))
    return kind


def _place(context: Context) -> Place:
    """Return where an order goes; the virtual server has KRX alone (모의투자는 KRX만 제공)."""
    name = context.call.get("EXCG_ID_DVSN_CD") or Place.KRX.value
    places = (Place.KRX,) if context.manner.personality == "virtual" else tuple(Place)
    if name not in places:
        raise business_error("APBK0918", "장운영시간이 아닙니다.(주문불가)", "7")
    return Place(name)


def _sent(context: Context, order: Order, what: Side | str) -> Reply:
    message_code, message = context.manner.order_message(what)
    output = {
        "KRX_FWDG_ORD_ORGNO": context.manner.org_no,
        "ODNO": zeros(order.number, 10),
        "ORD_TMD": clock_text(order.at),
    }
    if context.manner.personality == "real":
        output["SOR_ODNO"] = ""
    body = {"rt_cd": "0", "msg_cd": message_code, "msg1": message, "output": output}
    return Reply(OK, body)


def inquire_psbl_order(context: Context) -> Reply:
    """Answer 매수가능조회: what can be bought, at the upper limit price without a price.

    Without a code the amounts alone are told, and no quantity.
    """
    account = context.account
    price = _asked_price(context, _kind(context))
    power = context.behaviour.power
    most = power if context.manner.personality == "real" else account.free * _MARGIN
    values = {
        "ord_psbl_cash": str(min(account.free, max(0, account.settled))),
        "ord_psbl_sbst": "0",
        "ruse_psbl_amt": str(max(0, account.turnover.sell - account.turnover.buy)),
        "fund_rpch_chgs": "0",
        "psbl_qty_calc_unpr": str(price),
        "nrcvb_buy_amt": str(power),
        "nrcvb_buy_qty": str(power // price if price else 0),
        "max_buy_amt": str(most),
        "max_buy_qty": str(most // price if price else 0),
        "cma_evlu_amt": "0",
        "ovrs_re_use_amt_wcrc": "0",
        "ord_psbl_frcr_amt_wcrc": "0",
    }
    return ledger_reply(context, filled_in(context.endpoint, "output", values, "0"))


def _asked_price(context: Context, kind: OrderKind) -> int:
    """Return the won per share that an order would need, 0 where no code was given."""
    code, given = context.call.get("PDNO"), context.call.get("ORD_UNPR")
    if not code:
        return 0
    try:
        listing = context.venue.floor.listing(code)
    except Refusal as refusal:
        raise context.manner.refusal(refusal) from None
    price = int(given) if is_whole(given) else 0
    if kind.is_market and Fact.MARKET_TAKES_UPPER in context.present.denied:
        return context.venue.floor.state(code).price
    return reserve_price(listing, Ticket(code, Side.BUY, kind, 1, price)) or listing.upper


HANDLERS: dict[str, Handler] = {
    "domestic_stock.order_cash": order_cash,
    "domestic_stock.order_rvsecncl": order_rvsecncl,
    "domestic_stock.inquire_psbl_order": inquire_psbl_order,
}

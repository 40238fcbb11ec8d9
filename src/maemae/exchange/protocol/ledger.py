"""The ledger's inquiries: balance, and the day's orders and executions."""

from datetime import date

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.moment import clock_text, day_text
from maemae.exchange.orders import Order, OrderKind, Place, Status
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.numbers import is_whole, rate, zeros
from maemae.exchange.protocol.paging import ledger_page
from maemae.exchange.protocol.reply import Reply, business_error, filled_in
from maemae.market.kinds import Side

_KIND_NAMES = {
    OrderKind.LIMIT: "지정가",
    OrderKind.MARKET: "시장가",
    OrderKind.CONDITIONAL: "조건부지정가",
    OrderKind.BEST_OPPOSITE: "최유리지정가",
    OrderKind.BEST_OWN: "최우선지정가",
    OrderKind.PRE_CLOSE: "장전시간외",
    OrderKind.POST_CLOSE: "장후시간외",
    OrderKind.IOC_LIMIT: "IOC지정가",
    OrderKind.FOK_LIMIT: "FOK지정가",
    OrderKind.IOC_MARKET: "IOC시장가",
    OrderKind.FOK_MARKET: "FOK시장가",
    OrderKind.IOC_BEST: "IOC최유리",
    OrderKind.FOK_BEST: "FOK최유리",
    OrderKind.IOC_MID: "IOC중간가",
    OrderKind.FOK_MID: "FOK중간가",
}

_BY_LOAN_DAY_ONLY_FROM = date(2026, 2, 10)
_ROWLESS = "VTTC8001R"
"""The virtual server answers this id of older days with totals and without rows."""


def inquire_balance(context: Context) -> Reply:
    """Answer 주식잔고조회; `output2` is a list of one, holdings sold today stay with nothing.

    The real server refuses INQR_DVSN 02 since 2026-02-10.
    """
    account = context.account
    real = context.manner.personality == "real"
    strict = real and context.venue.hours.day >= _BY_LOAN_DAY_ONLY_FROM
    if strict and context.call.get("INQR_DVSN") == "02":
        raise business_error("OPSQ2001", "ERROR : INPUT INVALID_CHECK_INQR_DVSN", "2")
    account, behaviour = context.behaviour.books, context.behaviour
    rows = [
        filled_in(context.endpoint, "output1", holding_values(context, one), "")
        for one in sorted(account.holdings.values(), key=lambda one: one.code)
        if (one.quantity or one.sold_today or one.sold_before) and behaviour.shows(one)
    ]
    summary = filled_in(context.endpoint, "output2", summary_values(context, account), "0")
    words = ("AFHR_FLPR_YN", "INQR_DVSN", "UNPR_DVSN", "FUND_STTL_ICLD_YN")
    key = "^".join([account.number.replace("-", "^"), *(context.call.get(w) for w in words), ""])
    return ledger_page(context, rows, {"output2": [summary]}, key)


def _price(context: Context, code: str) -> int:
    floor = context.venue.floor
    return floor.state(code).price if code in floor.market.rows else 0


def holding_values(context: Context, holding: Holding) -> dict[str, str]:
    """Return a holding as a row of the balance."""
    floor = context.venue.floor
    row = floor.market.rows.get(holding.code)
    listing = floor.market.listings[row] if row is not None else None
    price = _price(context, holding.code)
    worth = price * holding.quantity
    base = listing.base if listing else price
    real = context.manner.personality == "real"
    return {
        "pdno": holding.code,
        "prdt_name": context.name(holding.code),
        "trad_dvsn_name": "현금",
        "bfdy_buy_qty": str(holding.bought_before),
        "bfdy_sll_qty": str(holding.sold_before),
        "thdt_buyqty": str(holding.bought_today),
        "thdt_sll_qty": str(holding.sold_today),
        "hldg_qty": str(holding.quantity),
        "ord_psbl_qty": str(context.behaviour.sellable(holding.code)),
        "pchs_avg_pric": str(holding.average),
        "pchs_amt": str(holding.cost),
        "prpr": str(price),
        "evlu_amt": str(worth),
        "evlu_pfls_amt": str(worth - holding.cost),
        "evlu_pfls_rt": rate(worth - holding.cost, holding.cost),
        "evlu_erng_rt": eight(worth - holding.cost, holding.cost),
        "loan_amt": "0",
        "stln_slng_chgs": "0",
        "fltt_rt": eight(price - base, base),
        "bfdy_cprs_icdc": str(price - base),
        "grta_rt_name": "100%" if real else "",
        "sbst_pric": "0",
        "stck_loan_unpr": "0.0000",
    }


def eight(part: int, whole: int) -> str:
    """Return a percentage with eight places, as the balance has them."""
    return f"{100 * part / whole:.8f}" if whole else "0.00000000"


def summary_values(context: Context, account: Account) -> dict[str, str]:
    """Return the totals of an account as the balance has them."""
    held = account.holdings.values()
    worth = sum(_price(context, one.code) * one.quantity for one in held)
    cost = sum(one.cost for one in held)
    total = account.cash + worth
    return {
        "dnca_tot_amt": str(account.settled),
        "nxdy_excc_amt": str(account.cash_next_day),
        "prvs_rcdl_excc_amt": str(account.cash),
        "bfdy_buy_amt": str(account.yesterday.turnover.buy),
        "thdt_buy_amt": str(account.turnover.buy),
        "bfdy_sll_amt": str(account.yesterday.turnover.sell),
        "thdt_sll_amt": str(account.turnover.sell),
        "bfdy_tlex_amt": str(account.yesterday.costs.total),
        "thdt_tlex_amt": str(account.costs.total),
        "scts_evlu_amt": str(worth),
        "tot_evlu_amt": str(total),
        "nass_amt": str(total),
        "fncg_gld_auto_rdpt_yn": "",
        "pchs_amt_smtl_amt": str(cost),
        "evlu_amt_smtl_amt": str(worth),
        "evlu_pfls_smtl_amt": str(worth - cost),
        "bfdy_tot_asst_evlu_amt": str(account.opening_worth),
        "asst_icdc_amt": str(total - account.opening_worth),
        "asst_icdc_erng_rt": eight(total - account.opening_worth, account.opening_worth),
    }


def inquire_daily_ccld(context: Context) -> Reply:
    """Answer 주식일별주문체결조회: the newest first, unless asked otherwise (INQR_DVSN 01)."""
    account, behaviour = context.account, context.behaviour
    first, last = context.day("INQR_STRT_DT"), context.day("INQR_END_DT")
    orders = [
        order
        for order in account.all_orders
        if first <= day_text(order.at) <= last
        and _asked_for(context, order)
        and behaviour.listed(order)
    ]
    oldest_first = context.call.get("INQR_DVSN") == "01" and behaviour.oldest_first
    orders.sort(key=lambda one: one.number, reverse=not oldest_first)
    rows = [filled_in(context.endpoint, "output1", _order_values(context, one)) for one in orders]
    quantity = sum(one.quantity for one in orders)
    filled, amount = sum(one.filled for one in orders), sum(one.amount for one in orders)
    totals = {
        "tot_ord_qty": str(quantity),
        "tot_ccld_qty": str(filled),
        "tot_ccld_amt": str(amount),
        "prsm_tlex_smtl": str(account.costs.total),
        "pchs_avg_pric": f"{amount / filled:.4f}" if filled else "0.0000",
    }
    key = "^".join([account.number.replace("-", "^"), first, last, "", "00", "00", ""])
    if context.call.header("tr_id") == _ROWLESS:
        rows = []
    return ledger_page(context, rows, {"output2": totals}, key)


def _asked_for(context: Context, order: Order) -> bool:
    call = context.call
    side = {"01": Side.SELL, "02": Side.BUY}.get(call.get("SLL_BUY_DVSN_CD"))
    number = call.get("ODNO")
    open_only, filled_only = call.get("CCLD_DVSN") == "02", call.get("CCLD_DVSN") == "01"
    return (
        (side is None or order.side is side)
        and call.get("PDNO") in ("", order.code)
        and call.get("EXCG_ID_DVSN_CD") in ("", "ALL", order.asked)
        and (not is_whole(number) or int(number) == order.number)
        and (not open_only or order.remaining > 0)
        and (not filled_only or order.filled > 0)
    )


def _order_values(context: Context, order: Order) -> dict[str, str]:
    real = context.manner.personality == "real"
    bought = order.side is Side.BUY
    refused = order.quantity if order.status is Status.REFUSED else 0
    cancelled = order.quantity - refused if order.is_cancel else order.cancelled
    behaviour = context.behaviour
    amount = behaviour.amount(order)
    blank = order.remaining and not behaviour.states_remaining
    return {
        "ord_dt": day_text(order.at),
        "ord_gno_brno": context.manner.org_no,
        "odno": zeros(order.number, 10),
        "orgn_odno": _original(order, real=real),
        "ord_dvsn_name": kind_name(order),
        "sll_buy_dvsn_cd": "02" if bought else "01",
        "sll_buy_dvsn_cd_name": _side_name(order),
        "pdno": order.code,
        "prdt_name": context.name(order.code),
        "ord_qty": str(order.quantity),
        "ord_unpr": str(order.price),
        "ord_tmd": clock_text(behaviour.ordered_at(order)),
        "tot_ccld_qty": str(order.filled),
        "avg_prvs": str(amount // order.filled if order.filled else 0),
        "cncl_yn": _cancelled_flag(order, real=real),
        "tot_ccld_amt": str(amount),
        "ordr_empno": "OpnAPI",
        "ord_dvsn_cd": order.kind.value,
        "cnc_cfrm_qty": str(cancelled),  # the documents' name; the next one is on the wire
        "cncl_cfrm_qty": str(cancelled),
        "rmn_qty": "" if blank else str(order.remaining),
        "rjct_qty": str(refused),
        "ccld_cndt_name": "없음",
        "prdt_type_cd": "300",
        # What stands there for NXT was never seen; 12 was, with SOR.
        "excg_dvsn_cd": "02" if order.asked is Place.KRX else "12",
        "ord_orgno": "00000",
        "excg_id_dvsn_cd": order.asked.value,
        "stpm_cndt_pric": str(order.stop),
    }


def kind_name(order: Order) -> str:
    """Return the Korean name of an order's kind."""
    return _KIND_NAMES.get(order.kind) or order.kind.rule.name


def _original(order: Order, *, real: bool) -> str:
    if order.original is not None:
        return zeros(order.original, 10)
    return "" if real else "0000000000"


def _side_name(order: Order) -> str:
    name = "현금매수" if order.side is Side.BUY else "현금매도"
    if order.original is None:
        return name
    return f"{'매수' if order.side is Side.BUY else '매도'}{'취소' if order.is_cancel else '정정'}*"


def _cancelled_flag(order: Order, *, real: bool) -> str:
    if order.is_cancel and order.status is Status.CANCELLED:
        return "Y"
    return "" if real else "N"


HANDLERS: dict[str, Handler] = {
    "domestic_stock.inquire_balance": inquire_balance,
    "domestic_stock.inquire_daily_ccld": inquire_daily_ccld,
}

"""Reading the rows of account answers into records."""

from maemae.errors import KisUnreadable
from maemae.i18n import _
from maemae.kis.pages import Pages
from maemae.kis.records import (
    AccountAssets,
    Balance,
    BuyingPower,
    Holding,
    OpenOrder,
    OrderRow,
    Sellable,
    TradeProfit,
)
from maemae.kis.reply import Row, each
from maemae.market.kinds import Side

_SIDES = {"01": Side.SELL, "02": Side.BUY}


def read_profit(row: Row) -> TradeProfit:
    """Read realised profit of a day, or of a stock on a day."""
    return TradeProfit(
        day=row.day("trad_dt"),
        code=row.maybe_code("pdno"),
        name=row.maybe_text("prdt_name"),
        bought=row.maybe_won("buy_amt"),
        sold=row.maybe_won("sll_amt"),
        profit=row.won("rlzt_pfls"),
        fee=row.maybe_won("fee"),
        tax=row.maybe_won("tl_tax"),
    )


def read_balance(where: str, found: Pages) -> Balance:
    """Read the pages of a balance: rows in `output1`, the summary in `output2`."""
    summary = Row(where, found.last("output2"))
    return Balance(
        cash=summary.won("dnca_tot_amt"),
        cash_d1=summary.won("nxdy_excc_amt"),
        cash_d2=summary.won("prvs_rcdl_excc_amt"),
        day_buy=summary.won("thdt_buy_amt"),
        day_sell=summary.won("thdt_sll_amt"),
        day_costs=summary.won("thdt_tlex_amt"),
        securities=summary.won("scts_evlu_amt"),
        net_assets=summary.won("nass_amt"),
        realised=summary.maybe_won("rlzt_pfls"),
        holdings=tuple(read_holding(row) for row in each(where, found.rows("output1"))),
    )


def read_holding(row: Row) -> Holding:
    """Read one row of a balance."""
    price, quantity, value = row.maybe_price("prpr"), row.won("hldg_qty"), row.maybe_won("evlu_amt")
    # A price that the value beside it contradicts tells no base price either.
    sound = price is not None and value in (None, price * quantity)
    return Holding(
        code=row.code("pdno"),
        name=row.maybe_text("prdt_name") or "",
        quantity=quantity,
        sellable=row.won("ord_psbl_qty"),
        average_price=row.number("pchs_avg_pric"),
        price=price,
        base=_base(price, row.maybe_won("bfdy_cprs_icdc")) if sound else None,
        value=value,
        profit=row.maybe_won("evlu_pfls_amt"),
        loan_day=row.maybe_text("loan_dt"),
    )


def _base(price: int | None, change: int | None) -> int | None:
    """Return the base price that the change since the day before (전일대비) tells."""
    if price is None or change is None or price <= change:
        return None
    return price - change


def side(row: Row) -> Side:
    """Read the side of an order (01 sell 매도, 02 buy 매수)."""
    value = row.text("sll_buy_dvsn_cd")
    if value not in _SIDES:
        raise KisUnreadable(
            _("an order is on neither side: sll_buy_dvsn_cd is {what!r}").format(what=value[:10])
        )
    return _SIDES[value]


def read_order(row: Row) -> OrderRow:
    """Read one row of the order list. A blank remaining quantity is not 0: it cannot be read.

    A cancel has a row and a number of its own. `cncl_yn` says so only once it is confirmed; while
    it is on its way, or was refused, its name does ("매수취소*").
    """
    confirmed = row.maybe_text("cncl_yn") == "Y"
    return OrderRow(
        order_no=row.order_number("odno"),
        original_no=row.maybe_order_number("orgn_odno"),
        org_no=row.maybe_text("ord_gno_brno") or row.maybe_text("ord_orgno") or "",
        code=row.code("pdno"),
        name=row.maybe_text("prdt_name") or "",
        side=side(row),
        quantity=row.won("ord_qty"),
        filled=row.won("tot_ccld_qty"),
        amount=row.won("tot_ccld_amt"),
        price=row.maybe_won("ord_unpr") or 0,
        remaining=row.won("rmn_qty"),
        cancelled=row.maybe_won("cncl_cfrm_qty") or 0,
        refused=row.maybe_won("rjct_qty") or 0,
        is_cancel=confirmed or "취소" in (row.maybe_text("sll_buy_dvsn_cd_name") or ""),
        kind=row.maybe_text("ord_dvsn_cd") or "",
        exchange=row.maybe_text("excg_id_dvsn_cd"),
        at=row.moment("ord_dt", "ord_tmd"),
    )


def read_open_order(row: Row) -> OpenOrder:
    """Read an order that can still be changed."""
    return OpenOrder(
        order_no=row.order_number("odno"),
        original_no=row.maybe_order_number("orgn_odno"),
        org_no=row.maybe_text("ord_gno_brno") or "",
        code=row.code("pdno"),
        side=side(row),
        quantity=row.won("ord_qty"),
        filled=row.maybe_won("tot_ccld_qty") or 0,
        open=row.won("psbl_qty"),
        price=row.maybe_won("ord_unpr") or 0,
        kind=row.maybe_text("ord_dvsn_cd") or "",
    )


def read_buying_power(row: Row) -> BuyingPower:
    """Read what can be bought."""
    return BuyingPower(
        cash=row.won("ord_psbl_cash"),
        amount=row.won("nrcvb_buy_amt"),
        quantity=row.won("nrcvb_buy_qty"),
        price=row.maybe_won("psbl_qty_calc_unpr"),
    )


def read_sellable(row: Row) -> Sellable:
    """Read how much of a holding can be sold."""
    return Sellable(
        code=row.code("pdno"),
        quantity=row.won("ord_psbl_qty"),
        held=row.won("cblc_qty"),
        average_price=row.number("pchs_avg_pric"),
        price=row.maybe_price("now_pric"),
    )


def read_assets(row: Row) -> AccountAssets:
    """Read the account's totals."""
    return AccountAssets(
        total=row.won("tot_asst_amt"),
        net=row.won("nass_tot_amt"),
        deposit=row.maybe_won("tot_dncl_amt"),
        securities=row.maybe_won("evlu_amt_smtl"),
    )

"""Asking about the account: buying power, balance, orders, profit."""

from collections.abc import Mapping
from datetime import date, timedelta

from maemae import catalogue
from maemae.errors import KisUnreadable
from maemae.kis import values
from maemae.kis.caller import Caller
from maemae.kis.pages import Complete, fill, read_all
from maemae.kis.priority import Priority
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
_OLD = timedelta(days=90)
"""Orders older than three months have another transaction id."""


class Account:
    """Questions about one account.

    Args:
        caller: the way to the broker.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._numbers = {
            "CANO": caller.credentials.cano,
            "ACNT_PRDT_CD": caller.credentials.product,
        }

    async def buying_power(
        self, code: str, price: int | None, *, priority: Priority = Priority.ENTRY
    ) -> BuyingPower:
        """Ask what can be bought of a stock at a limit price, or at market (None)."""
        where = "domestic_stock.inquire_psbl_order"
        found = await self._read(
            where,
            {
                "PDNO": code,
                "ORD_UNPR": str(price or 0),
                "ORD_DVSN": "01" if price is None else "00",
                "CMA_EVLU_AMT_ICLD_YN": "N",
                "OVRS_ICLD_YN": "N",
            },
            priority,
        )
        row = Row(where, found.last("output"))
        return BuyingPower(
            cash=row.won("ord_psbl_cash"),
            amount=row.won("nrcvb_buy_amt"),
            quantity=row.won("nrcvb_buy_qty"),
            price=row.maybe_won("psbl_qty_calc_unpr"),
        )

    async def sellable(self, code: str, *, priority: Priority = Priority.EXIT) -> Sellable:
        """Ask how much of a holding can be sold; real server only."""
        where = "domestic_stock.inquire_psbl_sell"
        found = await self._read(where, {"PDNO": code}, priority)
        row = Row(where, found.last("output", "output1"))
        return Sellable(
            code=row.code("pdno"),
            quantity=row.won("ord_psbl_qty"),
            held=row.won("cblc_qty"),
            average_price=row.number("pchs_avg_pric"),
            price=row.maybe_won("now_pric"),
        )

    async def balance(self, *, priority: Priority = Priority.RECONCILE) -> Balance:
        """Ask for cash and holdings, all pages. Names sold out today are left out."""
        where = "domestic_stock.inquire_balance"
        found = await self._read(
            where,
            {
                "AFHR_FLPR_YN": "N",
                "OFL_YN": "",
                "INQR_DVSN": "01",
                "UNPR_DVSN": "01",
                "FUND_STTL_ICLD_YN": "N",
                "FNCG_AMT_AUTO_RDPT_YN": "N",
                "PRCS_DVSN": "00",
            },
            priority,
        )
        return read_balance(where, found)

    async def balance_with_profit(self, *, priority: Priority = Priority.RECONCILE) -> Balance:
        """Ask for cash and holdings with realised profit (실현손익); real server only."""
        where = "domestic_stock.inquire_balance_rlz_pl"
        found = await self._read(
            where,
            {
                "AFHR_FLPR_YN": "N",
                "OFL_YN": "",
                "INQR_DVSN": "00",
                "UNPR_DVSN": "01",
                "FUND_STTL_ICLD_YN": "N",
                "FNCG_AMT_AUTO_RDPT_YN": "N",
                "PRCS_DVSN": "00",
                "COST_ICLD_YN": "Y",
            },
            priority,
        )
        return read_balance(where, found)

    async def daily_executions(
        self, day: date, *, priority: Priority = Priority.RECONCILE
    ) -> list[OrderRow]:
        """Ask for all orders of a day, oldest first, all pages."""
        where = "domestic_stock.inquire_daily_ccld"
        real = self._caller.server.personality == "real"
        text = day.strftime("%Y%m%d")
        old = self._caller.clock.now().date() - day > _OLD
        found = await self._read(
            where,
            {
                "INQR_STRT_DT": text,
                "INQR_END_DT": text,
                "SLL_BUY_DVSN_CD": "00",
                "PDNO": "",
                "ORD_GNO_BRNO": "",
                "ODNO": "",
                "CCLD_DVSN": "00",
                "INQR_DVSN": "01",
                "INQR_DVSN_1": "",
                "INQR_DVSN_3": "00",
                "EXCG_ID_DVSN_CD": "ALL" if real else "KRX",
            },
            priority,
            choice={"pd_dv": "before" if old else "inner"},
        )
        return [read_order(row) for row in each(where, found.rows("output1"))]

    async def open_orders(self, *, priority: Priority = Priority.RECONCILE) -> list[OpenOrder]:
        """Ask which orders can still be amended or cancelled; real server only."""
        where = "domestic_stock.inquire_psbl_rvsecncl"
        found = await self._read(where, {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}, priority)
        return [
            OpenOrder(
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
            for row in each(where, found.rows("output", "output1"))
        ]

    async def daily_profit(
        self, first: date, last: date, *, priority: Priority = Priority.HISTORY
    ) -> list[TradeProfit]:
        """Ask for realised profit by day (기간별손익); real server only."""
        where = "domestic_stock.inquire_period_profit"
        found = await self._read(where, _period(first, last) | {"INQR_DVSN": "00"}, priority)
        return [_profit(row, "buy_amt", "sll_amt") for row in each(where, found.rows("output1"))]

    async def trade_profit(
        self, first: date, last: date, code: str = "", *, priority: Priority = Priority.HISTORY
    ) -> list[TradeProfit]:
        """Ask for realised profit by stock and day (기간별매매손익); real server only."""
        where = "domestic_stock.inquire_period_trade_profit"
        found = await self._read(where, _period(first, last) | {"PDNO": code}, priority)
        return [_profit(row, "buy_amt", "sll_amt") for row in each(where, found.rows("output1"))]

    async def assets(self, *, priority: Priority = Priority.HISTORY) -> AccountAssets:
        """Ask for the account's totals (투자계좌자산현황); real server only."""
        where = "domestic_stock.inquire_account_balance"
        found = await self._read(where, {"INQR_DVSN_1": "", "BSPR_BF_DT_APLY_YN": ""}, priority)
        row = Row(where, found.last("output2"))
        return AccountAssets(
            total=row.won("tot_asst_amt"),
            net=row.won("nass_tot_amt"),
            deposit=row.maybe_won("tot_dncl_amt"),
            securities=row.maybe_won("evlu_amt_smtl"),
        )

    async def _read(
        self,
        where: str,
        params: Mapping[str, str],
        priority: Priority,
        choice: Mapping[str, str] | None = None,
    ) -> Complete:
        endpoint = catalogue.rest(where)
        full = fill(endpoint, params, self._numbers)
        return await read_all(self._caller, endpoint, full, choice=choice, priority=priority)


def _period(first: date, last: date) -> dict[str, str]:
    return {
        "INQR_STRT_DT": first.strftime("%Y%m%d"),
        "INQR_END_DT": last.strftime("%Y%m%d"),
        "SORT_DVSN": "01",
        "CBLC_DVSN": "00",
        "PDNO": "",
    }


def _profit(row: Row, bought: str, sold: str) -> TradeProfit:
    return TradeProfit(
        day=values.day(row.text("trad_dt")),
        code=row.maybe_text("pdno"),
        name=row.maybe_text("prdt_name"),
        bought=row.maybe_won(bought),
        sold=row.maybe_won(sold),
        profit=row.won("rlzt_pfls"),
        fee=row.maybe_won("fee"),
        tax=row.maybe_won("tl_tax"),
    )


def read_balance(where: str, found: Complete) -> Balance:
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
        holdings=tuple(
            read_holding(row) for row in each(where, found.rows("output1")) if row.won("hldg_qty")
        ),
    )


def read_holding(row: Row) -> Holding:
    """Read one row of a balance."""
    return Holding(
        code=row.code("pdno"),
        name=row.maybe_text("prdt_name") or "",
        quantity=row.won("hldg_qty"),
        sellable=row.won("ord_psbl_qty"),
        average_price=row.number("pchs_avg_pric"),
        price=row.maybe_won("prpr"),
        value=row.maybe_won("evlu_amt"),
        profit=row.maybe_won("evlu_pfls_amt"),
        loan_day=row.maybe_text("loan_dt"),
    )


def side(row: Row) -> Side:
    """Read the side of an order (01 sell 매도, 02 buy 매수)."""
    value = row.text("sll_buy_dvsn_cd")
    if value not in _SIDES:
        raise KisUnreadable(f"an order is on neither side: sll_buy_dvsn_cd is {value[:10]!r}")
    return _SIDES[value]


def read_order(row: Row) -> OrderRow:
    """Read one row of the order list."""
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
        remaining=row.maybe_won("rmn_qty") or 0,
        cancelled=row.maybe_won("cncl_cfrm_qty") or 0,
        refused=row.maybe_won("rjct_qty") or 0,
        is_cancel=row.maybe_text("cncl_yn") == "Y",
        kind=row.maybe_text("ord_dvsn_cd") or "",
        exchange=row.maybe_text("excg_id_dvsn_cd"),
        at=row.moment("ord_dt", "ord_tmd"),
    )

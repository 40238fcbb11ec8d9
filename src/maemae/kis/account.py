"""Asking about the account: buying power, balance, orders, profit."""

from collections.abc import Mapping
from datetime import date, timedelta

from maemae import catalogue
from maemae.errors import KisUnreadable
from maemae.i18n import _
from maemae.kis.account_rows import (
    read_assets,
    read_balance,
    read_buying_power,
    read_open_order,
    read_order,
    read_profit,
    read_sellable,
)
from maemae.kis.caller import Caller
from maemae.kis.pages import Complete, fill, read_all
from maemae.kis.priority import Priority
from maemae.kis.records import (
    AccountAssets,
    Balance,
    BuyingPower,
    OpenOrder,
    OrderRow,
    Sellable,
    TradeProfit,
)
from maemae.kis.reply import Row, each

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
        return read_buying_power(Row(where, found.last("output")))

    async def sellable(self, code: str, *, priority: Priority = Priority.EXIT) -> Sellable:
        """Ask how much of a holding can be sold; real server only."""
        where = "domestic_stock.inquire_psbl_sell"
        found = await self._read(where, {"PDNO": code}, priority)
        return read_sellable(Row(where, found.last("output", "output1")))

    async def balance(self, *, priority: Priority = Priority.RECONCILE) -> Balance:
        """Ask for cash and holdings, all pages.

        Names sold out today stay in it with no shares: one that is not there was not sold.
        """
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
        """Ask for all orders of a day, oldest first, all pages.

        The virtual server may list none although there are some.

        Raises:
            KisUnreadable: the real server counts orders without listing any.
        """
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
        rows = found.rows("output1")
        if real and not rows and _counted(Row(where, found.last("output2"))):
            raise KisUnreadable(
                _("{where}: the answer counts orders and lists none").format(where=where)
            )
        return [read_order(row) for row in each(where, rows)]

    async def open_orders(self, *, priority: Priority = Priority.RECONCILE) -> list[OpenOrder]:
        """Ask which orders can still be amended or cancelled; real server only."""
        where = "domestic_stock.inquire_psbl_rvsecncl"
        found = await self._read(where, {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}, priority)
        return [read_open_order(row) for row in each(where, found.rows("output", "output1"))]

    async def daily_profit(
        self, first: date, last: date, *, priority: Priority = Priority.HISTORY
    ) -> list[TradeProfit]:
        """Ask for realised profit by day (기간별손익); real server only."""
        where = "domestic_stock.inquire_period_profit"
        found = await self._read(where, _period(first, last) | {"INQR_DVSN": "00"}, priority)
        return [read_profit(row) for row in each(where, found.rows("output1"))]

    async def trade_profit(
        self, first: date, last: date, code: str = "", *, priority: Priority = Priority.HISTORY
    ) -> list[TradeProfit]:
        """Ask for realised profit by stock and day (기간별매매손익); real server only."""
        where = "domestic_stock.inquire_period_trade_profit"
        found = await self._read(where, _period(first, last) | {"PDNO": code}, priority)
        return [read_profit(row) for row in each(where, found.rows("output1"))]

    async def assets(self, *, priority: Priority = Priority.HISTORY) -> AccountAssets:
        """Ask for the account's totals (투자계좌자산현황); real server only."""
        where = "domestic_stock.inquire_account_balance"
        found = await self._read(where, {"INQR_DVSN_1": "", "BSPR_BF_DT_APLY_YN": ""}, priority)
        return read_assets(Row(where, found.last("output2")))

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


def _counted(totals: Row) -> bool:
    """Whether a summary counts orders."""
    return bool(totals.maybe_won("tot_ord_qty"))


def _period(first: date, last: date) -> dict[str, str]:
    return {
        "INQR_STRT_DT": first.strftime("%Y%m%d"),
        "INQR_END_DT": last.strftime("%Y%m%d"),
        "SORT_DVSN": "01",
        "CBLC_DVSN": "00",
        "PDNO": "",
    }

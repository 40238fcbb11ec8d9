"""What the ledger of the real server tells besides: open orders, sellable shares, profits."""

from collections import defaultdict
from dataclasses import dataclass

from maemae.exchange.accounts import Account, FillRecord
from maemae.exchange.moment import clock_text, day_text
from maemae.exchange.protocol.context import Context, Handler
from maemae.exchange.protocol.ledger import eight, holding_values, kind_name, summary_values
from maemae.exchange.protocol.numbers import rate, zeros
from maemae.exchange.protocol.paging import ledger_page, ledger_reply
from maemae.exchange.protocol.reply import Reply, filled_in
from maemae.market.kinds import Side

_ASSET_CLASSES = 20
_PRODUCT = "00000A"
"""Stands in front of the codes of stocks where products of all kinds may be."""


def cancellable(context: Context) -> Reply:
    """Answer 주식정정취소가능주문조회 (TTTC0084R); its rows are in `output`."""
    account = context.account
    rows = []
    for order in account.orders.values():
        if not order.remaining:
            continue
        values = {
            "ord_gno_brno": context.manner.org_no,
            "odno": zeros(order.number, 10),
            "orgn_odno": zeros(order.original, 10) if order.original else "",
            "ord_dvsn_name": kind_name(order),
            "pdno": order.code,
            "prdt_name": context.name(order.code),
            "rvse_cncl_dvsn_name": "현금매수" if order.side is Side.BUY else "현금매도",
            "ord_qty": str(order.quantity),
            "ord_unpr": str(order.price),
            "ord_tmd": clock_text(order.at),
            "tot_ccld_qty": str(order.filled),
            "tot_ccld_amt": str(order.amount),
            "psbl_qty": str(order.remaining),
            "sll_buy_dvsn_cd": "02" if order.side is Side.BUY else "01",
            "ord_dvsn_cd": order.kind.value,
            "excg_dvsn_cd": "02",
            "excg_id_dvsn_cd": "KRX",
            "excg_id_dvsn_name": "한국거래소",
        }
        rows.append(filled_in(context.endpoint, "output", values))
    reply = ledger_page(context, rows, {}, f"{account.number.replace('-', '^')}^")
    body = {("output" if name == "output1" else name): one for name, one in reply.body.items()}
    return Reply(reply.status, body, reply.tr_cont)


def sellable(context: Context) -> Reply:
    """Answer 매도가능수량조회 (TTTC8408R)."""
    account, code = context.account, context.required("PDNO")
    listing, state = context.listing(code), context.venue.floor.state(code)
    holding = account.holdings.get(code)
    quantity, cost = (holding.quantity, holding.cost) if holding else (0, 0)
    worth = quantity * state.price
    values = {
        "pdno": code,
        "prdt_name": listing.name,
        "buy_qty": str(holding.bought_today if holding else 0),
        "sll_qty": str(holding.sold_today if holding else 0),
        "cblc_qty": str(quantity),
        "nsvg_qty": "0",
        "ord_psbl_qty": str(account.sellable(code)),
        "pchs_avg_pric": str(holding.average if holding else "0.0000"),
        "pchs_amt": str(cost),
        "now_pric": str(state.price),
        "evlu_amt": str(worth),
        "evlu_pfls_amt": str(worth - cost),
        "evlu_pfls_rt": rate(worth - cost, cost),
    }
    return ledger_reply(context, values)


def balance_with_profit(context: Context) -> Reply:
    """Answer 주식잔고조회_실현손익 (TTTC8494R)."""
    account = context.account
    rows = [
        filled_in(context.endpoint, "output1", holding_values(context, one))
        for one in sorted(account.holdings.values(), key=lambda one: one.code)
        if one.quantity or one.sold_today
    ]
    today = day_text(context.venue.now)
    profit = sum(one.gross for one in _deals(account) if one.day == today)
    sold_cost = sum(one.sold_cost for one in _deals(account) if one.day == today)
    values = summary_values(context, account) | {
        "rlzt_pfls": str(profit),
        "rlzt_erng_rt": eight(profit, sold_cost),
        "real_evlu_pfls": str(profit),
        "real_evlu_pfls_erng_rt": eight(profit, sold_cost),
    }
    summary = filled_in(context.endpoint, "output2", values, "0")
    return ledger_page(context, rows, {"output2": [summary]}, "")


def account_assets(context: Context) -> Reply:
    """Answer 투자계좌자산현황조회 (CTRP6548R): stocks are the first of twenty asset classes."""
    account = context.account
    totals = summary_values(context, account)
    worth, cost = int(totals["evlu_amt_smtl_amt"]), int(totals["pchs_amt_smtl_amt"])
    stocks = {
        "pchs_amt": str(cost),
        "evlu_amt": str(worth),
        "evlu_pfls_amt": str(worth - cost),
        "crdt_lnd_amt": "0",
        "real_nass_amt": str(worth),
        "whol_weit_rt": eight(worth, worth + account.cash),
    }
    nothing = dict.fromkeys(stocks, "0") | {"whol_weit_rt": "0.00000000"}
    total = str(worth + account.cash)
    values = {
        "pchs_amt_smtl": str(cost),
        "nass_tot_amt": total,
        "evlu_pfls_amt_smtl": str(worth - cost),
        "evlu_amt_smtl": str(worth),
        "tot_asst_amt": total,
        "tot_dncl_amt": str(account.cash),
        "dncl_amt": str(account.settled),
    }
    output2 = filled_in(context.endpoint, "output2", values, "0")
    rows = [stocks, *[nothing] * (_ASSET_CLASSES - 1)]
    return ledger_page(context, rows, {"output2": output2}, "")


def integrated_margin(context: Context) -> Reply:
    """Answer 주식통합증거금 현황 (TTTC0869R): won alone, and integrated margin not applied for."""
    account = context.account
    free, sold = account.free, max(0, account.turnover.sell - account.turnover.buy)
    deposit = max(0, account.settled)
    amounts = {
        "stck_cash_objt_amt": deposit,
        "stck_cash_use_amt": max(0, deposit - free),
        "stck_cash_ord_psbl_amt": min(free, deposit),
        "stck_ruse_psbl_objt_amt": sold,
        "stck_ruse_psbl_ord_psbl_amt": min(sold, max(0, free - deposit)),
    } | {
        f"stck_{kind}{part}_ord_psbl_amt": account.buying_power
        for kind, part in (("cash", "100_max"), ("itgr_cash", "100"), ("itgr_", "100"))
    }
    fields = context.endpoint.block("output")
    amount = {one.name: "0.0000" for one in fields.fields} if fields else {}
    values = amount | {name: f"{won}.0000" for name, won in amounts.items()}
    values |= {
        "acmga_rt": "100.0000",
        "acmga_pct100_aptm_rson": "",
        "rcvb_amt": "0",
        "ovrs_stck_itgr_mgna_dvsn_name": "미신청",
    }
    return ledger_reply(context, values)


@dataclass(slots=True)
class _Deal:
    """One instrument's trades of a day, with their costs by side."""

    day: str
    code: str
    bought: int = 0
    bought_amount: int = 0
    bought_fee: int = 0
    sold: int = 0
    sold_amount: int = 0
    sold_cost: int = 0
    sold_fee: int = 0
    tax: int = 0

    def add(self, fill: FillRecord) -> None:
        """Add a fill."""
        amount = fill.quantity * fill.price
        if fill.side is Side.BUY:
            self.bought += fill.quantity
            self.bought_amount += amount
            self.bought_fee += fill.fee
        else:
            self.sold += fill.quantity
            self.sold_amount += amount
            self.sold_cost += fill.cost
            self.sold_fee += fill.fee
            self.tax += fill.tax

    @property
    def fee(self) -> int:
        """Commission of both sides."""
        return self.bought_fee + self.sold_fee

    @property
    def gross(self) -> int:
        """Realised profit before costs."""
        return self.sold_amount - self.sold_cost

    @property
    def profit(self) -> int:
        """Realised profit (실현손익) after the day's fees and taxes."""
        return self.gross - self.fee - self.tax


def _deals(account: Account) -> list[_Deal]:
    """Return what was traded in each instrument on each day, the oldest first."""
    deals: dict[tuple[str, str], _Deal] = {}
    for fill in account.fills:
        key = (day_text(fill.at), fill.code)
        deals.setdefault(key, _Deal(*key)).add(fill)
    return list(deals.values())


def period_profit(context: Context) -> Reply:
    """Answer 기간별손익일별합산조회 (TTTC8708R)."""
    deals = _asked(context)
    by_day: dict[str, list[_Deal]] = defaultdict(list)
    for deal in deals:
        by_day[deal.day].append(deal)
    rows = []
    for day, of_day in by_day.items():
        profit = sum(one.profit for one in of_day)
        values = {
            "trad_dt": day,
            "buy_amt": str(sum(one.bought_amount for one in of_day)),
            "sll_amt": str(sum(one.sold_amount for one in of_day)),
            "rlzt_pfls": str(profit),
            "fee": str(sum(one.fee for one in of_day)),
            "loan_int": "0",
            "tl_tax": str(sum(one.tax for one in of_day)),
            "pfls_rt": eight(profit, sum(one.sold_cost for one in of_day)),
            "sll_qty1": str(sum(one.sold for one in of_day)),
            "buy_qty1": str(sum(one.bought for one in of_day)),
        }
        rows.append(filled_in(context.endpoint, "output1", values))
    totals = _totals(deals, "buy_qty_smtl")
    output2 = filled_in(context.endpoint, "output2", totals, "0")
    return ledger_page(context, rows[::-1], {"output2": output2}, "")


def period_trade_profit(context: Context) -> Reply:
    """Answer 기간별매매손익현황조회 (TTTC8715R); its codes have `00000A` in front, as KIS's do."""
    deals = _asked(context)
    rows = []
    for deal in deals:
        values = {
            "trad_dt": deal.day,
            "pdno": f"{_PRODUCT}{deal.code}",
            "prdt_name": context.name(deal.code),
            "trad_dvsn_name": "현금",
            "hldg_qty": str(context.account.held(deal.code)),
            "pchs_unpr": str(deal.sold_cost // deal.sold if deal.sold else 0),
            "buy_qty": str(deal.bought),
            "buy_amt": str(deal.bought_amount),
            "sll_pric": str(deal.sold_amount // deal.sold if deal.sold else 0),
            "sll_qty": str(deal.sold),
            "sll_amt": str(deal.sold_amount),
            "rlzt_pfls": str(deal.profit),
            "pfls_rt": eight(deal.profit, deal.sold_cost),
            "fee": str(deal.fee),
            "tl_tax": str(deal.tax),
            "loan_int": "0",
        }
        rows.append(filled_in(context.endpoint, "output1", values))
    totals = _totals(deals, "buyqty_smtl")
    totals["tot_pftrt"] = eight(int(totals["tot_rlzt_pfls"]), sum(deal.sold_cost for deal in deals))
    output2 = filled_in(context.endpoint, "output2", totals, "0")
    return ledger_page(context, rows[::-1], {"output2": output2}, "")


def _asked(context: Context) -> list[_Deal]:
    first, last = context.day("INQR_STRT_DT"), context.day("INQR_END_DT")
    code = context.call.get("PDNO").removeprefix(_PRODUCT)
    return [
        deal
        for deal in _deals(context.account)
        if first <= deal.day <= last and code in ("", deal.code)
    ]


def _totals(deals: list[_Deal], buy_quantity: str) -> dict[str, str]:
    """Return the sums of deals: what was settled (정산금액) is the amount with its costs."""
    tax = sum(one.tax for one in deals)
    bought, sold = sum(one.bought_amount for one in deals), sum(one.sold_amount for one in deals)
    bought_fee, sold_fee = sum(one.bought_fee for one in deals), sum(one.sold_fee for one in deals)
    paid, received = bought + bought_fee, sold - sold_fee - tax
    bought_quantity = sum(one.bought for one in deals)
    sold_quantity = sum(one.sold for one in deals)
    return {
        "sll_qty_smtl": str(sold_quantity),
        "sll_tr_amt_smtl": str(sold),
        "sll_fee_smtl": str(sold_fee),
        "sll_tltx_smtl": str(tax),
        "sll_excc_amt_smtl": str(received),
        buy_quantity: str(bought_quantity),
        "buy_tr_amt_smtl": str(bought),
        "buy_fee_smtl": str(bought_fee),
        "buy_tax_smtl": "0",
        "buy_excc_amt_smtl": str(paid),
        "tot_qty": str(bought_quantity + sold_quantity),
        "tot_tr_amt": str(bought + sold),
        "tot_fee": str(bought_fee + sold_fee),
        "tot_tltx": str(tax),
        "tot_excc_amt": str(paid + received),
        "tot_rlzt_pfls": str(sum(one.profit for one in deals)),
        "loan_int": "0",
    }


HANDLERS: dict[str, Handler] = {
    "domestic_stock.inquire_psbl_rvsecncl": cancellable,
    "domestic_stock.inquire_psbl_sell": sellable,
    "domestic_stock.intgr_margin": integrated_margin,
    "domestic_stock.inquire_balance_rlz_pl": balance_with_profit,
    "domestic_stock.inquire_account_balance": account_assets,
    "domestic_stock.inquire_period_profit": period_profit,
    "domestic_stock.inquire_period_trade_profit": period_trade_profit,
}

"""What the typed operations return: prices, buying power, holdings, orders.

Amounts of domestic stocks are whole won, quantities whole shares, rates percent; average prices
keep the broker's decimals. None means that the broker left the field blank.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from maemae.market.kinds import Market, Side


class ConditionTitle(msgspec.Struct, frozen=True):
    """A condition search (조건검색) that the owner saved in the HTS."""

    seq: int
    group: str
    name: str


class ConditionHit(msgspec.Struct, frozen=True):
    """A stock in the result of a condition search."""

    code: str
    name: str
    price: int | None = None
    change_rate: Decimal | None = None
    volume: int | None = None
    strength: Decimal | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The current price of a stock (현재가) and its day so far.

    `base` is the base price (기준가), `upper` and `lower` the day's price limits, `change_rate`
    percent against the base price. A price that the broker states as blank or zero is none.
    """

    code: str
    price: int | None = None
    name: str | None = None
    open: int | None = None
    high: int | None = None
    low: int | None = None
    base: int | None = None
    upper: int | None = None
    lower: int | None = None
    ask: int | None = None
    bid: int | None = None
    volume: int | None = None
    value: int | None = None
    change_rate: Decimal | None = None
    market: Market | None = None


class BuyingPower(msgspec.Struct, frozen=True):
    """What can be bought (매수가능): `amount` and `quantity` without receivables (미수 없는).

    `price` is the price the broker reckoned with: the upper limit price for a market order.
    """

    cash: int
    amount: int
    quantity: int
    price: int | None = None


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Shares in the account. `sellable`: not reserved by an open sell order."""

    code: str
    name: str
    quantity: int
    sellable: int
    average_price: Decimal
    price: int | None = None
    base: int | None = None
    """The day's base price (기준가), as the change since the day before tells it."""
    value: int | None = None
    profit: int | None = None
    loan_day: str | None = None


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """The account (잔고), all pages of it.

    `cash` is the deposit as settled today (예수금), which does not move on the day of a trade;
    `cash_d2` is what it will be in two days (D+2), with today's trades and their costs.
    `realised` is today's realised profit, where it was asked for.
    """

    cash: int
    cash_d1: int
    cash_d2: int
    day_buy: int
    day_sell: int
    day_costs: int
    securities: int
    net_assets: int
    holdings: tuple[Holding, ...]
    realised: int | None = None


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the broker's order list shows it (주문체결).

    `amount` is the exact sum of the fills in won; the broker's average price is truncated.
    """

    order_no: int
    original_no: int | None
    org_no: str
    code: str
    name: str
    side: Side
    quantity: int
    filled: int
    amount: int
    price: int
    remaining: int
    cancelled: int
    refused: int
    is_cancel: bool
    kind: str
    exchange: str | None
    at: datetime


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that can still be amended or cancelled (정정취소가능); real server only."""

    order_no: int
    original_no: int | None
    org_no: str
    code: str
    side: Side
    quantity: int
    filled: int
    open: int
    price: int
    kind: str


class Sellable(msgspec.Struct, frozen=True):
    """How much of a holding can be sold (매도가능수량); real server only."""

    code: str
    quantity: int
    held: int
    average_price: Decimal
    price: int | None


class Bar(msgspec.Struct, frozen=True):
    """One bar of a chart. `at` is the day for daily bars, the Korean start time for minutes.

    `change` is the close less the day's base price (전일대비), where the chart states it.
    """

    at: date | datetime
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int | None = None
    change: int | None = None


class Level(msgspec.Struct, frozen=True, array_like=True):
    """One level of an order book (호가)."""

    price: int
    quantity: int


class Trade(msgspec.Struct, frozen=True):
    """A trade in the market (체결), as the list of the latest ones has it. Won and shares."""

    at: datetime
    price: int
    quantity: int


class IndexBar(msgspec.Struct, frozen=True):
    """One day of an index (업종지수), in points."""

    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


class OrderBook(msgspec.Struct, frozen=True):
    """The order book (호가): asks upwards, bids downwards, at most ten levels each.

    `vi`: whether the stock stands in a volatility interruption.
    """

    code: str
    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    expected_price: int | None = None
    expected_quantity: int | None = None
    vi: bool = False


class StockInfo(msgspec.Struct, frozen=True):
    """What a stock is (주식기본조회)."""

    code: str
    name: str
    english_name: str | None
    market: str
    shares: int | None
    listed: date | None
    halted: bool
    administrative: bool


class MarketDay(msgspec.Struct, frozen=True):
    """A calendar day; only `open` tells trading days (`tr_day_yn` is Y on Saturdays too)."""

    day: date
    open: bool
    settlement: bool


class Ranked(msgspec.Struct, frozen=True):
    """A row of a ranking (순위분석), at most 30 a call."""

    rank: int
    code: str
    name: str
    price: int | None
    change_rate: Decimal | None
    volume: int | None
    value: int | None


class TradeProfit(msgspec.Struct, frozen=True):
    """Realised profit of one day, or of one stock on one day (기간별손익, 기간별매매손익)."""

    day: date
    code: str | None
    name: str | None
    bought: int | None
    sold: int | None
    profit: int
    fee: int | None
    tax: int | None


class AccountAssets(msgspec.Struct, frozen=True):
    """The account's totals (투자계좌자산현황)."""

    total: int
    net: int
    deposit: int | None
    securities: int | None

"""The books of the compiled executor: what it reads, what changes while it runs, and the money.

Positions, sums and fills are rows of whole numbers, so that compiled functions can hand them around
without counting references.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maemae.backtest.rules import Ints, compiled
from maemae.backtest.terms import CLASSES, Days

Floats = NDArray[np.float64]
BILLION = 1_000_000_000

BUILT_WITH = "01dae903bd54"
"""Digest of what other files give these functions; see `tests/backtest/test_compiling.py`."""

(ROW, AT, CLASS, SHARES, PAID, PEAK, SINCE, MARK, DUE, LATE, STOP_AT, TRAIL_AT, TAKE_AT,
 SOLD_IN) = range(14)  # fmt: skip
"""A position: instrument, its latest packed bar, class, shares, price paid, highest price, day of
the entry, last price seen, why it is due at the next open, bought after the open, the prices that
sell it, column in which a part of it was sold."""

CASH, FEE, TAX, HELD, FILLS, BOUGHT = range(6)
SOLD = BOUGHT + CLASSES
"""Books: cash, the day's fee and tax, positions, fills so far, the day's turnover by class."""

DAY, WHO, SIDE, QUANTITY, PRICE, PAID_FEE, PAID_TAX, WHY, IN_BAR = range(9)
"""A fill, by column of the panel and by packed bar; the side is 1 for a purchase, −1 for a sale."""

EQUAL_SHARES, EQUAL_CASH, FIXED_AMOUNT, FRACTION = range(4)
"""How an entry is sized, by number."""


class Bars(NamedTuple):
    """Packed bars, and whether the strategy's exit holds at each.

    `opens` is for each column of the panel the first of its day: the limits are reckoned from the
    last close before it. It is empty where that is simply the bar before.
    """

    offsets: Ints
    columns: NDArray[np.int32]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    cls: NDArray[np.int8]
    leave: NDArray[np.bool_]
    opens: Ints


class Ways(NamedTuple):
    """What strategy and terms say, in whole numbers; fractions are parts per million."""

    cash: int
    slots: int
    how: int
    band: int
    low: int
    high: int
    stop: int
    take: int
    trail: int
    longest: int
    sizing: int
    money: int
    fraction: float
    slip: int
    slip_ticks: int
    participation: int
    by_close: bool
    adverse_first: bool


class Book(NamedTuple):
    """What changes while the loop runs; `order` has the places of the positions, oldest first."""

    held: Ints
    order: Ints
    money: Ints
    fills: Ints
    sold_on: Ints
    heap: Ints


class Deal(NamedTuple):
    """What is bought (the side is 1) or sold (−1) of a position, and why it is sold."""

    side: int
    shares: int
    price: int
    why: int


@compiled
def entry_amount(book: Book, ways: Ways) -> int:
    """Return the won for one entry; the rules are those of `maemae.strategy.parts`."""
    cash = book.money[CASH]
    if ways.sizing == FIXED_AMOUNT:
        return int(ways.money if cash >= ways.money else 0)
    if ways.sizing == EQUAL_CASH:
        return int(cash // (ways.slots - book.money[HELD]))
    equity = cash
    for place in range(book.money[HELD]):
        spot = book.order[place]
        equity += book.held[spot, MARK] * book.held[spot, SHARES]
    wanted = int(equity * ways.fraction) if ways.sizing == FRACTION else equity // ways.slots
    return int(wanted if cash >= wanted else cash if 2 * cash >= wanted else 0)


@compiled
def affordable(book: Book, days: Days, cls: int, price: int) -> int:
    """Return how many shares the cash pays, the fee included."""
    cash = book.money[CASH]
    shares = max(cash // price, 0)
    while shares:
        book.money[BOUGHT + cls] += shares * price
        need = shares * price + _fee(book, days) - book.money[FEE]
        book.money[BOUGHT + cls] -= shares * price
        if need <= cash:
            return int(shares)
        shares -= max(1, (need - cash) // price)
    return 0


@compiled
def settle(book: Book, days: Days, now: int, spot: int, deal: Deal) -> None:
    """Book a deal: the day's turnover, what it adds to fee and tax, the cash, the fill."""
    held, money, amount = book.held, book.money, deal.shares * deal.price
    money[(BOUGHT if deal.side > 0 else SOLD) + held[spot, CLASS]] += amount
    fee, tax = _charge(book, days, now)
    money[CASH] -= deal.side * amount + fee + tax
    fill = book.fills[money[FILLS]]
    fill[DAY], fill[WHO], fill[IN_BAR] = now, held[spot, ROW], held[spot, AT]
    fill[SIDE], fill[QUANTITY], fill[PRICE] = deal.side, deal.shares, deal.price
    fill[PAID_FEE], fill[PAID_TAX], fill[WHY] = fee, tax, deal.why
    money[FILLS] += 1


@compiled
def _charge(book: Book, days: Days, now: int) -> tuple[int, int]:
    """Return what the latest fill adds to the day's fee and tax, and remember the new sums."""
    unit, tax, day = days.rounding[1], 0, days.day[now]
    for cls in range(days.fee.size):
        for part in range(days.tax.shape[2]):
            rate = days.tax[day, cls, part]
            tax += book.money[SOLD + cls] * rate // BILLION // unit * unit
    fee = _fee(book, days)
    fee, book.money[FEE] = fee - book.money[FEE], fee
    tax, book.money[TAX] = tax - book.money[TAX], tax
    return fee, tax


@compiled
def _fee(book: Book, days: Days) -> int:
    bought = sold = 0
    for cls in range(days.fee.size):
        bought += book.money[BOUGHT + cls] * days.fee[cls]
        sold += book.money[SOLD + cls] * days.fee[cls]
    unit = days.rounding[0]
    return int(bought // BILLION // unit * unit + sold // BILLION // unit * unit)

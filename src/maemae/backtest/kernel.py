"""The compiled executor: one loop over sessions that touches held names and the day's entries.

A session goes: sales at the open (what was decided before, and gaps through a bound), purchases,
bounds reached within the session, sales and purchases at the close. The reference executor
(`maemae.backtest.reference`) does the same through the live desk; both are held equal.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from maemae.backtest.rules import (
    BREAKOUT,
    CLOSE,
    FAR,
    FLAT,
    HOLDING,
    MILLION,
    RULE,
    Bar,
    Bounds,
    Grid,
    Ints,
    bounds,
    entry,
    fallen,
    inside,
    locked,
    reason,
    slipped,
)
from maemae.backtest.terms import Days

Floats = NDArray[np.float64]
BILLION = 1_000_000_000

ROW, AT, CLASS, SHARES, PAID, PEAK, SINCE, MARK, DUE, LATE = range(10)
"""A position: instrument, its latest packed bar, cost class, shares, price paid, highest price,
column of the entry, last price seen, why it is due at the next open, bought after the open."""

CASH, FEE, TAX, HELD, FILLS, BOUGHT, SOLD = 0, 1, 2, 3, 4, 5, 9
"""Books: cash, the day's fee and tax, positions, fills so far, the day's turnover by class."""

DAY, WHO, SIDE, QUANTITY, PRICE, PAID_FEE, PAID_TAX, WHY = range(8)
"""A fill; the side is 1 for a purchase, −1 for a sale."""

EQUAL_SHARES, EQUAL_CASH, FIXED_AMOUNT, FRACTION = range(4)
"""How an entry is sized, by number."""


class Bars(NamedTuple):
    """Packed bars, and what the strategy says at each."""

    offsets: Ints
    columns: NDArray[np.int32]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    cls: NDArray[np.int8]
    leave: NDArray[np.bool_]
    above_open: Floats


class Entries(NamedTuple):
    """Decisions to buy, best first within a column; those of column t are `first[t]:first[t+1]`."""

    first: Ints
    row: NDArray[np.int32]


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
    flat: int
    sizing: int
    money: int
    fraction: float
    slip: int
    slip_ticks: int
    participation: int
    adverse_first: bool


class Book(NamedTuple):
    """What changes while the loop runs."""

    held: Ints
    money: Ints
    fills: Ints
    sold_on: Ints


@njit(cache=True)
def simulate(bars: Bars, entries: Entries, ways: Ways, days: Days) -> tuple[Ints, Ints]:
    """Run a strategy over all sessions.

    Returns:
        The fills in order, one a row (`DAY` … `WHY`), and by session: cash, value of the
        positions at their last closes, number of positions; won.
    """
    count = entries.first.size - 1
    most = min(entries.row.size, ways.slots * count)
    book = Book(
        np.zeros((ways.slots, 10), np.int64),
        np.zeros(13, np.int64),
        np.zeros((2 * most, 8), np.int64),
        np.full(bars.offsets.size - 1, -1, np.int64),
    )
    book.money[CASH] = ways.cash
    daily = np.zeros((count, 3), np.int64)
    for now in range(count):
        book.money[FEE] = book.money[TAX] = 0
        book.money[BOUGHT:] = 0
        _open(book, bars, ways, days, now)
        if now and ways.how != CLOSE:
            _buy_all(book, bars, entries, ways, days, now - 1, now)
        _within(book, bars, ways, days, now)
        if ways.flat:
            _flatten(book, bars, ways, days, now)
        if ways.how == CLOSE:
            _buy_all(book, bars, entries, ways, days, now, now)
        _close(book, bars, now, daily)
    return book.fills[: book.money[FILLS]], daily


@njit(cache=True)
def _bar(bars: Bars, at: int, row: int) -> Bar:
    base = int(bars.close[at - 1]) if at > bars.offsets[row] else 0
    return Bar(int(bars.open[at]), int(bars.high[at]), int(bars.low[at]), int(bars.close[at]), base)


@njit(cache=True)
def _grid(days: Days, now: int, cls: int) -> Grid:
    table = days.table[now, cls]
    return Grid(days.starts[table], days.ticks[table])


@njit(cache=True)
def _trades(book: Book, bars: Bars, position: int, now: int) -> bool:
    return bool(bars.columns[book.held[position, AT]] == now)


@njit(cache=True)
def _limits(book: Book, ways: Ways, position: int) -> Bounds:
    held = book.held[position]
    return bounds(held[PAID], held[PEAK], ways.stop, ways.trail, ways.take)


@njit(cache=True)
def _open(book: Book, bars: Bars, ways: Ways, days: Days, now: int) -> None:
    """Sell at the open what is due or has gapped through a bound."""
    position = 0
    while position < book.money[HELD]:
        held = book.held[position]
        if held[AT] + 1 < bars.offsets[held[ROW] + 1] and bars.columns[held[AT] + 1] == now:
            held[AT] += 1
        held[LATE] = 0
        if ways.longest and not held[DUE] and now - held[SINCE] >= ways.longest:
            held[DUE] = HOLDING
        if not _trades(book, bars, position, now):
            position += 1
            continue
        bar = _bar(bars, held[AT], held[ROW])
        if locked(_grid(days, now, held[CLASS]), bar, days.percent[now, held[CLASS]]) < 0:
            position += 1
            continue
        held[MARK] = bar.open
        held[PEAK] = max(held[PEAK], bar.open)
        why = held[DUE] or reason(_limits(book, ways, position), bar.open)
        if why:
            _sell(book, ways, days, position, now, bar, bar.open, why)
        else:
            position += 1


@njit(cache=True)
def _within(book: Book, bars: Bars, ways: Ways, days: Days, now: int) -> None:
    """Sell what reaches a bound within the session."""
    position = 0
    while position < book.money[HELD]:
        held = book.held[position]
        position += 1
        if not _trades(book, bars, position - 1, now):
            continue
        bar = _bar(bars, held[AT], held[ROW])
        grid = _grid(days, now, held[CLASS])
        if locked(grid, bar, days.percent[now, held[CLASS]]) < 0:
            continue
        at = _limits(book, ways, position - 1)
        price = inside(grid, bar, at, ways.adverse_first, held[LATE] == 1)
        if not price and ways.trail and not held[LATE]:
            held[PEAK] = max(held[PEAK], bar.high)
            at = _limits(book, ways, position - 1)
            price = fallen(grid, bar, at.trail)
        if price:
            position -= 1
            _sell(book, ways, days, position, now, bar, price, reason(at, price))
        elif ways.how == CLOSE:
            held[MARK] = bar.close


@njit(cache=True)
def _flatten(book: Book, bars: Bars, ways: Ways, days: Days, now: int) -> None:
    """Sell everything at the close."""
    position = 0
    while position < book.money[HELD]:
        held = book.held[position]
        position += 1
        if not _trades(book, bars, position - 1, now):
            continue
        bar = _bar(bars, held[AT], held[ROW])
        grid = _grid(days, now, held[CLASS])
        if locked(grid, bar, days.percent[now, held[CLASS]]) >= 0:
            position -= 1
            _sell(book, ways, days, position, now, bar, bar.close, FLAT)


@njit(cache=True)
def _close(book: Book, bars: Bars, now: int, daily: Ints) -> None:
    """Mark positions at the close, and note which the exit rule wants sold."""
    worth = 0
    for position in range(book.money[HELD]):
        held = book.held[position]
        if _trades(book, bars, position, now):
            held[MARK] = int(bars.close[held[AT]])
            # After a purchase within the session only the close is known to come after it.
            held[PEAK] = max(held[PEAK], held[MARK])
            if bars.leave[held[AT]] and not held[DUE]:
                held[DUE] = RULE
        worth += held[MARK] * held[SHARES]
    daily[now, 0], daily[now, 1], daily[now, 2] = book.money[CASH], worth, book.money[HELD]


@njit(cache=True)
def _buy_all(
    book: Book, bars: Bars, entries: Entries, ways: Ways, days: Days, decided: int, now: int
) -> None:
    """Buy what was decided in one column, best first, while slots and cash last."""
    for event in range(entries.first[decided], entries.first[decided + 1]):
        if book.money[HELD] == ways.slots:
            return
        row = entries.row[event]
        if book.sold_on[row] == now or _holds(book, row):
            continue
        begin, end = bars.offsets[row], bars.offsets[row + 1]
        at = begin + np.searchsorted(bars.columns[begin:end], decided)
        reference, above = int(bars.close[at]), bars.above_open[at] if ways.how == BREAKOUT else 0.0
        if now != decided:
            at += 1
            if at == end or bars.columns[at] != now:
                continue
        _buy(book, bars, ways, days, now, row, at, reference, above)


@njit(cache=True)
def _holds(book: Book, row: int) -> bool:
    for position in range(book.money[HELD]):
        if book.held[position, ROW] == row:
            return True
    return False


@njit(cache=True)
def _buy(
    book: Book, bars: Bars, ways: Ways, days: Days, now: int, row: int, at: int, reference: int,
    above: float,
) -> None:  # fmt: skip
    """Buy one name, if the session gives a price and the cash buys a share."""
    cls = bars.cls[at]
    bar, grid, percent = _bar(bars, at, row), _grid(days, now, cls), days.percent[now, cls]
    if locked(grid, bar, percent) > 0:
        return
    low, high = 0, FAR
    if ways.band:
        low = -(-reference * (MILLION + ways.low) // MILLION)
        high = -(-reference * (MILLION + ways.high) // MILLION) - 1
    distance = 0
    if ways.how == BREAKOUT:
        if np.isnan(above):
            return
        distance = int(np.ceil(max(above, 0.0)))
    price, late = entry(grid, bar, ways.how, distance, low, high)
    if not price:
        return
    price = slipped(grid, bar, price, True, ways.slip, ways.slip_ticks, percent)
    shares = min(_amount(book, ways) // price, _affordable(book, days, cls, price))
    if ways.participation:
        shares = min(shares, int(bars.volume[at]) * ways.participation // MILLION)
    if shares <= 0:
        return
    book.money[BOUGHT + cls] += shares * price
    fee, tax = _charge(book, days, now)
    book.money[CASH] -= shares * price + fee + tax
    held = book.held[book.money[HELD]]
    held[ROW], held[AT], held[CLASS], held[SHARES], held[PAID] = row, at, cls, shares, price
    held[PEAK], held[SINCE], held[MARK], held[DUE], held[LATE] = price, now, price, 0, int(late)
    book.money[HELD] += 1
    _note(book, now, row, 1, shares, price, fee, tax, 0)


@njit(cache=True)
def _amount(book: Book, ways: Ways) -> int:
    """Return the won for one entry; the rules are those of `maemae.strategy.parts`."""
    cash = book.money[CASH]
    if ways.sizing == FIXED_AMOUNT:
        return int(ways.money if cash >= ways.money else 0)
    if ways.sizing == EQUAL_CASH:
        return int(cash // (ways.slots - book.money[HELD]))
    equity = cash
    for position in range(book.money[HELD]):
        equity += book.held[position, MARK] * book.held[position, SHARES]
    if ways.sizing == FRACTION:
        return int(max(0, min(cash, int(equity * ways.fraction))))
    return int(max(0, min(cash, equity // ways.slots)))


@njit(cache=True)
def _affordable(book: Book, days: Days, cls: int, price: int) -> int:
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


@njit(cache=True)
def _sell(
    book: Book, ways: Ways, days: Days, position: int, now: int, bar: Bar, price: int, why: int
) -> None:
    """Sell a position whole, and close the gap it leaves."""
    row, cls = book.held[position, ROW], book.held[position, CLASS]
    shares = book.held[position, SHARES]
    grid, percent = _grid(days, now, cls), days.percent[now, cls]
    price = slipped(grid, bar, price, False, ways.slip, ways.slip_ticks, percent)
    book.money[SOLD + cls] += shares * price
    fee, tax = _charge(book, days, now)
    book.money[CASH] += shares * price - fee - tax
    book.sold_on[row] = now
    _note(book, now, row, -1, shares, price, fee, tax, why)
    last = book.money[HELD] - 1
    for following in range(position, last):
        book.held[following] = book.held[following + 1]
    book.money[HELD] = last


@njit(cache=True)
def _fee(book: Book, days: Days) -> int:
    bought = sold = 0
    for cls in range(days.fee.size):
        bought += book.money[BOUGHT + cls] * days.fee[cls]
        sold += book.money[SOLD + cls] * days.fee[cls]
    unit = days.rounding[0]
    return int(bought // BILLION // unit * unit + sold // BILLION // unit * unit)


@njit(cache=True)
def _charge(book: Book, days: Days, now: int) -> tuple[int, int]:
    """Return what the latest fill adds to the day's fee and tax, and remember the new sums."""
    unit, tax = days.rounding[1], 0
    for cls in range(days.fee.size):
        for parts in days.tax[now, cls]:
            tax += book.money[SOLD + cls] * parts // BILLION // unit * unit
    fee = _fee(book, days)
    fee, book.money[FEE] = fee - book.money[FEE], fee
    tax, book.money[TAX] = tax - book.money[TAX], tax
    return fee, tax


@njit(cache=True)
def _note(
    book: Book, now: int, row: int, side: int, shares: int, price: int, fee: int, tax: int,
    why: int,
) -> None:  # fmt: skip
    fill = book.fills[book.money[FILLS]]
    fill[DAY], fill[WHO], fill[SIDE], fill[QUANTITY] = now, row, side, shares
    fill[PRICE], fill[PAID_FEE], fill[PAID_TAX], fill[WHY] = price, fee, tax, why
    book.money[FILLS] += 1

"""The compiled executor: one loop over sessions that touches held names and the day's entries.

A session goes: sales at the open (what was decided before, and gaps through a bound), purchases,
bounds reached within the session, sales and purchases at the close. The reference executor
(`maemae.backtest.reference`) does the same through the live desk; both are held equal.
"""

import numpy as np

from maemae.backtest.book import (
    AT,
    BOUGHT,
    CASH,
    CLASS,
    DUE,
    FEE,
    FILLS,
    HELD,
    IN_BAR,
    LATE,
    MARK,
    PAID,
    PEAK,
    ROW,
    SHARES,
    SINCE,
    SOLD,
    SOLD_IN,
    STOP_AT,
    TAKE_AT,
    TAX,
    TRAIL_AT,
    Bars,
    Book,
    Deal,
    Ways,
    affordable,
    entry_amount,
    settle,
)
from maemae.backtest.entries import Entries, line_up, step_up
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
    compiled,
    entry,
    fallen,
    inside,
    locked,
    reason,
    slipped,
)
from maemae.backtest.terms import AT_CLOSE, AT_OPEN, CLASSES, Days

BUILT_WITH = "802fe5386b53"
"""Digest of what other files give these functions; see `tests/backtest/test_compiling.py`."""


def simulate(bars: Bars, entries: Entries, ways: Ways, days: Days) -> tuple[Ints, Ints]:
    """Run a strategy over all sessions.

    Returns:
        The fills in order, one a row (`DAY` … `IN_BAR`), and by column of the panel: cash, value of
        the positions at their last closes, number of positions; won.
    """
    count = entries.first.size - 1
    book = Book(
        held=np.zeros((ways.slots, 14), np.int64),
        order=np.arange(ways.slots),
        money=np.zeros(SOLD + CLASSES, np.int64),
        fills=np.zeros((3 * ways.slots + 4096, IN_BAR + 1), np.int64),
        sold_on=np.full(bars.offsets.size - 1, -1, np.int64),
        heap=np.empty(int(np.diff(entries.first).max(initial=1)), np.int64),
    )
    book.money[CASH] = ways.cash
    daily = np.zeros((count, 3), np.int64)
    now = _run(book, daily, bars, entries, ways, days, 0)
    while now < count:
        book = book._replace(fills=np.concatenate((book.fills, np.zeros_like(book.fills))))
        now = _run(book, daily, bars, entries, ways, days, now)
    return book.fills[: book.money[FILLS]], daily


@compiled
def _run(
    book: Book, daily: Ints, bars: Bars, entries: Entries, ways: Ways, days: Days, now: int
) -> int:
    """Run from a column on; return where it stopped, at the end or for want of room for fills."""
    while now < daily.shape[0] and book.money[FILLS] + 3 * ways.slots <= book.fills.shape[0]:
        if now == 0 or days.day[now] != days.day[now - 1]:
            book.money[FEE] = book.money[TAX] = 0
            book.money[BOUGHT:] = 0
        if book.money[HELD]:
            _open(book, bars, ways, days, now)
        if now and ways.how != CLOSE:
            _buy_all(book, bars, entries, ways, days, now - 1, now)
        if book.money[HELD]:
            _within(book, bars, ways, days, now)
            if days.flat[now] == AT_CLOSE:
                _flatten(book, bars, ways, days, now)
        if ways.how == CLOSE:
            _buy_all(book, bars, entries, ways, days, now, now)
        _close(book, bars, ways, days, now, daily)
        now += 1
    return now


@compiled
def _day_before(bars: Bars, at: int, row: int) -> int:
    """Return the last bar before the day of this one; one before the first where there is none.

    Looked for by halves: to keep it for each bar would take more memory than the bar.
    """
    opens, low, high = bars.opens[bars.columns[at]], bars.offsets[row], at
    while low < high:
        middle = (low + high) // 2
        if bars.columns[middle] < opens:
            low = middle + 1
        else:
            high = middle
    return int(low) - 1


@compiled
def _bar(bars: Bars, at: int, row: int) -> Bar:
    base = 0
    if bars.opens.size:
        before = _day_before(bars, at, row)
        base = int(bars.close[before]) if before >= bars.offsets[row] else 0
    elif at > bars.offsets[row]:
        base = int(bars.close[at - 1])
    return Bar(int(bars.open[at]), int(bars.high[at]), int(bars.low[at]), int(bars.close[at]), base)


@compiled
def _grid(days: Days, now: int, cls: int) -> Grid:
    table = days.table[days.day[now], cls]
    return Grid(days.starts[table], days.ticks[table])


@compiled
def _shut(bars: Bars, ways: Ways, days: Days, now: int, at: int, row: int, cls: int) -> bool:
    """Whether a session sells nothing of ours: locked at its lower limit, or hardly traded."""
    if ways.participation and int(bars.volume[at]) * ways.participation < MILLION:
        return True
    if bars.low[at] != bars.high[at]:
        return False
    percent = days.percent[days.day[now], cls]
    return bool(locked(_grid(days, now, cls), _bar(bars, at, row), percent) < 0)


@compiled
def _limits(held: Ints, spot: int) -> Bounds:
    return Bounds(held[spot, STOP_AT], held[spot, TRAIL_AT], held[spot, TAKE_AT])


@compiled
def _lift(held: Ints, spot: int, ways: Ways, price: int) -> None:
    """Take in a price: a new high moves the trailing stop."""
    if price > held[spot, PEAK]:
        held[spot, PEAK] = price
        if ways.trail:
            held[spot, TRAIL_AT] = bounds(1, price, 0, ways.trail, 0).trail


@compiled
def _open(book: Book, bars: Bars, ways: Ways, days: Days, now: int) -> None:
    """Sell at the open what is due or has gapped through a bound."""
    held, place = book.held, 0
    while place < book.money[HELD]:
        spot = book.order[place]
        place += 1
        row, at = held[spot, ROW], held[spot, AT] + 1
        held[spot, LATE] = 0
        if not held[spot, DUE]:
            if days.flat[now] == AT_OPEN:
                held[spot, DUE] = FLAT
            elif ways.longest and days.day[now] - held[spot, SINCE] >= ways.longest:
                held[spot, DUE] = HOLDING
        if at == bars.offsets[row + 1] or bars.columns[at] != now:
            continue
        held[spot, AT] = at
        if _shut(bars, ways, days, now, at, row, held[spot, CLASS]):
            continue
        opened = int(bars.open[at])
        held[spot, MARK] = opened
        _lift(held, spot, ways, opened)
        why = held[spot, DUE] or reason(_limits(held, spot), opened)
        if why and _sell(book, bars, ways, days, place - 1, now, opened, why):
            place -= 1


@compiled
def _within(book: Book, bars: Bars, ways: Ways, days: Days, now: int) -> None:
    """Sell what reaches a bound within the session."""
    held, place = book.held, 0
    while place < book.money[HELD]:
        spot = book.order[place]
        place += 1
        at = held[spot, AT]
        if bars.columns[at] != now or held[spot, SOLD_IN] == now:
            continue
        row, cls = held[spot, ROW], held[spot, CLASS]
        if _shut(bars, ways, days, now, at, row, cls):
            continue
        low, high = bars.low[at], bars.high[at]
        calm = low > max(held[spot, STOP_AT], held[spot, TRAIL_AT]) and high < held[spot, TAKE_AT]
        if not calm or (ways.trail and high > held[spot, PEAK]):
            bar, grid = _bar(bars, at, row), _grid(days, now, cls)
            late = held[spot, LATE] == 1
            price = inside(grid, bar, _limits(held, spot), ways.adverse_first, late)
            if not price and ways.trail and not late:
                _lift(held, spot, ways, bar.high)
                price = fallen(grid, bar, held[spot, TRAIL_AT])
            if price:
                _lift(held, spot, ways, price)
                why = reason(_limits(held, spot), price)
                if _sell(book, bars, ways, days, place - 1, now, price, why):
                    place -= 1
                continue
        if ways.how == CLOSE:
            held[spot, MARK] = int(bars.close[at])


@compiled
def _flatten(book: Book, bars: Bars, ways: Ways, days: Days, now: int) -> None:
    """Sell everything at the close."""
    held, place = book.held, 0
    while place < book.money[HELD]:
        spot = book.order[place]
        place += 1
        at, row = held[spot, AT], held[spot, ROW]
        if bars.columns[at] != now or held[spot, SOLD_IN] == now:
            continue
        if _shut(bars, ways, days, now, at, row, held[spot, CLASS]):
            continue
        held[spot, DUE] = held[spot, DUE] or FLAT
        if _sell(book, bars, ways, days, place - 1, now, int(bars.close[at]), held[spot, DUE]):
            place -= 1


@compiled
def _close(book: Book, bars: Bars, ways: Ways, days: Days, now: int, daily: Ints) -> None:
    """Mark positions at the close, and note which the exit rule wants sold."""
    held, worth = book.held, 0
    evening = now + 1 == days.day.size or days.day[now + 1] != days.day[now]
    for place in range(book.money[HELD]):
        spot = book.order[place]
        at = held[spot, AT]
        if bars.columns[at] == now:
            held[spot, MARK] = int(bars.close[at])
            # After a purchase within the session only the close is known to come after it.
            if evening:
                _lift(held, spot, ways, held[spot, MARK])
            if bars.leave[at] and not held[spot, DUE]:
                held[spot, DUE] = RULE
        worth += held[spot, MARK] * held[spot, SHARES]
    daily[now, 0], daily[now, 1], daily[now, 2] = book.money[CASH], worth, book.money[HELD]


@compiled
def _buy_all(
    book: Book, bars: Bars, entries: Entries, ways: Ways, days: Days, decided: int, now: int
) -> None:
    """Buy what was decided in one column, best first, while slots and cash last."""
    if book.money[HELD] == ways.slots or not days.enters[now]:
        return
    size = line_up(entries, decided, book.heap)
    while size and book.money[HELD] < ways.slots:
        amount = entry_amount(book, ways)
        if amount <= 0:
            return
        event = step_up(entries, book.heap, size)
        size -= 1
        row, at = entries.row[event], entries.at[event]
        if book.sold_on[row] == now or _holds(book, row):
            continue
        reference = int(bars.close[at])
        if now != decided:
            at += 1
            if at == bars.offsets[row + 1] or bars.columns[at] != now:
                continue
        above = entries.above[event] if ways.how == BREAKOUT else 0.0
        _buy(book, bars, ways, days, now, row, at, reference, above, amount)


@compiled
def _holds(book: Book, row: int) -> bool:
    for place in range(book.money[HELD]):
        if book.held[book.order[place], ROW] == row:
            return True
    return False


@compiled
def _buy(
    book: Book, bars: Bars, ways: Ways, days: Days, now: int, row: int, at: int, reference: int,
    above: float, amount: int,
) -> None:  # fmt: skip
    """Buy one name, if the session gives a price and the cash buys a share."""
    cls = bars.cls[at]
    bar, grid, percent = (
        _bar(bars, at, row),
        _grid(days, now, cls),
        days.percent[days.day[now], cls],
    )
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
    unit = reference if ways.by_close else price
    shares = min(amount // unit, affordable(book, days, cls, price))
    if ways.participation:
        shares = min(shares, int(bars.volume[at]) * ways.participation // MILLION)
    if shares <= 0:
        return
    held, spot = book.held, book.order[book.money[HELD]]
    held[spot, ROW], held[spot, AT], held[spot, CLASS] = row, at, cls
    held[spot, SHARES], held[spot, PAID], held[spot, PEAK] = shares, price, price
    held[spot, SINCE], held[spot, MARK], held[spot, DUE] = days.day[now], price, 0
    held[spot, LATE], held[spot, SOLD_IN] = int(late), -1
    sells = bounds(price, price, ways.stop, ways.trail, ways.take)
    held[spot, STOP_AT], held[spot, TRAIL_AT], held[spot, TAKE_AT] = sells
    book.money[HELD] += 1
    settle(book, days, now, spot, Deal(1, shares, price, 0))


@compiled
def _sell(
    book: Book, bars: Bars, ways: Ways, days: Days, place: int, now: int, price: int, why: int
) -> bool:
    """Sell a position, as far as the session takes it; tell whether it is gone whole."""
    held, spot = book.held, book.order[place]
    row, at, cls, shares = held[spot, ROW], held[spot, AT], held[spot, CLASS], held[spot, SHARES]
    if ways.participation:
        shares = min(shares, int(bars.volume[at]) * ways.participation // MILLION)
    if ways.slip or ways.slip_ticks:
        grid, percent = _grid(days, now, cls), days.percent[days.day[now], cls]
        bar = _bar(bars, at, row)
        price = slipped(grid, bar, price, False, ways.slip, ways.slip_ticks, percent)
    settle(book, days, now, spot, Deal(-1, shares, price, why))
    book.sold_on[row] = now
    held[spot, SHARES] -= shares
    held[spot, SOLD_IN], held[spot, MARK] = now, price
    if held[spot, SHARES]:
        return False
    last = book.money[HELD] - 1
    for following in range(place, last):
        book.order[following] = book.order[following + 1]
    book.order[last] = spot
    book.money[HELD] = last
    return True

"""What fills, and at which price, when all that is known of a session is its bar.

Pure functions over whole won, compiled, and used by both executors. Prices of a bar are given as
`Bar`; `Grid` is the tick table of the day. Bounds of the day are those of
`maemae.market.limits`; the fractions are parts per million, so that no float decides a fill.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]

F = TypeVar("F", bound=Callable[..., Any])

MILLION = 1_000_000
NONE = 0
"""No price: nothing fills. Prices start at 1 won."""

FAR = 1 << 60
"""A price never reached."""

STOP, TAKE, TRAIL, RULE, HOLDING, FLAT = range(1, 7)
REASONS = ("", "stop_loss", "take_profit", "trailing_stop", "exit_rule", "max_holding", "flat_by")
"""Why a position was sold, by number; the words are the desk's own."""

OPEN, CLOSE, BREAKOUT, NOW = range(4)
"""How an entry is bought (`EntryOrder.at`), by number."""


def compiled(function: F) -> F:
    """Compile a function that makes no arrays.

    So none of the arrays handed around is counted, which would cost the loop over sessions more
    than all that it does.
    """
    options: dict[str, Any] = {"cache": True, "_nrt": False}
    done: F = njit(**options)(function)
    return done


class Bar(NamedTuple):
    """Prices of one session in won; `base` is the close before it, 0 where unknown."""

    open: int
    high: int
    low: int
    close: int
    base: int


class Grid(NamedTuple):
    """Rising first prices of the bands, and the tick of each."""

    starts: Ints
    ticks: Ints


class Bounds(NamedTuple):
    """Prices at which a position is sold: at or below `stop` and `trail`, at or above `take`."""

    stop: int
    trail: int
    take: int


@compiled
def tick(grid: Grid, price: int) -> int:
    """Return the tick of the band that holds a price."""
    found = grid.ticks[0]
    for band in range(1, grid.starts.size):
        if price < grid.starts[band]:
            break
        found = grid.ticks[band]
    return int(found)


@compiled
def floor_tick(grid: Grid, price: int) -> int:
    """Return the highest price on the grid not above a price."""
    return price - price % tick(grid, price)


@compiled
def ceil_tick(grid: Grid, price: int) -> int:
    """Return the lowest price on the grid not below a price."""
    return price + -price % tick(grid, price)


@compiled
def limits(grid: Grid, base: int, percent: int) -> tuple[int, int]:
    """Return the day's lowest and highest price; no bounds where the base is unknown.

    Source: KRX KOSPI Business Regulation §20, Enforcement Rules §30-31.
    """
    if base <= 0:
        return 1, FAR
    base = ceil_tick(grid, base)
    unit = tick(grid, base)
    room = max(base * percent // 100 // unit * unit, unit)
    return ceil_tick(grid, max(base - room, grid.ticks[0])), floor_tick(grid, base + room)


@compiled
def locked(grid: Grid, bar: Bar, percent: int) -> int:
    """Return 1 where a whole session stood at its upper limit, −1 at its lower, else 0.

    Adjusted prices need not lie on the grid, so half a percent short of the limit counts too.
    """
    if bar.base <= 0 or bar.low != bar.high:
        return 0
    lower, upper = limits(grid, bar.base, percent)
    near = 10 * percent - 5
    if bar.low >= upper or 1000 * bar.low >= bar.base * (1000 + near):
        return 1
    if bar.low <= lower or 1000 * bar.low <= bar.base * (1000 - near):
        return -1
    return 0


@compiled
def bounds(paid: int, peak: int, stop: int, trail: int, take: int) -> Bounds:
    """Return where a position is sold.

    Args:
        paid: what a share cost, in won, costs left out.
        peak: the highest price since the entry.
        stop: parts per million below what was paid; 0 where there is no such exit.
        trail: the same below the peak.
        take: the same above what was paid.
    """
    return Bounds(
        paid * (MILLION - stop) // MILLION if stop else 0,
        peak * (MILLION - trail) // MILLION if trail else 0,
        -(-paid * (MILLION + take) // MILLION) if take else FAR,
    )


@compiled
def reason(at: Bounds, price: int) -> int:
    """Return which bound a price reaches, the stop loss before the others, or 0."""
    if price <= at.stop:
        return STOP
    if price >= at.take:
        return TAKE
    return TRAIL if price <= at.trail else 0


@compiled
def inside(grid: Grid, bar: Bar, at: Bounds, adverse_first: bool, late: bool) -> int:
    """Return the price at which a bound is reached within a session, or 0.

    A bound passed at the open is reached there. Otherwise it is reached at the first price of the
    grid beyond it, inside the bar. Where both sides are reached, the adverse one comes first
    (or last). After a purchase within the session (`late`) the bar does not tell what came after
    it: what is adverse counts, what is favourable does not.
    """
    down = max(at.stop, at.trail)
    falls, rises = bar.low <= down, bar.high >= at.take and not late
    below = max(min(floor_tick(grid, down), bar.high), bar.low) if falls else NONE
    above = min(max(ceil_tick(grid, at.take), bar.low), bar.high) if rises else NONE
    if not late and reason(at, bar.open):
        return bar.open
    if falls and rises:
        return below if adverse_first else above
    return below if falls else above


@compiled
def fallen(grid: Grid, bar: Bar, trail: int) -> int:
    """Return the price at which a trailing stop below the bar's own high is reached, or 0.

    A close at or below it proves that the price came down through it after the high.
    """
    if bar.close > trail:
        return NONE
    return min(max(floor_tick(grid, trail), bar.close), bar.high)


@compiled
def entry(grid: Grid, bar: Bar, how: int, above_open: int, low: int, high: int) -> tuple[int, bool]:
    """Return the price at which an entry is bought, or 0, and whether it is after the open.

    Args:
        grid: tick table of the day.
        bar: the session; for `CLOSE` the one decided on, else the one after it.
        how: `OPEN`, `CLOSE`, `BREAKOUT` or `NOW`.
        above_open: for `BREAKOUT`, won above the open, not below 0.
        low: lowest price accepted (a band's); 0 for any.
        high: highest price accepted (a band's, or a limit); `FAR` for any.
    """
    price, late = bar.open, False
    if how == CLOSE:
        price = bar.close
    elif how == BREAKOUT:
        price = ceil_tick(grid, bar.open + above_open)
        if price > bar.high:
            return NONE, False
        late = price > bar.open
    elif how == NOW and price < low <= bar.high:
        price, late = min(ceil_tick(grid, low), bar.high), True
    elif how == NOW and price > high >= bar.low:
        price, late = max(floor_tick(grid, high), bar.low), True
    return (price, late) if low <= price <= high else (NONE, False)


@compiled
def slipped(grid: Grid, bar: Bar, price: int, up: bool, rate: int, ticks: int, percent: int) -> int:
    """Return a price made worse by a rate (parts per million) and by whole ticks.

    It stays on the grid and within the day's limits, but may leave the bar.
    """
    if not rate and not ticks:
        return price
    lower, upper = limits(grid, bar.base, percent)
    if up:
        worse = ceil_tick(grid, -(-price * (MILLION + rate) // MILLION))
        for _ in range(ticks):
            worse = ceil_tick(grid, worse + 1)
        return max(price, min(worse, upper))
    worse = floor_tick(grid, price * (MILLION - rate) // MILLION)
    for _ in range(ticks):
        worse = floor_tick(grid, worse - 1)
    return min(price, max(worse, lower))


def plain(value: Any) -> int:
    """Return a fraction as parts per million, 0 where it is None."""
    return 0 if value is None else round(float(value) * MILLION)

"""Chart patterns from confirmed turns: double tops, head and shoulders, triangles.

A turn is a high (low) that no bar on either side, as far as `SPAN`, passes; it is known only when
the bars after it are there. A pattern is found on the bar that breaks its line, from turns known
by then. So what is found at a bar never changes when later bars come: nothing looks ahead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

SPAN = 3
"""Bars on either side of a turn."""

ALIKE = 0.03
"""Prices that differ by less, as a fraction, are at one height."""

DEEP = 0.04
"""What lies between two tops, or a head above its shoulders, is at least so far away."""

LONGEST = 120
"""Bars from the first turn of a pattern to its break."""

_KEPT = 6

Floats = NDArray[np.float64]


class Shape(StrEnum):
    """A chart pattern."""

    DOUBLE_TOP = "double_top"
    DOUBLE_BOTTOM = "double_bottom"
    HEAD_AND_SHOULDERS = "head_and_shoulders"
    INVERSE_HEAD_AND_SHOULDERS = "inverse_head_and_shoulders"
    ASCENDING_TRIANGLE = "ascending_triangle"
    DESCENDING_TRIANGLE = "descending_triangle"
    SYMMETRICAL_TRIANGLE = "symmetrical_triangle"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the price: at which bar, at what price (won), known since which bar."""

    at: int
    price: float
    top: bool
    known: int


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern: the bar that broke its line, at what price that was, and the turns it is made of.

    `up` tells where the break went.
    """

    shape: Shape
    at: int
    line: float
    up: bool
    turns: tuple[Turn, ...]


def turns_of(high: Floats, low: Floats, span: int = SPAN) -> list[Turn]:
    """Return the turns of a history, in the order in which they became known."""
    found = []
    for at in range(span, len(high) - span):
        around = slice(at - span, at + span + 1)
        if high[at] >= high[around].max() and high[at] > high[at - span : at].max():
            found.append(Turn(at, float(high[at]), True, at + span))
        if low[at] <= low[around].min() and low[at] < low[at - span : at].min():
            found.append(Turn(at, float(low[at]), False, at + span))
    return found


def patterns(high: Floats, low: Floats, close: Floats) -> list[Found]:
    """Return every pattern that a history breaks out of, in order of time.

    Args:
        high: prices in won, one a bar.
        low: the same.
        close: the same.
    """
    coming = turns_of(high, low)
    known: list[Turn] = []
    told: set[tuple[Shape, Turn]] = set()
    found = []
    for now in range(1, len(close)):
        while coming and coming[0].known <= now:
            _take(known, coming.pop(0))
        recent = [turn for turn in known[-_KEPT:] if now - turn.at <= LONGEST]
        for one in _breaks(recent, now, float(close[now - 1]), float(close[now])):
            key = one.shape, one.turns[-1]
            if key not in told:
                told.add(key)
                found.append(one)
    return found


def _take(known: list[Turn], turn: Turn) -> None:
    """Add a turn; of two of a kind in a row the more extreme one stands."""
    last = known[-1] if known else None
    if last is None or last.top is not turn.top:
        known.append(turn)
    elif (turn.price > last.price) if turn.top else (turn.price < last.price):
        known[-1] = turn


def _breaks(turns: Sequence[Turn], now: int, before: float, close: float) -> Iterator[Found]:
    """Yield the patterns whose line the close of a bar has crossed."""
    for up in (False, True):
        if (line := _double(turns, up=up)) is not None and _crosses(before, close, line, up=up):
            shape = Shape.DOUBLE_BOTTOM if up else Shape.DOUBLE_TOP
            yield Found(shape, now, line, up, tuple(turns[-3:]))
        if (line := _neckline(turns, now, up=up)) is not None and _crosses(
            before, close, line, up=up
        ):
            shape = Shape.INVERSE_HEAD_AND_SHOULDERS if up else Shape.HEAD_AND_SHOULDERS
            yield Found(shape, now, line, up, tuple(turns[-5:]))
    yield from _triangle(turns, now, before, close)


def _crosses(before: float, close: float, line: float, *, up: bool) -> bool:
    return before <= line < close if up else before >= line > close


def _double(turns: Sequence[Turn], *, up: bool) -> float | None:
    """Return the line of two tops (bottoms) at one height: what lies between them."""
    if len(turns) < 3 or turns[-1].top is up:  # noqa: PLR2004 - top, bottom, top
        return None
    first, between, second = turns[-3:]
    deep = abs(first.price - between.price) >= DEEP * first.price
    return between.price if deep and _alike(first.price, second.price) else None


def _neckline(turns: Sequence[Turn], now: int, *, up: bool) -> float | None:
    """Return the line below (above) a head and its two shoulders, at a bar."""
    if len(turns) < 5 or turns[-1].top is up:  # noqa: PLR2004 - shoulder, head, shoulder
        return None
    left, first, head, second, right = turns[-5:]
    sign = -1 if up else 1
    highest = max(sign * left.price, sign * right.price)
    stands_out = sign * head.price - highest >= DEEP * abs(highest)
    if not (stands_out and _alike(left.price, right.price)):
        return None
    return _line(first, second, now)


def _triangle(turns: Sequence[Turn], now: int, before: float, close: float) -> Iterator[Found]:
    """Yield a triangle whose upper or lower side the close has crossed."""
    if len(turns) < 4:  # noqa: PLR2004 - two tops, two bottoms
        return
    last = tuple(turns[-4:])
    (top1, top2), (low1, low2) = (
        [one for one in last if one.top],
        [one for one in last if not one.top],
    )
    falls = top2.price < top1.price * (1 - ALIKE / 2)
    rises = low2.price > low1.price * (1 + ALIKE / 2)
    if rises and _alike(top1.price, top2.price) and not falls:
        shape = Shape.ASCENDING_TRIANGLE
    elif falls and _alike(low1.price, low2.price) and not rises:
        shape = Shape.DESCENDING_TRIANGLE
    elif falls and rises:
        shape = Shape.SYMMETRICAL_TRIANGLE
    else:
        return
    above, below = _line(top1, top2, now), _line(low1, low2, now)
    if above <= below:
        return  # Past its tip.
    if _crosses(before, close, above, up=True):
        yield Found(shape, now, above, True, last)
    if _crosses(before, close, below, up=False):
        yield Found(shape, now, below, False, last)


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= ALIKE * max(one, other)


def _line(first: Turn, second: Turn, now: int) -> float:
    """Return where the line through two turns is at a bar."""
    slope = (second.price - first.price) / (second.at - first.at)
    return second.price + slope * (now - second.at)

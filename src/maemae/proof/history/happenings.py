"""What the days of a window hold: splits, rights, halts, locks, gaps, new and vanished codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from maemae.exchange.actions import Action, ActionKind
from maemae.market.limits import price_limits
from maemae.market.ticks import tick_size
from maemae.proof.history.lists import DayRow, Window

GAP = 10
"""Percent between base price and open from which a day opens with a gap."""

_PARTS = 50
"""A unit changes by a ratio of small numbers."""

_SAME = Fraction(1, 100)
"""Listed shares that differ by less are the same: some come from bonds and options every day."""

_CLOSE = 10
"""One in so many: how far price and shares may be from having changed by one factor."""

_SPLIT = Fraction(3, 2)
"""Shares that became fewer times as many were issued, not split."""

_NEAR_LIMIT = 14
"""Percent from the base price below which no close can be at a limit."""


class Happening(StrEnum):
    """A kind of event of a name on a day."""

    SPLIT = "split"
    """The price fell and the shares grew by one factor."""
    REVERSE_SPLIT = "reverse_split"
    """The price rose and the shares shrank by one factor."""
    RIGHTS = "rights"
    """The base price lies below the last close, the shares are the same: rights, bonus issues."""
    BASE = "base"
    """Any other base price that is not the last close."""
    HALT = "halt"
    """A day without a trade."""
    LIMIT = "limit"
    """The day ends at a price limit."""
    GAP = "gap"
    """The day opens far from its base price."""
    NEW = "new"
    """The first day of a code: its first price is its base price."""
    GONE = "gone"
    """The first day without a code: delisted, merged, or under another one."""


UNITS = frozenset({Happening.SPLIT, Happening.REVERSE_SPLIT, Happening.RIGHTS, Happening.BASE})
RARE = UNITS | {Happening.NEW, Happening.GONE}
"""Kinds of which there are few: they are bought first on the day before."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a name on a day."""

    day: date
    code: str
    kind: Happening


def find(window: Window) -> tuple[list[Event], list[Action]]:
    """Return what happened after the first day, and which shares became others."""
    events: list[Event] = []
    actions: list[Action] = []
    seen = set(window.rows[window.days[0]])
    for before, day, consecutive in window.pairs():
        last, now = window.rows[before], window.rows[day]
        events += [Event(day, code, Happening.GONE) for code in sorted(last.keys() - now.keys())]
        for code in sorted(now):
            row, earlier = now[code], last.get(code)
            if earlier is not None:
                kind = _unit(earlier, row, day, consecutive=consecutive)
                if kind is not None:
                    events.append(Event(day, code, kind))
                    actions += _action(earlier, row, kind, day)
            elif code not in seen and row.base == row.open:
                events.append(Event(day, code, Happening.NEW))
            events += [Event(day, code, kind) for kind in _traded(row, day)]
        seen |= now.keys()
    return events, actions


def _unit(last: DayRow, now: DayRow, day: date, *, consecutive: bool) -> Happening | None:
    """Return what a base price tells that is not the last close.

    Over a session of which nothing is known the base price is of a close that nobody saw: there
    only a change of price and shares by one factor tells.
    """
    if now.base == last.close:
        return None
    if abs(now.base - last.close) <= tick_size(now.base, day, now.market):
        return None
    factor = Fraction(now.shares, last.shares) if now.shares and last.shares else Fraction(1)
    same = abs(factor - 1) < _SAME
    many = factor >= _SPLIT or factor <= 1 / _SPLIT
    if many and abs(last.close - now.base * factor) * _CLOSE <= last.close:
        return Happening.SPLIT if factor > 1 else Happening.REVERSE_SPLIT
    if not consecutive:
        return None
    return Happening.RIGHTS if same and now.base < last.close else Happening.BASE


def _traded(row: DayRow, day: date) -> Iterator[Happening]:
    """Yield what a day's own prices tell."""
    if not row.traded:
        yield Happening.HALT
        return
    if abs(row.open - row.base) * 100 >= row.base * GAP:
        yield Happening.GAP
    if abs(row.close - row.base) * 100 < row.base * _NEAR_LIMIT:
        return
    limits = price_limits(row.base, day, row.market)
    if row.close in (limits.lower, limits.upper):
        yield Happening.LIMIT


def _action(last: DayRow, now: DayRow, kind: Happening, day: date) -> Iterator[Action]:
    """Yield what a holder's shares became: that of all listed shares, by a usual ratio."""
    kinds = {
        Happening.SPLIT: ActionKind.SPLIT,
        Happening.REVERSE_SPLIT: ActionKind.REVERSE_SPLIT,
    }
    if kind in kinds:
        ratio = Fraction(now.shares, last.shares).limit_denominator(_PARTS)
        yield Action(
            code=now.code, day=day, kind=kinds[kind], old=ratio.denominator, new=ratio.numerator
        )

"""Whether a share is today what it was at the last close: a pure judgement of what was told.

Two witnesses are needed. The day's base price (기준가) is the last close unless something became
of the share; the broker's shares are ours unless something became of them, or someone traded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from maemae.desk.records import Listed


class Verdict(StrEnum):
    """What is to be made of a name."""

    SAME = "same"
    CHANGED = "changed"
    """Base price and shares agree on one factor."""
    RIGHTS = "rights"
    """The base price fell and the shares did not change: rights have left them (권리락)."""
    ARRIVED = "arrived"
    """The new shares of such rights are there."""
    MOVED = "moved"
    """The shares stand under another code."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a held name at the opening of a day.

    Attributes:
        listed: what it is.
        before: shares of the account at the last close, the owner's among them.
        now: shares of the broker's balance.
        last: price in won at the last close; 0: not known.
        base: the day's base price in won; None: not told.
        price: the last price in won seen today; 0: none.
        missed: sessions between that close and today.
        rights: the factor by which the price fell when rights left, 1 where none did.
        entitled: shares of the account that had those rights.
        risen: shares of other names that have appeared overnight, by code.
        bases: base prices of those, as far as they are known.
        gone: other names of which shares have gone overnight: what came may be theirs.
        fresh: names that were not held overnight, where another's shares may have come to this one.
    """

    listed: Listed
    before: int
    now: int
    last: int = 0
    base: int | None = None
    price: int = 0
    missed: int = 0
    rights: Fraction = Fraction(1)
    entitled: int = 0
    risen: Mapping[str, int]
    bases: Mapping[str, int]
    gone: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()


def judge(told: Told, tick: int, percent: int) -> Verdict:
    """Say what became of a name, as far as its base price is known.

    Args:
        told: what is known.
        tick: won of one tick at the base price, to which it is rounded.
        percent: by how much a price may move in a session.
    """
    if told.now == 0 and told.risen:
        return Verdict.MOVED if _moved(told, tick) else Verdict.UNCLEAR
    if told.base is None or told.last == 0:
        return _by_shares(told, percent)
    if _follows(told, told.last, told.base, tick, percent):
        return _at_the_same_price(told, tick)
    if told.now == told.before:
        fell = told.base < told.last
        return Verdict.RIGHTS if fell and not told.missed else Verdict.UNCLEAR
    if told.now == 0:
        return Verdict.UNCLEAR
    worth = Fraction(told.last * told.before, told.now)
    # A fraction of a share is paid out: what is left may be worth less than all was, by it.
    agrees = _follows(told, worth, told.base, tick, percent, less=-(-told.base // told.now))
    return Verdict.CHANGED if agrees else Verdict.UNCLEAR


def _moved(told: Told, tick: int) -> bool:
    """Whether one other name's new shares are worth what those of a vanished one were.

    Where shares of a third name went as well, the owner's perhaps, they may be that one's.
    """
    if len(told.risen) != 1 or told.gone or not told.last:
        return False
    ((code, shares),) = told.risen.items()
    base = told.bases.get(code)
    worth = Fraction(told.last * told.before, shares)
    return base is not None and abs(worth - base) <= tick + -(-base // shares)


def _follows(
    told: Told, last: int | Fraction, base: int, tick: int, percent: int, *, less: int = 0
) -> bool:
    """Whether a base price follows from a price at the last close by trading alone.

    `less` is by how much more it may lie below, in won.
    """
    low = last * Fraction(100 - percent, 100) ** told.missed - tick - less
    high = last * Fraction(100 + percent, 100) ** told.missed + tick
    return low <= base <= high


def _at_the_same_price(told: Told, tick: int) -> Verdict:
    """Judge a name whose base price is the last close: only its shares may tell something.

    New shares of rights that have left are the books' where they were for nothing; those that
    had to be paid for are as many as the owner has bought, and the owner's.
    """
    came = told.now - told.before
    if told.rights != 1 and came > 0:
        expected = told.entitled * (told.rights - 1)
        room = 1 + told.entitled * told.rights * tick / max(told.last, 1)
        return Verdict.ARRIVED if abs(expected - came) <= room else Verdict.SAME
    if told.now < told.before and told.risen:
        return Verdict.UNCLEAR  # A part of them may be shares of another name (인적분할).
    if came > 0 and told.fresh:
        return Verdict.UNCLEAR  # The same, and another's shares have come in their place (합병).
    return Verdict.SAME


def _by_shares(told: Told, percent: int) -> Verdict:
    """Judge a name whose base price, or last close, is not known."""
    if told.now == 0 and told.base is None and not told.price:
        return Verdict.UNCLEAR  # Neither shares nor a price: the name itself may be gone.
    fewer = 0 < told.now < told.before  # Sold, or of another unit: the last close would tell.
    if (
        told.now > told.before
        or (told.now < told.before and told.risen)
        or (fewer and not told.last)
    ):
        return Verdict.UNCLEAR
    if told.now == told.before and told.last and told.price:
        room = (told.missed + 1) * percent
        beyond = abs(told.price - told.last) * 100 > told.last * room
        return Verdict.UNCLEAR if beyond else Verdict.SAME
    return Verdict.SAME

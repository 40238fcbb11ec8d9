"""Interruptions of continuous trading: volatility interruptions (VI) and halts.

An instrument's replayed path is interrupted where it would set one off: the trades of the
interruption are put together as one trade at its end, the single price of a call auction. The
day's bar stays what it was; where that is not possible, there is no VI.

Sources: KRX Business Regulation §26 and §26-2, Enforcement Rules §35(1)2-4, §40, §41-2. Not
modelled: the two further minutes that a VI gives the closing auction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import numpy as np
import numpy.typing as npt

from maemae.exchange.grid import Grid
from maemae.exchange.listing import Listing
from maemae.exchange.noise import mix
from maemae.market.halts import STATIC_PERCENT, VI_AUCTION, dynamic_vi, vi_exempt

Ints = npt.NDArray[np.int64]

_MS = 1_000
VI_MS = int(VI_AUCTION.total_seconds()) * _MS
HALT_AUCTION_MS = 600_000
"""The call auction after a halt takes ten minutes."""
LAST_REOPENING_MS = 1_200_000
"""After a halt that ends within twenty minutes of the close, the auction is the closing one."""
_RANDOM_END_MS = 10_000
"""With the point that ends it, up to twenty seconds later: at most the rule's thirty seconds."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Trading in some instruments (all of them when empty) halted between two times of day."""

    codes: tuple[str, ...]
    start: time
    end: time

    def concerns(self, code: str) -> bool:
        """Tell whether an instrument is halted by it."""
        return not self.codes or code in self.codes


@dataclass(frozen=True, slots=True)
class Interruption:
    """A stretch without continuous trading, in milliseconds after the open.

    Orders for the single price are taken from `auction` on, in a halt later than `start`. The
    price comes at `end`, the `index`-th point of the path. `reference` is what the VI was
    measured against (VI 발동 기준가격), 0 for a halt; `trigger` the price that set it off.
    `static`: it was 10 % from the last auction's price, and not a jump from the last trade.
    """

    start: int
    auction: int
    end: int
    index: int
    reference: int
    trigger: int = 0
    static: bool = False

    @property
    def is_vi(self) -> bool:
        """Whether it is a volatility interruption, and no halt."""
        return self.reference > 0


@dataclass(frozen=True, slots=True)
class Track:
    """One instrument's path, changed in place: price, shares and milliseconds of each point."""

    listing: Listing
    grid: Grid
    prices: npt.NDArray[np.int32]
    volumes: Ints
    offsets: npt.NDArray[np.int32]

    @property
    def last(self) -> int:
        """The index of the closing auction."""
        return len(self.prices) - 1


def interrupt(
    track: Track, halts: Sequence[tuple[int, int]], key: tuple[int, int]
) -> tuple[Interruption, ...]:
    """Put a day's interruptions into a path.

    Args:
        track: the path.
        halts: start and end of its halts, milliseconds after the open.
        key: chooses the random ends.
    """
    done: list[Interruption] = []
    at = 0
    for start, end in sorted(halts):
        done += _volatile(track, at, _first_from(track, start), key)
        halted = _halt(track, start, end)
        if halted is not None:
            done.append(halted)
            at = halted.index + 1
    return (*done, *_volatile(track, at, track.last, key))


def may_be_volatile(prices: npt.NDArray[np.int32], bases: Ints) -> npt.NDArray[np.bool_]:
    """Return which rows could have a VI at all: a quick look before the slow one.

    Args:
        prices: of all paths, one row each.
        bases: the base prices.
    """
    first = prices[:, 0].astype(np.int64)
    span = np.maximum(prices.max(axis=1) - first, first - prices.min(axis=1))
    limit = first * STATIC_PERCENT
    jump = np.abs(np.diff(prices, axis=1)).max(axis=1).astype(np.int64)
    far = np.abs(first - bases) * 100 >= bases * STATIC_PERCENT
    smallest: npt.NDArray[np.bool_] = (
        far | (span * 100 >= limit) | (jump * 100 >= 3 * prices.min(axis=1).astype(np.int64))
    )
    return smallest


def _volatile(track: Track, first: int, stop: int, key: tuple[int, int]) -> list[Interruption]:
    """Put the VIs into a stretch of a path."""
    one, found = track.listing, []
    if stop <= first:
        return []
    if one.upper >= 2 * one.base or not track.volumes.any():
        return []
    reference = one.base if first == 0 else int(track.prices[first - 1])
    at = first
    if first == 0:
        opened = int(track.prices[0])
        if abs(opened - one.base) * 100 >= one.base * STATIC_PERCENT:
            made = _vi(track, 0, one.base, key, static=True, price=opened)
            found += [made] if made else []
            at = made.index + 1 if made else 1
        else:
            at = 1
        reference = opened
    while (trigger := _trigger(track, at, stop, reference)) is not None:
        measured = _measured(track, trigger, reference)
        made = _vi(track, trigger, measured, key, static=measured == reference)
        at = made.index + 1 if made else trigger + 1
        if made is not None:
            found.append(made)
            reference = int(track.prices[made.index])
    return found


def _trigger(track: Track, first: int, stop: int, reference: int) -> int | None:
    """Return the first point from `first` on, before `stop`, that would set off a VI."""
    prices = track.prices[first:stop].astype(np.int64)
    before = track.prices[first - 1 : stop - 1].astype(np.int64)
    percent = dynamic_vi(track.listing.market, track.listing.kind).continuous
    static = np.abs(prices - reference) * 100 >= reference * STATIC_PERCENT
    dynamic = np.abs(prices - before) * 100 >= before * percent
    hits = np.flatnonzero((static | dynamic) & (track.volumes[first:stop] > 0))
    for hit in hits:
        index, price = first + int(hit), int(prices[hit])
        moved = abs(track.grid.floor(price) - track.grid.floor(int(before[hit])))
        if not vi_exempt(track.listing.market, price, moved):
            return index
    return None


def _measured(track: Track, trigger: int, reference: int) -> int:
    """Return the price that a VI is measured against: the static one's, or the last trade."""
    away = abs(int(track.prices[trigger]) - reference) * 100
    return reference if away >= reference * STATIC_PERCENT else int(track.prices[trigger - 1])


def _vi(
    track: Track,
    trigger: int,
    reference: int,
    key: tuple[int, int],
    *,
    static: bool,
    price: int | None = None,
) -> Interruption | None:
    """Interrupt trading at a point for two minutes and a little; None where the bar forbids it."""
    start, set_off_by = int(track.offsets[trigger]), int(track.prices[trigger])
    until = start + VI_MS + mix(*key, trigger) % _RANDOM_END_MS
    # What reaches the closing auction merges with it.
    index = min(_first_from(track, until), track.last)
    price = _single_price(track, trigger, index) if price is None else price
    if price is None or not _keeps_bar(track, trigger, index, price):
        return None
    _merge(track, trigger, index, price)
    end = int(track.offsets[index])
    return Interruption(start, start, end, index, reference, set_off_by, static)


def _halt(track: Track, start: int, end: int) -> Interruption | None:
    first = max(1, _first_from(track, start))
    until = end + HALT_AUCTION_MS
    late = end + LAST_REOPENING_MS >= int(track.offsets[track.last])
    index = track.last if late else min(_first_from(track, until), track.last)
    if first >= index:
        return None
    price = _single_price(track, first, index)
    _merge(track, first, index, int(track.prices[index]) if price is None else price)
    return Interruption(start, end, int(track.offsets[index]), index, 0)


def _single_price(track: Track, first: int, index: int) -> int | None:
    """Return the auction's price: an extreme of the day that would be lost, else the path's.

    None when the day would lose both.
    """
    if index == track.last:
        return int(track.prices[index])
    lost = {
        extreme
        for extreme in (int(track.prices.max()), int(track.prices.min()))
        if not _traded_outside(track, first, index, extreme)
    }
    if len(lost) > 1:
        return None
    return lost.pop() if lost else int(track.prices[index])


def _keeps_bar(track: Track, first: int, index: int, price: int) -> bool:
    extremes = (int(track.prices.max()), int(track.prices.min()))
    return int(track.volumes[first : index + 1].sum()) > 0 and all(
        price == one or _traded_outside(track, first, index, one) for one in extremes
    )


def _traded_outside(track: Track, first: int, index: int, price: int) -> bool:
    traded = (track.prices == price) & (track.volumes > 0)
    return bool(traded[:first].any() or traded[index + 1 :].any())


def _merge(track: Track, first: int, index: int, price: int) -> None:
    """Put a stretch's trades together at its last point."""
    total = int(track.volumes[first : index + 1].sum())
    track.volumes[first:index] = 0
    track.volumes[index] = total
    track.prices[first:index] = track.prices[first - 1] if first else price
    if total:
        stale = np.flatnonzero(track.volumes[index + 1 :] > 0)
        after = index + 1 + (int(stale[0]) if len(stale) else track.last - index)
        track.prices[index:after] = price


def _first_from(track: Track, offset: int) -> int:
    """Return the first point at or after an offset."""
    return int(np.searchsorted(track.offsets, offset))

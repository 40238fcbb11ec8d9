"""How a day's shares are spread over its points, and when in its slot each point is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maemae.exchange import daytime
from maemae.exchange.liquidity import Liquidity
from maemae.exchange.listing import Listing
from maemae.exchange.noise import Words, lanes, mix

Ints = npt.NDArray[np.int64]

_BURSTS = np.where(np.arange(4_096) % 41 == 0, 6, 1) * (1 + np.arange(4_096) % 64).astype(
    np.float32
)
"""How much larger than the least trades may be: up to 64 times, one in forty six times that."""


def volumes(listings: Sequence[Listing], raw: Words, points: int, must: Sequence[Ints]) -> Ints:
    """Return the day's shares spread over the points: as the day goes, in bursts.

    A name with few trades has none in most slots.

    Args:
        listings: the instruments.
        raw: words of each one's stream, a quarter of one a point.
        points: number of points.
        must: points of each instrument at which there is a trade, if there are shares enough.
    """
    numbers = lanes(raw)[:, :points]
    usual = daytime.volume(points).astype(np.float32)
    trades = np.array([Liquidity.of(one).trades for one in listings], np.float32)
    rate = trades[:, None] * usual
    # With probability rate / (1 + rate) somebody trades.
    drawn = (numbers >> np.uint16(4)) * np.float32(1.0 / 4_096)
    drawn *= rate + np.float32(1.0)
    idle = rate < drawn
    weight = _BURSTS[numbers & np.uint16(0xFFF)] * usual
    weight[idle] = 0.0
    here = np.arange(len(listings))
    for at in must:
        weight[here, at] = np.maximum(weight[here, at], usual[at])
    inner = weight[:, 1:-1].sum(axis=1)
    rest = 1.0 - daytime.OPENING_VOLUME - daytime.CLOSING_VOLUME
    weight[:, 0] = inner * (daytime.OPENING_VOLUME / rest)
    weight[:, -1] = inner * (daytime.CLOSING_VOLUME / rest)
    reached = np.cumsum(weight, axis=1, dtype=np.float64)
    volume = np.array([one.volume for one in listings], np.int64)
    reached *= (volume / reached[:, -1])[:, None]
    spread = reached.astype(np.int64)
    spread[:, -1] = volume
    spread[:, 1:] -= spread[:, :-1].copy()
    return spread


def offsets(numbers: npt.NDArray[np.uint16], slot_ms: int, close_ms: int) -> npt.NDArray[np.int32]:
    """Return when each point is, in milliseconds after the open: at random in its slot."""
    points = numbers.shape[1]
    found = numbers.astype(np.int32)
    found *= slot_ms - 1
    found >>= 16
    found += (np.arange(points, dtype=np.int32) - 1) * slot_ms + 1
    found[:, 0] = 0
    found[:, -1] = close_ms
    return found


def trade_at(traded: Ints, place: Ints, level: Ints) -> None:
    """Make sure that the prices of the bar were traded: no extreme without a share, in place.

    Args:
        traded: shares at each point; shape (n, points).
        place: points of the open, the two extremes and the close; shape (n, 4).
        level: their prices, in any unit.
    """
    bare = np.take_along_axis(traded, place, axis=1) == 0
    for row in np.flatnonzero(bare.any(axis=1) & (traded.sum(axis=1) > 0)):
        needed = _needed(place[row], level[row])
        spare = traded[row].copy()
        spare[needed] = np.maximum(spare[needed] - 1, 0)
        for point in needed:
            giver = int(np.argmax(spare))
            if traded[row, point] == 0 and spare[giver] > 0:
                traded[row, giver] -= 1
                traded[row, point] += 1
                spare[giver] -= 1


def _needed(place: Ints, level: Ints) -> list[int]:
    """Return the points that must trade, the most telling first."""
    opened, one, other, close = (int(value) for value in level)
    needed = [int(place[0])]
    if close != opened:
        needed.append(int(place[3]))
    edges = {opened, close}
    for at, value in ((place[1], one), (place[2], other)):
        if value not in edges:
            needed.append(int(at))
            edges.add(value)
    return needed


@dataclass(frozen=True, slots=True)
class Print:
    """One of the trades that a point consists of.

    `shares`: its own. `left`, `later`: shares and number of those that come after it.
    """

    shares: int
    left: int
    later: int


def prints(volume: int, trades: int, *key: int) -> Iterator[Print]:
    """Part the shares of a point into trades, of random sizes that follow from the key."""
    cuts = sorted(mix(*key, n) % (volume - trades + 1) for n in range(trades - 1))
    edges = [0, *(cut + n for n, cut in enumerate(cuts, start=1)), volume]
    for n in range(trades):
        yield Print(edges[n + 1] - edges[n], volume - edges[n + 1], trades - 1 - n)

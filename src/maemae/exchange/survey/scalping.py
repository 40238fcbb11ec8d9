"""The demo's scalper played on a day without its trader, and walks that owe it nothing.

Unlike the rules of `games` it pays for what stands between bid and ask: it buys at the best ask
and sells at the best bid. What a fair game takes from it is just that, and its wins are as many as
on `driftless` walks with the same ticks, volatilities and books.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import numpy as np
import numpy.typing as npt

from maemae.exchange import daytime
from maemae.exchange.depth import depth_around
from maemae.exchange.grid import Grid
from maemae.exchange.liquidity import USUAL_VOLATILITY
from maemae.exchange.listing import Listing
from maemae.exchange.moment import MILLISECOND, SECOND, Moment, moment_at
from maemae.exchange.noise import lanes, mix, normal, row_of_words
from maemae.exchange.paths import SLOT_MS, Paths, point_count
from maemae.exchange.replay import DayMarket, Ints
from maemae.exchange.searches import DEFAULT_SEARCHES
from maemae.exchange.survey.games import SCALPER
from maemae.exchange.trades import offsets, volumes

_UNTIL = time(15, 15)
"""From then on all is sold, as in the demo: nothing is open at the close."""
_SEARCHED: Moment = 300 * SECOND
_LOOKED: Moment = 10 * SECOND
_LATENCY: Moment = 50 * MILLISECOND
_OWN, _VOLUMES, _OFFSETS = 5, 3_072, 4_096


@dataclass(frozen=True, slots=True)
class Position:
    """A position that was opened and closed, in won: what was paid and got for a share.

    `spread`: what of the loss was paid between bid and ask: how much dearer it was bought and
    cheaper sold than the trades before.
    """

    paid: int
    got: int
    spread: int

    @property
    def gain(self) -> float:
        """The gain before costs, a part of the price paid."""
        return self.got / self.paid - 1

    @property
    def moved(self) -> float:
        """The same, had nothing stood between bid and ask: of mean zero in a fair game."""
        return (self.got + self.spread) / self.paid - 1


class Scalper:
    """Plays the rule of the demo's scalper on a day.

    Args:
        market: the day.
        names: how many it holds at most.
    """

    def __init__(self, market: DayMarket, names: int) -> None:
        self._market = market
        self._names = names
        self._end = moment_at(market.hours.day, _UNTIL)
        self._trades: dict[int, tuple[Ints, Ints, Ints]] = {}

    def play(self) -> list[Position]:
        """Return the positions of the day, in the order in which they were opened."""
        found: list[Position] = []
        held: dict[int, Moment] = {}
        rows: Sequence[int] = ()
        start = self._market.hours.open + SECOND
        for at in range(start, self._end, _LOOKED):
            if (at - start) % _SEARCHED == 0:
                rows = DEFAULT_SEARCHES[0].rows(self._market, at)
            held = {row: until for row, until in held.items() if until > at}
            for row in rows:
                if len(held) >= self._names:
                    break
                made = None if row in held else self._bought(row, at)
                if made is not None:
                    position, held[row] = made
                    found.append(position)
        return found

    def _bought(self, row: int, at: Moment) -> tuple[Position, Moment] | None:
        """Return a position and when it ends; None where nothing can be bought."""
        market = self._market
        places, prices, times = self._of(row)
        last = int(np.searchsorted(times, at + _LATENCY, side="right")) - 1
        stop = int(np.searchsorted(times, self._end))
        if last < 0 or last + 1 >= stop or market.interruption(row, at) is not None:
            return None
        asks = depth_around(market, row, market.point(row, int(places[last])), market.seed).asks
        if not asks:
            return None
        paid, (gain, loss) = asks[0].price, SCALPER
        later = prices[last + 1 : stop]
        out = (later >= paid * (1 + gain)) | (later <= paid * (1 - loss))
        sold = last + 1 + int(np.argmax(out)) if out.any() else stop - 1
        bids = depth_around(market, row, market.point(row, int(places[sold])), market.seed).bids
        got = bids[0].price if bids else int(prices[sold])
        spread = paid - int(prices[last]) + int(prices[sold]) - got
        return Position(paid, got, spread), int(times[sold]) if out.any() else self._end

    def _of(self, row: int) -> tuple[Ints, Ints, Ints]:
        """Return places, prices and instants of a name's trades."""
        if row not in self._trades:
            prices, shares, since = self._market.path(row)
            places = np.flatnonzero(shares > 0)
            times = self._market.hours.open + since[places] * MILLISECOND
            self._trades[row] = places, prices[places], times
        return self._trades[row]


def driftless(
    listings: Sequence[Listing],
    grids: Sequence[Grid],
    bars: npt.NDArray[np.int64],
    key: tuple[int, int],
    session_ms: tuple[int, int],
) -> Paths:
    """Make walks from the open on, of each name's volatility, that know nothing of its bar.

    A maker of paths as `paths.make_paths` is one. The price goes a tick on when the walk behind it
    has gone one, so that it has neither drift nor bounce; within the day's limits.
    """
    points = point_count(session_ms[0])
    quarter = -(-points // 4)
    keys = np.array([mix(*key, _OWN, *one.code.encode()) for one in listings], np.uint64)
    noise = normal(lanes(row_of_words(keys, 0, quarter))[:, :points]).astype(np.float64)
    noise *= np.sqrt(np.diff(daytime.clock(points), prepend=0.0))
    walk = np.cumsum(noise, axis=1)
    # A thin name trades once between the auctions at least: its shares are spread over something.
    once = [np.ones(len(listings), np.int64)]
    traded = volumes(listings, row_of_words(keys, _VOLUMES, quarter), points, once)
    steps = np.empty((len(listings), points), np.int32)
    for row, (one, grid) in enumerate(zip(listings, grids, strict=True)):
        start = int(bars[row, 0])
        won = grid.price(start) * (1 + (one.volatility or USUAL_VOLATILITY) * walk[row])
        places = np.interp(won, grid.prices, np.arange(len(grid.prices)))
        between = grid.ceil(one.lower), grid.floor(one.upper)
        steps[row] = _met(places, traded[row] > 0, start, between)
    numbers = lanes(row_of_words(keys, _OFFSETS, quarter))[:, :points]
    return Paths(steps=steps, volumes=traded, offsets=offsets(numbers, SLOT_MS, session_ms[1]))


def _met(
    places: npt.NDArray[np.float64],
    traded: npt.NDArray[np.bool_],
    start: int,
    between: tuple[int, int],
) -> list[int]:
    """Return the last tick that a walk had met, when it last traded, at each point."""
    lowest, highest = between
    price, found = start, []
    for place, trades in zip(places.tolist(), traded.tolist(), strict=True):
        if trades and abs(place - price) >= 1:
            price = int(place) if place > price else -int(-place)
            price = min(max(price, lowest), highest)
        found.append(price)
    return found

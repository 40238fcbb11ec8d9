"""A day's market that nothing is known of beforehand: names are listed and trades are noted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maemae.exchange.grid import Grid, grid
from maemae.exchange.hours import Hours
from maemae.exchange.interruptions import Interruption
from maemae.exchange.listing import Listing
from maemae.exchange.moment import Moment
from maemae.exchange.paths import Paths
from maemae.exchange.replay import DayMarket, Ints, Point, State


@dataclass(slots=True)
class Day:
    """What is known of a name's day so far. Won and shares.

    `traded`: whether it has an opening price. `vi`: whether it stands in a volatility interruption.
    `reference`: what a static VI is measured against, 0 where that was not told. `streamed`:
    whether a trade was heard yet, so that what is missed from then on is a gap. `unseen`: shares
    that were traded while nobody heard.
    """

    price: int
    volume: int = 0
    traded: bool = False
    vi: bool = False
    reference: int = 0
    streamed: bool = False
    closed: bool = False
    unseen: int = 0


class FedMarket(DayMarket):
    """A market of names that somebody lists, with the trades that somebody notes.

    Args:
        hours: of the day.
    """

    def __init__(self, hours: Hours) -> None:
        super().__init__([], hours, 0, make=_nothing)
        self._places: dict[str, int] = {}
        self.rows = self._places
        self._fed_grids: list[Grid] = []
        self._days: list[Day] = []

    def add(self, listing: Listing, day: Day) -> None:
        """List a name, or learn more of one that is listed."""
        row = self._places.get(listing.code)
        steps = grid(self.hours.day, listing.market, listing.kind)
        if row is None:
            self._places[listing.code] = len(self.listings)
            self.listings = (*self.listings, listing)
            self._fed_grids.append(steps)
            self._days.append(day)
            return
        known = list(self.listings)
        known[row], self._fed_grids[row] = listing, steps
        self.listings = tuple(known)
        heard = self._days[row]
        if not heard.streamed:
            self._days[row] = day

    def day(self, code: str) -> Day:
        """Return what is known of a listed name's day."""
        return self._days[self._places[code]]

    def grid(self, row: int) -> Grid:
        """Return an instrument's price grid."""
        return self._fed_grids[row]

    def state(self, row: int, at: Moment) -> State:
        """Return what an instrument has done so far; extremes are not kept."""
        del at
        day = self._days[row]
        return State(day.price, day.price, day.price, day.price, day.volume, 0, 0)

    def interruption(self, row: int, at: Moment) -> Interruption | None:
        """Return None: when an interruption ends is not known beforehand, see `Day.vi`."""
        del row, at
        return None

    def next_point(self, row: int, after: Moment) -> Point | None:
        """Return None: nobody knows the next trade."""
        del row, after
        return None

    def last_trade(self, row: int, at: Moment) -> Point | None:
        """Return None: books are shown when they arrive."""
        del row, at
        return None


def _nothing(
    listings: Sequence[Listing],
    grids: Sequence[Grid],
    bars: Ints,
    seed: tuple[int, int],
    ends: tuple[int, int],
) -> Paths:
    """Make the paths of no instruments."""
    del listings, grids, bars, seed, ends
    return Paths(np.empty((0, 2), np.int16), np.empty((0, 2), np.int64), np.empty((0, 2), np.int32))

"""The market of one day: every instrument's price, volume and value at any instant of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from types import MappingProxyType
from zlib import crc32

import numpy as np
import numpy.typing as npt

from maemae.exchange.grid import Grid, grid
from maemae.exchange.hours import Hours
from maemae.exchange.interruptions import (
    Halt,
    Interruption,
    Track,
    interrupt,
    may_be_volatile,
)
from maemae.exchange.liquidity import Liquidity
from maemae.exchange.listing import Listing
from maemae.exchange.minutes import Bars, lay_minutes
from maemae.exchange.moment import MILLISECOND, Moment, moment_at
from maemae.exchange.paths import SLOT_MS, PathMaker, Paths, make_paths

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Point:
    """A trade of the replayed market: the `index`-th point of an instrument's path.

    `trades`: of how many it consists, all of one instant, price and direction.
    """

    index: int
    at: Moment
    price: int
    volume: int
    bought: bool
    trades: int = 1


@dataclass(frozen=True, slots=True)
class State:
    """What an instrument has done so far today. Before its first trade `price` is the base."""

    price: int
    open: int
    high: int
    low: int
    volume: int
    value: int
    index: int

    @property
    def traded(self) -> bool:
        """Tell whether there was a trade yet."""
        return self.volume > 0


class DayMarket:
    """All instruments of a day and their paths, seeded by (seed, date, code).

    Args:
        listings: the instruments.
        hours: the regular session.
        seed: chooses the paths.
        halts: halts during the day; volatility interruptions come by themselves.
        minutes: recorded minute bars by code, to be replayed instead of a made-up path; what
            interrupted them is in them.
        make: makes the paths.
        liquid: tells how liquid an instrument is.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        hours: Hours,
        seed: int,
        halts: Sequence[Halt] = (),
        *,
        minutes: Mapping[str, Bars] = MappingProxyType({}),
        make: PathMaker = make_paths,
        liquid: Callable[[Listing], Liquidity] = Liquidity.of,
    ) -> None:
        self.hours = hours
        self.listings = tuple(self._suspended(one, halts) for one in listings)
        self.seed = seed
        self.rows: Mapping[str, int] = {one.code: row for row, one in enumerate(listings)}
        self._grids = [grid(hours.day, one.market, one.kind) for one in listings]
        self._liquidity = [liquid(one) for one in self.listings]
        self._paths = self._make_paths(make)
        self._prices = self._price_table()
        self._bases = np.array([one.base for one in listings], np.int64)
        recorded = [self.rows[code] for code in minutes if code in self.rows]
        for row in recorded:
            bars = minutes[self.listings[row].code]
            lay_minutes(bars, self._prices[row], self._paths.volumes[row])
        self._interruptions = dict(self._interrupt(halts, frozenset(recorded)))
        self._volumes = np.cumsum(self._paths.volumes, axis=1)
        self._values = np.cumsum(self._paths.volumes * self._prices, axis=1)
        self._versions: dict[int, int] = {}

    def _suspended(self, one: Listing, halts: Sequence[Halt]) -> Listing:
        """Return an instrument as one that does not trade, where a halt spans the session."""
        whole = (self.hours.close - self.hours.open) // MILLISECOND
        if not any(
            halt.concerns(one.code)
            and self._since_open(halt.start) <= 0
            and self._since_open(halt.end) >= whole
            for halt in halts
        ):
            return one
        flat = one.base
        return replace(one, halted=True, volume=0, open=flat, high=flat, low=flat, close=flat)

    def _make_paths(self, make: PathMaker) -> Paths:
        bars = np.empty((len(self.listings), 4), np.int64)
        for row, one in enumerate(self.listings):
            steps = self._grids[row]
            low, high = steps.ceil(one.low), steps.floor(one.high)
            low = min(low, high)
            bars[row] = (
                min(max(steps.floor(one.open), low), high),
                high,
                low,
                min(max(steps.floor(one.close), low), high),
            )
        hours = self.hours
        return make(
            self.listings,
            self._grids,
            bars,
            (self.seed, int(hours.day.strftime("%Y%m%d"))),
            (
                (hours.auction - hours.open) // MILLISECOND,
                (hours.close - hours.open) // MILLISECOND,
            ),
        )

    def _price_table(self) -> npt.NDArray[np.int32]:
        prices = np.empty(self._paths.steps.shape, np.int32)
        for row, steps in enumerate(self._grids):
            prices[row] = steps.prices[self._paths.steps[row]]
        return prices

    def _interrupt(
        self, halts: Sequence[Halt], recorded: frozenset[int]
    ) -> Iterator[tuple[int, tuple[Interruption, ...]]]:
        volatile = may_be_volatile(self._prices, self._bases)
        for row, one in enumerate(self.listings):
            own = [halt for halt in halts if halt.concerns(one.code)]
            if row in recorded or one.halted or not (own or volatile[row]):
                continue
            track = Track(
                one,
                self._grids[row],
                self._prices[row],
                self._paths.volumes[row],
                self._paths.offsets[row],
            )
            spans = [(self._since_open(one.start), self._since_open(one.end)) for one in own]
            found = interrupt(track, spans, (self.seed, crc32(one.code.encode())))
            if found:
                yield row, found

    def _since_open(self, clock_time: time) -> int:
        return (moment_at(self.hours.day, clock_time) - self.hours.open) // MILLISECOND

    def interruptions(self, row: int) -> Sequence[Interruption]:
        """Return an instrument's interruptions of the day, in order of time."""
        return self._interruptions.get(row, ())

    def interruption(self, row: int, at: Moment) -> Interruption | None:
        """Return the interruption that an instrument is in at an instant, or None."""
        since = (at - self.hours.open) // MILLISECOND
        return next((one for one in self.interruptions(row) if one.start <= since < one.end), None)

    @property
    def interrupted(self) -> Mapping[int, Sequence[Interruption]]:
        """All interruptions of the day by row."""
        return self._interruptions

    def __len__(self) -> int:
        """Return the number of instruments."""
        return len(self.listings)

    def grid(self, row: int) -> Grid:
        """Return an instrument's price grid."""
        return self._grids[row]

    def liquidity(self, row: int) -> Liquidity:
        """Return how liquid an instrument is."""
        return self._liquidity[row]

    def indices(self, at: Moment) -> Ints:
        """Return the index of each instrument's latest point at an instant; -1 before the open."""
        since = (at - self.hours.open) // MILLISECOND
        last = self._prices.shape[1] - 1
        if since < 0:
            return np.full(len(self), -1, np.int64)
        if at >= self.hours.close:
            return np.full(len(self), last, np.int64)
        slot = min(since // SLOT_MS, last - 2) + 1
        indices: Ints = slot - (self._paths.offsets[:, slot] > since).astype(np.int64)
        return indices

    def index(self, row: int, at: Moment) -> int:
        """Return the index of one instrument's latest point at an instant; -1 before the open."""
        since = (at - self.hours.open) // MILLISECOND
        last = int(self._prices.shape[1]) - 1
        if since < 0:
            return -1
        if at >= self.hours.close:
            return last
        slot = int(min(since // SLOT_MS, last - 2)) + 1
        return slot - int(self._paths.offsets[row, slot] > since)

    def state(self, row: int, at: Moment) -> State:
        """Return what an instrument has done up to an instant."""
        index = self.index(row, at)
        base = int(self._bases[row])
        if index < 0 or self._volumes[row, index] == 0:
            return State(base, 0, 0, 0, 0, 0, index)
        seen = self._prices[row, : index + 1]
        return State(
            price=int(seen[-1]),
            open=int(seen[0]),
            high=int(seen.max()),
            low=int(seen.min()),
            volume=int(self._volumes[row, index]),
            value=int(self._values[row, index]),
            index=index,
        )

    def snapshot(self, at: Moment) -> tuple[Ints, Ints, Ints]:
        """Return last price (base before the first trade), volume and value of all instruments."""
        index = np.maximum(self.indices(at), 0)[:, None]
        volume = np.take_along_axis(self._volumes, index, axis=1)[:, 0]
        if at < self.hours.open:
            return self._bases.copy(), np.zeros_like(volume), np.zeros_like(volume)
        value = np.take_along_axis(self._values, index, axis=1)[:, 0]
        price = np.take_along_axis(self._prices, index, axis=1)[:, 0].astype(np.int64)
        return np.where(volume > 0, price, self._bases), volume, value

    @property
    def bases(self) -> Ints:
        """The base prices (기준가) of all instruments."""
        return self._bases

    def totals(self, row: int, index: int) -> tuple[int, int]:
        """Return volume and value of an instrument up to a point of its path."""
        return int(self._volumes[row, index]), int(self._values[row, index])

    def path(self, row: int) -> tuple[Ints, Ints, Ints]:
        """Return price, volume and offset (ms after the open) of each point of an instrument."""
        prices = self._prices[row].astype(np.int64)
        return prices, self._paths.volumes[row], self._paths.offsets[row].astype(np.int64)

    def point(self, row: int, index: int) -> Point:
        """Return a point of an instrument's path; its volume may be nothing."""
        price = int(self._prices[row, index])
        before = int(self._prices[row, index - 1]) if index else int(self._bases[row])
        volume = int(self._paths.volumes[row, index])
        return Point(
            index=index,
            at=self.hours.open + int(self._paths.offsets[row, index]) * MILLISECOND,
            price=price,
            volume=volume,
            bought=price > before or (price == before and volume % 2 == 0),
            trades=self._trades(row, index, volume),
        )

    def _trades(self, row: int, index: int, volume: int) -> int:
        if index in self._auctions(row):
            return min(1, volume)
        wanted = volume * self._liquidity[row].trades // max(1, self.listings[row].volume)
        return min(max(wanted, 1), volume)

    def trades(self, row: int) -> Ints:
        """Return of how many trades each point consists: by its shares; an auction is one."""
        volumes, day = self._paths.volumes[row], max(1, self.listings[row].volume)
        wanted = volumes * self._liquidity[row].trades // day
        found: Ints = np.minimum(np.maximum(wanted, 1), volumes)
        auctions = [*self._auctions(row)]
        found[auctions] = np.minimum(1, volumes[auctions])
        return found

    def _auctions(self, row: int) -> tuple[int, ...]:
        """Return the points that are the single price of an auction."""
        return (0, self.last_index, *(cut.index for cut in self.interruptions(row)))

    def next_point(self, row: int, after: Moment) -> Point | None:
        """Return the first point with a trade later than an instant, or None."""
        index = self.index(row, after) + 1
        traded = self._paths.volumes[row, index:] > 0
        if not traded.any():
            return None
        return self.point(row, index + int(traded.argmax()))

    def last_trade(self, row: int, at: Moment) -> Point | None:
        """Return an instrument's latest trade up to and including an instant, or None."""
        traded = np.flatnonzero(self._paths.volumes[row, : self.index(row, at) + 1] > 0)
        return self.point(row, int(traded[-1])) if len(traded) else None

    @property
    def last_index(self) -> int:
        """The index of the closing auction."""
        return int(self._prices.shape[1]) - 1

    def first_index(self, row: int) -> int:
        """Return the index of an instrument's opening auction, which a VI makes a later point."""
        cuts = self.interruptions(row)
        return cuts[0].index if cuts and cuts[0].start == 0 else 0

    def vi_reference(self, row: int, index: int) -> int:
        """Return what a static VI is measured against at a point: the last auction's price."""
        past = [one.index for one in self.interruptions(row) if one.index <= index]
        return int(self._prices[row, max(past, default=0)])

    def is_auction(self, row: int, point: Point) -> bool:
        """Tell whether a point of an instrument's path is the single price of an auction."""
        return point.index in self._auctions(row)

    def points(self, row: int, until: Moment) -> list[Point]:
        """Return the trades of an instrument up to and including an instant."""
        stop = self.index(row, until) + 1
        traded = np.flatnonzero(self._paths.volumes[row, :stop] > 0)
        return [self.point(row, int(index)) for index in traded]

    def reprice(self, row: int, first: int, prices: Ints) -> None:
        """Change an instrument's prices from a point on; on its grid and within its limits."""
        self._prices[row, first:] = prices
        self._values[row] = np.cumsum(self._paths.volumes[row] * self._prices[row])
        self._versions[row] = self.version(row) + 1

    def version(self, row: int) -> int:
        """Return how often an instrument's prices were changed."""
        return self._versions.get(row, 0)

    @property
    def memory(self) -> int:
        """Bytes of the tables."""
        tables = (self._prices, self._volumes, self._values, self._paths.steps)
        return sum(t.nbytes for t in (*tables, self._paths.volumes, self._paths.offsets))

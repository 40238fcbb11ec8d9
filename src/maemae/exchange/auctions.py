"""Call auctions (단일가매매) while they run: the expected price and the three levels around it."""

from dataclasses import dataclass
from zlib import crc32

from maemae.exchange.depth import Depth, Level
from maemae.exchange.moment import MILLISECOND, MINUTE, Moment
from maemae.exchange.noise import mix
from maemae.exchange.replay import DayMarket

PUBLISHED_BEFORE_OPEN: Moment = 10 * MINUTE
"""Expected prices are published from ten minutes before the open (KRX Enforcement Rules §126)."""
LEVELS = 3
"""In an auction three levels a side are published."""

_WAVER = 5
_THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class Auction:
    """A call auction of one instrument, from when its expected price is published.

    `phase`: the broker's HOUR_CLS_CODE: B before the open, A at the close, C in between.
    `before`: the price before it. `price`, `volume`: what comes of it, `index` the path's point.
    """

    row: int
    phase: str
    start: Moment
    end: Moment
    before: int
    price: int
    volume: int
    index: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What an auction would give if it ended now (예상체결). Won and shares."""

    phase: str
    price: int
    quantity: int


def auction_at(market: DayMarket, row: int, at: Moment) -> Auction | None:
    """Return the auction whose expected price an instrument shows at an instant, or None."""
    hours = market.hours
    cut = market.interruption(row, at)
    if cut is not None and cut.start > 0:
        start = hours.open + cut.auction * MILLISECOND
        at_close = cut.index == market.last_index
        return _auction(market, row, "A" if at_close else "C", start, index=cut.index, at=at)
    if at < hours.open or cut is not None:
        index = cut.index if cut is not None else market.first_index(row)
        phase = "C" if cut is not None else "B"
        return _auction(market, row, phase, hours.open - PUBLISHED_BEFORE_OPEN, index=index, at=at)
    return _auction(market, row, "A", hours.auction, index=market.last_index, at=at)


def _auction(
    market: DayMarket, row: int, phase: str, start: Moment, *, index: int, at: Moment
) -> Auction | None:
    point = market.point(row, index)
    if not start <= at < point.at or not point.volume:
        return None
    before = market.state(row, at).price
    return Auction(row, phase, start, point.at, before, point.price, point.volume, index)


def next_auction(market: DayMarket, row: int, after: Moment) -> Moment | None:
    """Return when an instrument's next auction starts to be published, or None."""
    hours = market.hours
    starts = [hours.open - PUBLISHED_BEFORE_OPEN, hours.auction]
    starts += [hours.open + cut.auction * MILLISECOND for cut in market.interruptions(row)]
    return min((start for start in starts if start > after), default=None)


def expected(market: DayMarket, auction: Auction, at: Moment) -> Expected:
    """Return the expected price and quantity at an instant of an auction.

    The price goes from where it was to what it will be, and wavers the less the later it is.
    """
    grid, listing = market.grid(auction.row), market.listings[auction.row]
    gone = _THOUSAND * (at - auction.start) // max(1, auction.end - auction.start)
    first, last = grid.floor(auction.before), grid.floor(auction.price)
    noise = mix(market.seed, crc32(listing.code.encode()), auction.index, at // (10**6))
    swing = (noise % (2 * _WAVER + 1) - _WAVER) * (_THOUSAND - gone) // _THOUSAND
    step = first + (last - first) * gone // _THOUSAND + swing
    step = min(max(step, grid.ceil(listing.lower)), grid.floor(listing.upper))
    quantity = max(1, auction.volume * (100 + 9 * gone // 10) // _THOUSAND)
    return Expected(auction.phase, grid.price(step), quantity)


def auction_depth(market: DayMarket, row: int, now: Expected) -> Depth:
    """Return the three levels a side that are shown around an expected price."""
    grid, listing = market.grid(row), market.listings[row]
    step = grid.floor(now.price)
    lowest, highest = grid.ceil(listing.lower), grid.floor(listing.upper)
    unit = max(1, now.quantity // 4)
    asks = range(step, min(step + LEVELS, highest + 1))
    bids = range(step - 1, max(step - 1 - LEVELS, lowest - 1), -1)
    return Depth(
        [Level(grid.price(one), max(1, unit // (n + 1))) for n, one in enumerate(asks)],
        [Level(grid.price(one), max(1, unit // (n + 2))) for n, one in enumerate(bids)],
    )

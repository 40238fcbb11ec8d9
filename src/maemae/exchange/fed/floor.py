"""The floor of a fed market: trades and books are dealt with when they arrive."""

from collections.abc import Sequence
from dataclasses import dataclass

from maemae.exchange.agenda import Agenda
from maemae.exchange.auctions import Expected
from maemae.exchange.depth import Depth, Level
from maemae.exchange.fed.book import FedBook
from maemae.exchange.fed.care import Care
from maemae.exchange.fed.market import FedMarket
from maemae.exchange.floor import Floor
from maemae.exchange.moment import MINUTE, SECOND, Moment
from maemae.exchange.orders import OnFill
from maemae.exchange.replay import Point

LATE_OPEN: Moment = MINUTE
"""A name that has not traded so long after the open trades continuously, its auction was empty."""

LAST_PRINT: Moment = 40 * SECOND
"""The closing auction ends at random within half a minute after the close."""


@dataclass(frozen=True, slots=True)
class Print:
    """A trade as the market tells it. Won and shares; `at` is the market's own time.

    `total`: shares of the day up to and with it. `bought`: whether a buyer took; None: not told.
    `best`: the best ask and bid after it, None for an empty side; None where that is not told.
    `reference`: what a static VI is measured against
    from then on, 0 where that is not told.
    """

    price: int
    quantity: int
    total: int
    at: Moment
    bought: bool | None = None
    best: tuple[Level | None, Level | None] | None = None
    reference: int = 0


class FedFloor(Floor):
    """Order books by instrument, moved by what arrives.

    Args:
        market: the names.
        agenda: of the venue.
        on_fill: told of clients' fills.
        care: how careful these are reckoned.
    """

    market: FedMarket

    def __init__(self, market: FedMarket, agenda: Agenda, on_fill: OnFill, care: Care) -> None:
        super().__init__(market, agenda, on_fill)
        self._care = care
        self._fed: dict[str, FedBook] = {}

    @property
    def books(self) -> Sequence[FedBook]:  # type: ignore[override]
        """All books that were ever used today."""
        return list(self._fed.values())

    def book(self, code: str) -> FedBook:
        """Return an instrument's order book as it was last shown."""
        if code not in self._fed:
            self._fed[code] = FedBook(self._on_fill, self._care)
        return self._fed[code]

    def shown(self, code: str) -> Depth:
        """Return the book as it was last shown."""
        return self.book(code).depth

    def expected(self, code: str) -> Expected | None:
        """Return None: expected prices are the market's to tell."""
        del code
        return None

    def follow(self, code: str) -> None:
        """Do nothing: trades come by themselves."""

    def continuous(self, code: str) -> bool:
        """Tell whether orders in an instrument match at once."""
        hours = self.market.hours
        if not hours.open <= self.now < hours.auction:
            return False
        day = self.market.day(code)
        return (day.traded or self.now >= hours.open + LATE_OPEN) and not day.vi

    def in_vi(self, code: str) -> bool:
        """Tell whether an instrument is in a volatility interruption."""
        return self.market.day(code).vi

    def halted(self, code: str) -> bool:
        """Tell whether an instrument is halted."""
        return self.listing(code).halted

    def see(self, code: str, asks: Sequence[Level], bids: Sequence[Level], *, vi: bool) -> None:
        """Take in an instrument's whole book; in an auction it shows nothing that can be taken."""
        self.market.day(code).vi = vi
        if self.continuous(code):
            self.book(code).see(asks, bids, self.now)

    def heard(self, code: str, told: Print) -> int:
        """Take in a trade; return how many shares were traded before it that nobody heard of.

        One that was told before is passed over. What was not heard fills nothing.
        """
        day, hours = self.market.day(code), self.market.hours
        one = self.listing(code)
        if told.total <= day.volume or told.quantity <= 0:
            return 0
        if not one.lower <= told.price <= one.upper:
            return 0  # No trade of this day was there.
        missed = max(0, told.total - told.quantity - day.volume) if day.streamed else 0
        day.unseen += missed
        first = told.total == told.quantity and not day.traded
        new_reference = bool(told.reference and day.reference) and (
            told.reference != day.reference and told.reference == told.price
        )
        book = self.book(code)
        point = Point(
            0, self.now, told.price, min(told.quantity, told.total - day.volume),
            _bought(told, book.depth),
        )  # fmt: skip
        day.price, day.volume, day.traded, day.streamed = told.price, told.total, True, True
        day.reference = told.reference or day.reference
        at_close = told.at >= hours.auction
        if day.closed or told.at < hours.open:
            return missed
        day.closed = told.at >= hours.close
        if first or day.vi or new_reference or at_close:
            day.vi = False
            book.auction(point.price, point.volume, self.now)
        else:
            book.arrive(point)
        if not at_close and told.best is not None:
            book.see_best(*told.best, self.now)
        return missed


def _bought(told: Print, depth: Depth) -> bool:
    """Tell who took: as the market says, else by the side of the book that the price is nearer."""
    if told.bought is not None:
        return told.bought
    if not depth.asks or not depth.bids:
        return not depth.bids
    return 2 * told.price >= depth.asks[0].price + depth.bids[0].price

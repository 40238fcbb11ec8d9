"""The trading floor: the replayed market's trades and the order books they meet.

Only instruments with interest (watched, or with resting orders of clients) are touched between
two instants; what the others did is looked up when somebody asks.
"""

from typing import Protocol

from maemae.exchange.agenda import Agenda
from maemae.exchange.auctions import Expected, auction_at, auction_depth, expected
from maemae.exchange.depth import Depth, depth_around
from maemae.exchange.listing import Listing
from maemae.exchange.matching import OrderBook, Worse, plain
from maemae.exchange.moment import MILLISECOND, Moment
from maemae.exchange.orders import OnFill
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket, Point, State


class TradeListener(Protocol):
    """Who is told of the trades in watched instruments."""

    def on_trade(self, row: int, point: Point, depth: Depth) -> None:
        """Handle a trade of the replayed market and the book after it."""
        ...


class Floor:
    """Order books by instrument, brought up to date as time passes.

    Args:
        market: the day's market.
        agenda: where the coming trades are put.
        on_fill: told of clients' fills.
        worse: at what price displayed shares are taken.
        part: one of so many shares is there that usually are.
    """

    def __init__(
        self,
        market: DayMarket,
        agenda: Agenda,
        on_fill: OnFill,
        worse: Worse = plain,
        part: int = 1,
    ) -> None:
        self.market = market
        self.now: Moment = 0
        self.part = part
        self._agenda = agenda
        self._on_fill = on_fill
        self._worse = worse
        self._listeners: list[TradeListener] = []
        self._books: dict[str, OrderBook] = {}
        self._watched: dict[str, int] = {}
        self._awaited: set[str] = set()

    def listen(self, listener: TradeListener) -> None:
        """Tell a listener of trades from now on."""
        self._listeners.append(listener)

    def watch(self, code: str) -> None:
        """Report every trade of an instrument, until `unwatch` was called as often."""
        self._watched[code] = self._watched.get(code, 0) + 1
        self.follow(code)

    def unwatch(self, code: str) -> None:
        """Stop reporting what `watch` asked for."""
        self._watched[code] -= 1
        if not self._watched[code]:
            del self._watched[code]

    def is_watched(self, code: str) -> bool:
        """Tell whether somebody asked for an instrument's trades."""
        return code in self._watched

    def listing(self, code: str) -> Listing:
        """Return an instrument.

        Raises:
            Refusal: there is no such instrument today.
        """
        row = self.market.rows.get(code)
        if row is None:
            raise Refusal(Reason.UNKNOWN_CODE)
        return self.market.listings[row]

    def state(self, code: str) -> State:
        """Return what an instrument has done so far today."""
        return self.market.state(self.market.rows[code], self.now)

    def in_vi(self, code: str) -> bool:
        """Tell whether an instrument is in a volatility interruption."""
        cut = self.market.interruption(self.market.rows[code], self.now)
        return cut is not None and cut.is_vi

    def expected(self, code: str) -> Expected | None:
        """Return what an instrument's auction would give now, or None when none runs."""
        auction = auction_at(self.market, self.market.rows[code], self.now)
        return None if auction is None else expected(self.market, auction, self.now)

    def shown(self, code: str) -> Depth:
        """Return the book that is published: three levels in an auction, ten else."""
        now = self.expected(code)
        if now is None:
            return self.book(code).depth
        return auction_depth(self.market, self.market.rows[code], now)

    def book(self, code: str) -> OrderBook:
        """Return an instrument's order book as it stands now."""
        book = self._book(code)
        row = self.market.rows[code]
        point = self.market.last_trade(row, self.now)
        if point is not None and point.index != book.drawn:
            book.show(point, self.drawn(row, point))
        return book

    @property
    def books(self) -> list[OrderBook]:
        """All books that were ever used today."""
        return list(self._books.values())

    def continuous(self, code: str) -> bool:
        """Tell whether orders in an instrument match at once (접속매매)."""
        if not self.market.hours.open <= self.now < self.market.hours.auction:
            return False
        return self.market.interruption(self.market.rows[code], self.now) is None

    def halted(self, code: str) -> bool:
        """Tell whether an instrument is halted: orders may only be cancelled (KRX §26)."""
        row = self.market.rows[code]
        cut = self.market.interruption(row, self.now)
        since = (self.now - self.market.hours.open) // MILLISECOND
        return self.market.listings[row].halted or (cut is not None and since < cut.auction)

    def follow(self, code: str) -> None:
        """See to it that an instrument's next trade is dealt with when it comes."""
        if code in self._awaited or code not in self.market.rows:
            return
        row = self.market.rows[code]
        point = self.market.next_point(row, self.now)
        if point is not None:
            self._awaited.add(code)
            self._agenda.add(point.at, lambda _: self._trade(code, row, point.index))

    def _book(self, code: str) -> OrderBook:
        if code not in self._books:
            self._books[code] = OrderBook(self._on_fill, self._worse)
        return self._books[code]

    def _trade(self, code: str, row: int, index: int) -> None:
        self._awaited.discard(code)
        point = self.market.point(row, index)
        book = self._book(code)
        if code not in self._watched and not book.orders:
            return
        depth = self.drawn(row, point)
        if code in self._watched:
            for listener in self._listeners:
                listener.on_trade(row, point, depth)
        if self.market.is_auction(row, point):
            book.auction(point.price, point.volume, point.at)
        if point.at < self.market.hours.auction:
            book.trade(point, depth)
        else:
            book.show(point, depth)
        self.follow(code)

    def drawn(self, row: int, point: Point) -> Depth:
        """Return the book around a trade, before clients have taken anything of it."""
        return depth_around(self.market, row, point, self.market.seed).thinned(self.part)

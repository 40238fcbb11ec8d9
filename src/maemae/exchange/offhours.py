"""Sessions outside regular hours: at the close's price before and after them, and after-market.

Trades at a close's price (시간외종가, order kinds 05 and 06), those of the after-market
(애프터마켓, 41 to 47, since 2026-09-14) and the auctions every ten minutes that came before it
(시간외 단일가, 07, within a tenth of the close) are made up: daily bars do not have them. They
follow from (seed, date, code) as the day's path does, and leave its price, high, low and volume
alone.
Sources: KRX Enforcement Rules §11; the amendment of 2026-06-29; KIS notice of 2026-09-09.
"""

from typing import Protocol
from zlib import crc32

from maemae.exchange.agenda import Agenda
from maemae.exchange.depth import Depth, depth_around
from maemae.exchange.floor import Floor
from maemae.exchange.hours import Span
from maemae.exchange.matching import OrderBook
from maemae.exchange.moment import MINUTE, SECOND, Moment
from maemae.exchange.noise import mix
from maemae.exchange.orders import OnFill, Order
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket, Point
from maemae.market.phases import PhaseKind

PACE: Moment = 30 * SECOND
"""At most one trade of the others in that time."""

SINGLE_EVERY: Moment = 10 * MINUTE
"""Between two auctions of the single price."""
_SINGLE_WITHIN = 10
"""Percent that a single price may lie from the close."""

_THIN = 24_000
"""A trade is a few of that many parts of the day's volume."""
_FAR = 5
"""Ticks that the after-market goes away from the close at most."""


class AfterMarketListener(Protocol):
    """Who is told of the trades of the after-market in watched instruments."""

    def on_after_market(self, row: int, point: Point, depth: Depth, volume: int) -> None:
        """Handle a trade; `volume`: shares of the after-market so far."""
        ...


class OffHours:
    """The order books of the sessions outside regular hours.

    Args:
        floor: the regular session, for its instruments and who watches them.
        agenda: where the coming trades are put.
        on_fill: told of clients' fills.
    """

    def __init__(self, floor: Floor, agenda: Agenda, on_fill: OnFill) -> None:
        self._floor = floor
        self._agenda = agenda
        self._on_fill = on_fill
        self._books: dict[tuple[PhaseKind, str], OrderBook] = {}
        self._points: dict[tuple[PhaseKind, int], list[Point]] = {}
        self._awaited: set[tuple[PhaseKind, str]] = set()
        self._listeners: list[AfterMarketListener] = []

    def listen(self, listener: AfterMarketListener) -> None:
        """Tell a listener of the after-market's trades from now on."""
        self._listeners.append(listener)

    def check(self, session: PhaseKind, code: str, price: int) -> None:
        """Refuse what a session does not trade, or not at that price.

        The after-market takes neither ETF and ETN nor what the regular session did not trade.
        """
        state, kind = self._floor.state(code), self._floor.listing(code).kind
        far = abs(price - state.price) * 100 > state.price * _SINGLE_WITHIN
        if session is PhaseKind.SINGLE_PRICE and far:
            raise Refusal(Reason.OUTSIDE_LIMITS)
        if session is PhaseKind.AFTER_MARKET and (kind.is_etp or not state.traded):
            raise Refusal(Reason.NOT_IN_SESSION)

    def fixed_price(self, session: PhaseKind, code: str) -> int:
        """Return the price of a session that has one: the close before, or today's; 0 for none."""
        if session is PhaseKind.PRE_CLOSE_PRICE:
            return self._floor.listing(code).base
        if session is PhaseKind.POST_CLOSE_PRICE:
            return self._floor.state(code).price
        return 0

    def trading(self, session: PhaseKind) -> bool:
        """Tell whether a session matches orders now, as they come."""
        span = self._span(session)
        auctions = session is PhaseKind.SINGLE_PRICE
        return not auctions and span is not None and span.start <= self._floor.now < span.end

    def book(self, session: PhaseKind, code: str) -> OrderBook:
        """Return an instrument's order book in a session."""
        key = (session, code)
        if key not in self._books:
            self._books[key] = OrderBook(self._on_fill)
        book = self._books[key]
        if session is PhaseKind.AFTER_MARKET:
            point = self._last_trade(code)
            if point.index != book.drawn:
                book.show(point, self._draw(code, point))
        return book

    def follow(self, session: PhaseKind, code: str) -> None:
        """See to it that an instrument's next trade in a session is dealt with when it comes."""
        span = self._span(session)
        if span is None or (session, code) in self._awaited or code not in self._floor.market.rows:
            return
        now = self._floor.now
        if now < span.start:
            due, point = span.start, None
        else:
            ahead = (one for one in self._course(session, code, span) if one.at > now)
            point = next(ahead, None)
            if point is None:
                return
            due = point.at
        self._awaited.add((session, code))
        self._agenda.add(due, lambda _: self._trade(session, code, point))

    def expire(self, session: PhaseKind, order: Order) -> None:
        """Take an order out of its session's book."""
        self.book(session, order.code).remove(order)

    def _trade(self, session: PhaseKind, code: str, point: Point | None) -> None:
        self._awaited.discard((session, code))
        book = self.book(session, code)
        watched = session is PhaseKind.AFTER_MARKET and self._floor.is_watched(code)
        if not watched and not book.orders:
            return
        if point is not None:
            after = session is PhaseKind.AFTER_MARKET
            depth = self._draw(code, point) if after else Depth()
            if session is PhaseKind.SINGLE_PRICE:
                book.auction(point.price, point.volume, point.at)
            else:
                book.trade(point, depth)
            if watched:
                self._report(session, code, point, depth)
        self.follow(session, code)

    def _report(self, session: PhaseKind, code: str, point: Point, depth: Depth) -> None:
        row = self._floor.market.rows[code]
        volume = sum(one.volume for one in self._points[session, row] if one.at <= point.at)
        for listener in self._listeners:
            listener.on_after_market(row, point, depth, volume)

    def _span(self, session: PhaseKind) -> Span | None:
        return self._floor.market.hours.off_hours.get(session)

    def _course(self, session: PhaseKind, code: str, span: Span) -> list[Point]:
        row = self._floor.market.rows[code]
        if (session, row) not in self._points:
            fixed = self.fixed_price(session, code)
            market = self._floor.market
            last = market.point(row, market.last_index).price
            self._points[session, row] = (
                _single_prices(market, row, span, last)
                if session is PhaseKind.SINGLE_PRICE
                else made_up(market, row, span, around=last, fixed=fixed)
            )
        return self._points[session, row]

    def _last_trade(self, code: str) -> Point:
        """Return the latest trade of the after-market, before the first one that of the close."""
        market, session = self._floor.market, PhaseKind.AFTER_MARKET
        row, span = market.rows[code], self._span(session)
        course = self._course(session, code, span) if span is not None else []
        past = [one for one in course if one.at <= self._floor.now]
        return past[-1] if past else market.point(row, market.last_index)

    def _draw(self, code: str, point: Point) -> Depth:
        market = self._floor.market
        row = market.rows[code]
        part = market.liquidity(row).off_hours
        return depth_around(market, row, point, market.seed).thinned(part)


def made_up(market: DayMarket, row: int, span: Span, *, around: int, fixed: int = 0) -> list[Point]:
    """Make up the trades of a session: at a fixed price, or on a walk around one.

    At a locked limit only one side has shares to give: there the trades fill no order that would
    have to wait behind the crowd.
    """
    listing, grid = market.listings[row], market.grid(row)
    lowest, highest = grid.ceil(listing.lower), grid.floor(listing.upper)
    close = grid.floor(fixed or around)
    least, most = max(lowest, close - _FAR), min(highest, close + _FAR)
    unit = max(1, listing.volume // _THIN)
    name, day = crc32(listing.code.encode()), int(market.hours.day.strftime("%Y%m%d"))
    step, points = close, []
    for number in range(1, (span.end - span.start) // PACE):
        noise = mix(market.seed, day, name, span.start, number)
        if not fixed:
            step = min(max(step + noise % 3 - 1, least), most)
        volume = unit * (noise // 3 % 4)
        bought = step == highest or (step != lowest and bool(noise >> 40 & 1))
        at = span.start + number * PACE + noise // 12 % PACE
        if volume and listing.volume and at < span.end:
            index = market.last_index + number
            points.append(Point(index, at, fixed or grid.price(step), volume, bought))
    return points


def _single_prices(market: DayMarket, row: int, span: Span, close: int) -> list[Point]:
    """Make up the auctions of the single price: on a walk around the close, some without trades."""
    listing, grid = market.listings[row], market.grid(row)
    middle = grid.floor(close)
    lowest = max(grid.ceil(listing.lower), grid.ceil(-(-close * (100 - _SINGLE_WITHIN) // 100)))
    highest = min(grid.floor(listing.upper), grid.floor(close * (100 + _SINGLE_WITHIN) // 100))
    least, most = max(lowest, middle - _FAR), min(highest, middle + _FAR)
    unit = max(1, listing.volume // _THIN)
    name, day = crc32(listing.code.encode()), int(market.hours.day.strftime("%Y%m%d"))
    step, points = middle, []
    for number in range(1, (span.end - span.start) // SINGLE_EVERY + 1):
        noise = mix(market.seed, day, name, span.start, number)
        step = min(max(step + noise % 3 - 1, least), most)
        volume = unit * (noise // 3 % 20)
        if volume and listing.volume:
            at = span.start + number * SINGLE_EVERY
            index = market.last_index + number
            points.append(Point(index, at, grid.price(step), volume, bool(noise >> 40 & 1)))
    return points

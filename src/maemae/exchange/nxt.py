"""Nextrade (넥스트레이드, NXT), the second exchange: its hours, its names and its order books.

There are no bars of NXT. Before and after the regular session its trades are made up like those of
KRX's after-market; while KRX trades, NXT follows its prices with a part of its shares (its volume
may be 15 percent of the market's, Capital Markets Act decree §78). An order lives through all its
kind's sessions: one at a limit from the pre-market to 20:00 (KIS notice of 2026-09-09). Halts and
interruptions (VI) of KRX hold here too. Which names it has changes by the quarter: here they are
the stocks of the largest turnover on the day before, 650 at most, the cut of 2026-02-12.
"""

from collections.abc import Mapping
from functools import partial

from maemae.exchange.agenda import Agenda
from maemae.exchange.depth import depth_around
from maemae.exchange.floor import Floor
from maemae.exchange.hours import Span
from maemae.exchange.matching import OrderBook
from maemae.exchange.moment import Moment, datetime_of
from maemae.exchange.noise import mix
from maemae.exchange.offhours import made_up
from maemae.exchange.orders import OnFill, Order, OrderKind
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket, Point
from maemae.market.kinds import Kind
from maemae.market.phases import PhaseKind, Venue

NAMES = 650
PART = 6
"""One share of so many that KRX shows or trades is there on NXT, too."""

_MAIN = PhaseKind.CONTINUOUS


class Nxt:
    """The order books of NXT on one day.

    Args:
        floor: the regular session of KRX, whose instruments and prices they are.
        spans: its sessions of the day; none before 2025-03-04.
        agenda: where the coming trades are put.
        on_fill: told of clients' fills.
    """

    def __init__(
        self, floor: Floor, spans: Mapping[PhaseKind, Span], agenda: Agenda, on_fill: OnFill
    ) -> None:
        self._floor = floor
        self._spans = spans
        self._agenda = agenda
        self._on_fill = on_fill
        self._names = _names(floor.market) if spans else frozenset()
        self._books: dict[str, OrderBook] = {}
        self._awaited: set[str] = set()
        self._made_up: dict[tuple[PhaseKind, str], list[Point]] = {}

    def has(self, code: str) -> bool:
        """Tell whether an instrument is traded here; KRX had no single price for it then."""
        return code in self._names

    @property
    def ends(self) -> list[Moment]:
        """When its sessions end: what lives no longer is expired then."""
        return [span.end for span in self._spans.values()]

    def takes(self, kind: OrderKind) -> bool:
        """Tell whether an order of a kind may be handed in now."""
        now = self._floor.now
        return any(span.orders_from <= now < span.end for span in self._of(kind))

    def check_session(self, kind: OrderKind) -> None:
        """Refuse outside the sessions that an order kind is for here."""
        its = self._of(kind)
        if not its:
            raise Refusal(Reason.WRONG_KIND)
        if not self.takes(kind):
            if datetime_of(self._floor.now).date() != self._floor.market.hours.day:
                raise Refusal(Reason.NO_TRADING_DAY)
            early = self._floor.now < min(span.orders_from for span in its)
            raise Refusal(Reason.BEFORE_HOURS if early else Reason.AFTER_HOURS)

    def check(self, kind: OrderKind, code: str) -> None:
        """Refuse what is not traded here, and in an interruption what must meet the book."""
        if not self.has(code):
            raise Refusal(Reason.NOT_ON_NXT)
        at_once = kind.is_ioc or kind.is_fok or kind.is_best or kind.is_own
        if (at_once or kind.is_mid or kind.is_stop) and not self.trading(code):
            raise Refusal(Reason.WRONG_KIND)

    def end(self, kind: OrderKind) -> Moment:
        """Return when the last session ends in which an order of a kind may trade."""
        return max((span.end for span in self._of(kind)), default=0)

    def trading(self, code: str) -> bool:
        """Tell whether orders in an instrument match now."""
        session = self._session()
        if session is None:
            return False
        row = self._floor.market.rows[code]
        return session is not _MAIN or self._floor.market.interruption(row, self._floor.now) is None

    def book(self, code: str) -> OrderBook:
        """Return an instrument's order book as it stands now."""
        if code not in self._books:
            self._books[code] = OrderBook(self._on_fill)
        book, point = self._books[code], self._last(code)
        if point is not None and point.at != book.drawn:
            self._show(book, code, point)
        return book

    def follow(self, code: str) -> None:
        """See to it that an instrument's next trade here is dealt with when it comes."""
        if code in self._awaited:
            return
        due, point = self._next(code)
        if due is not None:
            self._awaited.add(code)
            self._agenda.add(due, partial(self._trade, code, point))

    def expire(self, order: Order) -> None:
        """Take an order out of its book."""
        if order.code in self._books:
            self._books[order.code].remove(order)

    def _of(self, kind: OrderKind) -> list[Span]:
        day = self._floor.market.hours.day
        return [
            span
            for session, span in self._spans.items()
            if kind.rule.allowed(session, Venue.NXT, day)
        ]

    def _session(self) -> PhaseKind | None:
        now = self._floor.now
        return next(
            (one for one, span in self._spans.items() if span.start <= now < span.end), None
        )

    def _trade(self, code: str, point: Point | None, at: Moment) -> None:
        del at
        self._awaited.discard(code)
        book = self.book(code)
        if not book.orders:
            return
        if point is not None and self.trading(code):
            book.trade(point, book.depth)
            book.drawn = point.at
        self.follow(code)

    def _show(self, book: OrderBook, code: str, point: Point) -> None:
        market = self._floor.market
        row = market.rows[code]
        whole = depth_around(market, row, point, mix(market.seed, NAMES))
        book.show(point, whole.thinned(PART * self._floor.part))
        book.drawn = point.at

    def _next(self, code: str) -> tuple[Moment | None, Point | None]:
        """Return when something happens next in an instrument here, and the trade if it is one."""
        now = self._floor.now
        for session, span in self._spans.items():
            if now >= span.end:
                continue
            if now < span.start:
                return span.start, None
            point = self._after(session, span, code, now)
            if point is not None:
                return point.at, point
        return None, None

    def _after(self, session: PhaseKind, span: Span, code: str, now: Moment) -> Point | None:
        if session is not _MAIN:
            return next((one for one in self._points(session, span, code) if one.at > now), None)
        point = self._floor.market.next_point(self._floor.market.rows[code], now)
        return None if point is None or point.at >= span.end else _thinner(point)

    def _last(self, code: str) -> Point | None:
        """Return the trade that the book is drawn around: here, or on KRX before there was one."""
        market, now = self._floor.market, self._floor.now
        row, session = market.rows[code], self._session()
        if session is not None and session is not _MAIN:
            its = self._points(session, self._spans[session], code)
            past = [one for one in its if one.at <= now]
            if past:
                return past[-1]
        return market.last_trade(row, now) or Point(0, 1, market.listings[row].base, 0, False)

    def _points(self, session: PhaseKind, span: Span, code: str) -> list[Point]:
        if (session, code) not in self._made_up:
            market = self._floor.market
            row = market.rows[code]
            before = session is PhaseKind.PRE_MARKET
            around = market.listings[row].base if before else self._floor.state(code).price
            self._made_up[session, code] = made_up(market, row, span, around=around)
        return self._made_up[session, code]


def _names(market: DayMarket) -> frozenset[str]:
    stocks = [one for one in market.listings if one.kind is Kind.STOCK]
    turnover = {one.code: one.base * (one.previous_volume or one.volume) for one in stocks}
    return frozenset(sorted(turnover, key=lambda code: (-turnover[code], code))[:NAMES])


def _thinner(point: Point) -> Point:
    return Point(point.index, point.at, point.price, max(1, point.volume // PART), point.bought)

"""The venue: a day's market, its order books and the accounts, moved by the caller's clock.

Everything happens in `advance`; between two calls the venue stands still. An order is checked and
its cash or shares are held back when it is handed in; it reaches the book `latency` later.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Protocol

from maemae.exchange.accounts import Account
from maemae.exchange.agenda import Action, Agenda
from maemae.exchange.depth import Depth
from maemae.exchange.entry import (
    check_change,
    check_kind,
    check_means,
    check_price,
    check_session,
    original_order,
    reserve_price,
)
from maemae.exchange.floor import Floor
from maemae.exchange.impact import Impact
from maemae.exchange.matching import OrderBook
from maemae.exchange.moment import MILLISECOND, SECOND, Moment
from maemae.exchange.nxt import Nxt
from maemae.exchange.offhours import OffHours
from maemae.exchange.orders import (
    Happening,
    OnFill,
    Order,
    OrderEvent,
    OrderKind,
    Place,
    Status,
    Ticket,
)
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket
from maemae.exchange.slippage import Slippage
from maemae.market.kinds import Side
from maemae.market.phases import PhaseKind

LATENCY: Moment = 50 * MILLISECOND
"""From an order's receipt by the broker to the exchange's book, unless told otherwise."""


MakeFloor = Callable[[Agenda, OnFill], Floor]
"""Makes a venue's floor from its agenda and whom to tell of fills."""


class OrderListener(Protocol):
    """Who is told what happens to orders, at the instant it happens."""

    def on_order(self, event: OrderEvent) -> None:
        """Handle something that happened to a client's order."""
        ...


class Venue:
    """One trading day of the simulated exchange.

    Args:
        market: the day's market.
        accounts: the account books, which outlive the day.
        agenda: what is going to happen; others may put their own things on it.
        latency: microseconds from an order's receipt to the book.
        first_number: the first order number to give.
        impact: how strongly clients' own fills move the price, see `impact`; 0: not at all.
        slippage: how much worse the displayed book fills, in parts per million of the price.
        make_floor: makes the floor, where it is not that of a replayed market.
    """

    last_print: Moment = SECOND
    """How long after the close its auction's trade may come."""

    def __init__(
        self,
        market: DayMarket,
        accounts: Iterable[Account],
        agenda: Agenda | None = None,
        *,
        latency: Moment = LATENCY,
        first_number: int = 1,
        impact: float = 0.0,
        slippage: int = 0,
        make_floor: MakeFloor | None = None,
    ) -> None:
        self.hours = market.hours
        self.accounts = {account.number: account for account in accounts}
        self.agenda = agenda or Agenda()
        worse = Slippage(market, slippage).worse
        # A market that moves further shows less: else what moves it costs nothing.
        part = max(1, ceil(impact))
        self.floor = (
            make_floor(self.agenda, self._on_fill)
            if make_floor is not None
            else Floor(market, self.agenda, self._on_fill, worse, part)
        )
        self._latency = latency
        self._impact = Impact(market, impact)
        self._next_number = first_number
        self._listeners: list[OrderListener] = []
        self.agenda.add(self.hours.auction, lambda _: self._convert())
        self.off_hours = OffHours(self.floor, self.agenda, self._on_fill)
        self.agenda.add(self.hours.close + self.last_print, lambda at: self._close(None, at))
        for session, span in self.hours.off_hours.items():
            self.agenda.add(span.end + SECOND, partial(self._close, session))
        self.nxt = Nxt(self.floor, self.hours.nxt, self.agenda, self._on_fill)
        for end in self.nxt.ends:
            self.agenda.add(end + SECOND, self._close_nxt)

    @property
    def now(self) -> Moment:
        """The instant up to which everything has happened."""
        return self.floor.now

    @property
    def next_number(self) -> int:
        """The order number that comes next."""
        return self._next_number

    def go_on_from(self, number: int) -> None:
        """Give that order number next, and greater ones after it."""
        self._next_number = max(self._next_number, number)

    def listen(self, listener: OrderListener) -> None:
        """Tell a listener what happens to orders from now on."""
        self._listeners.append(listener)

    def watch(self, code: str) -> None:
        """Report every trade of an instrument, also of the after-market."""
        self.floor.watch(code)
        self.off_hours.follow(PhaseKind.AFTER_MARKET, code)

    def shown(self, code: str) -> Depth:
        """Return an instrument's published book, in the after-market that of its session."""
        if self.off_hours.trading(PhaseKind.AFTER_MARKET):
            return self.off_hours.book(PhaseKind.AFTER_MARKET, code).depth
        return self.floor.shown(code)

    def next_at(self) -> Moment | None:
        """Return the next instant at which something happens, or None."""
        return self.agenda.next_at()

    def advance(self, until: Moment) -> None:
        """Let time pass up to and including an instant."""
        while (due := self.agenda.next_at()) is not None and due <= until:
            self.floor.now = max(self.now, due)
            self.agenda.run_instant(due)
        self.floor.now = max(self.now, until)

    def run_out(self) -> None:
        """Let everything happen that is still due, whenever that is: the day ends."""
        while (due := self.agenda.next_at()) is not None:
            self.advance(due)

    def submit(self, account: Account, ticket: Ticket) -> Order:
        """Hand in an order.

        Raises:
            Refusal: the order is refused; it leaves no trace in the books.
        """
        listing = self.floor.listing(ticket.code)
        asked, ticket = ticket.place, replace(ticket, place=self._route(ticket))
        self._check_session(ticket.kind, ticket.place)
        self._check(ticket)
        session = ticket.kind.session
        fixed = self.off_hours.fixed_price(session, ticket.code) if session else 0
        reserved = reserve_price(listing, ticket, fixed)
        check_means(account, ticket, reserved)
        order = self._new(account, ticket)
        order.asked = asked
        order.reserved, order.price = reserved, fixed or order.price
        self._later(lambda at: self._enter(order, at))
        return order

    def cancel(self, account: Account, number: int, quantity: int | None = None) -> Order:
        """Hand in a cancellation of what is left of an order, or of `quantity` of it.

        Returns:
            The request, an order with a number of its own.

        Raises:
            Refusal: outside hours, unknown order, nothing left, or more than is left.
        """
        self._check_still_open(account, number)
        original = original_order(account, number, quantity)
        wanted = quantity or original.left
        request = self._new(account, original.ticket(original.kind, wanted))
        request.asked = original.asked
        request.original, request.is_cancel, request.working = number, True, False
        self._later(lambda at: self._cancel(original, request, at))
        return request

    def amend(
        self,
        account: Account,
        number: int,
        kind: OrderKind,
        price: int,
        quantity: int | None,
        *,
        keeps: bool = False,
    ) -> Order:
        """Hand in a new price or kind for what is left of an order, or for `quantity` of it.

        With `keeps` the order changes under its own number, as KIS is not believed to do.

        Returns:
            The order that takes that part's place, with a number of its own.

        Raises:
            Refusal: as for `cancel`, or the new price, kind or cash does not do.
        """
        self._check_still_open(account, number)
        original = original_order(account, number, quantity)
        wanted = quantity or original.left
        check_change(original.kind, kind)
        ticket = original.ticket(kind, wanted, price)
        self._check(ticket)
        listing = self.floor.listing(original.code)
        reserved = reserve_price(listing, ticket)
        if wanted * (reserved - original.reserved) > account.buying_power:
            raise Refusal(Reason.NO_CASH)
        if keeps:
            self._later(lambda at: self._change(original, ticket, reserved, at))
            return original
        order = self._new(account, ticket)
        order.asked = original.asked
        order.original, order.working, order.reserved = number, False, reserved
        order.waits = original.waits
        self._later(lambda at: self._amend(original, order, at))
        return order

    def _check_still_open(self, account: Account, number: int) -> None:
        order = account.orders.get(number)
        kind, place = (order.kind, order.place) if order else (OrderKind.LIMIT, Place.KRX)
        self._check_session(kind, place)

    def _route(self, ticket: Ticket) -> Place:
        """Choose where an order goes: to NXT with SOR where that trades and KRX does not."""
        if ticket.place is not Place.SOR:
            return ticket.place
        regular = self.hours.open <= self.now < self.hours.close
        elsewhere = self.nxt.has(ticket.code) and self.nxt.takes(ticket.kind)
        return Place.NXT if not regular and elsewhere else Place.KRX

    def _check_session(self, kind: OrderKind, place: Place) -> None:
        if place is Place.NXT:
            self.nxt.check_session(kind)
        else:
            check_session(self.hours, self.now, kind)

    def _check(self, ticket: Ticket) -> None:
        code, kind = ticket.code, ticket.kind
        if self.floor.halted(code):
            raise Refusal(Reason.HALTED)
        if ticket.place is Place.NXT:
            self.nxt.check(kind, code)
        elif kind.session is not None:
            self.off_hours.check(kind.session, code, ticket.price)
            if kind is OrderKind.SINGLE_PRICE and self.nxt.has(code):
                raise Refusal(Reason.NOT_IN_SESSION)
        if ticket.place is Place.KRX:
            check_kind(self.hours, self.now, kind, continuous=self.floor.continuous(code))
        market = self.floor.market
        grid = market.grid(market.rows[code])
        check_price(self.floor.listing(code), grid, kind, (ticket.price, ticket.stop))

    def _new(self, account: Account, ticket: Ticket) -> Order:
        order = Order(self._next_number, account.number, ticket, self.now)
        self._next_number += 1
        account.orders[order.number] = order
        return order

    def _later(self, action: Action) -> None:
        self.agenda.add(self.now + self._latency, action)

    def _enter(self, order: Order, at: Moment) -> None:
        if not order.remaining:
            return
        self._tell(OrderEvent(Happening.ACCEPTED, order, at, order.quantity, order.price))
        self._to_book(order, at)

    def _to_book(self, order: Order, at: Moment) -> None:
        if at >= self._end_of(order):
            self._expire(order, at)
            return
        book = self._book(order)
        if not self._matching(order):
            book.rest(order)
        elif self._fix_price(order, book, at) and not _too_few(order, book):
            book.enter(order, at)
        if order.remaining and (order.kind.is_ioc or order.kind.is_fok):
            book.remove(order)
            self._end(Happening.CANCELLED, order, at)
        if order.remaining:
            self._follow(order)

    def _end_of(self, order: Order) -> Moment:
        if order.place is Place.NXT:
            return self.nxt.end(order.kind)
        session = order.kind.session
        return self.hours.off_hours[session].end if session else self.hours.close

    def _matching(self, order: Order) -> bool:
        """Tell whether orders match at once where an order is."""
        session = order.kind.session
        if order.place is Place.NXT:
            return self.nxt.trading(order.code)
        return self.off_hours.trading(session) if session else self.floor.continuous(order.code)

    def _follow(self, order: Order) -> None:
        session = order.kind.session
        if order.place is Place.NXT:
            self.nxt.follow(order.code)
        elif session:
            self.off_hours.follow(session, order.code)
        else:
            self.floor.follow(order.code)

    def _book(self, order: Order) -> OrderBook:
        session = order.kind.session
        if order.place is Place.NXT:
            return self.nxt.book(order.code)
        if session is None:
            return self.floor.book(order.code)
        return self.off_hours.book(session, order.code)

    def _fix_price(self, order: Order, book: OrderBook, at: Moment) -> bool:
        """Give a best- or mid-price order its limit; False when there is none: it is cancelled."""
        kind = order.kind
        if not (kind.is_best or kind.is_own or kind.is_mid):
            return True
        levels = book.depth.against(order.side) if kind.is_best else book.depth.beside(order.side)
        price = book.depth.middle if kind.is_mid else levels[0].price if levels else None
        if price is None:
            self._end(Happening.CANCELLED, order, at)
            return False
        order.price = price
        if not kind.is_mid:
            order.reserved = price if order.side is Side.BUY else 0
        return True

    def _cancel(self, original: Order, request: Order, at: Moment) -> None:
        quantity = min(request.quantity, original.remaining)
        if not quantity:
            request.status = Status.REFUSED
            self._tell(OrderEvent(Happening.REFUSED, request, at, request.quantity, 0))
            return
        request.status, request.quantity = Status.CANCELLED, quantity
        self._take_back(original, quantity)
        self._tell(OrderEvent(Happening.CANCELLED, original, at, quantity, 0, request.number))

    def _amend(self, original: Order, order: Order, at: Moment) -> None:
        quantity = min(order.quantity, original.remaining)
        if not quantity:
            order.status = Status.REFUSED
            self._tell(OrderEvent(Happening.REFUSED, order, at, order.quantity, order.price))
            return
        order.quantity = quantity
        self._take_back(original, quantity)
        order.working = True
        price = order.price
        self._tell(OrderEvent(Happening.AMENDED, original, at, quantity, price, order.number))
        self._to_book(order, at)

    def _change(self, order: Order, ticket: Ticket, reserved: int, at: Moment) -> None:
        if not order.remaining:
            return
        self._book(order).remove(order)
        order.kind = order.live_kind = ticket.kind
        order.price, order.reserved = ticket.price if ticket.kind.has_price else 0, reserved
        self._tell(
            OrderEvent(Happening.AMENDED, order, at, order.remaining, order.price, order.number)
        )
        self._to_book(order, at)

    def _take_back(self, order: Order, quantity: int) -> None:
        order.cancelled += quantity
        if order.filled + order.cancelled == order.quantity:
            order.status = Status.CANCELLED
            self._book(order).remove(order)

    def _expire(self, order: Order, at: Moment) -> None:
        self._book(order).remove(order)
        self._end(Happening.EXPIRED, order, at)

    def _end(self, what: Happening, order: Order, at: Moment) -> None:
        quantity = order.remaining
        order.cancelled += quantity
        order.status = Status(what.value)
        self._tell(OrderEvent(what, order, at, quantity, 0))

    def _on_fill(self, order: Order, quantity: int, price: int, at: Moment) -> None:
        listing = self.floor.listing(order.code)
        account = self.accounts[order.account]
        account.fill(order, quantity, price, at, listing)
        if order.kind.session is None:
            shares = quantity if order.side is Side.BUY else -quantity
            self._impact.fill(order.code, shares, at)
        self._tell(OrderEvent(Happening.FILLED, order, at, quantity, price))

    def _tell(self, event: OrderEvent) -> None:
        for listener in self._listeners:
            listener.on_order(event)

    def _convert(self) -> None:
        for book in self.floor.books:
            book.convert()

    def _close(self, session: PhaseKind | None, at: Moment) -> None:
        """End a session: what is not filled in it is no longer an order."""
        for account in self.accounts.values():
            for order in list(account.orders.values()):
                here = order.place is Place.KRX and order.kind.session is session
                if order.remaining and here:
                    self._expire(order, at)

    def _close_nxt(self, at: Moment) -> None:
        """End a session of NXT: orders that have no later one are over."""
        for account in self.accounts.values():
            for order in list(account.orders.values()):
                over = order.place is Place.NXT and at >= self.nxt.end(order.kind)
                if order.remaining and over:
                    self._expire(order, at)


def _too_few(order: Order, book: OrderBook) -> bool:
    return order.kind.is_fok and book.available(order) < order.remaining

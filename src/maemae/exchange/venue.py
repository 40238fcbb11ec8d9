"""The venue: a day's market, its order books and the accounts, moved by the caller's clock.

Everything happens in `advance`; between two calls the venue stands still. An order is checked and
its cash or shares are held back when it is handed in; it reaches the book `latency` later.
"""

from collections.abc import Iterable
from typing import Protocol

from maemae.exchange.accounts import Account
from maemae.exchange.agenda import Action, Agenda
from maemae.exchange.entry import (
    check_hours,
    check_kind,
    check_means,
    check_price,
    original_order,
    reserve_price,
)
from maemae.exchange.floor import Floor
from maemae.exchange.matching import OrderBook
from maemae.exchange.moment import MILLISECOND, SECOND, Moment
from maemae.exchange.orders import Happening, Order, OrderEvent, OrderKind, Status, Ticket
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.replay import DayMarket
from maemae.market.kinds import Side

LATENCY: Moment = 50 * MILLISECOND
"""From an order's receipt by the broker to the exchange's book, unless told otherwise."""


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
    """

    def __init__(
        self,
        market: DayMarket,
        accounts: Iterable[Account],
        agenda: Agenda | None = None,
        *,
        latency: Moment = LATENCY,
        first_number: int = 1,
    ) -> None:
        self.hours = market.hours
        self.accounts = {account.number: account for account in accounts}
        self.agenda = agenda or Agenda()
        self.floor = Floor(market, self.agenda, self._on_fill)
        self._latency = latency
        self._next_number = first_number
        self._listeners: list[OrderListener] = []
        self.agenda.add(self.hours.auction, lambda _: self._convert())
        self.agenda.add(self.hours.close + SECOND, self._close)

    @property
    def now(self) -> Moment:
        """The instant up to which everything has happened."""
        return self.floor.now

    @property
    def next_number(self) -> int:
        """The order number that comes next."""
        return self._next_number

    def listen(self, listener: OrderListener) -> None:
        """Tell a listener what happens to orders from now on."""
        self._listeners.append(listener)

    def next_at(self) -> Moment | None:
        """Return the next instant at which something happens, or None."""
        return self.agenda.next_at()

    def advance(self, until: Moment) -> None:
        """Let time pass up to and including an instant."""
        while (due := self.agenda.next_at()) is not None and due <= until:
            self.floor.now = max(self.now, due)
            self.agenda.run_instant(due)
        self.floor.now = max(self.now, until)

    def submit(self, account: Account, ticket: Ticket) -> Order:
        """Hand in an order.

        Raises:
            Refusal: the order is refused; it leaves no trace in the books.
        """
        listing = self.floor.listing(ticket.code)
        check_hours(self.hours, self.now)
        self._check(ticket.code, ticket.kind, ticket.price)
        reserved = reserve_price(listing, ticket.side, ticket.kind, ticket.price)
        check_means(account, ticket, reserved)
        order = self._new(account, ticket)
        order.reserved = reserved
        self._later(lambda at: self._enter(order, at))
        return order

    def cancel(self, account: Account, number: int, quantity: int | None = None) -> Order:
        """Hand in a cancellation of what is left of an order, or of `quantity` of it.

        Returns:
            The request, an order with a number of its own.

        Raises:
            Refusal: outside hours, unknown order, nothing left, or more than is left.
        """
        check_hours(self.hours, self.now)
        original = original_order(account, number, quantity)
        wanted = quantity or original.remaining
        request = self._new(account, Ticket(original.code, original.side, original.kind, wanted))
        request.original, request.is_cancel, request.working = number, True, False
        self._later(lambda at: self._cancel(original, request, at))
        return request

    def amend(
        self, account: Account, number: int, kind: OrderKind, price: int, quantity: int | None
    ) -> Order:
        """Hand in a new price or kind for what is left of an order, or for `quantity` of it.

        Returns:
            The order that takes that part's place, with a number of its own.

        Raises:
            Refusal: as for `cancel`, or the new price, kind or cash does not do.
        """
        check_hours(self.hours, self.now)
        original = original_order(account, number, quantity)
        wanted = quantity or original.remaining
        self._check(original.code, kind, price)
        listing = self.floor.listing(original.code)
        reserved = reserve_price(listing, original.side, kind, price)
        if wanted * (reserved - original.reserved) > account.buying_power:
            raise Refusal(Reason.NO_CASH)
        order = self._new(account, Ticket(original.code, original.side, kind, wanted, price))
        order.original, order.working, order.reserved = number, False, reserved
        self._later(lambda at: self._amend(original, order, at))
        return order

    def _check(self, code: str, kind: OrderKind, price: int) -> None:
        if self.floor.halted(code):
            raise Refusal(Reason.HALTED)
        check_kind(self.hours, self.now, kind, continuous=self.floor.continuous(code))
        market = self.floor.market
        check_price(self.floor.listing(code), market.grid(market.rows[code]), kind, price)

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
        if at >= self.hours.close:
            self._expire(order, at)
            return
        book = self.floor.book(order.code)
        if not self.floor.continuous(order.code):
            book.rest(order)
        elif self._fix_price(order, book, at) and not _too_few(order, book):
            book.enter(order, at)
        if order.remaining and (order.kind.is_ioc or order.kind.is_fok):
            book.remove(order)
            self._end(Happening.CANCELLED, order, at)
        if order.remaining:
            self.floor.follow(order.code)

    def _fix_price(self, order: Order, book: OrderBook, at: Moment) -> bool:
        """Give a best-price order its limit; False when there is none, and it is cancelled."""
        kind = order.kind
        if not kind.is_best and kind is not OrderKind.BEST_OWN:
            return True
        levels = book.depth.against(order.side) if kind.is_best else book.depth.beside(order.side)
        if not levels:
            self._end(Happening.CANCELLED, order, at)
            return False
        order.price = levels[0].price
        order.reserved = order.price if order.side is Side.BUY else 0
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

    def _take_back(self, order: Order, quantity: int) -> None:
        order.cancelled += quantity
        if order.filled + order.cancelled == order.quantity:
            order.status = Status.CANCELLED
            self.floor.book(order.code).remove(order)

    def _expire(self, order: Order, at: Moment) -> None:
        self.floor.book(order.code).remove(order)
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
        self._tell(OrderEvent(Happening.FILLED, order, at, quantity, price))

    def _tell(self, event: OrderEvent) -> None:
        for listener in self._listeners:
            listener.on_order(event)

    def _convert(self) -> None:
        for book in self.floor.books:
            book.convert()

    def _close(self, at: Moment) -> None:
        """End the day: what is not filled is no longer an order."""
        for account in self.accounts.values():
            for order in list(account.orders.values()):
                if order.remaining:
                    self._expire(order, at)


def _too_few(order: Order, book: OrderBook) -> bool:
    return order.kind.is_fok and book.available(order) < order.remaining

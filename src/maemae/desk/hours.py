"""The hours of the trading day, and what each book may do in them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from maemae.desk.events import Started
from maemae.desk.rules import BookRules
from maemae.market.calendar import Calendar
from maemae.market.order_kinds import OrderKind, its_phases, lives_until
from maemae.market.phases import Venue

BEFORE_AUCTION = timedelta(seconds=5)
"""So long before the closing auction entries are cancelled: they must be gone when it begins."""

OFF_HOURS = timedelta(minutes=30)
"""So long after the close trading goes on at other prices (16:00, 시간외단일가, 애프터마켓)."""


class Hours:
    """Tells what the time of day allows; before the day has started, nothing.

    Args:
        books: by name, how they trade.
    """

    def __init__(self, books: Mapping[str, BookRules]) -> None:
        self._books = books
        self._day: Started | None = None
        self._windows: dict[str, tuple[datetime, datetime]] = {}
        """When books enter that order for a session outside regular hours."""

    def begin(self, day: Started, calendar: Calendar) -> None:
        """Take in the hours of a day."""
        self._day = day
        self._windows = {}
        on = day.opens.date()
        if not calendar.is_session(on):
            return
        for name, book in self._books.items():
            kind, exchange = book.order.order_kind, book.order.exchange
            if not kind.off_hours:
                continue
            its = its_phases(kind, exchange, calendar.session(on))
            # On a day without its session a book enters at no time.
            self._windows[name] = (
                min((one.orders_from for one in its), default=day.closes),
                max((one.end for one in its), default=day.closes),
            )

    def in_session(self, at: datetime) -> bool:
        """Whether the session is on, from the open to the official close."""
        return self._day is not None and self._day.opens <= at < self._day.closes

    def ends(self, closes: datetime) -> datetime:
        """Return until when orders are taken, at the close at the earliest."""
        told = None if self._day is None else self._day.ends
        return max(closes, told or closes, *(ends for _, ends in self._windows.values()))

    def closes_before(self, last: datetime | None) -> datetime | None:
        """Return the close where the day goes on after it, for orders that live until `last`."""
        if self._day is None:
            return None
        closes = self._day.closes
        goes_on = self.ends(closes) > closes or (last is not None and last > closes)
        return closes if goes_on else None

    def evening(self, at: datetime) -> bool:
        """Whether last prices may be those of a session after the close, and no close."""
        return self._day is not None and at >= self._day.closes + OFF_HOURS

    def lives_until(
        self, calendar: Calendar, kind: OrderKind, exchange: Venue, at: datetime
    ) -> datetime | None:
        """Return until when an order of a kind may trade that goes out now; None: it may not."""
        if self._day is None or not calendar.is_session(at.date()):
            return None
        return lives_until(kind, exchange, calendar.session(at.date()), at)

    def opened(self, at: datetime) -> datetime | None:
        """Return when the session that is on began; None: none is on."""
        return self._day.opens if self._day is not None and self.in_session(at) else None

    def closing(self, at: datetime) -> bool:
        """Whether the closing auction has begun, or is about to: no entry may be left by then."""
        return self._day is not None and at >= self._day.auction - BEFORE_AUCTION

    def entering(self, at: datetime, book: str | None) -> bool:
        """Whether a book may enter at this time of day."""
        if book in self._windows:
            begins, ends = self._windows[book]
            return begins <= at < ends
        return self._day is not None and self._opens(self._day, book) <= at and not self.closing(at)

    def sells_early(self, at: datetime, book: str) -> bool:
        """Whether a book sells what is due in the opening auction, and it is on."""
        return book not in self._windows and self.entering(at, book)

    def first_entry(self, at: datetime, book: str) -> datetime:
        """Return the moment from which a book may enter, now at the earliest."""
        return at if self._day is None else max(at, self._opens(self._day, book))

    def next_search(self, at: datetime, book: str) -> datetime | None:
        """Return when a book's source is asked next; None: no day has started."""
        if self._day is None:
            return None
        opens = self._windows[book][0] if book in self._windows else self._day.opens
        return self._books[book].next_search(opens, at)

    def _opens(self, day: Started, book: str | None) -> datetime:
        if book in self._windows:
            return self._windows[book][0]
        rules = self._books.get(book) if book is not None else None
        early = rules is not None and rules.auction
        return (day.accepts or day.opens) if early else day.opens

"""The hours of the trading day, and what each book may do in them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from maemae.desk.events import Started
from maemae.desk.rules import BookRules

BEFORE_AUCTION = timedelta(seconds=5)
"""So long before the closing auction entries are cancelled: they must be gone when it begins."""


class Hours:
    """Tells what the time of day allows; before the day has started, nothing.

    Args:
        books: by name, how they trade.
    """

    def __init__(self, books: Mapping[str, BookRules]) -> None:
        self._books = books
        self._day: Started | None = None

    def begin(self, day: Started) -> None:
        """Take in the hours of a day."""
        self._day = day

    def in_session(self, at: datetime) -> bool:
        """Whether the session is on, from the open to the official close."""
        return self._day is not None and self._day.opens <= at < self._day.closes

    def opened(self, at: datetime) -> datetime | None:
        """Return when the session that is on began; None: none is on."""
        return self._day.opens if self._day is not None and self.in_session(at) else None

    def closing(self, at: datetime) -> bool:
        """Whether the closing auction has begun, or is about to: no entry may be left by then."""
        return self._day is not None and at >= self._day.auction - BEFORE_AUCTION

    def entering(self, at: datetime, book: str | None) -> bool:
        """Whether a book may enter at this time of day."""
        return self._day is not None and self._opens(self._day, book) <= at and not self.closing(at)

    def first_entry(self, at: datetime, book: str) -> datetime:
        """Return the moment from which a book may enter, now at the earliest."""
        return at if self._day is None else max(at, self._opens(self._day, book))

    def next_search(self, at: datetime, book: str) -> datetime | None:
        """Return when a book's source is asked next; None: no day has started."""
        return None if self._day is None else self._books[book].next_search(self._day.opens, at)

    def _opens(self, day: Started, book: str | None) -> datetime:
        rules = self._books.get(book) if book is not None else None
        early = rules is not None and rules.auction
        return (day.accepts or day.opens) if early else day.opens

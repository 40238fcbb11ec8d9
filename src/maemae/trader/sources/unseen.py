"""What a source asks prices of and does not have: told the desk, which says it when it lasts."""

from collections.abc import Iterable

from maemae.clock import Clock
from maemae.desk import events as ev
from maemae.desk.sights import Sight
from maemae.kis import Quote
from maemae.trader.sources.source import Put


class Unseen:
    """The names of a book whose prices the broker's last answer lacked."""

    def __init__(self, book: str, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._names: tuple[str, ...] = ()

    def look(self, asked: Iterable[str], quotes: Iterable[Quote], put: Put | None) -> None:
        """Compare what was asked for with what came; told too is that all are had again.

        A name that has not traded today needs no price.
        """
        there = {quote.code for quote in quotes if quote.price or not quote.volume}
        names = tuple(code for code in asked if code not in there)
        if put is not None and (names or self._names):
            put(ev.Sighted(at=self._clock.now(), sight=Sight.QUOTES, key=self._book, missing=names))
        self._names = names

"""The books of a simulation: their code fails wherever a book's code is called, as a seed says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.guard import BookLimits
from maemae.desk.records import Halt
from maemae.desk.rules import BookRules, DeskRules, Purse
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.proof.broker import Broker
from maemae.proof.hazards import Hazard
from maemae.proof.process import VenueClock
from maemae.trader.isolation import IsolatedBook
from maemae.trader.sources.source import Put

WHERE = ("search", "sizing", "price", "watching", "rubbish")
"""What of a book's code fails next, once it is to fail."""

AT_START = ("rules", "made", "started")

MENDED = (5.0, 120.0)
"""Seconds until a person lets a book go on that failed."""


class BookError(Exception):
    """What the code of a book raises: nothing that anybody here knows."""


class ProofBook:
    """A book that buys what the broker's search finds, with code that fails.

    Args:
        name: of the book.
        rules: as the seed drew them.
        broker: which answers the searches.
    """

    def __init__(self, name: str, rules: BookRules, broker: Broker) -> None:
        self.name = name
        self._rules = rules
        self._broker = broker
        self._doom = ""
        if broker.hazards.strike(Hazard.BOOK_FAILS) is not None:
            self._doom = broker.hazards.dice.choice(AT_START)

    @property
    def exits(self) -> Exits:
        """The exits of what it buys."""
        return self._rules.entry.exits

    @property
    def limits(self) -> BookLimits:
        """Bounds of the book alone."""
        return self._rules.limits

    def rules(self) -> BookRules:
        """Return how the desk trades it, with a sizing of its own."""
        self._meet("rules")
        return replace(self._rules, entry=replace(self._rules.entry, amount=self._size))

    def source(self) -> "ProofBook":
        """Return where its candidates come from: itself."""
        self._meet("made")
        return self

    async def start(self, put: Put) -> None:
        """Begin."""
        del put
        self._meet("started")

    async def stop(self) -> None:
        """Nothing is held."""

    @property
    def watching(self) -> tuple[str, ...]:
        """Nothing."""
        self._meet("watching")
        return ()

    async def offer(self) -> ev.Candidates | ev.Unavailable:
        """Search at the broker."""
        hazards = self._broker.hazards
        if not self._doom and hazards.strike(Hazard.BOOK_FAILS) is not None:
            self._doom = hazards.dice.choice(WHERE)
        self._meet("search")
        found = await self._broker.answer(cmd.Ask(ev.Query.SEARCH, self.name))
        if self._doom == "rubbish" and isinstance(found, ev.Candidates):
            self._doom = ""
            offers = tuple(replace(one, price=float(one.price)) for one in found.offers)  # type: ignore[arg-type]
            return replace(found, offers=offers)
        if not isinstance(found, ev.Candidates | ev.Unavailable):
            raise BookError(f"not an answer to a search: {found}")
        return found

    def heard(self, price: ev.Price) -> None:
        """Hear of a price."""
        del price
        self._meet("price")

    def _size(self, purse: Purse) -> int:
        self._meet("sizing")
        amount = self._rules.entry.amount
        return amount if isinstance(amount, int) else amount(purse)

    def _meet(self, place: str) -> None:
        """Fail here, if it is to fail here next."""
        if self._doom == place:
            self._doom = ""
            raise BookError(place)


class ProofBooks:
    """The books of one life of the process, each isolated from the others.

    Args:
        rules: of the desk, as the seed drew them.
        broker: which answers the searches.
        failed: told which book's code has raised something, and when.
    """

    def __init__(
        self, rules: DeskRules, broker: Broker, failed: Callable[[str, datetime], None]
    ) -> None:
        self._broker = broker
        self._failed = failed
        self._put: Put = lambda _: None
        clock = VenueClock(broker)
        self._declared = {n: ProofBook(n, book, broker) for n, book in rules.books.items()}
        self._isolated = {
            name: IsolatedBook(book, clock, self._report) for name, book in self._declared.items()
        }
        self.rules = replace(rules, books={n: book.rules for n, book in self._isolated.items()})
        """What the desk is told."""

    @property
    def sources(self) -> Mapping[str, IsolatedBook]:
        """Where candidates come from, by book."""
        return self._isolated

    def connect(self, state: State) -> None:
        """Say what the desk's state is."""
        for name, book in self._isolated.items():
            book.connect(state, self._declared[name].source)

    async def start(self, put: Put) -> None:
        """Start all of them."""
        self._put = put
        for book in self._isolated.values():
            await book.start(put)

    async def search(self, book: str) -> ev.Event:
        """Ask a book's source, and which codes it watches."""
        offer = await self._isolated[book].offer()
        _ = [one.watching for one in self._isolated.values()]
        return offer

    def heard(self, event: ev.Event) -> None:
        """Let all of them hear of a price."""
        if isinstance(event, ev.Price):
            for book in self._isolated.values():
                book.heard(event)

    def _report(self, book: str, error: Exception) -> None:
        """Note a failure; somebody lets the book go on later, or nobody does until a restart."""
        del error
        self._failed(book, self._broker.now)
        if self._broker.hazards.even():
            self._broker.later(self._broker.hazards.seconds(*MENDED), lambda: self._resume(book))

    def end(self) -> None:
        """Say nothing any more to a process that is dead."""
        self._put = lambda _: None

    def _resume(self, book: str) -> None:
        at = self._broker.now
        self._put(ev.HaltOrdered(at=at, level=Halt.NONE, reason="mended", book=book))

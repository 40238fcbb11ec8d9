"""The one place where a book's own code is called: what it raises switches off that book alone.

A book's code is its settings, strategy, sizing, source of candidates, plan and bars. None of it
may keep another book from trading, or any position from being sold: what the code raises becomes
an incident (`book_failed`) and stops the book's entries. The exits that its positions have stay
armed, for the desk needs no code of the book to judge them. The book is tried again when its
entries are let go on (`maemae resume --book`), and at the next start.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from maemae.clock import Clock
from maemae.desk import events as ev
from maemae.desk.guard import BookLimits
from maemae.desk.records import BOOK_FAILED, Halt, Listed
from maemae.desk.rules import BookRules, Entry, Purse
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.errors import SettingsError, WireError
from maemae.kis import StreamEvent
from maemae.trader.sources.source import Hearing, Listening, Put, Source

NO_CODE = timedelta(minutes=1)
"""How often the source of a book is asked whose rules could not be read: it offers nothing."""

Report = Callable[[str, Exception], None]
"""Takes a book's name and what its code raised, for the log."""


class Declared(Protocol):
    """What the settings say of a book, as far as it is asked here."""

    @property
    def name(self) -> str:
        """The book's name."""
        ...

    @property
    def exits(self) -> Exits:
        """The exits that the settings themselves name."""
        ...

    @property
    def limits(self) -> BookLimits:
        """Bounds of the book alone."""
        ...

    def rules(self) -> BookRules:
        """Return how the desk trades the book."""
        ...


class IsolatedBook:
    """A book whose code cannot fail anybody else: its rules for the desk, and its source.

    Args:
        declared: the book as the settings have it.
        clock: of the venue.
        report: told of everything that the code raises.
    """

    def __init__(self, declared: Declared, clock: Clock, report: Report) -> None:
        self._declared = declared
        self._book = declared.name
        self._clock = clock
        self._report = report
        self._put: Put = lambda _: None
        self._state: State | None = None
        self._make: Callable[[], Source] | None = None
        self._source: Source | None = None
        self._started = False
        self._strict = False
        self.failed: Exception | None = None
        """What the book's code raised last, while the book is off for it."""
        self._unreadable: Exception | None = None
        """Why there are no rules: only another start can read them again."""
        self.rules = self._read()
        """How the desk trades the book; one whose rules cannot be read buys nothing."""

    def connect(self, state: State, make: Callable[[], Source], *, strict: bool = False) -> None:
        """Say what the desk's state is and how the book's source is made, and make it.

        Args:
            state: of the desk.
            make: makes the source.
            strict: raise settings that do not do, now and at `start`, instead of going on
                without the book: somebody is there to mend them, and nothing is at stake.

        Raises:
            SettingsError: as `strict` says.
        """
        self._state, self._make, self._strict = state, make, strict
        if self.failed is None:
            with self._walled():
                self._source = make()
        self._refuse()

    def _refuse(self) -> None:
        if self._strict and isinstance(self.failed, SettingsError):
            raise self.failed

    # As a source.

    @property
    def watching(self) -> tuple[str, ...]:
        """What the source watches; nothing while the book is off."""
        if self._source is not None and self.failed is None:
            with self._walled():
                return self._source.watching
        return ()

    async def start(self, put: Put) -> None:
        """Start the source; where it fails, the book is off and that is said.

        A broker that cannot be asked is no failure: the source is started at the next search.

        Raises:
            SettingsError: the source cannot work as it is set, and `connect` was strict.
        """
        self._put = put
        if self.failed is not None:
            self._tell(self.failed)
            return
        try:
            await self._begin()
        except WireError:
            return
        self._refuse()
        if self.failed is None and self._paused_by_failure():
            self._order(Halt.NONE)

    async def offer(self) -> ev.Candidates | ev.Unavailable:
        """Return what the source offers; nothing while the book is off.

        Raises:
            WireError: the broker could not be asked.
        """
        if self.failed is not None and not self._paused():
            # Somebody let its entries go on: it is tried again, from the beginning.
            self.failed, self._source, self._started = None, None, False
            if self._unreadable is not None:
                self._fail(self._unreadable)
        if self.failed is None and not self._started:
            await self._begin()
        if self.failed is None and self._source is not None:
            with self._walled():
                return self._checked(await self._source.offer())
        return ev.Unavailable(
            at=self._clock.now(),
            query=ev.Query.SEARCH,
            key=self._book,
            reason=_said(self.failed),
            permanent=True,
        )

    async def stop(self) -> None:
        """Stop the source; nothing that it raises matters any more."""
        if self._source is not None:
            try:
                await self._source.stop()
            except Exception as error:  # noqa: BLE001 - it is in the log
                self._report(self._book, error)

    def heard(self, price: ev.Price) -> None:
        """Let a source that listens hear of a price."""
        source: object = self._source
        if self.failed is None and isinstance(source, Listening):
            with self._walled():
                source.heard(price)

    def hear(self, said: StreamEvent) -> None:
        """Let a source that listens to the stream itself hear what it says."""
        source: object = self._source
        if self.failed is None and isinstance(source, Hearing):
            with self._walled():
                source.hear(said)

    # How.

    @contextmanager
    def _walled(self) -> Iterator[None]:
        """Call code of the book; whatever it raises but a `WireError` switches the book off."""
        try:
            yield
        except WireError:
            raise
        except Exception as error:  # noqa: BLE001 - what a book's code raises is its own affair
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Be off from here on, and say so."""
        self.failed = error
        self._report(self._book, error)
        self._tell(error)

    def _read(self) -> BookRules:
        rules = BookRules(
            entry=Entry(amount=0, names=0, exits=self._declared.exits),
            search_every=NO_CODE,
            signal_every=NO_CODE,
            limits=self._declared.limits,
        )
        with self._walled():
            rules = self._declared.rules()
        self._unreadable = self.failed
        sizing = rules.entry.amount
        if isinstance(sizing, int):
            return rules
        return replace(rules, entry=replace(rules.entry, amount=self._sized(sizing)))

    def _sized(self, sizing: Callable[[Purse], int]) -> Callable[[Purse], int]:
        """Return a sizing that buys nothing where the book's own fails, and from then on."""

        def amount(purse: Purse) -> int:
            if self.failed is None:
                with self._walled():
                    return _won(sizing(purse))
            return 0

        return amount

    async def _begin(self) -> None:
        """Make the source, if there is none, and start it."""
        with self._walled():
            if self._source is None and self._make is not None:
                self._source = self._make()
            if self._source is not None:
                await self._source.start(self._pass_on)
                self._started = True

    def _pass_on(self, event: ev.Event) -> None:
        """Hand the desk what the source says by itself."""
        if isinstance(event, ev.Candidates):
            event = self._checked(event)
        self._put(event)

    def _checked(self, offer: ev.Candidates | ev.Unavailable) -> ev.Candidates | ev.Unavailable:
        """Return an offer that the desk can work with.

        Raises:
            TypeError: it cannot.
        """
        if isinstance(offer, ev.Unavailable):
            return offer
        if not isinstance(offer, ev.Candidates) or offer.book != self._book:
            raise TypeError(f"no offer of the book {self._book}: {offer!r}")
        for one in offer.offers:
            if not (isinstance(one, ev.Candidate) and isinstance(one.listed, Listed)):
                raise TypeError(f"no candidate: {one!r}")
            numbers = (one.price, one.quantity, one.low, one.high)
            if any(number is not None and type(number) is not int for number in numbers):
                raise TypeError(f"prices and quantities are whole numbers: {one!r}")
        return offer

    def _tell(self, error: Exception) -> None:
        """Stop the entries of the book, and say why."""
        self._order(Halt.ENTRIES)
        detail = f"{self._book}: {_said(error)}"
        self._put(ev.Reported(at=self._clock.now(), kind=BOOK_FAILED, detail=detail))

    def _order(self, level: Halt) -> None:
        at = self._clock.now()
        self._put(ev.HaltOrdered(at=at, level=level, reason=BOOK_FAILED, book=self._book))

    def _paused(self) -> bool:
        return self._state is not None and self._book in self._state.paused

    def _paused_by_failure(self) -> bool:
        return self._state is not None and self._state.paused.get(self._book) == BOOK_FAILED


def _won(amount: object) -> int:
    if type(amount) is not int or amount < 0:
        raise TypeError(f"the sizing gave {amount!r}, not an amount in won")
    return amount


def _said(error: Exception | None) -> str:
    """Put what a book's code raised: its kind and its own words."""
    return "" if error is None else f"{type(error).__name__}: {error}"

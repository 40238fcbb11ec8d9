"""What every source of candidates offers, and what it is given to work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from maemae.clock import Clock
from maemae.desk import events as ev
from maemae.desk.state import State
from maemae.market.calendar import Session
from maemae.market.instruments import Instruments

if TYPE_CHECKING:  # Slow to load, and settings only need to know what a source is.
    from maemae.bars.store import BarStore
    from maemae.kis import KisClient, MarketClient, StreamEvent
    from maemae.trader.sources.directory import Directory

Put = Callable[[ev.Event], None]
"""Hands the desk an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a source may use. `orders` and `data` are the same client where one server has all.

    `state` is the desk's own and only to be read; `plans` is the folder of plans.
    `store` holds price history, where the owner keeps some for this venue.
    """

    venue: str
    account: str
    state: State
    plans: Path
    data: "MarketClient"
    orders: "KisClient"
    clock: Clock
    session: Session
    directory: "Directory"
    instruments: Instruments = field(default_factory=lambda: Instruments(()))
    store: "BarStore | None" = None


class Source(Protocol):
    """Where the candidates of one book come from."""

    async def start(self, put: Put) -> None:
        """Prepare: check the broker, begin to listen. Events may be put at any time from now on.

        Raises:
            SettingsError: the source cannot work as it is set.
            WireError: the broker cannot be reached.
        """
        ...

    async def offer(self) -> ev.Candidates | ev.Unavailable:
        """Return what the book may buy now: the answer to the desk's `Ask(Query.SEARCH, book)`.

        Raises:
            WireError: the broker could not be asked; the caller tells the desk so.
        """
        ...

    async def stop(self) -> None:
        """Let go of everything."""
        ...

    @property
    def watching(self) -> tuple[str, ...]:
        """Codes whose ticks it wants, most important first; the desk's own go before them."""
        ...


@runtime_checkable
class Listening(Protocol):
    """A source that wants to hear of prices."""

    def heard(self, price: ev.Price) -> None:
        """Take in a price, from a live tick or from a poll; must return at once."""
        ...


@runtime_checkable
class Hearing(Protocol):
    """A source that wants to hear all that the stream of data says."""

    def hear(self, said: "StreamEvent") -> None:
        """Take it in; must return at once."""
        ...

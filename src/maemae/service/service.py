"""The one service: what a person can ask of a trader, and command.

Command line, messengers, HTTP and web page are thin faces over this protocol. It is implemented
in the trader's own process (`maemae.service.local.LocalService`) and over the control API
(`maemae.service.remote.RemoteService`).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from maemae.desk.records import Halt
from maemae.ledger.ledger import FillLine, OrderLine
from maemae.market.kinds import Side
from maemae.service.answers import AuditLine, Health, IncidentLine, PlanLine, Pnl, Receipt, Snapshot
from maemae.service.market_view import (
    Chart,
    Index,
    IndexDay,
    Named,
    RankedLine,
    Ranking,
    Scale,
    Scan,
)
from maemae.service.status import Status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks, and through which face; every command is recorded with it."""

    who: str
    face: str


class Service(Protocol):
    """Questions and commands. Amounts are won, days are trading days of the venue.

    All methods raise `ServiceError` when the trader cannot be reached, and `LedgerError` when
    its books cannot be read. Commands raise `CommandRefused` when the answer is no, and write an
    audit record before they take effect.
    """

    async def status(self) -> Status:
        """Return the state at a glance: cash, profit, positions, candidates, recent orders."""
        ...

    async def orders(self, day: date | None = None) -> list[OrderLine]:
        """Return the orders of a day (today without one), oldest first."""
        ...

    async def fills(self, day: date | None = None) -> list[FillLine]:
        """Return the executions of a day (today without one), oldest first."""
        ...

    async def incidents(self, n: int = 50) -> list[IncidentLine]:
        """Return the last things the owner should know about, newest first."""
        ...

    async def audit(self, n: int = 50) -> list[AuditLine]:
        """Return the last commands of people, newest first."""
        ...

    async def pnl(self, first: date, last: date) -> Pnl:
        """Return the realised profit of a span of days, both ends included."""
        ...

    async def health(self) -> Health:
        """Return how the trader and its connection are doing."""
        ...

    async def log(self, lines: int = 100) -> list[str]:
        """Return the last lines of the trader's log, oldest first."""
        ...

    async def chart(self, code: str, scale: Scale = Scale.DAY) -> Chart:
        """Return candles, order book and latest trades of an instrument."""
        ...

    async def ranking(self, by: Ranking) -> list[RankedLine]:
        """Return the top of the market, best first."""
        ...

    async def index(self, index: Index, first: date, last: date) -> list[IndexDay]:
        """Return where an index closed on each day of a span, both ends included."""
        ...

    async def scan(self, condition: str) -> Scan:
        """Ask a condition search saved at the broker, by number or name, what it finds now."""
        ...

    async def find(self, text: str) -> list[Named]:
        """Find instruments by code, name or initial consonants (초성)."""
        ...

    async def plans(self, n: int = 20) -> list[PlanLine]:
        """Return the next-open plans, the latest day first."""
        ...

    def watch(self) -> AsyncIterator[Snapshot]:
        """Yield the present state at once, and then whenever it has changed (a few a second)."""
        ...

    async def pause(self, reason: str, book: str | None = None) -> Receipt:
        """Stop new entries, of one book or of all; exits and orders by hand go on."""
        ...

    async def resume(self, reason: str, book: str | None = None) -> Receipt:
        """Let everything go on; with a book, that book alone."""
        ...

    async def halt(self, level: Halt, reason: str) -> Receipt:
        """Change how much the desk may do."""
        ...

    async def flatten(self, book: str | None, reason: str) -> Receipt:
        """Cancel and sell everything of a book, or of all books."""
        ...

    async def order(
        self, book: str, side: Side, code: str, quantity: int, price: int | None
    ) -> Receipt:
        """Order by hand, through the guard; a price of None is a market order."""
        ...

    async def move(
        self, origin: str, book: str, code: str, quantity: int | None, price: int | None
    ) -> Receipt:
        """Put shares (all without a quantity) from one book into another.

        Out of the owner's book (`desk.records.OWNER`) they count as bought now, at `price` or
        the last price. Refused while one of the books trades: it has live orders, or the session
        is open and the book is not paused.
        """
        ...

    async def convert(self, code: str, shares: int, into: str = "") -> Receipt:
        """Say what all the account's shares of a name have become overnight, and of which name.

        As many as before says that nothing became of them. What they have cost stays. Refused
        where our books hold none, orders of it live, or the broker shows fewer.
        """
        ...

    async def clean_up(self, codes: list[str]) -> Receipt:
        """Sell the owner's shares at the market, of these names or of all.

        Refused on a real account, and while a book trades.
        """
        ...

    async def cancel(self, intent: str) -> Receipt:
        """Cancel what is left of an order."""
        ...

    async def amend(self, intent: str, price: int) -> Receipt:
        """Change the limit price of all that is left of an order.

        To have fewer shares, cancel the order and place another.
        """
        ...

"""The service of a trader in another process, or on another machine, over its control API."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Self, TypeVar

import aiohttp
import msgspec

from maemae.desk.records import Halt
from maemae.errors import CommandRefused, ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import FillLine, OrderLine
from maemae.market.kinds import Side
from maemae.service import answers
from maemae.service.answers import Receipt, Snapshot
from maemae.service.api import requests as req
from maemae.service.api.routes import BY_NAME, CALLER, EVENTS, Scope
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
from maemae.service.service import Caller
from maemae.service.status import Status

T = TypeVar("T")

SECONDS = 30.0
QUIET_SECONDS = 60.0
LARGEST_EVENT = 64 * 1024 * 1024
_OK, _CONFLICT = 200, 409


class RemoteService:
    """A client of the control API; use it in an async with block.

    Args:
        url: the trader's address, such as `http://127.0.0.1:8701`.
        token: one of its tokens; a reading token cannot command.
        caller: who speaks, for the audit record.
    """

    def __init__(self, url: str, token: str, caller: Caller) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._caller = caller

    def __repr__(self) -> str:
        """Show no token."""
        return f"RemoteService({self._url!r})"

    async def __aenter__(self) -> Self:
        """Open a connection."""
        self._http = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            read_bufsize=1 << 20,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._http.close()

    def acting(self, caller: Caller) -> "RemoteService":
        """Return the same open connection, speaking for somebody else."""
        other = RemoteService(self._url, self._token, caller)
        other._http = self._http
        return other

    # Questions.

    async def status(self) -> Status:
        """Return the state at a glance."""
        return await self._call("status", req.Nothing(), Status)

    async def orders(self, day: date | None = None) -> list[OrderLine]:
        """Return the orders of a day (today without one), oldest first."""
        return await self._call("orders", req.OfDay(day=day), list[OrderLine])

    async def fills(self, day: date | None = None) -> list[FillLine]:
        """Return the executions of a day (today without one), oldest first."""
        return await self._call("fills", req.OfDay(day=day), list[FillLine])

    async def incidents(self, n: int = 50) -> list[answers.IncidentLine]:
        """Return the last things the owner should know about, newest first."""
        return await self._call("incidents", req.Last(n=n), list[answers.IncidentLine])

    async def audit(self, n: int = 50) -> list[answers.AuditLine]:
        """Return the last commands of people, newest first."""
        return await self._call("audit", req.Last(n=n), list[answers.AuditLine])

    async def pnl(self, first: date, last: date) -> answers.Pnl:
        """Return the realised profit of a span of days, both ends included."""
        return await self._call("pnl", req.Span(first=first, last=last), answers.Pnl)

    async def health(self) -> answers.Health:
        """Return how the trader and its connection are doing."""
        return await self._call("health", req.Nothing(), answers.Health)

    async def log(self, lines: int = 100) -> list[str]:
        """Return the last lines of the trader's log, oldest first."""
        return await self._call("log", req.Lines(lines=lines), list[str])

    async def chart(self, code: str, scale: Scale = Scale.DAY) -> Chart:
        """Return candles, order book and latest trades of an instrument."""
        return await self._call("chart", req.ChartOf(code=code, scale=scale), Chart)

    async def ranking(self, by: Ranking) -> list[RankedLine]:
        """Return the top of the market, best first."""
        return await self._call("ranking", req.RankingBy(by=by), list[RankedLine])

    async def index(self, index: Index, first: date, last: date) -> list[IndexDay]:
        """Return where an index closed on each day of a span, both ends included."""
        asked = req.IndexOf(index=index, first=first, last=last)
        return await self._call("index", asked, list[IndexDay])

    async def scan(self, condition: str) -> Scan:
        """Ask a condition search saved at the broker, by number or name, what it finds now."""
        return await self._call("scan", req.Search(condition=condition), Scan)

    async def find(self, text: str) -> list[Named]:
        """Find instruments by code, name or initial consonants (초성)."""
        return await self._call("find", req.Text(text=text), list[Named])

    async def plans(self, n: int = 20) -> list[answers.PlanLine]:
        """Return the next-open plans, the latest day first."""
        return await self._call("plans", req.Last(n=n), list[answers.PlanLine])

    async def watch(self) -> AsyncIterator[Snapshot]:
        """Yield the present state at once, and then whenever it has changed.

        Ends with a `ServiceError` when the trader goes away; ask again to go on.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=SECONDS, sock_read=QUIET_SECONDS)
        try:
            async with self._http.get(self._url + EVENTS, timeout=timeout) as response:
                if response.status != _OK:
                    raise _refusal(response.status, await response.read())
                async for line in _lines(response.content):
                    if line.startswith(b"data: "):
                        yield msgspec.json.decode(line[6:], type=Snapshot)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._gone(error) from error
        except msgspec.MsgspecError as error:
            raise ServiceError(
                _("{url} answered something unexpected: {error}").format(url=self._url, error=error)
            ) from error
        raise ServiceError(_("the trader at {url} has stopped").format(url=self._url))

    # Commands.

    async def pause(self, reason: str, book: str | None = None) -> Receipt:
        """Stop new entries, of one book or of all; exits and orders by hand go on."""
        return await self._command("pause", req.OfBook(book=book, reason=reason))

    async def resume(self, reason: str, book: str | None = None) -> Receipt:
        """Let everything go on; with a book, that book alone."""
        return await self._command("resume", req.OfBook(book=book, reason=reason))

    async def halt(self, level: Halt, reason: str) -> Receipt:
        """Change how much the desk may do."""
        return await self._command("halt", req.HaltTo(level=level, reason=reason))

    async def flatten(self, book: str | None, reason: str) -> Receipt:
        """Cancel and sell everything of a book, or of all books."""
        return await self._command("flatten", req.Flatten(book=book, reason=reason))

    async def order(
        self, book: str, side: Side, code: str, quantity: int, price: int | None
    ) -> Receipt:
        """Order by hand, through the guard; a price of None is a market order."""
        asked = req.Order(book=book, side=side, code=code, quantity=quantity, price=price)
        return await self._command("order", asked)

    async def move(
        self, origin: str, book: str, code: str, quantity: int | None, price: int | None
    ) -> Receipt:
        """Put shares from one book into another."""
        asked = req.Move(origin=origin, book=book, code=code, quantity=quantity, price=price)
        return await self._command("move", asked)

    async def convert(self, code: str, shares: int, into: str = "") -> Receipt:
        """Say what all the account's shares of a name have become overnight."""
        asked = req.Convert(code=code, shares=shares, into=into or None)
        return await self._command("convert", asked)

    async def clean_up(self, codes: list[str]) -> Receipt:
        """Sell the owner's shares at the market, of these names or of all."""
        return await self._command("clean_up", req.CleanUp(codes=codes))

    async def cancel(self, intent: str) -> Receipt:
        """Cancel what is left of an order."""
        return await self._command("cancel", req.OfOrder(intent=intent))

    async def amend(self, intent: str, price: int) -> Receipt:
        """Change the limit price of all that is left of an order."""
        return await self._command("amend", req.Amend(intent=intent, price=price))

    # How.

    async def _command(self, name: str, asked: msgspec.Struct) -> Receipt:
        return await self._call(name, asked, Receipt)

    async def _call(self, name: str, asked: msgspec.Struct, kind: type[T]) -> T:
        route = BY_NAME[name]
        given = msgspec.to_builtins(asked)
        try:
            if route.scope is Scope.READ:
                query = {key: value for key, value in given.items() if value is not None}
                request = self._http.get(self._url + route.path, params=query)
            else:
                who = {CALLER: f"{self._caller.face}:{self._caller.who}"}
                request = self._http.post(self._url + route.path, json=given, headers=who)
            async with request as response:
                data = await response.read()
                if response.status != _OK:
                    raise _refusal(response.status, data)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._gone(error) from error
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.MsgspecError as error:
            raise ServiceError(
                _("{url} answered something unexpected: {error}").format(url=self._url, error=error)
            ) from error

    def _gone(self, error: Exception) -> ServiceError:
        what = str(error) or type(error).__name__
        return ServiceError(
            _("no trader answers at {url}: {what}").format(url=self._url, what=what)
        )


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield the lines of a stream, however long they are.

    Raises:
        ServiceError: a line is longer than any state could be.
    """
    rest = bytearray()
    async for chunk in content.iter_any():
        searched = len(rest)
        rest += chunk
        if len(rest) > LARGEST_EVENT:
            raise ServiceError(_("the trader sends more than can be understood"))
        while (end := rest.find(b"\n", searched)) >= 0:
            yield bytes(rest[:end])
            del rest[: end + 1]
            searched = 0


def _refusal(status: int, data: bytes) -> ServiceError:
    class Body(msgspec.Struct):
        error: str

    try:
        text = msgspec.json.decode(data, type=Body).error
    except msgspec.MsgspecError:
        text = _("the trader's service answered with the status {status}").format(status=status)
    return CommandRefused(text) if status == _CONFLICT else ServiceError(text)

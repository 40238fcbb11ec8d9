"""The service of a trader in another process, or on another machine, over its control API."""

from collections.abc import AsyncIterator
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from maemae.causes import cause
from maemae.errors import CommandRefused, ServiceError
from maemae.i18n import _
from maemae.service.answers import Snapshot
from maemae.service.api.routes import CALLER, EVENTS, path_of
from maemae.service.operations import Operation, Scope, answer_of
from maemae.service.service import Caller

T = TypeVar("T")

SECONDS = 30.0
QUIET_SECONDS = 60.0
LARGEST_EVENT = 64 * 1024 * 1024
_OK, _CONFLICT = 200, 409


def _plain(value: Any) -> Any:
    """Write a parameter as a query carries it."""
    return f"{value}".lower() if isinstance(value, bool) else value


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

    async def ask(self, operation: Operation[T]) -> T:
        """Answer a question, or carry out a command."""
        given = msgspec.to_builtins(operation)
        path = self._url + path_of(operation)
        try:
            if operation.scope is Scope.READ:
                query = {key: _plain(value) for key, value in given.items() if value is not None}
                request = self._http.get(path, params=query)
            else:
                who = {CALLER: f"{self._caller.face}:{self._caller.who}"}
                request = self._http.post(path, json=given, headers=who)
            async with request as response:
                data = await response.read()
                if response.status != _OK:
                    raise _refusal(response.status, data)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._gone(error) from error
        answer: T = self._read(data, answer_of(type(operation)))
        return answer

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
                        yield self._read(line[6:], Snapshot)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._gone(error) from error
        raise ServiceError(_("the trader at {url} has stopped").format(url=self._url))

    def _read(self, data: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.MsgspecError as error:
            raise ServiceError(
                _("{url} answered something unexpected: {error}").format(url=self._url, error=error)
            ) from error

    def _gone(self, error: Exception) -> ServiceError:
        said = _("no trader answers at {url}: {what}").format(url=self._url, what=cause(error))
        return ServiceError(said)


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

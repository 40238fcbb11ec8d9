"""Sending one request and receiving one answer: no retry, no judgement but about the connection."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, Self

import aiohttp
import msgspec

from maemae.causes import cause
from maemae.errors import KisUnavailable, KisUnreadable, KisUnsent
from maemae.i18n import _
from maemae.kis.gate import Gate, OpenGate, readable
from maemae.kis.reply import Reply, lower_keys
from maemae.kis.server import Server
from maemae.kis.server_time import ServerTime
from maemae.kis.tap import Heard, Tap

_SERVER_FAULT = 500
_MORE = ("F", "M")


class Transport:
    """The HTTP connections to one server.

    Certificates are verified by aiohttp's default context; connections are kept and reused.

    Args:
        server: where to.
        server_time: told what time the replies state.
        gate: looks at every request before a byte of it leaves.
    """

    def __init__(self, server: Server, server_time: ServerTime, gate: Gate | None = None) -> None:
        self.gate = gate or OpenGate()
        self.tap: Tap | None = None
        """Told of answers about the market; of nothing else."""
        self._server = server
        self._server_time = server_time
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        limits = self._server.limits
        self._session = aiohttp.ClientSession(
            self._server.rest_url,
            timeout=aiohttp.ClientTimeout(
                total=limits.connect_timeout + limits.reply_timeout,
                sock_connect=limits.connect_timeout,
                sock_read=limits.reply_timeout,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session (the stream connects through it too)."""
        if self._session is None:
            raise RuntimeError("the client is used outside its `async with` block")
        return self._session

    async def send(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str],
    ) -> Reply:
        """Send a request once and return the answer, whatever its status and verdict.

        Raises:
            KisUnsent: no connection could be made, so nothing was sent.
            KisUnavailable: the request may have been sent but no usable answer came.
            KisUnreadable: an answer came that is no JSON object.
            KisUnsupported: the gate does not let it out; nothing was sent.
        """
        self.gate.request(method, path, headers, params)
        query = params if method == "GET" else {}
        body = msgspec.json.encode(params) if method == "POST" else None
        asked = self._server_time.now()
        try:
            status, told, content = await self._carry(method, path, headers, query, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise KisUnsent(
                _("{path}: no connection to {rest_url}: {error}").format(
                    path=path, rest_url=self._server.rest_url, error=cause(error)
                )
            ) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise KisUnavailable(
                _("{path}: no answer: {cause}").format(path=path, cause=cause(error))
            ) from None
        self._server_time.replied(told.get("Date", ""), asked)
        more = told.get("tr_cont", "").strip() in _MORE
        reply = Reply(status=status, body=_decode(path, status, content), more=more)
        tr_id = headers.get("tr_id", "")
        if self.tap is not None and method == "GET" and tr_id in readable().get(path, frozenset()):
            page = headers.get("tr_cont", "") == "N"
            self.tap.answered(Heard(path, tr_id, params, page, status, more, content))
        return reply

    async def _carry(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: bytes | None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Carry a request to the server and its answer back: status, headers, bytes.

        Raises:
            aiohttp.ClientError, TimeoutError, OSError: no whole answer came.
        """
        async with self.session.request(
            method, path, headers=headers, params=query, data=body,
            # Keys go where we send them, and to no place that an answer names.
            allow_redirects=False,
        ) as response:  # fmt: skip
            return response.status, response.headers, await response.read()


def _decode(path: str, status: int, content: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        kind = KisUnavailable if status >= _SERVER_FAULT else KisUnreadable
        raise kind(
            _("{path}: HTTP {status} with {n} bytes that are no JSON").format(
                path=path, status=status, n=len(content)
            )
        ) from None
    if not isinstance(body, dict):
        raise KisUnreadable(
            _("{path}: HTTP {status} with JSON that is no object").format(path=path, status=status)
        )
    return lower_keys(body)

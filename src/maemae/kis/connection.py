"""One WebSocket connection, from its opening to its end."""

import asyncio

import aiohttp

from maemae.causes import cause
from maemae.errors import KisUnavailable
from maemae.i18n import _
from maemae.kis.gate import Gate, OpenGate

_CLOSED = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
_MAX_MESSAGE = 4 * 1024 * 1024


class Connection:
    """An open connection. Counts the text messages it received.

    Args:
        socket: the open socket.
        gate: looks at every message before it leaves.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, gate: Gate | None = None) -> None:
        self._socket = socket
        self._gate = gate or OpenGate()
        self.received = 0
        self.last_at = asyncio.get_running_loop().time()

    @classmethod
    async def open(
        cls,
        session: aiohttp.ClientSession,
        url: str,
        timeout: float,  # noqa: ASYNC109
        gate: Gate | None = None,
    ) -> "Connection":
        """Connect.

        Args:
            session: the HTTP session to use.
            url: `ws://` or `wss://`; certificates are verified.
            timeout: real seconds to wait.
            gate: looks at every message before it leaves.

        Raises:
            KisUnavailable: no connection could be made.
        """
        try:
            async with asyncio.timeout(timeout):
                # The broker sends its own PINGPONG and need not answer WebSocket pings.
                socket = await session.ws_connect(url, heartbeat=None, max_msg_size=_MAX_MESSAGE)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise KisUnavailable(
                _("no connection to {url}: {cause}").format(url=url, cause=cause(error))
            ) from None
        return cls(socket, gate)

    async def receive(self) -> str | None:
        """Return the next text message, or None when the connection has ended."""
        while True:
            message = await self._socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                self.received += 1
                self.last_at = asyncio.get_running_loop().time()
                return str(message.data)
            if message.type in _CLOSED or message.type is aiohttp.WSMsgType.ERROR:
                return None

    async def send(self, text: str) -> None:
        """Send a text message.

        Raises:
            KisUnavailable: the connection is gone.
            KisUnsupported: the gate does not let it out.
        """
        self._gate.message(text)
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, OSError):
            raise KisUnavailable(_("the stream's connection is gone")) from None

    async def close(self) -> None:
        """Close, without waiting long for the other side."""
        await self._socket.close()

    @property
    def why_closed(self) -> str:
        """What is known about the end of the connection."""
        error = self._socket.exception()
        return (
            cause(error)
            if error
            else _("closed by the server ({code})").format(code=self._socket.close_code)
        )

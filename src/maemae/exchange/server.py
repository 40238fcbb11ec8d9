"""The sockets: one loopback port for each server, with REST, WebSocket and control on it."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from maemae.catalogue import Personality
from maemae.errors import DataError, ExchangeError
from maemae.exchange import control
from maemae.exchange.master_files import PATH as MASTERS
from maemae.exchange.master_files import master_file
from maemae.exchange.moment import Moment
from maemae.exchange.protocol.feed import Session
from maemae.exchange.protocol.reply import Call
from maemae.exchange.simulation import Exchange
from maemae.http_log import keep_quiet_about_bad_requests
from maemae.i18n import _
from maemae.reading import parse_json

HOST = "127.0.0.1"
HOSTS = frozenset({HOST, "localhost", "::1"})
"""Names by which the control API may be addressed."""

_PING_SECONDS = 10.0
_NAP = 0.05
_CHARSET = "utf-8"


class Server:
    """Serves an exchange on two loopback ports.

    Args:
        exchange: what is served.
        ports: by server; 0 takes a free one.
        tls: speak TLS with this certificate; None: plain.
    """

    def __init__(
        self,
        exchange: Exchange,
        ports: Mapping[Personality, int],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._exchange = exchange
        self._wanted = dict(ports)
        self._runners: list[web.AppRunner] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.urls: dict[Personality, str] = {}

    async def start(self) -> None:
        """Open the ports and let time pass.

        Raises:
            ExchangeError: a port is in use.
        """
        keep_quiet_about_bad_requests()
        scheme = "https" if self._tls else "http"
        for personality, port in self._wanted.items():
            app = self._application(personality)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            self._runners.append(runner)
            site = web.TCPSite(runner, HOST, port, ssl_context=self._tls)
            try:
                await site.start()
            except OSError as error:
                await self.stop()
                raise ExchangeError(
                    _(
                        "port {port} cannot be opened ({why}); choose another one, or 0 for any "
                        "free port"
                    ).format(port=port, why=error.strerror)
                ) from error
            self.urls[personality] = f"{scheme}://{HOST}:{runner.addresses[0][1]}"
        self._tasks.append(asyncio.create_task(self._run()))
        self._tasks.append(asyncio.create_task(self._ping()))

    async def stop(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for runner in self._runners:
            await runner.cleanup()

    async def _run(self) -> None:
        """Keep up with a clock that runs by itself."""
        exchange = self._exchange
        while True:
            if not exchange.clock.runs:
                await asyncio.sleep(_NAP)
                continue
            exchange.catch_up()
            due = exchange.venue.next_at()
            wait = _NAP if due is None else exchange.clock.real_seconds(due)
            await asyncio.sleep(min(wait, _NAP))

    async def _ping(self) -> None:
        """Send PINGPONG about every ten seconds of real time; never in stepped time."""
        while not self._exchange.clock.stepped:
            await asyncio.sleep(_PING_SECONDS)
            self._exchange.ping()

    def _application(self, personality: Personality) -> web.Application:
        app = web.Application(client_max_size=1 << 20)

        async def call(request: web.Request) -> web.StreamResponse:
            return await self._call(personality, request)

        async def socket(request: web.Request) -> web.StreamResponse:
            return await self._socket(personality, request)

        exchange = self._exchange
        actions: tuple[tuple[str, str, Callable[[Mapping[str, Any]], Any]], ...] = (
            ("GET", "clock", lambda _: control.clock_state(exchange)),
            ("GET", "accounts", lambda _: control.accounts(exchange)),
            ("GET", "books", lambda given: control.books(exchange, given)),
            ("GET", "journal", lambda given: control.journal(exchange, given)),
            ("GET", "faults", lambda _: control.faults(exchange)),
            ("POST", "faults", lambda given: control.add_fault(exchange, given)),
            ("DELETE", "faults", lambda given: control.remove_faults(exchange, given)),
            ("POST", "step", lambda given: control.step(exchange, given)),
            ("POST", "pause", lambda _: control.pause(exchange)),
            ("POST", "resume", lambda _: control.resume(exchange)),
            ("POST", "next-day", lambda _: control.next_day(exchange)),
            ("POST", "expire-tokens", lambda _: control.expire_tokens(exchange)),
            ("POST", "take-tokens", lambda _: control.take_tokens(exchange)),
            ("POST", "drop", lambda _: control.drop_sessions(exchange)),
            ("POST", "order", lambda given: control.owner_order(exchange, given)),
            ("POST", "cancel", lambda given: control.owner_cancel(exchange, given)),
        )
        for method, name, action in actions:
            app.router.add_route(method, f"/control/{name}", self._control(action))
        app.router.add_get(f"{MASTERS}/{{name}}", self._master)
        app.router.add_get("/", socket)
        app.router.add_get("/tryitout", socket)
        app.router.add_get("/tryitout/{tr}", socket)
        app.router.add_route("*", "/{path:.*}", call)
        return app

    # -- REST -----------------------------------------------------------------------------

    async def _call(self, personality: Personality, request: web.Request) -> web.StreamResponse:
        params = await _parameters(request)
        if params is None:
            body = {"rt_cd": "2", "msg_cd": "OPSQ9997", "msg1": "OPS : json format error"}
            return _json(body)
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(personality, request.method, _path(request.path), headers, params)
        delivery = self._exchange.deliver(call)
        if delivery.delay:
            await self._until(self._exchange.venue.now + delivery.delay)
        if delivery.text is None or request.transport is None:
            return _cut(request)
        if delivery.cut:
            return await _break_off(request, delivery.text)
        response = _text(delivery.text, delivery.reply.status)
        response.headers["tr_id"] = call.header("tr_id")
        response.headers["tr_cont"] = delivery.reply.tr_cont
        return response

    async def _until(self, at: Moment) -> None:
        """Wait until an instant of venue time."""
        reached = asyncio.Event()
        self._exchange.venue.agenda.add(at, lambda _: reached.set())
        await reached.wait()

    async def _master(self, request: web.Request) -> web.StreamResponse:
        listings = self._exchange.venue.floor.market.listings
        content = master_file(listings, request.match_info["name"])
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="application/zip")

    # -- WebSocket ------------------------------------------------------------------------

    async def _socket(self, personality: Personality, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        if not socket.can_prepare(request).ok:
            return await self._call(personality, request)
        await socket.prepare(request)
        texts: asyncio.Queue[str] = asyncio.Queue()
        transport = request.transport
        session = self._exchange.open_session(
            personality, texts.put_nowait, transport.abort if transport else lambda: None
        )
        async with _writing(socket, texts):
            try:
                await self._listen(socket, session)
            finally:
                self._exchange.close_session(session)
            if session.refused:
                await texts.join()
        await socket.close()
        return socket

    async def _listen(self, socket: web.WebSocketResponse, session: Session) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._exchange.receive(session, message.data)
            if session.refused:
                return

    # -- control --------------------------------------------------------------------------

    def _control(
        self, action: Callable[[Mapping[str, Any]], Any]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not _from_here(request):
                return _json({"error": "web pages may not control the exchange"}, 403)
            given: dict[str, Any] = dict(request.query)
            if request.method == "POST" and request.can_read_body:
                body = await _object(request)
                if body is None:
                    return _json({"error": "the body must be a JSON object"}, 400)
                given |= body
            self._exchange.catch_up()
            try:
                return _json(action(given))
            except control.ControlError as error:
                return _json({"error": str(error)}, 400)

        return handle


def _from_here(request: web.Request) -> bool:
    """Whether no web page sent a request: neither one of another site nor by DNS rebinding.

    Nobody but programs on this machine has business with the clock and the accounts, and they name
    no origin and address the exchange by the loopback address.
    """
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    except ValueError:
        return False
    fetched = request.headers.get("Sec-Fetch-Site", "none") != "none"
    return host in HOSTS and "Origin" not in request.headers and not fetched


def _path(path: str) -> str:
    """Return a path without the doubled slashes that some clients send and KIS does not mind."""
    return "/" + "/".join(part for part in path.split("/") if part)


@contextlib.asynccontextmanager
async def _writing(socket: web.WebSocketResponse, texts: asyncio.Queue[str]) -> AsyncIterator[None]:
    """Write a session's texts to its socket, in order, while it is open."""

    async def write() -> None:
        while True:
            text = await texts.get()
            with contextlib.suppress(ConnectionError):  # the reader sees the end and closes
                await socket.send_str(text)
            texts.task_done()

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _parameters(request: web.Request) -> dict[str, str] | None:
    """Return the parameters by upper-case name, or None when the body is not a JSON object."""
    if request.method != "POST":
        return {name.upper(): value for name, value in request.query.items()}
    body = await _object(request)
    if body is None:
        return None
    return {name.upper(): "" if value is None else str(value) for name, value in body.items()}


async def _object(request: web.Request) -> dict[str, Any] | None:
    """Return the JSON object of a body, an empty one where there is no body, None for all else."""
    content = await _content(request)
    if content is None:
        return None
    try:
        body = parse_json(content.decode(), "body") if content else {}
    except (DataError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


async def _content(request: web.Request) -> bytes | None:
    try:
        return await request.read()
    except web.RequestPayloadError:  # it says that it is packed, and is not
        return None


def _json(body: Any, status: int = 200) -> web.Response:
    return _text(json.dumps(body, ensure_ascii=False), status)


def _text(text: str, status: int) -> web.Response:
    return web.Response(text=text, status=status, content_type="application/json", charset=_CHARSET)


def _cut(request: web.Request) -> web.StreamResponse:
    """Cut the connection of a request without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _break_off(request: web.Request, text: str) -> web.StreamResponse:
    """Announce a whole answer, send half of it, and cut the connection."""
    data = text.encode()
    response = web.StreamResponse(headers={"content-type": "application/json; charset=utf-8"})
    response.content_length = len(data)
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    return _cut(request)

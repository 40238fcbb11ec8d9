"""The control API's server, in the trader's process and on its event loop."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from maemae.errors import CommandRefused, LedgerError, ServiceError
from maemae.http_log import keep_quiet_about_bad_requests
from maemae.i18n import _
from maemae.service.answers import Snapshot
from maemae.service.api.doorman import Doorman
from maemae.service.api.guard import Guard, Turned
from maemae.service.api.openapi import document
from maemae.service.api.routes import CALLER, DOCUMENT, EVENTS, method_of, path_of
from maemae.service.local import LocalService
from maemae.service.operations import OPERATIONS, Operation, Scope, explained
from maemae.service.service import Caller, Service

LARGEST_BODY = 16 * 1024
BODY_SECONDS = 10.0
WRITE_SECONDS = 15.0
KEEPALIVE_SECONDS = 15.0
WATCHERS = 64
_CALLER = re.compile(r"^(?P<face>[a-z]{1,16}):(?P<who>[\w.@ -]{1,64})$")

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Api:
    """The HTTP face of a service."""

    service: LocalService
    guard: Guard
    doorman: Doorman = field(default_factory=Doorman)
    watching: int = 0

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[self._noted, _say_errors])
        for kind in OPERATIONS:
            app.router.add_route(method_of(kind), path_of(kind), self._handler(kind))
        app.router.add_route("GET", EVENTS, self._events)
        app.router.add_route("GET", DOCUMENT, self._document)
        return app

    @web.middleware
    async def _noted(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self.doorman.heard(request)
        return await handler(request)

    def _handler(
        self, kind: type[Operation[Any]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            self.guard.admit(request, kind.scope)
            asked = await _asked(request, kind)
            return _json(await self._serving(request).ask(asked))

        return handle

    def _serving(self, request: web.Request) -> Service:
        claimed = _CALLER.match(request.headers.get(CALLER, ""))
        who, face = (claimed["who"], claimed["face"]) if claimed else ("token", "http")
        return self.service.acting(Caller(who, face))

    async def _document(self, request: web.Request) -> web.Response:
        self.guard.admit(request, Scope.READ)
        return _json(document())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self.guard.admit(request, Scope.READ)
        if self.watching >= WATCHERS:
            raise Turned(503, _("{watchers} are watching already").format(watchers=WATCHERS))
        self.watching += 1
        try:
            return await self._stream(request)
        finally:
            self.watching -= 1

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for message in _messages(self.service.watch()):
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    await response.write(message)
            except (TimeoutError, ConnectionError):
                break  # A reader that is gone or does not read gets no more.
        return response


async def _messages(snapshots: AsyncIterator[Snapshot]) -> AsyncIterator[bytes]:
    """Turn snapshots into server-sent events, with a comment now and then to keep it open."""
    coming = asyncio.ensure_future(anext(snapshots))
    try:
        while True:
            done, _ = await asyncio.wait([coming], timeout=KEEPALIVE_SECONDS)
            if not done:
                yield b": still here\n\n"
                continue
            yield b"event: snapshot\ndata: " + msgspec.json.encode(coming.result()) + b"\n\n"
            coming = asyncio.ensure_future(anext(snapshots))
    finally:
        coming.cancel()


async def _asked(request: web.Request, kind: type[Operation[Any]]) -> Operation[Any]:
    """Read and check what is asked.

    Raises:
        Turned: it cannot be understood.
    """
    asked: Operation[Any]
    try:
        if kind.scope is Scope.READ:
            asked = msgspec.convert(_query(request), kind, strict=False)
        elif request.content_type != "application/json":
            raise Turned(415, _("send application/json"))
        else:
            async with asyncio.timeout(BODY_SECONDS):
                asked = msgspec.json.decode(await request.read(), type=kind)
    except msgspec.MsgspecError as error:
        raise Turned(400, explained(error)) from error
    except UnicodeError as error:
        raise Turned(400, _("what is asked is not UTF-8")) from error
    except RecursionError as error:
        raise Turned(400, _("the body is nested too deep")) from error
    except web.RequestPayloadError as error:
        raise Turned(400, _("the body cannot be unpacked")) from error
    except TimeoutError as error:
        raise Turned(408, _("the body did not arrive in time")) from error
    return asked


def _query(request: web.Request) -> dict[str, str]:
    query = request.query
    if len(query) != len(set(query)):
        raise Turned(400, _("a parameter is given twice"))
    if any(value.lower() == "null" for value in query.values()):
        raise Turned(400, _("leave a parameter out instead of sending null"))
    return dict(query)


def _json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(data),
        status=status,
        content_type="application/json",
        headers=_HEADERS | (headers or {}),
    )


@web.middleware
async def _say_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Say what went wrong as JSON; anything unexpected stays a 500 without details."""
    try:
        return await handler(request)
    except Turned as turned:
        return _json({"error": turned.text}, turned.status, turned.headers)
    except CommandRefused as error:
        return _json({"error": str(error)}, 409)
    except (ServiceError, LedgerError) as error:
        return _json({"error": str(error)}, 503)
    except web.HTTPException as error:
        allowed = {k: v for k, v in error.headers.items() if k == "Allow"}
        return _json({"error": error.reason}, error.status, allowed)


@asynccontextmanager
async def serving(
    api: Api, host: str, port: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Serve while the block runs; yields the server's address.

    Raises:
        ServiceError: it cannot listen there.
    """
    keep_quiet_about_bad_requests()
    runner = web.AppRunner(api.app(), access_log=None, keepalive_timeout=30, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        try:
            await site.start()
        except OSError as error:
            raise ServiceError(
                _("the control API cannot listen on {host}:{port}: {why}").format(
                    host=host, port=port, why=error.strerror
                )
            ) from error
        sweeper = asyncio.create_task(api.doorman.sweep(runner))
        try:
            bound = runner.addresses[0][1]
            shown = f"[{host}]" if ":" in host else host
            yield f"{'https' if tls else 'http'}://{shown}:{bound}"
        finally:
            sweeper.cancel()
    finally:
        await runner.cleanup()

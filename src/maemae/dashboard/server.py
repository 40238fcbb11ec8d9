"""The dashboard's server: the pages behind the door."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from maemae.dashboard.backtests import Backtests
from maemae.dashboard.board import Board
from maemae.dashboard.door import Door
from maemae.dashboard.entrance import Links, new_key
from maemae.dashboard.pages import backtests, candidates, chart, log, now, orders, plans, profit
from maemae.dashboard.sessions import Lock, Sessions
from maemae.dashboard.source import Source
from maemae.dashboard.viewers import Viewers
from maemae.errors import ServiceError
from maemae.i18n import _, language, let_readers_choose
from maemae.strategy.find import own_folder
from maemae.trader.face_settings import DashboardSettings

CONNECTIONS = 200


def locks_for(settings: DashboardSettings, password_hash: str) -> tuple[Lock, Links]:
    """Return what lets in: the password where there is one, else links on this machine.

    Raises:
        ServiceError: others could reach it and there is no password.
    """
    if not password_hash and not (settings.is_local and not settings.behind_proxy):
        raise ServiceError(
            _("a dashboard that others can reach needs a password: run `maemae dashboard password`")
        )
    return Lock(password_hash), Links("" if password_hash else new_key())


def build(source: Source, sessions: Sessions, runs: Backtests) -> FastAPI:
    """Return the application behind the door."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    viewers = Viewers()
    let_readers_choose(viewers.language)
    board = Board(source, sessions, own_folder(), runs, viewers)
    for page in (now, orders, chart, candidates, plans, profit, log):
        page.register(board)
    backtests.register(board, app)
    ui.run_with(
        app,
        title="maemae",
        dark=None,
        language="ko-KR" if language() == "ko" else "en-US",
        show_welcome_message=False,
    )
    return app


async def serve(
    settings: DashboardSettings,
    locks: tuple[Lock, Links],
    source: Source,
    runs: Backtests,
    tell: Callable[[str], None],
) -> None:
    """Serve until cancelled or interrupted; `tell` hears the address once it listens.

    Raises:
        ServiceError: it cannot listen there.
    """
    sessions = Sessions(settings.session_minutes * 60)
    secure = settings.behind_proxy or settings.tls_certificate is not None
    door = Door(build(source, sessions, runs), sessions, *locks, settings.names, secure)
    config = uvicorn.Config(
        door,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        limit_concurrency=CONNECTIONS,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        server_header=False,
        # Wrong passwords are counted by who is behind the proxy; nobody else is believed to be one.
        proxy_headers=settings.behind_proxy,
        ws_max_size=1 << 20,
        timeout_graceful_shutdown=2,
    )
    following = asyncio.create_task(source.follow())
    try:
        await _Server(config, lambda port: tell(_url(port, settings))).serve()
    except SystemExit as error:  # uvicorn's way of saying that the port is taken
        raise ServiceError(
            _("the dashboard cannot listen on {host}:{port}; set another dashboard.port").format(
                host=settings.host, port=settings.port
            )
        ) from error
    finally:
        following.cancel()
        await runs.stop()


class _Server(uvicorn.Server):
    """Says on which port it listens, once it does."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[int], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening(self.servers[0].sockets[0].getsockname()[1])


def _url(port: int, settings: DashboardSettings) -> str:
    scheme = "https" if settings.tls_certificate else "http"
    return f"{scheme}://{settings.host}:{port}"

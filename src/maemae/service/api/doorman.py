"""Closes connections that are opened and then say nothing, or say it too slowly."""

import asyncio
import time
from typing import Any

from aiohttp import web

QUIET_SECONDS = 10.0
LOOK_EVERY = 2.0


class Doorman:
    """Remembers who has made a request; those who have not get a limited time to do so."""

    def __init__(self) -> None:
        self._since: dict[Any, float] = {}
        self._spoke: set[Any] = set()

    def heard(self, request: web.BaseRequest) -> None:
        """Note that a complete head of a request has arrived on a connection."""
        self._spoke.add(request.protocol)

    def overdue(self, connections: list[Any], now: float) -> list[Any]:
        """Return the connections that have been silent for too long."""
        self._since = {open_: self._since.get(open_, now) for open_ in connections}
        self._spoke &= self._since.keys()
        return [
            connection
            for connection in connections
            if connection not in self._spoke and now - self._since[connection] > QUIET_SECONDS
        ]

    async def sweep(self, runner: web.AppRunner) -> None:
        """Close such connections until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            server = runner.server
            if server is None:
                return
            for connection in self.overdue(server.connections, time.monotonic()):
                connection.force_close()

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from tests.service.bench import Bench, bench

from maemae.service.api.guard import Guard
from maemae.service.api.pass_file import Pass, new_pass
from maemae.service.api.server import Api, serving
from maemae.service.operations import Scope
from maemae.service.remote import RemoteService
from maemae.service.service import Caller


@dataclass
class Online:
    """A served trader."""

    bench: Bench
    api: Api
    url: str
    shown: Pass

    def remote(self, token: str | None = None, caller: Caller | None = None) -> RemoteService:
        return RemoteService(self.url, token or self.shown.command, caller or Caller("hana", "cli"))

    def http(self, token: str | None = None) -> aiohttp.ClientSession:
        headers = {"Authorization": f"Bearer {token or self.shown.command}"}
        return aiohttp.ClientSession(headers=headers)


@asynccontextmanager
async def online(
    folder: Path,
    offers: tuple[str, ...] = ("005930",),
    *,
    ledger: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Online]:
    shown = new_pass("", "sim")
    guard = Guard(
        {Scope.READ: shown.read, Scope.COMMAND: shown.command},
        frozenset({"127.0.0.1", "localhost"}),
    )
    async with bench(folder, offers=offers, url=ledger) as table:
        api = Api(table.service, guard)
        async with serving(api, "127.0.0.1", 0, tls) as url:
            yield Online(table, api, url, shown)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Online]:
    async with online(tmp_path) as found:
        yield found

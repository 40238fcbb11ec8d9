"""The sockets themselves: TLS, ports in use, running time."""

import asyncio
import ssl
import stat
from pathlib import Path

import aiohttp
import pytest
from tests.exchange.conftest import Serve, make_exchange

from maemae.errors import ExchangeError
from maemae.exchange.certificate import tls_context
from maemae.exchange.server import Server


async def test_a_client_that_trusts_the_certificate_is_served(tmp_path: Path) -> None:
    server = Server(make_exchange(), {"real": 0}, tls_context(tmp_path))
    await server.start()
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    try:
        async with aiohttp.ClientSession() as http:
            url = f"{server.urls['real']}/control/clock"
            assert url.startswith("https://127.0.0.1:")
            async with http.get(url, ssl=trusting) as reply:
                assert (await reply.json())["speed"] == "step"
    finally:
        await server.stop()
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    before = (tmp_path / "certificate.pem").read_bytes()
    tls_context(tmp_path)
    assert (tmp_path / "certificate.pem").read_bytes() == before


def test_a_folder_that_does_not_do_is_named(tmp_path: Path) -> None:
    (tmp_path / "certificate.pem").write_text("nonsense")
    with pytest.raises(ExchangeError, match=tmp_path.name):
        tls_context(tmp_path)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:9443"},
        {"Host": "["},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_no_web_page_controls_it(serve: Serve, headers: dict[str, str]) -> None:
    exchange = make_exchange(speed=1_000.0, at="09:00")
    server, http = await serve(exchange)
    for method, name in (("GET", "accounts"), ("POST", "pause"), ("POST", "order")):
        url = f"{server.urls['real']}/control/{name}"
        async with http.request(method, url, headers=headers) as reply:
            assert reply.status == 403
    assert not exchange.clock.paused
    async with http.get(f"{server.urls['real']}/control/clock") as reply:
        assert reply.status == 200


async def test_a_port_in_use_is_named(serve: Serve) -> None:
    server, _ = await serve(make_exchange())
    port = int(server.urls["real"].rsplit(":", 1)[1])
    with pytest.raises(ExchangeError, match=f"port {port} cannot be opened"):
        await Server(make_exchange(), {"real": port}).start()


async def test_time_runs_by_itself_and_can_be_paused(serve: Serve) -> None:
    exchange = make_exchange(speed=1_000.0, at="09:00")
    server, http = await serve(exchange)
    control = f"{server.urls['real']}/control"

    async def now(method: str, what: str) -> str:
        async with http.request(method, f"{control}/{what}") as reply:
            return str((await reply.json())["now"])

    first = await now("GET", "clock")
    for _ in range(100):
        if await now("GET", "clock") != first:
            break
        await asyncio.sleep(0)
    paused = await now("POST", "pause")
    assert first < paused == await now("GET", "clock")
    assert await now("POST", "resume") >= paused


async def test_a_doubled_slash_in_a_path_is_no_other_path(serve: Serve) -> None:
    server, http = await serve(make_exchange())
    for path in ("/oauth2/tokenP", "//oauth2//tokenP"):
        async with http.post(server.urls["real"] + path, json={"appkey": "nobody"}) as reply:
            assert (await reply.json())["error_code"] == "EGW00103"

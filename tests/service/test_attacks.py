"""The attack checklist of the control API: what must not get through, and does not."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from tests.service.conftest import Online

from maemae.desk.records import Halt
from maemae.service import operations as op
from maemae.service.api import doorman, server
from maemae.service.api.guard import FAILURES
from maemae.service.api.routes import method_of, path_of
from maemae.service.operations import OPERATIONS, Scope


async def ask(served: Online, path: str, **given: Any) -> tuple[int, dict[str, Any]]:
    method = given.pop("method", "GET")
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, served.url + path, **given) as response,
    ):
        text = await response.text()
        assert "Traceback" not in text
        return response.status, json.loads(text)


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | more


@pytest.mark.parametrize(
    "path", [*(path_of(kind) for kind in OPERATIONS), "/v1/events", "/v1/openapi.json"]
)
async def test_no_token_no_answer(served: Online, path: str) -> None:
    method = next((method_of(kind) for kind in OPERATIONS if path_of(kind) == path), "GET")
    status, answer = await ask(served, path, method=method)
    assert (status, answer) == (401, {"error": "a valid token is needed"})


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer \x80"]
)
async def test_wrong_tokens(served: Online, header: str) -> None:
    status, _ = await ask(served, "/v1/status", headers={"Authorization": header})
    assert status == 401


async def test_a_token_in_the_address_opens_nothing(served: Online) -> None:
    status, _ = await ask(served, f"/v1/status?token={served.shown.command}")
    assert status == 401


async def test_a_reading_token_commands_nothing(served: Online) -> None:
    headers = bearer(served.shown.read)
    for kind in OPERATIONS:
        if kind.scope is Scope.COMMAND:
            status, _ = await ask(served, path_of(kind), method="POST", headers=headers, json={})
            assert status == 403
    assert (await served.bench.service.ask(op.GetStatus())).halt is Halt.NONE
    assert await served.bench.service.ask(op.GetAudit()) == []


async def test_guessing_is_cut_off_and_the_owner_is_not(served: Online) -> None:
    wrong = [
        (await ask(served, "/v1/status", headers=bearer("wrong")))[0] for _ in range(FAILURES + 2)
    ]
    assert wrong == [401] * FAILURES + [429] * 2
    assert (await ask(served, "/v1/status", headers=bearer(served.shown.read)))[0] == 200


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "127.0.0.1@evil.example"},
    ],
)
async def test_other_origins_and_host_names(served: Online, more: dict[str, str]) -> None:
    headers = bearer(served.shown.command, **more)
    status, _ = await ask(served, "/v1/pause", method="POST", headers=headers, json={})
    assert status == 403
    assert (await served.bench.service.ask(op.GetStatus())).halt is Halt.NONE


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/", "/v1/../etc/passwd", "/v1/status/", "/v1//status", "/v1/%2e%2e/status",
     "/v1/status%00", "/v1/orders/../../x", "/static/x", "/V1/status"],
)  # fmt: skip
async def test_path_tricks(served: Online, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    auth = f"Authorization: Bearer {served.shown.command}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    assert status in (400, 404)


async def test_oversized_and_malformed_bodies(served: Online) -> None:
    headers = bearer(served.shown.command, **{"Content-Type": "application/json"})

    async def post(body: bytes, path: str = "/v1/pause") -> int:
        return (await ask(served, path, method="POST", headers=headers, data=body))[0]

    assert await post(b'{"reason": "' + b"x" * server.LARGEST_BODY + b'"}') == 413
    for body in (b"", b"{", b"[]", b"null", b"\xff", b'{"reason": 1}', b'{"why": ""}', b"[" * 5000):
        assert await post(body) == 400
    assert await post(b'{"level": "most"}', "/v1/halt") == 400
    assert (await served.bench.service.ask(op.GetStatus())).halt is Halt.NONE


async def test_a_form_of_a_web_page_is_not_a_command(served: Online) -> None:
    headers = bearer(served.shown.command)
    status, _ = await ask(served, "/v1/pause", method="POST", headers=headers, data={"reason": "x"})
    assert status == 415


async def test_long_headers_and_parameters_given_twice(served: Online) -> None:
    headers = bearer(served.shown.read)
    assert (await ask(served, "/v1/log?lines=1&lines=2", headers=headers))[0] == 400
    assert (await ask(served, "/v1/log?lines=1001", headers=headers))[0] == 400
    long = headers | {"X-Long": "x" * 100_000}
    async with aiohttp.ClientSession() as http, http.get(served.url, headers=long) as response:
        assert response.status == 400


async def test_a_caller_cannot_write_lines_of_its_own_into_the_audit(served: Online) -> None:
    headers = bearer(served.shown.command, **{"X-Maemae-Caller": "cli:x' who=admin"})
    assert (await ask(served, "/v1/pause", method="POST", headers=headers, json={}))[0] == 200
    (line,) = await served.bench.service.ask(op.GetAudit())
    assert (line.who, line.face) == ("token", "http")


async def test_a_body_that_trickles_in_is_given_up(
    served: Online, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    auth = f"Authorization: Bearer {served.shown.command}"
    kind = "Content-Type: application/json\r\nContent-Length: 100"
    writer.write(
        f"POST /v1/pause HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n{kind}\r\n\r\n{{".encode()
    )
    assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_connections_that_say_nothing_are_closed_and_hold_nobody_up(
    served: Online, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorman, "QUIET_SECONDS", 0.0)
    port = int(served.url.rsplit(":", 1)[1])
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
    for _, writer in silent:
        writer.write(b"GET /v1/status HTTP/1.1\r\nX-Slow: ")
    assert (await ask(served, "/v1/status", headers=bearer(served.shown.read)))[0] == 200
    async with asyncio.timeout(20):
        for reader, writer in silent:
            assert await reader.read() == b""
            writer.close()
    assert (await ask(served, "/v1/status", headers=bearer(served.shown.read)))[0] == 200


async def test_no_more_watchers_than_can_be_served(
    served: Online, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WATCHERS", 1)
    headers = bearer(served.shown.read)
    async with served.http() as http, http.get(served.url + "/v1/events") as first:
        assert first.status == 200
        assert (await ask(served, "/v1/events", headers=headers))[0] == 503


async def test_answers_are_not_kept_by_anyone(served: Online) -> None:
    async with served.http() as http, http.get(served.url + "/v1/status") as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in response.headers

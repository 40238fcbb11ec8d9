"""Whatever a stranger sends is answered, and never with a fault of ours.

Raw bytes, for a client's library would not send most of it: to the control API and the simulated
exchange over TCP, to the dashboard's door as its server hands them on. schemathesis holds the
control API to its document besides. `MAEMAE_FUZZ=2000` tries that many requests each.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.dashboard.test_door import HASH, behind
from tests.exchange.conftest import make_exchange
from tests.service.conftest import online

from maemae.dashboard.door import Door
from maemae.dashboard.entrance import Links
from maemae.dashboard.sessions import Lock, Sessions
from maemae.exchange.server import Server
from maemae.service.api.routes import path_of
from maemae.service.operations import OPERATIONS

EXAMPLES = int(os.environ.get("MAEMAE_FUZZ", "40"))
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
TOKEN = b"@token@"
"""Stands for the right token."""

Request = tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]
"""Method, target, headers, body."""

PLAIN = [(b"Host", b"127.0.0.1")]
JSON = (b"Content-Type", b"application/json")
DEEP = b'{"a":' * 3_000
ORDER = b'{"book":"b","side":"buy","code":"005930","quantity":1}'

VALUES = st.sampled_from([
    b"[", b"[::1", b"]:9", b"127.0.0.1", b"localhost:99999999", b"\xff", b"\xed\xa0\x80",
    b"\xc3\xa4", b"a@b:c[", b"http://[", b"null", b"http://127.0.0.1", b"",
    b" ", b"%00", b"x" * 3_000, b"=;=,=",
    b"maemae_session=\xff", b"maemae_form=a\x01b; \xe9=1; expires=x", b"Bearer \xff", b"Bearer",
    b"Bearer " + TOKEN, b"gzip", b"application/json; charset=nope", b"text/plain; charset=\xff",
    b"cli:\xed\xa0\x80", b"9" * 5_000, b"multipart/form-data; boundary=\xff", b"utf-7",
])  # fmt: skip
NAMES = st.sampled_from([
    b"Host", b"Origin", b"Authorization", b"Cookie", b"Content-Type", b"Content-Encoding",
    b"X-Maemae-Caller", b"Sec-Fetch-Site", b"Forwarded", b"tr_id", b"tr_cont", b"appkey",
])  # fmt: skip
BODIES = st.sampled_from([
    b"", ORDER, DEEP, b"[" * 5_000, b"9" * 5_000, b"\xff\xfe", b'"\xed\xa0\x80"',
    b"\x1f\x8b\x08\x00", b'{"quantity":1e999}', b'{"since":"' + b"9" * 5_000 + b'"}', b"null",
    b"[1]", b'"x"', b"NaN",
    b'{"until":"0001-01-01T00:00:00+09:00"}', b'{"until":"9999-12-31T23:59:59-12:00"}',
    b'{"account":"12345678-01","code":"000010","side":"buy","quantity":"' + b"9" * 5_000 + b'"}',
    b'{"account":"12345678-01","code":"000010","side":"buy","quantity":9999999999,"price":10000}',
    b'{"number":"\xe2\x82\x85"}', b'{"delay":-1,"what":"x"}',
    b"&".join([b"a=1"] * 11), b"form=\xc3\xa9",
])  # fmt: skip


def requests(targets: list[bytes]) -> st.SearchStrategy[Request]:
    """Requests that are almost right: one or two things about them are not."""
    headers = st.lists(st.tuples(NAMES, VALUES), max_size=3).map(
        lambda odd: [*(one for one in PLAIN if b"Host" not in dict(odd)), JSON, *odd]
    )
    queries = st.sampled_from([
        b"", b"?\xff", b"?limit=" + b"9" * 5_000, b"?day=2022-13-99", b"?a=1&a=2",
        b"?code=%ed%a0%80", b"?account=12345678-01&day=x", b"?key=%C3%A9",
        b"?first=0001-01-01&last=9999-12-31",
        b"?[",
    ])  # fmt: skip
    methods = st.sampled_from([b"GET", b"POST", b"DELETE", b"PUT", b"HEAD"])
    paths = st.sampled_from(targets) | st.sampled_from([b"//", b"/%ff", b"/..%2f", b"/\xff", b"*"])
    return st.tuples(methods, st.builds(bytes.__add__, paths, queries), headers, BODIES)


@asynccontextmanager
async def api(folder: Path) -> AsyncIterator[tuple[int, str]]:
    async with online(folder) as served:
        yield int(served.url.rsplit(":", 1)[1]), served.shown.command


@asynccontextmanager
async def exchange(_folder: Path) -> AsyncIterator[tuple[int, str]]:
    server = Server(make_exchange(), {"real": 0})
    await server.start()
    try:
        yield int(server.urls["real"].rsplit(":", 1)[1]), ""
    finally:
        await server.stop()


CONTROL = [b"/control/" + one for one in (
    b"clock", b"accounts", b"books", b"journal", b"faults", b"step", b"order", b"cancel", b"drop",
)]  # fmt: skip
REST = [b"/oauth2/tokenP", b"/oauth2/Approval", b"/", b"/tryitout", b"/common/master/x.zip",
        b"/uapi/domestic-stock/v1/trading/order-cash",
        b"/uapi/domestic-stock/v1/quotations/chk-holiday",
        b"/uapi/domestic-stock/v1/quotations/inquire-price"]  # fmt: skip
SERVERS: dict[str, tuple[Any, list[bytes]]] = {
    "api": (api, [*(path_of(kind).encode() for kind in OPERATIONS), b"/openapi.json"]),
    "exchange": (exchange, [*CONTROL, *REST]),
}


@pytest.fixture(scope="module", params=SERVERS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int, str]]:
    """A server on a thread of its own, for requests are sent by one that waits."""
    found: list[tuple[int, str]] = []
    ready, done = Event(), Event()

    async def serve() -> None:
        async with SERVERS[request.param][0](tmp_path_factory.mktemp("place")) as where:
            found.append(where)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(120)
    yield (request.param, *found[0])
    done.set()
    thread.join(20)


def sent(port: int, asked: Request, token: str) -> bytes:
    """Send a request, and return the answer."""
    method, target, headers, body = asked
    lines = [b"%s %s HTTP/1.1" % (method, target)]
    lines += [b"%s: %s" % (name, value) for name, value in headers]
    lines += [b"Content-Length: %d" % len(body), b"Connection: close", b"", body]
    with socket.create_connection(("127.0.0.1", port), 20) as wire:
        wire.sendall(b"\r\n".join(lines).replace(TOKEN, token.encode()))
        return wire.makefile("rb").read()


def test_no_request_meets_a_fault_of_ours(
    place: tuple[str, int, str], caplog: pytest.LogCaptureFixture
) -> None:
    name, port, token = place

    @SETTINGS
    @given(requests(SERVERS[name][1]))
    @example((b"GET", b"/v1/status", [(b"Host", b"[")], b""))
    @example((b"GET", b"/v1/status", [*PLAIN, (b"Authorization", b"Bearer \xff")], b""))
    @example((b"POST", b"/control/faults", [*PLAIN, JSON], DEEP))
    @example((b"GET", b"/control/journal?since=" + b"9" * 5_000, PLAIN, b""))
    def tried(asked: Request) -> None:
        answer = sent(port, asked, token)
        assert answer.startswith(b"HTTP/1.")
        # The broker says its own refusals with 500, and so does the exchange.
        assert int(answer.split()[1]) < 500 or b"\r\ntr_id: " in answer
        assert "Traceback" not in caplog.text

    tried()
    assert sent(port, (b"GET", b"/", PLAIN, b""), token)


DOORS: list[bytes] = [b"/", b"/login", b"/enter", b"/logout", b"/orders", b"/_nicegui_ws/"]


@SETTINGS
@given(requests(DOORS))
@example((b"GET", b"/login", [(b"Host", b"[")], b""))
@example((b"POST", b"/login", [*PLAIN, (b"Origin", b"http://[")], b""))
@example((b"POST", b"/login", [*PLAIN, (b"Origin", b"http://127.0.0.1")], b"a=1&" * 11))
@example((b"GET", b"/", [*PLAIN, (b"Cookie", b"\xe9=1; maemae_session=a")], b""))
def test_the_door_of_the_dashboard_answers_everything(asked: Request) -> None:
    method, target, headers, body = asked
    path, _mark, query = target.partition(b"?")
    nonce = b"n" * 24
    lock, links = Lock(HASH, lambda: 0.0), Links("", lambda: 0.0)
    door = Door(behind, Sessions(60.0, lambda: 0.0), lock, links, frozenset({"127.0.0.1"}), False)
    for name, form in ((b"x", body), (b"cookie", b"form=\xc3\xa9&password=\xff&" + body)):
        given_headers = [(one.lower(), value) for one, value in headers]
        scope: MutableMapping[str, Any] = {
            "type": "http", "method": method.decode(), "path": path.decode("latin1"),
            "raw_path": path, "query_string": query, "scheme": "http", "root_path": "",
            "headers": [*given_headers, (name, b"maemae_form=" + nonce)],
            "server": ("127.0.0.1", 8600), "client": ("127.0.0.1", 5), "http_version": "1.1",
        }  # fmt: skip
        assert asyncio.run(_answered(door, scope, form)) < 500


async def _answered(door: Callable[..., Any], scope: MutableMapping[str, Any], body: bytes) -> int:
    statuses: list[int] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await door(scope, receive, send)
    return statuses[0]

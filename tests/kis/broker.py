"""A tiny broker on loopback: answers what a test tells it to, and remembers what it was asked."""

import asyncio
import base64
import heapq
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from maemae.clock import KST
from maemae.kis import Credentials, Limits, Personality, Server

KEY, IV = "abcdefghijklmnopabcdefghijklmnop", "0123456789abcdef"
CREDENTIALS = Credentials("key-of-a-test", "secret-of-a-test", "12345678-01", "tester")
OK = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}

_TURNS = 4

Answer = web.StreamResponse | dict[str, Any]
Handler = Callable[[web.Request], Awaitable[Answer] | Answer]


class FakeClock:
    """Venue time that passes only while somebody sleeps, to the next one who wants to wake."""

    def __init__(self, start: datetime = datetime(2022, 6, 2, 9, 30, tzinfo=KST)) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int]] = []
        self._numbers = itertools.count()
        self.slept = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        me = (self._now + timedelta(seconds=seconds), next(self._numbers))
        heapq.heappush(self._sleepers, me)
        try:
            while True:
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                if self._sleepers[0] == me:
                    break
            self.slept += max(0.0, (me[0] - self._now).total_seconds())
            self._now = max(self._now, me[0])
        finally:
            self._sleepers.remove(me)
            heapq.heapify(self._sleepers)


def failure(code: str, message: str = "", *, status: int = 500, rt_cd: str = "1") -> web.Response:
    return web.json_response({"rt_cd": rt_cd, "msg_cd": code, "msg1": message}, status=status)


def encrypt(text: str) -> str:
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(KEY.encode()), modes.CBC(IV.encode())).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


@dataclass
class Asked:
    """One REST request as it came."""

    path: str
    tr_id: str
    token: str
    params: dict[str, str]
    tr_cont: str
    at: float


@dataclass
class Broker:
    """The server; `answers[path]` is a list of answers used up one by one (the last one stays)."""

    answers: dict[str, list[Answer | Handler]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    tokens: list[Answer | None] = field(default_factory=list)
    tokens_issued: int = 0
    approvals: int = 0
    revoked: bool = False
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    registered: list[tuple[str, str]] = field(default_factory=list)
    ack: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/oauth2/tokenP", self._token)
        app.router.add_post("/oauth2/Approval", self._approval)
        app.router.add_get("/tryitout", self._socket)
        app.router.add_route("*", "/{path:.*}", self._rest)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def server(self, personality: Personality = "real", **limits: float) -> Server:
        defaults: dict[str, Any] = {"calls_per_second": 1000, "silence": 30}
        return Server(
            personality,
            self.url,
            self.url.replace("http", "ws") + "/tryitout",
            Limits(**(defaults | limits)),
        )

    def answer(self, path: str, *answers: Answer | Handler) -> None:
        self.answers[path] = list(answers)

    def calls(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.endswith(path)]

    async def say(self, *texts: str) -> None:
        for text in texts:
            await self.sockets[-1].send_str(text)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.tokens_issued += 1
        special = self.tokens.pop(0) if self.tokens else None
        if special is not None:
            return (
                special if isinstance(special, web.StreamResponse) else web.json_response(special)
            )
        return web.json_response(
            {
                "access_token": f"token-{self.tokens_issued}",
                "access_token_token_expired": "2099-01-01 00:00:00",
                "token_type": "Bearer",
                "expires_in": 86400,
            }
        )

    async def _approval(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert "secretkey" in body
        self.approvals += 1
        return web.json_response({"approval_key": f"approval-{self.approvals}"})

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        params = dict(request.query)
        if request.method == "POST":
            params = await request.json()
        self.asked.append(
            Asked(
                request.path,
                request.headers.get("tr_id", ""),
                request.headers.get("authorization", "").removeprefix("Bearer "),
                params,
                request.headers.get("tr_cont", ""),
                asyncio.get_running_loop().time(),
            )
        )
        waiting = self.answers.get(request.path.rsplit("/", 1)[-1], [OK])
        chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if callable(chosen):
            made = chosen(request)
            chosen = await made if isinstance(made, Awaitable) else made
        if isinstance(chosen, web.Response):  # A response object can be sent only once.
            return web.Response(
                status=chosen.status, body=chosen.body, headers=_kept(chosen.headers)
            )
        return chosen if isinstance(chosen, web.StreamResponse) else web.json_response(chosen)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._hear(socket, json.loads(message.data))
        return socket

    async def _hear(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        self.heard.append(message)
        if message["header"].get("tr_id") == "PINGPONG":
            return
        wanted = message["body"]["input"]
        release = message["header"]["tr_type"] == "2"
        told = self.ack(message) if self.ack else acknowledge(message)
        if told is None:
            return
        if told["body"]["rt_cd"] == "0":
            pair = (wanted["tr_id"], wanted["tr_key"])
            self.registered.remove(pair) if release else self.registered.append(pair)
        await socket.send_json(told)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    kept = ("tr_cont", "Content-Type", "Date")
    return {name: value for name, value in headers.items() if name in kept}


def acknowledge(
    message: dict[str, Any], code: str = "OPSP0000", text: str = "SUBSCRIBE SUCCESS"
) -> dict[str, Any]:
    wanted = message["body"]["input"]
    if message["header"]["tr_type"] == "2":
        code, text = "OPSP0001", "UNSUBSCRIBE SUCCESS"
    fine = code in ("OPSP0000", "OPSP0001")
    return {
        "header": {"tr_id": wanted["tr_id"], "tr_key": wanted["tr_key"], "encrypt": "N"},
        "body": {
            "rt_cd": "0" if fine else "1",
            "msg_cd": code,
            "msg1": text,
            **({"output": {"iv": IV, "key": KEY}} if fine else {}),
        },
    }


def tick(
    code: str = "005930",
    *,
    time: str = "093354",
    price: int = 71900,
    quantity: int = 1,
    volume: int = 100,
    width: int = 46,
) -> str:
    fields = ["0"] * width
    fields[0], fields[1], fields[2] = code, time, str(price)
    fields[10], fields[11] = str(price), str(max(0, price - 100))
    fields[12], fields[13] = str(quantity), str(volume)
    fields[33] = "20220602"
    fields[44] = ""
    return "^".join(fields)


def tick_frame(*records: str) -> str:
    return f"0|H0STCNT0|{len(records):03d}|" + "^".join(records)


def notice(width: int = 26, **changes: str) -> str:
    names = ["cust", "acnt", "order", "original", "side", "change", "kind", "condition", "code"]
    names += ["quantity", "price", "time", "refused", "filled", "stage", "branch"]
    names += ["order_quantity", "name"]
    row = dict.fromkeys(names, "")
    row |= {
        "cust": "tester", "acnt": "1234567801", "order": "0000004126", "side": "02",
        "change": "0", "kind": "00", "condition": "0", "code": "005930",
        "quantity": "0000000003", "price": "000071900", "time": "093000", "refused": "0",
        "filled": "2", "stage": "2", "branch": "00950", "order_quantity": "000000010",
        "name": "김한국",
    }  # fmt: skip
    row |= changes
    tails = {
        26: ["", "1", "Y", "", "10", "", "삼성전자", "000072000"],
        23: ["1Y", "10", "", "삼성전자", "000072000"],
        22: ["삼성전자", "10", "", "삼성전자"],
    }
    return "^".join([*row.values(), *tails[width]])

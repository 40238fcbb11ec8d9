"""A server that speaks Telegram's Bot API on loopback, with faults as ordered."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "1234567:AAtestTESTtestTESTtestTESTtestTESTtest"
OWNER = 42
Reply = web.StreamResponse


@dataclass
class BotApi:
    """What the bot sent, what it is to receive, and what goes wrong next.

    `fault` looks at the method's name and returns a word or None: `429`, `500`, `403`, `400`,
    `malformed`, `disconnect`, `hang`.
    """

    now: Callable[[], datetime]
    fault: Callable[[str], str | None] = lambda method: None
    sent: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    retry_after: int = 7
    url: str = ""
    _updates: deque[dict[str, Any]] = field(default_factory=deque)
    _serial: int = 100
    _something: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    # The owner's side.

    def write(
        self, text: str, chat: int = OWNER, at: datetime | None = None, person: int | None = None
    ) -> None:
        """Let somebody write to the bot: in a private chat the person of that number."""
        message = self._message(text, chat, at or self.now()) | {"from": _user(person or chat)}
        self._update({"message": message})

    def press(self, label: str, chat: int = OWNER, person: int | None = None) -> None:
        """Let somebody press a button of the last message that has it."""
        shown = [
            (message, button["callback_data"])
            for message in self.sent
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
            if button["text"] == label
        ]
        message, data = shown[-1]
        query = {
            "id": str(self._serial),
            "from": _user(person or chat),
            "chat_instance": "1",
            "message": self._message(message["text"], chat, self.now()),
            "data": data,
        }
        self._update({"callback_query": query})

    async def until(self, wanted: Callable[[], bool]) -> None:
        """Wait until something that the bot did makes this true."""
        async with asyncio.timeout(20):
            while not wanted():
                self._changed.clear()
                await self._changed.wait()

    async def answer(self, text: str, chat: int = OWNER) -> str:
        """Write, and return what the bot answers."""
        before = len(self.sent)
        self.write(text, chat)
        await self.until(lambda: len(self.sent) > before)
        return str(self.sent[-1]["text"])

    async def pressed(self, label: str) -> str:
        """Press, and return what the bot answers."""
        before = len(self.sent)
        self.press(label)
        await self.until(lambda: len(self.sent) > before)
        return str(self.sent[-1]["text"])

    # The bot's side.

    async def handle(self, request: web.Request) -> Reply:
        method = request.match_info["method"]
        self.calls.append(method)
        self._changed.set()
        given = await _given(request)
        wrong = self.fault(method)
        if wrong is not None:
            return await self._wrong(wrong, request)
        if request.match_info["token"] != TOKEN:
            return _error(401, "Unauthorized")
        result = await self._result(method, given)
        self._changed.set()
        return web.json_response({"ok": True, "result": result})

    async def _result(self, method: str, given: dict[str, Any]) -> Any:
        match method:
            case "getMe":
                return {"id": 1234567, "is_bot": True, "first_name": "m", "username": "maemae_bot"}
            case "getUpdates":
                return await self._poll(int(given.get("offset", 0)), int(given.get("timeout", 0)))
            case "sendMessage" | "sendPhoto":
                told = given | {"text": given.get("text", given.get("caption", ""))}
                if "reply_markup" in given:
                    told["reply_markup"] = json.loads(given["reply_markup"])
                self.sent.append(told | {"method": method})
                return self._message(told["text"], int(given["chat_id"]), self.now())
            case "getChat":
                chat = {"id": int(given["chat_id"]), "type": "private"}
                reactions = {"accent_color_id": 1, "max_reaction_count": 1}
                gifts = dict.fromkeys(
                    (
                        "unlimited_gifts",
                        "limited_gifts",
                        "unique_gifts",
                        "premium_subscription",
                        "gifts_from_channels",
                    ),
                    True,
                )
                return chat | reactions | {"accepted_gift_types": gifts}
            case "setMyCommands":
                self.commands = json.loads(given["commands"])
                return True
            case _:
                return True

    async def _poll(self, offset: int, seconds: int) -> list[dict[str, Any]]:
        while self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        if not self._updates and seconds:
            self._something.clear()
            waits = [asyncio.ensure_future(e.wait()) for e in (self._something, self._over)]
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        return list(self._updates)

    async def _wrong(self, wrong: str, request: web.Request) -> Reply:
        match wrong:
            case "429":
                reply = {
                    "ok": False,
                    "error_code": 429,
                    "description": "Too Many Requests",
                    "parameters": {"retry_after": self.retry_after},
                }
                return web.json_response(reply, status=429)
            case "malformed":
                return web.Response(text='{"ok": true, "resul', content_type="application/json")
            case "disconnect":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "hang":
                await self._over.wait()
                return web.Response(status=500)
            case _:
                texts = {"500": "Internal", "403": "bot was blocked", "400": "can't parse"}
                return _error(int(wrong), texts[wrong])

    def _update(self, what: dict[str, Any]) -> None:
        self._serial += 1
        self._updates.append({"update_id": self._serial} | what)
        self._something.set()

    def _message(self, text: str, chat: int, at: datetime) -> dict[str, Any]:
        self._serial += 1
        return {
            "message_id": self._serial,
            "date": int(at.timestamp()),
            "chat": {"id": chat, "type": "private"},
            "from": _user(chat),
            "text": text,
        }


@asynccontextmanager
async def bot_api(now: Callable[[], datetime]) -> AsyncIterator[BotApi]:
    """Run the server."""
    api = BotApi(now)
    app = web.Application(client_max_size=20 << 20)
    app.router.add_post("/bot{token}/{method}", api.handle)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0)
    api.url = str(server.make_url("")).rstrip("/")
    try:
        yield api
    finally:
        api._over.set()
        await server.close()


def _user(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Owner", "username": f"user{chat}"}


def _error(status: int, text: str) -> web.Response:
    return web.json_response(
        {"ok": False, "error_code": status, "description": text}, status=status
    )


async def _given(request: web.Request) -> dict[str, Any]:
    form = await request.post()
    return {
        key: value.file.read() if isinstance(value, web.FileField) else value
        for key, value in form.items()
        if not isinstance(value, bytes)
    }

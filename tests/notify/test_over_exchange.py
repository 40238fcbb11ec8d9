"""The phone, a trader and the simulated exchange: what moves money, and what is trouble."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.notify.botapi import OWNER, TOKEN, BotApi, bot_api

from maemae.cli.demo import running_exchange
from maemae.clock import KST
from maemae.market.kinds import Market, Side
from maemae.market.ticks import floor_to_tick
from maemae.notify.opening import open_messengers
from maemae.service import operations as op
from maemae.service.compose import serve_run
from maemae.service.feed import Feed
from maemae.service.local import LocalService
from maemae.trader.run import Run, open_run
from maemae.trader.settings import load_settings

BALANCE = "/trading/inquire-balance"


@dataclass
class Day:
    """A session under way, with the owner's phone."""

    api: BotApi
    run: Run
    service: LocalService
    feed: Feed
    url: str

    async def told(self, words: str) -> None:
        """Wait until a message with these words has arrived."""
        await self.api.until(lambda: words in self.text)

    async def asked(self, command: str, pattern: str) -> re.Match[str]:
        """Write a command, and wait for its answer, whatever else is told meanwhile."""
        known = len(self.text)
        self.api.write(command)
        expected = re.compile(pattern)
        await self.api.until(lambda: expected.search(self.text, known) is not None)
        found = expected.search(self.text, known)
        assert found is not None
        return found

    @property
    def text(self) -> str:
        return "\n".join(str(message["text"]) for message in self.api.sent)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a step of the trader makes this true."""
        async with asyncio.timeout(30):
            with self.feed.bell() as bell:
                while not holds():
                    await bell.wait()
                    bell.clear()

    async def fault(self, **fields: Any) -> int:
        """Switch a fault of the exchange on."""
        answer = await self._control("POST", "faults", fields)
        return int(answer["number"])

    async def mend(self) -> None:
        """Switch all faults off."""
        await self._control("DELETE", "faults", {})

    async def _control(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.url}/control/{path}"
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, json=body) as reply,
        ):
            answer: dict[str, Any] = await reply.json()
            assert reply.status == 200, answer
            return answer


@asynccontextmanager
async def trading(folder: Path) -> AsyncIterator[Day]:
    exchange = {"--speed": 30, "--time": "08:59", "--date": "2022-06-02"}
    async with bot_api(lambda: datetime.now(KST)) as api, running_exchange(exchange) as addresses:
        settings = load_settings(
            None,
            venue="sim",
            data_dir=folder,
            log_dir=folder,
            sim={"url": addresses.real, "virtual_url": addresses.virtual},
            # Nothing is sold before its owner says so, however slow the phone is.
            book=[{"way": "condition", "take_profit": None, "stop_loss": None}],
            telegram={
                "chat_ids": [OWNER], "api_url": api.url, "level": "detail", "per_minute": 60,
            },
        )  # fmt: skip
        feed = Feed()
        async with (
            open_messengers(settings, folder) as messengers,
            open_run(settings, (feed, *messengers.observers)) as run,
            serve_run(run, feed, settings) as service,
            messengers.telling(service.acting, run.trader.desk.state),
        ):
            trade = asyncio.create_task(run.trade())
            try:
                yield Day(api, run, service, feed, addresses.real)
            finally:
                run.trader.stop()
                await trade


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Day]:
    monkeypatch.setenv("MAEMAE_TELEGRAM_TOKEN", TOKEN)
    async with trading(tmp_path) as under_way:
        yield under_way


async def test_what_the_owner_sells_and_cancels_is_sold_and_cancelled_at_the_exchange(
    day: Day,
) -> None:
    state = day.run.trader.desk.state
    await day.until(lambda: bool(state.portfolio.positions) and not any(state.blotter.live()))
    (book, code), position = next(iter(state.portfolio.positions.items()))
    shares, price = position.quantity, position.average
    await day.asked(f"/sell {code}", f"Sell {shares:,} shares")
    day.api.press("Yes")
    await day.until(lambda: (book, code) not in state.portfolio.positions)
    await day.told("by hand")

    assert day.run.venue.control is not None
    books = await day.run.venue.control.books(day.run.venue.account, day.run.session.day)
    sold = [fill for fill in books.fills if (fill.code, fill.side) == (code, "sell")]
    assert sum(fill.quantity for fill in sold) == shares

    low = floor_to_tick(
        price * 8 // 10, day.run.session.day, position.listed.market or Market.KOSPI
    )
    sent = await day.service.ask(
        op.PlaceOrder(book="owner", side=Side.BUY, code=code, quantity=1, price=low)
    )
    await day.until(lambda: state.blotter.orders[sent.intent or ""].order_no is not None)
    number = await day.asked("/orders", r"#(\d+) [^\n]* 0/1 ")
    await day.asked(f"/cancel {number[1]}", "1 shares left")
    day.api.press("Yes")
    await day.told("cancelled, 0/1 filled")
    books = await day.run.venue.control.books(day.run.venue.account, day.run.session.day)
    order_no = state.blotter.orders[sent.intent or ""].order_no
    (line,) = [order for order in books.orders if str(order.order_no) == str(order_no)]
    assert (line.filled, line.status) == (0, "cancelled")
    said = [(one.command, one.face) for one in await day.service.ask(op.GetAudit())]
    assert said[:2] == [("cancel", "telegram"), ("order", "trader")]
    assert ("order", "telegram") in said


async def test_token_trouble_and_a_gap_in_the_socket_are_told_once_and_with_what_to_do(
    day: Day,
) -> None:
    await day.until(lambda: bool(day.run.trader.desk.state.portfolio.positions))
    await day.fault(kind="token_expired", path=BALANCE)
    await day.told("The broker does not accept the keys")
    await day.mend()
    await day.fault(kind="drop", count=1)
    await day.told("The live stream is interrupted")
    await day.told("books and ours agree")
    assert day.text.count("The broker does not accept the keys") == 1
    assert "Check the app key" in day.text

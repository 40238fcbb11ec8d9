"""Who listens in on a client hears the market as it came, and nothing of keys and accounts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.exchange.conftest import DAY, make_exchange, pass_time
from tests.kis.test_exchange import BUY, Simulated

from maemae.exchange.server import Server as ExchangeServer
from maemae.kis import Feed, Heard
from maemae.kis.gate import public_feeds, readable


class Ear:
    """Keeps what a tap is told."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.registrations: list[tuple[str, str, bool]] = []
        self.answers: list[Heard] = []

    def frame(self, text: str) -> None:
        self.frames.append(text)

    def registered(self, tr_id: str, key: str, *, on: bool) -> None:
        self.registrations.append((tr_id, key, on))

    def answered(self, heard: Heard) -> None:
        self.answers.append(heard)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[Simulated]:
    exchange = make_exchange(at="09:30")
    server = ExchangeServer(exchange, {"real": 0, "virtual": 0})
    await server.start()
    yield Simulated(exchange, server, tmp_path)
    await server.stop()


async def test_a_tap_hears_the_market_and_nobody(simulated: Simulated) -> None:
    ear = Ear()
    async with simulated.client() as client:
        client.listen_in(ear)
        await client.stream.start()
        await client.stream.subscribe(Feed.NOTICES)
        await client.stream.subscribe(Feed.TICKS, "000010")
        await client.stream.subscribe(Feed.TICKS, "000020")
        await client.stream.unsubscribe(Feed.TICKS, "000020")
        hits = await client.condition_result(1)
        await client.order(BUY)
        await client.balance()
        await client.daily_executions(DAY)
        await client.buying_power("000010", None)
        pass_time(simulated.exchange, "09:32")
        await client.stream.received(simulated.exchange.frames)
        client.listen_in(None)
        await client.price("000010")
    assert hits
    assert [(one.path.rpartition("/")[2], one.status) for one in ear.answers] == [
        ("psearch-result", 200)
    ]
    [answer] = ear.answers
    assert answer.tr_id in readable()[answer.path]
    assert answer.content.startswith(b"{")
    assert ear.registrations == [
        ("H0STCNT0", "000010", True), ("H0STCNT0", "000020", True), ("H0STCNT0", "000020", False)
    ]  # fmt: skip
    assert ear.frames
    for text in ear.frames:
        flag, feed, _ = text.split("|", 2)
        assert flag == "0"
        assert feed in public_feeds()

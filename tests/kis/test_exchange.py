"""The client against the simulated exchange: two builders, one protocol."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.exchange.conftest import DAY, make_exchange, pass_time
from tests.kis.broker import FakeClock

from maemae.catalogue import Personality
from maemae.clock import KST
from maemae.exchange.server import Server as ExchangeServer
from maemae.exchange.simulation import Exchange
from maemae.kis import (
    Accepted,
    Credentials,
    Feed,
    KeyInUse,
    KisClient,
    KisUnavailable,
    Limits,
    Notice,
    NoticeEvent,
    OrderRequest,
    Refused,
    Server,
    StreamUp,
    Tick,
    Unknown,
)
from maemae.market.kinds import Side

BUY = OrderRequest(Side.BUY, "000010", 1, None, "01")


class Simulated:
    """A running exchange, and clients of it."""

    def __init__(self, exchange: Exchange, server: ExchangeServer, folder: Path) -> None:
        self.exchange = exchange
        self._server = server
        self._folder = folder
        self.clock = FakeClock(datetime(DAY.year, DAY.month, DAY.day, 9, 30, tzinfo=KST))

    def client(self, personality: Personality = "real") -> KisClient:
        url = self._server.urls[personality]
        who = next(
            one for one in self.exchange.customers.values() if one.personality == personality
        )
        server = Server(
            personality, url, url.replace("http", "ws") + "/tryitout", Limits(1000, silence=5)
        )
        keys = Credentials(who.app_key, who.app_secret, who.account, who.hts_id)
        return KisClient(server, keys, clock=self.clock, state_dir=self._folder)

    async def pass_a_minute(self) -> None:
        """Let time pass on both sides: the broker issues one token a minute."""
        pass_time(self.exchange, "09:31:30")
        await self.clock.sleep(90)

    async def fault(self, **fault: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self._server.urls['real']}/control/faults", json=fault) as reply,
        ):
            assert reply.status == 200, await reply.text()


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[Simulated]:
    exchange = make_exchange(at="09:30")
    server = ExchangeServer(exchange, {"real": 0, "virtual": 0})
    await server.start()
    yield Simulated(exchange, server, tmp_path)
    await server.stop()


@pytest.mark.parametrize("personality", ["real", "virtual"])
async def test_an_order_is_filled_told_and_booked(
    simulated: Simulated, personality: Personality
) -> None:
    async with simulated.client(personality) as kis:
        came: list[Notice] = []
        kis.stream.listen(lambda e: came.append(e) if isinstance(e, Notice) else None)
        await kis.stream.subscribe(Feed.NOTICES)
        await kis.stream.start()
        power = await kis.buying_power("000010", None)
        outcome = await kis.order(BUY)
        assert isinstance(outcome, Accepted)
        pass_time(simulated.exchange, "09:30:05")
        await kis.stream.received(3)
        assert [n.event for n in came] == [NoticeEvent.ACCEPTED, NoticeEvent.FILLED]
        assert {n.order_no for n in came} == {outcome.order_no}
        [row] = await kis.daily_executions(DAY)
        assert (row.order_no, row.filled, row.amount) == (outcome.order_no, 1, came[1].price)
        balance = await kis.balance()
        assert [(h.code, h.quantity) for h in balance.holdings] == [("000010", 1)]
        assert balance.cash_d2 == balance.cash - row.amount - balance.day_costs
        assert power.quantity > 0


@pytest.mark.parametrize(
    ("kind", "expected", "orders"),
    [
        ("reply_lost", Unknown, 1),
        ("http_500_after", Unknown, 1),
        ("malformed_json", Unknown, 1),
        ("truncated_body", Unknown, 1),
        ("extra_fields", Accepted, 1),
        ("reset", Unknown, 0),
        ("http_500_before", Unknown, 0),
        ("maintenance", Unknown, 0),
        ("throttled", Refused, 0),
        ("token_expired", Refused, 0),
    ],
)
async def test_one_order_is_never_two_and_a_doubt_can_be_settled(
    simulated: Simulated, kind: str, expected: type, orders: int
) -> None:
    async with simulated.client() as kis:
        await kis.balance()
        await simulated.pass_a_minute()
        await simulated.fault(kind=kind, tr_id="TTTC0012U", count=1)
        assert isinstance(await kis.order(BUY), expected)
        assert len(await kis.daily_executions(DAY)) == orders


@pytest.mark.parametrize("until", ["09:30", "09:31"])
async def test_a_cancel_is_no_amendment_even_while_it_is_on_its_way(
    simulated: Simulated, until: str
) -> None:
    async with simulated.client() as kis:
        sent = await kis.order(OrderRequest(Side.BUY, "000010", 1, 8_000, "00"))
        pass_time(simulated.exchange, "09:30:10")
        assert isinstance(sent, Accepted)
        cancel = await kis.cancel(sent.order_no, sent.org_no)
        assert isinstance(cancel, Accepted)
        if until == "09:31":
            pass_time(simulated.exchange, until)
        rows = {row.order_no: row for row in await kis.daily_executions(DAY)}
        assert rows[sent.order_no].remaining == (1 if until == "09:30" else 0)
        assert [number for number, row in rows.items() if row.is_cancel] == [cancel.order_no]


@pytest.mark.parametrize("kind", ["reset", "throttled", "token_expired", "malformed_json"])
async def test_reads_survive_each_fault(simulated: Simulated, kind: str) -> None:
    async with simulated.client() as kis:
        await kis.price("000010")
        await simulated.pass_a_minute()
        await simulated.fault(kind=kind, tr_id="FHKST01010100", count=1)
        assert (await kis.price("000010")).code == "000010"
        await simulated.fault(kind="maintenance", tr_id="FHKST01010100", count=10)
        with pytest.raises(KisUnavailable):
            await kis.price("000010")


@pytest.mark.parametrize("kind", ["more_columns", "many_records"])
async def test_ticks_survive_a_changed_layout(simulated: Simulated, kind: str) -> None:
    async with simulated.client() as kis:
        came: list[Tick] = []
        kis.stream.listen(lambda e: came.append(e) if isinstance(e, Tick) else None)
        await kis.stream.subscribe(Feed.TICKS, "000010")
        await kis.stream.start()
        await simulated.fault(kind=kind, tr_id="H0STCNT0", count=100)
        pass_time(simulated.exchange, "09:31:00")
        await kis.stream.received(2)
        await asyncio.sleep(0.05)
        assert came
        assert {tick.code for tick in came} == {"000010"}
        assert all(9_900 <= (tick.price or 0) <= 10_600 for tick in came)
        assert kis.stream.rejected == 0


async def test_a_dropped_connection_comes_back_with_its_registrations(
    simulated: Simulated,
) -> None:
    async with simulated.client() as kis:
        ups: list[StreamUp] = []
        kis.stream.listen(lambda e: ups.append(e) if isinstance(e, StreamUp) else None)
        await kis.stream.subscribe(Feed.NOTICES)
        await kis.stream.subscribe(Feed.TICKS, "000010")
        await kis.stream.start()
        await simulated.fault(kind="drop", tr_id="H0STCNT0", count=1)
        pass_time(simulated.exchange, "09:31:00")
        async with asyncio.timeout(5):
            while len(ups) < 2:  # noqa: ASYNC110 - what is waited for happens inside the client
                await asyncio.sleep(0.01)
        assert ups[1].since is not None
        assert len(kis.stream.registrations) == 2


async def test_a_second_program_on_the_same_key_is_named_until_the_first_one_ends(
    simulated: Simulated,
) -> None:
    async with simulated.client() as first, simulated.client() as second:
        told = asyncio.Event()
        second.stream.listen(lambda e: told.set() if isinstance(e, KeyInUse) else None)
        for one in (first, second):
            await one.stream.subscribe(Feed.NOTICES)
        await first.stream.start()
        starting = asyncio.create_task(second.stream.start())
        async with asyncio.timeout(5):
            await told.wait()
        assert first.stream.is_up
        assert not starting.done()
        await first.stream.stop()
        async with asyncio.timeout(5):
            await starting


async def test_a_token_that_another_program_ended_is_told_once(simulated: Simulated) -> None:
    """The broker hands out the other program's token: it was issued before we asked."""
    async with simulated.client() as kis:
        told: list[str] = []
        kis.stream.listen(lambda e: told.append(e.code) if isinstance(e, KeyInUse) else None)
        await kis.price("000010")
        await simulated.pass_a_minute()
        simulated.exchange.take_tokens()
        pass_time(simulated.exchange, "09:33:00")
        await simulated.clock.sleep(90)
        await kis.price("000010")
        await kis.price("000010")
        assert told == ["EGW00121"]


async def test_a_token_that_the_broker_ended_is_nobodys_doing(simulated: Simulated) -> None:
    async with simulated.client() as kis:
        told: list[str] = []
        kis.stream.listen(lambda e: told.append(e.code) if isinstance(e, KeyInUse) else None)
        await kis.price("000010")
        await simulated.pass_a_minute()
        simulated.exchange.expire_tokens()
        await kis.price("000010")
        assert kis.tokens.issued == 2
        assert told == []


async def test_profits_join_with_holdings_by_their_codes(simulated: Simulated) -> None:
    """The broker writes `00000A000010` there, and `000010` everywhere else."""
    async with simulated.client() as kis:
        await kis.order(BUY)
        pass_time(simulated.exchange, "09:30:05")
        await kis.order(OrderRequest(Side.SELL, "000010", 1, None, "01"))
        pass_time(simulated.exchange, "09:30:10")
        rows = await kis.account.trade_profit(DAY, DAY)
        assert {row.code for row in rows} == {"000010"}
        assert {row.code for row in await kis.account.daily_profit(DAY, DAY)} <= {None, "000010"}


async def test_the_latest_trades_and_an_index_over_many_pages(simulated: Simulated) -> None:
    async with simulated.client() as kis:
        await simulated.pass_a_minute()
        trades = await kis.quotes.trades("000010")
        assert len(trades) == 30
        assert trades[0].at >= trades[-1].at
        assert all(9_900 <= trade.price <= 10_600 and trade.quantity > 0 for trade in trades)
        index = await kis.history.index_bars("0001", DAY - timedelta(days=200), DAY)
        days = [bar.day for bar in index]
        assert len(days) > 100  # three pages of fifty
        assert days == sorted(set(days))
        assert all(bar.low <= bar.open <= bar.high for bar in index[:-1])
        # Nothing moved until yesterday; today's prices move the index as they do the worth.
        assert {bar.close for bar in index[:-1]} == {Decimal("1000.00")}
        assert index[-1].close != Decimal("1000.00")

"""A simulated exchange that was left standing, stands or jumps: resumed, followed and said."""

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.exchange.conftest import Serve, make_exchange
from tests.trader.days import Place

from maemae.desk.events import Event, Reported
from maemae.desk.records import Incident
from maemae.exchange.moment import MINUTE, datetime_of
from maemae.exchange.server import Server
from maemae.trader import sim_time
from maemae.trader.run import open_run
from maemae.trader.venue import open_venue

SPEED = 10.0


async def test_the_exchange_runs_on_after_a_trader_and_its_pause_is_said(
    serve: Serve, tmp_path: Path
) -> None:
    exchange = make_exchange(speed=SPEED, at="09:30")
    server, _ = await serve(exchange)
    where = Place(exchange, server.urls["real"], tmp_path)

    def stands() -> bool:
        return exchange.clock.paused

    async with open_run(where.settings()) as run:
        run.trader.stop()
        await run.trade()
        assert stands()
    assert not stands()

    exchange.clock.pause()  # As a trader leaves it that is killed while it compares the books.
    async with open_run(where.settings()) as run:
        assert not stands()
        assert run.venue.time is not None
        off = datetime_of(exchange.clock.now()) - run.venue.clock.now()
        assert abs(off) < timedelta(seconds=SPEED)
        run.trader.stop()
        await run.trade()
    told = [r.kind for r in where.records() if isinstance(r, Incident)]
    assert told.count(sim_time.RUNS) == 1


async def test_a_trader_follows_an_exchange_that_stands_and_jumps(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim_time, "EVERY", 0.001)
    exchange = make_exchange(speed=SPEED, at="09:30")
    server, _ = await serve(exchange)
    where = Place(exchange, server.urls["real"], tmp_path)
    told: list[str] = []
    heard = asyncio.Event()

    def put(event: Event) -> None:
        assert isinstance(event, Reported)
        told.append(event.kind)
        heard.set()

    async def once() -> None:
        await asyncio.wait_for(heard.wait(), 30)
        heard.clear()

    async with open_venue(where.settings()) as venue:
        assert venue.time is not None
        watch = asyncio.create_task(venue.time.watch(put))
        exchange.clock.pause()
        await once()
        exchange.clock.resume()
        await once()
        exchange.clock.jump(exchange.clock.now() + 9 * MINUTE)
        await once()
        off = datetime_of(exchange.clock.now()) - venue.clock.now()
        assert abs(off) < timedelta(minutes=1)
        watch.cancel()
    assert told == [sim_time.STANDS, sim_time.RUNS, sim_time.JUMPED]


async def test_a_trader_follows_an_exchange_that_is_started_anew(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim_time, "EVERY", 0.001)
    exchange = make_exchange(speed=SPEED, at="09:30")
    first, _ = await serve(exchange)
    where = Place(exchange, first.urls["real"], tmp_path)
    told: list[Reported] = []
    heard = asyncio.Event()

    def put(event: Event) -> None:
        assert isinstance(event, Reported)
        told.append(event)
        heard.set()

    async with open_venue(where.settings()) as venue:
        assert venue.time is not None
        await venue.orders.account.balance()
        watch = asyncio.create_task(venue.time.watch(put))
        await first.stop()
        again = make_exchange(speed=SPEED, at="09:40")
        second = Server(again, {"real": urlsplit(first.urls["real"]).port or 0})
        await second.start()
        try:
            await asyncio.wait_for(heard.wait(), 30)
            off = datetime_of(again.clock.now()) - venue.clock.now()
            assert abs(off) < timedelta(minutes=1)
            await venue.orders.account.balance()  # The token of before does.
        finally:
            watch.cancel()
            await second.stop()
    assert [one.kind for one in told] == [sim_time.ANEW]
    assert [one["path"] for one in again.journal.since(0, "call")] == [
        "/uapi/domestic-stock/v1/trading/inquire-balance"
    ]

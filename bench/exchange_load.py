"""Load of the simulated exchange on this machine, and the memory of a full-market day.

    .venv/bin/python bench/exchange_load.py

Prints REST calls per second (one client, sixteen connections, limits off), WebSocket frames per
second from the venue to a client that only counts them, and seconds and megabytes of a day of
2,500 instruments. Client and exchange share the process and its one core, so a client of one's
own would see a little more.
"""

import asyncio
import json
import resource
import time
from collections.abc import Mapping, Sequence
from datetime import date
from datetime import time as clock_time

import aiohttp

from maemae.exchange.extremes import Spans
from maemae.exchange.hours import Hours
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import MINUTE, moment_at
from maemae.exchange.replay import DayMarket
from maemae.exchange.scenario import default_scenario
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.kinds import Kind, Market

DAY = date(2024, 3, 5)
CALLS = 6_000
CONNECTIONS = 16
REGISTERED = 20
CODES = 2_500


def listings(count: int) -> list[Listing]:
    """Return instruments that all trade much the same."""
    return [
        Listing(
            code=f"{100_000 + n}",
            name=f"종목{n}",
            market=Market.KOSPI if n % 3 else Market.KOSDAQ,
            kind=Kind.STOCK,
            base=10_000,
            lower=7_000,
            upper=13_000,
            open=10_050,
            high=10_500,
            low=9_800,
            close=10_200,
            volume=500_000 + n,
        )
        for n in range(count)
    ]


class Source:
    """A fixed day."""

    def listings(self, _: date) -> list[Listing]:
        """Return the instruments."""
        return listings(100)

    def history(self, _: str, __: date) -> list[DayBar]:
        """Return nothing."""
        return []

    def extremes(self, _: Sequence[date], __: date) -> Mapping[str, Spans]:
        """Return nothing."""
        return {}


def memory() -> float:
    """Return the most memory the process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def load() -> None:
    """Measure calls and frames per second."""
    clock = Timekeeper(moment_at(DAY, clock_time(9, 1)), None)
    scenario = default_scenario(1)
    exchange = Exchange(Source(), krx(), DAY, scenario, seed=1, clock=clock, limits=False)
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    customer = exchange.customers["12345678-01"]
    url = server.urls["real"]
    body = {"appkey": customer.app_key, "appsecret": customer.app_secret}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as http:
        async with http.post(f"{url}/oauth2/tokenP", json=body) as reply:
            token = (await reply.json())["access_token"]
        body["secretkey"] = customer.app_secret
        async with http.post(f"{url}/oauth2/Approval", json=body) as reply:
            approval = (await reply.json())["approval_key"]
        await calls(http, url, body | {"authorization": f"Bearer {token}"})
        await frames(http, url, approval, exchange)
    await server.stop()


async def calls(http: aiohttp.ClientSession, url: str, keys: dict[str, str]) -> None:
    """Ask for prices as fast as the exchange answers."""
    headers = {name: keys[name] for name in ("appkey", "appsecret", "authorization")}
    headers["tr_id"] = "FHKST01010100"
    params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "100001"}
    path = f"{url}/uapi/domestic-stock/v1/quotations/inquire-price"

    async def some() -> None:
        for _ in range(CALLS // CONNECTIONS):
            async with http.get(path, params=params, headers=headers) as reply:
                assert (await reply.json())["rt_cd"] == "0"

    started = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(CONNECTIONS)))
    print(f"REST: {CALLS / (time.perf_counter() - started):,.0f} calls/s")


async def frames(http: aiohttp.ClientSession, url: str, approval: str, exchange: Exchange) -> None:
    """Receive the trades and books of twenty instruments over a simulated day."""
    async with http.ws_connect(f"{url.replace('http', 'ws')}/tryitout") as socket:
        for n in range(REGISTERED):
            for tr_id in ("H0STCNT0", "H0STASP0"):
                header = {"approval_key": approval, "custtype": "P", "tr_type": "1"}
                body = {"input": {"tr_id": tr_id, "tr_key": f"{100_000 + n}"}}
                await socket.send_str(json.dumps({"header": header, "body": body}))
                await socket.receive()
        received, acknowledged = 0, exchange.frames
        started = time.perf_counter()
        while exchange.venue.now < exchange.venue.hours.close:
            exchange.venue.advance(exchange.venue.now + MINUTE)
            exchange.clock.jump(exchange.venue.now)
            while received < exchange.frames - acknowledged:
                await socket.receive()
                received += 1
        seconds = time.perf_counter() - started
    print(f"WebSocket: {received / seconds:,.0f} frames/s ({received:,} frames)")


def full_market() -> None:
    """Set up a day of the whole market."""
    before = memory()
    started = time.perf_counter()
    market = DayMarket(listings(CODES), Hours.of(krx().session(DAY)), seed=1)
    seconds = time.perf_counter() - started
    print(
        f"{CODES:,} instruments: {seconds:.2f} s, {market.memory / 1e6:,.0f} MB of tables, "
        f"peak of the process up by {memory() - before:,.0f} MB"
    )


if __name__ == "__main__":
    full_market()
    asyncio.run(load())

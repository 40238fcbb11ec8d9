"""Nothing of a dry run leaves for the live server, whatever is commanded and whatever fails.

The whole dry venue runs over sockets: its live server is a simulated exchange that journals every
request, with faults of every kind it can make, and so does the exchange inside it. Orders, cancels,
amendments, questions and registrations are commanded as the desk commands them; besides, orders are
put to the live client by force, beneath everything that it offers. The journal must hold no call
that trades or names an account.
"""

import asyncio
import heapq
import itertools
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from maemae import catalogue
from maemae.clock import KST
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.errors import MaemaeError
from maemae.exchange.faults import Fault, FaultKind
from maemae.exchange.fed.exchange import FedExchange
from maemae.exchange.journal import MISSED
from maemae.exchange.moment import moment
from maemae.exchange.protocol.keys import Customer
from maemae.exchange.scenario import default_scenario
from maemae.exchange.server import Server as ExchangeServer
from maemae.exchange.simulation import Exchange
from maemae.exchange.sources import SyntheticSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.kis import REAL_SERVER, AppKey, MarketClient, Server
from maemae.kis.messages import registration
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.trader.dry import open_dry
from maemae.trader.hands import KisHands
from maemae.trader.settings import Settings, load_settings
from maemae.trader.sources.directory import Directory

DAY: Final = date(2026, 11, 30)

LIFE: Final = 1_000
"""Events for which a dry run goes on, before it is ended and begun again."""

OVER: Final = time(15, 10)
"""A dry run that has come so far is ended: nothing much trades then."""

LANES: Final = 8
"""Dry runs at once: each waits for answers that never come, most of the time."""

LOOK_EVERY: Final = 50
"""Events between two looks at the journal."""

PATIENCE: Final = 1.0
"""Real seconds for which an answer is waited for."""

_TRADES: Final = ("TTTC", "VTTC", "TTTT", "VTTT", "JTTT", "CTRP", "CTSC")
"""How transaction ids of orders and accounts begin."""

_NAMES: Final = 12
_TURNS: Final = 3


class PassingClock:
    """Venue time that passes only while somebody sleeps, to the next one who wants to wake."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int]] = []
        self._numbers = itertools.count()
        self.passed: Callable[[datetime], None] = lambda _: None
        """Told of each new time."""

    def now(self) -> datetime:
        """Return the venue's time."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Wait until it is one's turn."""
        me = (self._now + timedelta(seconds=seconds), next(self._numbers))
        heapq.heappush(self._sleepers, me)
        try:
            while True:
                for _turn in range(_TURNS):
                    await asyncio.sleep(0)
                if self._sleepers[0] == me:
                    break
            if me[0] > self._now:
                self._now = me[0]
                self.passed(self._now)
        finally:
            self._sleepers.remove(me)
            heapq.heapify(self._sleepers)


@dataclass(slots=True)
class Found:
    """What a proof came to.

    `calls`, `registrations`: what the live server received. `struck`: faults of each kind that
    struck, at it or at the exchange inside. `inside`: orders that the exchange inside took.
    `forced`: orders put to the live client by force. `sent`: what must not have left, described.
    """

    events: int = 0
    lives: int = 0
    calls: int = 0
    registrations: int = 0
    inside: int = 0
    forced: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    sent: list[str] = field(default_factory=list)


def leaks(live: Exchange, since: int) -> tuple[list[str], Counter[str], int]:
    """Return what in an exchange's journal trades or names an account, and what else there is.

    Args:
        live: the exchange that stands for the live server.
        since: number of the last entry that was looked at.

    Returns:
        Descriptions, how many entries of each kind, and the number of the last entry.
    """
    found: list[str] = []
    kinds: Counter[str] = Counter()
    accounts = {one.account[:8] for one in live.customers.values()}
    for entry in live.journal.since(since):
        kinds[entry["what"]] += 1
        since = max(since, entry["number"])
        if entry["what"] == MISSED:
            found.append(f"{entry['count']} entries of the journal were not looked at")
        elif entry["what"] == "call" and _trades(entry, accounts):
            found.append(f"{entry['path']} {entry['tr_id']}")
        elif entry["what"] == "registration" and "CNI" in entry["feed"][0]:
            found.append(f"registration {entry['feed'][0]}")
        elif entry["what"] == "order":
            found.append("an order")
    for account in live.venue.accounts.values():
        found += [f"order {number} of the account" for number in account.orders]
    return found, kinds, since


def _trades(call: dict[str, Any], accounts: set[str]) -> bool:
    path, tr_id = call["path"], call["tr_id"]
    return (
        "/trading/" in path
        or path in ("/uapi/hashkey", "/oauth2/revokeP")
        or tr_id.startswith(_TRADES)
        or bool({"CANO", "ACNT_PRDT_CD"} & {name.upper() for name in call["params"]})
        or any(number in repr(call["params"]) for number in accounts)
    )


MakeData = Callable[[Settings, Customer, PassingClock, Path], MarketClient]


def live_server(settings: Settings) -> Server:
    """Return the live server of such a dry run, which is not waited for long."""
    return replace(
        REAL_SERVER,
        rest_url=settings.live.rest_url,
        ws_url=settings.live.ws_url,
        limits=replace(REAL_SERVER.limits, reply_timeout=0.3, ack_timeout=0.3, connect_timeout=1),
    )


def reading(settings: Settings, who: Customer, clock: PassingClock, folder: Path) -> MarketClient:
    """Make the live client of a dry run."""
    key = AppKey(who.app_key, who.app_secret)
    return MarketClient(live_server(settings), key, clock=clock, state_dir=folder / "keys")


async def prove(
    events: int,
    seed: int,
    make: MakeData = reading,
    progress: Callable[[Found], None] = lambda _: None,
) -> Found:
    """Let dry runs live through so many events; see `Found` for what came of it.

    Args:
        events: commands, faults and steps of time, all together.
        seed: of all of them.
        make: makes the live client.
        progress: told after each life.
    """
    found = Found()
    with tempfile.TemporaryDirectory(prefix="maemae-unsent-") as folder:
        lanes = [
            _lane(events, Random(seed * LANES + number), make, Path(folder) / str(number), found)
            for number in range(LANES)
        ]
        for done in asyncio.as_completed([_told(one, found, progress) for one in lanes]):
            await done
    return found


async def _told(lane: AsyncIterator[None], found: Found, progress: Callable[[Found], None]) -> None:
    async for _life_is_over in lane:
        progress(found)


async def _lane(
    events: int, chance: Random, make: MakeData, folder: Path, found: Found
) -> AsyncIterator[None]:
    """Let one dry run after the other live, until there were events enough."""
    lives = 0
    while found.events < events and not found.sent:
        # Money, shares and orders of the life before are there again, but now and then.
        here = folder / str(lives - lives % 4)
        here.mkdir(parents=True, exist_ok=True)
        await _life(events, chance, make, here, found)
        lives += 1
        found.lives += 1
        yield


@dataclass(frozen=True)
class _Bench:
    """A dry run and the live server it reads."""

    live: Exchange
    inside: FedExchange
    data: MarketClient
    hands: KisHands
    clock: PassingClock
    codes: list[str]


@asynccontextmanager
async def _bench(make: MakeData, folder: Path, seed: int) -> AsyncIterator[_Bench]:
    start = datetime(DAY.year, DAY.month, DAY.day, 9, 30, tzinfo=KST)
    live = Exchange(
        SyntheticSource(seed, krx(), DAY), krx(), DAY, default_scenario(seed), seed=seed,
        clock=Timekeeper(moment(start), None), limits=False,
    )  # fmt: skip
    live.catch_up()
    who = next(one for one in live.customers.values() if one.personality == "real")
    async with AsyncExitStack() as stack:
        server = ExchangeServer(live, {"real": 0})
        await server.start()
        stack.push_async_callback(server.stop)
        url = server.urls["real"]
        settings = load_settings(
            None, venue="dry", data_dir=folder, dry={"cash": 10**12},
            masters_url=f"{url}/common/master",
            live={
                "account": who.account, "hts_id": who.hts_id, "rest_url": url,
                "ws_url": url.replace("http", "ws") + "/tryitout",
            },
        )  # fmt: skip
        clock = PassingClock(start)
        clock.passed = partial(_pass, live)
        data = await stack.enter_async_context(make(settings, who, clock, folder))
        orders, feed = await open_dry(settings, data, folder, stack)
        hands = KisHands(orders, data, {}, clock, Directory(data))
        stack.push_async_callback(partial(_tried, hands.stop))
        await _tried(partial(hands.start, lambda _: None))
        liquid = sorted(live.venue.floor.market.listings, key=lambda one: -one.volume * one.base)
        codes = [one.code for one in liquid[: _NAMES - 2]] + [liquid[-1].code, "999999"]
        yield _Bench(live, feed.exchange, data, hands, clock, codes)


async def _life(most: int, chance: Random, make: MakeData, folder: Path, found: Found) -> None:
    async with _bench(make, folder, chance.randrange(10**6)) as bench:
        since = 0
        for number in range(LIFE):
            await _event(bench, chance, found)
            found.events += 1
            if number % LOOK_EVERY == LOOK_EVERY - 1 or number == LIFE - 1:
                told, kinds, since = leaks(bench.live, since)
                found.sent += told
                found.calls += kinds["call"]
                found.registrations += kinds["registration"]
                if found.sent or bench.clock.now().time() >= OVER or found.events >= most:
                    break
        for exchange in (bench.live, bench.inside):
            for one in exchange.faults.active:
                found.struck[one.fault.kind.value] += one.struck


def _pass(live: Exchange, now: datetime) -> None:
    live.clock.jump(moment(now))
    live.catch_up()


async def _event(bench: _Bench, chance: Random, found: Found) -> None:
    draw = chance.random()
    if draw < 0.15:  # noqa: PLR2004
        fault = Fault(
            kind=chance.choice(list(FaultKind)),
            rate=chance.choice((0.3, 1.0)), count=chance.randrange(1, 4), seconds=0.5,
        )  # fmt: skip
        exchange = bench.inside if chance.random() < 0.3 else bench.live  # noqa: PLR2004
        exchange.faults.add(fault)
    elif draw < 0.3:  # noqa: PLR2004
        await bench.clock.sleep(chance.choice((0.2, 1, 1, 5)))
        bench.inside.catch_up()
    elif draw < 0.4:  # noqa: PLR2004
        found.forced += 1
        await _tried(partial(_force, bench, chance))
    else:
        answer = await _tried(partial(bench.hands.perform, _command(bench, chance)))
        found.inside += isinstance(answer, ev.OrderAccepted)


def _command(bench: _Bench, chance: Random) -> cmd.Command:
    code, quantity = chance.choice(bench.codes), chance.randrange(1, 400)
    price = chance.choice((None, *_prices(bench.live, code), 1))
    number = chance.randrange(1, 60)
    match chance.randrange(8):
        case 0 | 1 | 2:
            side, urgent = chance.choice(list(Side)), chance.random() < 0.5  # noqa: PLR2004
            return cmd.Send("i", side, code, quantity, price, urgent=urgent)
        case 3:
            return cmd.SendCancel("i", number, "", code, quantity)
        case 4:
            return cmd.SendAmend("i", number, "", code, quantity, price)
        case 5:
            codes = chance.sample(bench.codes, chance.randrange(len(bench.codes)))
            return cmd.Watch(tuple(codes))
        case _:
            query = chance.choice([one for one in ev.Query if one is not ev.Query.SEARCH])
            return cmd.Ask(query, code, price)


def _prices(live: Exchange, code: str) -> list[int]:
    """Return prices at and around which a name trades; none where there is no such name."""
    floor = live.venue.floor
    if code not in floor.market.rows:
        return []
    one, book = floor.listing(code), floor.shown(code)
    return [one.lower, one.upper, *(level.price for level in (*book.asks[:2], *book.bids[:2]))]


async def _force(bench: _Bench, chance: Random) -> None:
    """Put something that trades or names an account to the live client, beneath its operations."""
    account = next(iter(bench.live.customers))
    named = {"CANO": account[:8], "ACNT_PRDT_CD": account[9:]}
    connection = bench.data.stream._connection  # noqa: SLF001 - by force
    if connection is not None and chance.random() < 0.2:  # noqa: PLR2004
        await connection.send(registration("key", "H0STCNI0", "owner", release=False))
        return
    endpoint = chance.choice([one for one in catalogue.all_rest() if "/trading/" in one.path])
    ids = [tr.id for found in endpoint.tr_ids.values() for tr in found] or [""]
    await bench.data._transport.send(  # noqa: SLF001 - by force
        endpoint.method, endpoint.path,
        headers={"tr_id": chance.choice(ids), "appkey": bench.data.credentials.app_key},
        params=named | {"PDNO": chance.choice(bench.codes), "ORD_QTY": "1"},
    )  # fmt: skip


async def _tried(do: Callable[[], Awaitable[object]]) -> object:
    """Do something that may fail as the wire does, or not be answered in time: then None."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await do()
    except (MaemaeError, TimeoutError):
        return None

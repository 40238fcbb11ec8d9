"""`maemae run --forever` over an exchange that goes away in the middle of the session."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.exchange.conftest import make_exchange
from tests.trader.days import LATE, SLOW, Bars
from tests.trader.test_targets import BARS, MONDAY, targets

from maemae.catalogue import Personality
from maemae.cli.forever import FIRST_PAUSE, Forever
from maemae.desk import records as rec
from maemae.exchange.moment import Moment, moment_at
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.ledger.ledger import Ledger
from maemae.trader.settings import Settings
from maemae.trader.watchdog import Notifier, Watchdog

GONE = time(15, 14)


@dataclass
class Network:
    """An exchange that can be cut off and reached again, at the same addresses."""

    exchange: Exchange
    server: Server
    ports: dict[Personality, int] = field(default_factory=dict)

    async def up(self) -> None:
        self.server = Server(self.exchange, self.ports or {"real": 0, "virtual": 0})
        await self.server.start()
        self.ports = {name: urlsplit(url).port or 0 for name, url in self.server.urls.items()}

    async def cut(self, at: "Alarm") -> None:
        """Cut it off when the exchange has come to a time."""
        await at.reached.wait()
        await self.server.stop()


class Alarm(Timekeeper):
    """Stepped time that tells when it has come to a moment."""

    def __init__(self, start: Moment, at: Moment) -> None:
        super().__init__(start, None)
        self._at = at
        self.reached = asyncio.Event()

    def jump(self, at: Moment) -> None:
        super().jump(at)
        if at >= self._at:
            self.reached.set()


class Waiting(Watchdog):
    """Waits no real time between two tries; the network is back after so many of them."""

    def __init__(self, network: Network, tries: int) -> None:
        super().__init__(Notifier(""))
        self.network = network
        self.tries = tries
        self.pauses: list[float] = []

    async def rest(self, seconds: float, woken: asyncio.Event) -> None:
        assert not woken.is_set()
        self.pauses.append(seconds)
        if len(self.pauses) == self.tries:
            await self.network.up()


async def test_a_session_goes_on_when_the_network_is_back(tmp_path: Path) -> None:
    clock = Alarm(moment_at(MONDAY, LATE), moment_at(MONDAY, GONE))
    exchange = make_exchange(source=Bars(BARS), day=MONDAY, clock=clock)
    network = Network(exchange, Server(exchange, {}))
    await network.up()
    settings = Settings(
        venue="sim", data_dir=tmp_path / "state", log_dir=tmp_path / "logs", api={"enabled": False},
        sim={"url": network.server.urls["real"], "virtual_url": network.server.urls["virtual"]},
        balance_seconds=120, book=(targets(tmp_path, "code\n000010\n000040\n", **SLOW),),
    )  # fmt: skip
    watchdog = Waiting(network, tries=3)
    forever = Forever(settings, until=MONDAY, watchdog=watchdog)
    cutting = asyncio.create_task(network.cut(clock))
    try:
        await forever.run()
    finally:
        await cutting
        await network.server.stop()
    assert watchdog.pauses == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert not forever.differed, "the exchange's books are the ledger's"
    records = facts(exchange, tmp_path / "state" / "ledger-sim.sqlite")
    count = Counter(type(one) for one in records)
    assert (count[rec.DayOpened], count[rec.DayClosed]) == (1, 1)
    bought = Counter(one.listed.code for one in records if isinstance(one, rec.Intended))
    assert bought, "something was traded before it went away"
    assert set(bought.values()) == {1}, "and nothing was ordered a second time"
    log = (tmp_path / "logs" / "maemae.log").read_text("utf-8")
    assert log.count("interrupted") == len(watchdog.pauses)
    assert 'again_in="20 s"' in log


def facts(exchange: Exchange, file: Path) -> list[rec.Record]:
    account = next(c.account for c in exchange.customers.values() if c.personality == "real")
    with Ledger(file, account) as ledger:
        return list(ledger.records())

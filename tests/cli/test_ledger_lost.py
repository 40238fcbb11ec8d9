"""`maemae run --forever` on a PostgreSQL ledger whose server is really stopped and restarted."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import make_exchange
from tests.postgres import Server as Postgres
from tests.trader.days import LATE, SLOW, Bars
from tests.trader.test_targets import BARS, MONDAY, targets

from maemae.cli import forever as module
from maemae.cli.forever import Forever
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.records import Halt
from maemae.desk.turn import Turn
from maemae.errors import LedgerAway
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.ledger.ledger import Ledger
from maemae.trader import lost_note
from maemae.trader.run import open_run
from maemae.trader.settings import Settings
from maemae.trader.watchdog import Notifier, Watchdog


class Waiting(Watchdog):
    """Waits no real time between two tries; the database is back after so many of them."""

    def __init__(self, database: Postgres, exchange: Exchange, tries: int) -> None:
        super().__init__(Notifier(""))
        self.database = database
        self.exchange = exchange
        self.tries = tries
        self.sent: list[int] = []
        self.told: list[str] = []
        self.settings: Settings | None = None

    async def rest(self, seconds: float, woken: asyncio.Event) -> None:
        assert not woken.is_set()
        self.sent.append(orders(self.exchange))
        assert self.settings is not None
        with pytest.raises(LedgerAway) as found:
            lost_note.check(self.settings)
        self.told.append(str(found.value))
        if len(self.sent) == self.tries:
            self.database.start()


def orders(exchange: Exchange) -> int:
    return sum(len(account.orders) for account in exchange._accounts)


async def test_a_session_goes_on_when_the_database_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: Postgres
) -> None:
    exchange = make_exchange(source=Bars(BARS), day=MONDAY, at=f"{LATE:%H:%M}")
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    settings = Settings(
        venue="sim", data_dir=tmp_path / "state", log_dir=tmp_path / "logs", api={"enabled": False},
        sim={"url": server.urls["real"], "virtual_url": server.urls["virtual"]},
        ledger=postgres_server.url, balance_seconds=120,
        book=(targets(tmp_path, "code\n000010\n000040\n", **SLOW),),
    )  # fmt: skip
    watchdog = Waiting(postgres_server, exchange, tries=3)
    watchdog.settings = settings
    forever = Forever(settings, until=MONDAY, watchdog=watchdog)

    def stop(turn: Turn) -> None:
        """Stop the database when the first shares were bought, and have a person order a halt."""
        run = forever._run
        if not watchdog.sent and run is not None and turn.state.portfolio.positions:
            postgres_server.stop()
            run.trader.put(ev.HaltOrdered(at=turn.at, level=Halt.ENTRIES, reason="me"))

    real: Any = open_run
    monkeypatch.setattr(
        module, "open_run", lambda s, o, *more, **how: real(s, (*o, stop), *more, **how)
    )
    try:
        await forever.run()
    finally:
        await server.stop()
    assert len(watchdog.sent) == 3, "it was waited for"
    assert all("waits for it" in said for said in watchdog.told), "and others are told so"
    lost_note.check(settings)
    assert watchdog.sent[0] > 0, "something was traded before"
    assert len(set(watchdog.sent)) == 1, "nothing was sent meanwhile"
    assert not forever.differed, "the exchange's books are the ledger's"
    account = next(c.account for c in exchange.customers.values() if c.personality == "real")
    with Ledger(postgres_server.url, account) as ledger:
        facts = list(ledger.records())
    count = Counter(type(one) for one in facts)
    assert (count[rec.DayOpened], count[rec.DayClosed]) == (1, 1)
    bought = Counter(one.listed.code for one in facts if isinstance(one, rec.Intended))
    assert set(bought.values()) == {1}, "nothing was ordered a second time"
    halts = [one.reason for one in facts if isinstance(one, rec.Halted)]
    assert halts == ["me"], "what a person ordered meanwhile is heeded"
    told = [one.kind for one in facts if isinstance(one, rec.Incident)]
    assert told.count("ledger_back") == 1
    log = (tmp_path / "logs" / "maemae.log").read_text("utf-8")
    assert log.count("ledger away") == 1
    assert "ledger back" in log

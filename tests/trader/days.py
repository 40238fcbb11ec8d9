"""Days of the whole trader on the simulated exchange, over real sockets, in stepped time."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import FixedSource, listing, make_exchange

from maemae.clock import KST
from maemae.desk.records import Record
from maemae.desk.turn import Turn
from maemae.errors import WireError
from maemae.exchange.listing import Listing
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.exchange.sources import MarketSource
from maemae.kis import Bar
from maemae.kis.history import History
from maemae.ledger.ledger import Ledger, OrderLine
from maemae.market.calendar import krx
from maemae.trader.books import AnyBook
from maemae.trader.run import Report, Run, open_run
from maemae.trader.settings import Settings
from maemae.trader.sim import SimControl

LATE = time(15, 10)
"""The trader is started for the last minutes of a day only, for the sake of the tests' time."""

SLOW = {"signal_seconds": 60}
"""Few looks at the rules, for the same reason; ticks are looked at as they come."""


class Bars(FixedSource):
    """Names whose bars may differ by day: `(open, high, low, close)`, base 10,000."""

    def __init__(self, bars: dict[str, tuple[int, int, int, int]], **by_day: Any) -> None:
        self.bars = bars
        self.changed: dict[date, dict[str, tuple[int, int, int, int]]] = by_day.get("changed", {})

    def listings(self, day: date) -> list[Listing]:
        bars = self.bars | self.changed.get(day, {})
        return [listing(code, bar, 2_000_000) for code, bar in bars.items()]


@dataclass
class Place:
    """An exchange that is served, and a trader's folder beside it."""

    exchange: Exchange
    url: str
    folder: Path
    virtual_url: str = ""

    def settings(self, *books: AnyBook, **given: Any) -> Settings:
        orders = given.pop("orders", "real")
        virtual = self.virtual_url or self.url
        return Settings(
            venue="sim",
            data_dir=self.folder / "state",
            log_dir=self.folder / "logs",
            sim={"url": self.url, "virtual_url": virtual, "orders": orders},
            api={"enabled": False},
            balance_seconds=120,
            book=books,
            **given,
        )

    async def trade(
        self, settings: Settings, during: Callable[[Run], None] = lambda _: None
    ) -> Report:
        """Trade the day that the exchange is in; the books are equal at its end."""
        async with open_run(settings) as run:
            during(run)
            await run.trade()
            report = await run.report()
        assert report.differences == []
        return report

    async def trade_until(self, settings: Settings, at: datetime) -> None:
        """Trade until a time, and stop there as Ctrl-C does."""
        runs: list[Run] = []

        def stop(turn: Turn) -> None:
            if turn.at >= at:
                runs[0].trader.stop()

        async with open_run(settings, (stop,)) as run:
            runs.append(run)
            await run.trade()

    async def go_to(self, day: date, at: time = LATE) -> None:
        """Let the exchange go on to the last minutes of a day, or to a time of it."""
        until = datetime.combine(day, at, KST)
        async with SimControl(self.url) as control:
            while (await control.step(until)).now < until:
                pass

    async def go_on(self, sessions: int = 1) -> date:
        """Let the exchange go on by so many trading days."""
        day = krx().offset(self.exchange.day, sessions)
        await self.go_to(day)
        return day

    def records(self) -> list[Record]:
        with self._ledger() as ledger:
            return list(ledger.records())

    def order_lines(self) -> list[OrderLine]:
        with self._ledger() as ledger:
            return ledger.orders()

    def _ledger(self) -> Ledger:
        account = next(
            c.account for c in self.exchange.customers.values() if c.personality == "real"
        )
        return Ledger(self.folder / "state" / "ledger-sim.sqlite", account)


@asynccontextmanager
async def place(
    folder: Path, source: MarketSource, day: date, at: time = LATE, **given: Any
) -> AsyncIterator[Place]:
    exchange = make_exchange(source=source, day=day, at=f"{at:%H:%M}", **given)
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    try:
        yield Place(exchange, server.urls["real"], folder, server.urls["virtual"])
    finally:
        await server.stop()


def refuse_bars_of(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the broker answer no question about a name's daily bars."""
    ask = History.daily_bars

    async def daily_bars(self: History, code: str, *given: Any, **how: Any) -> list[Bar]:
        if code == name:
            raise WireError("no answer")
        return await ask(self, code, *given, **how)

    monkeypatch.setattr(History, "daily_bars", daily_bars)

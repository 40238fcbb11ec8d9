"""Does a hanging messenger slow an exit down? `PYTHONPATH=. python bench/notify_latency.py`.

A trader with a real ledger buys and sells 300 names (or as many as its argument says), one after
another. What is measured is the time from the price that crosses a take-profit to the sale's being
handed to the wire: the decision, and the records' way to the disk. The run is made without
messengers, with Telegram answering at once, and with Telegram taking every call and answering
none; the three take turns, so that a busy disk hits them alike.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from tests.desk.table import DAY, OPENS, rules
from tests.notify.botapi import OWNER, TOKEN, bot_api
from tests.notify.props import TableService

from maemae.clock import ScaledClock
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import Listed
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.notify.opening import Messengers, open_messengers
from maemae.trader.pacing import WallPacer
from maemae.trader.settings import Settings
from maemae.trader.trader import Trader

ROUNDS = 3


class Venue:
    """Fills every order at once at the price of the moment."""

    def __init__(self, desk: Desk, clock: ScaledClock) -> None:
        self.desk = desk
        self.clock = clock
        self.number = 0
        self.price = 10_000
        self.sold = asyncio.Event()
        self.bought = asyncio.Event()
        self.opened = asyncio.Event()
        self.reached = 0.0

    async def start(self, put: Callable[[ev.Event], None]) -> None:
        self.put = put

    async def stop(self) -> None:
        """Nothing is open."""

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        reached, now = time.perf_counter(), self.clock.now()
        state = self.desk.state
        match command:
            case cmd.Send():
                if command.side is Side.SELL:
                    self.reached = reached
                self.number += 1
                self._fill(command, self.number)
                return ev.OrderAccepted(at=now, intent=command.intent, order_no=self.number)
            case cmd.Ask(query=ev.Query.BALANCE):
                held = tuple(
                    ev.Holding(code=code, quantity=n, price=0)
                    for code, n in state.portfolio.holdings().items()
                )
                cash = state.cash if state.day else 10_000_000
                asyncio.get_running_loop().call_later(0.1, self.opened.set)
                return ev.Balance(at=now, cash=cash, holdings=held, asked=command.version)
            case cmd.Ask(query=ev.Query.PRICE):
                return ev.Price(at=now, code=command.key, price=self.price, polled=True)
            case cmd.Ask(query=ev.Query.POWER):
                return ev.BuyingPower(at=now, code=command.key, quantity=500, amount=6_500_000)
            case cmd.Ask():
                return ev.Unavailable(at=now, query=command.query, permanent=True)
        return None

    def _fill(self, order: cmd.Send, number: int) -> None:
        now = self.clock.now()
        price = 10_000 if order.side is Side.BUY else 10_500
        done = self.bought if order.side is Side.BUY else self.sold

        def fill() -> None:
            notice = ev.Notice(
                at=now,
                kind=ev.NoticeKind.FILLED,
                order_no=number,
                original_no=None,
                side=order.side,
                code=order.code,
                quantity=order.quantity,
                price=price,
                executed=now,
            )
            self.put(notice)
            asyncio.get_running_loop().call_later(0.002, done.set)

        asyncio.get_running_loop().call_later(0.002, fill)


async def measure(orders: int, messengers: Messengers | None) -> list[float]:
    """Return the seconds of each exit."""
    clock = ScaledClock(DAY + timedelta(hours=10), 1.0)
    desk = Desk(rules(orders_per_minute=10**9))
    observers = messengers.observers if messengers is not None else ()
    took: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "ledger.sqlite", "50000000-01") as ledger,
    ):
        venue = Venue(desk, clock)
        trader = Trader(desk, ledger, venue, WallPacer(clock), observers)
        closes = DAY + timedelta(hours=15.5)
        run = asyncio.create_task(trader.run(OPENS, closes - timedelta(minutes=10), closes))
        await venue.opened.wait()
        for number in range(orders):
            code = f"{number:06d}"
            venue.bought.clear()
            venue.sold.clear()
            venue.price = 10_000
            offer = ev.Candidate(Listed(code=code), 10_000)
            trader.put(ev.Candidates(at=clock.now(), book="scalper", offers=(offer,)))
            await venue.bought.wait()
            venue.price = 10_500
            began = time.perf_counter()
            trader.put(ev.Price(at=clock.now(), code=code, price=10_500))
            await venue.sold.wait()
            took.append(venue.reached - began)
        trader.stop()
        await run
    return took


@asynccontextmanager
async def told(fault: str | None) -> AsyncIterator[Messengers]:
    """Open Telegram against a server of our own, with every call going wrong in one way."""
    os.environ["MAEMAE_TELEGRAM_TOKEN"] = TOKEN
    clock = ScaledClock(DAY + timedelta(hours=10), 1.0)
    async with bot_api(clock.now) as api:
        api.fault = lambda _method: fault
        telegram = {"chat_ids": [OWNER], "api_url": api.url, "level": "detail", "per_minute": 60}
        settings = Settings(telegram=telegram)
        with tempfile.TemporaryDirectory() as folder:
            async with open_messengers(settings, Path(folder)) as messengers:
                state = Desk(rules()).state
                async with messengers.telling(TableService().acting, state):
                    yield messengers


async def main(orders: int) -> None:
    """Measure all three in turn and print the ratios."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    seconds: dict[str, list[float]] = {"none": [], "answering": [], "hanging": []}
    for _round in range(ROUNDS):
        seconds["none"] += await measure(orders, None)
        async with told(None) as messengers:
            seconds["answering"] += await measure(orders, messengers)
        async with told("hang") as messengers:
            seconds["hanging"] += await measure(orders, messengers)
    for name, took in seconds.items():
        ranks = statistics.quantiles(took, n=100)
        rank50, rank99 = ranks[49] * 1e3, ranks[98] * 1e3
        ratio = statistics.median(took) / statistics.median(seconds["none"])
        print(
            f"{name:<10} {len(took):>5} exits  median {rank50:6.2f} ms  "
            f"p99 {rank99:6.2f} ms  median ratio {ratio:.3f}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))

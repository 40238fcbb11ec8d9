"""A running trader without a venue, and the service over it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from tests.desk.table import DAY, OPENS, rules

from maemae.clock import ScaledClock
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import Listed
from maemae.desk.state import State
from maemae.errors import CommandRefused
from maemae.ledger.ledger import Ledger
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.service.feed import Feed
from maemae.service.history import History
from maemae.service.local import LocalService, Subject
from maemae.service.market_view import (
    BookLevel,
    Candle,
    Chart,
    Hit,
    Index,
    IndexDay,
    MarketTrade,
    Named,
    RankedLine,
    Ranking,
    Scale,
    Scan,
    find_known,
    near_known,
)
from maemae.service.plans import plan_lines
from maemae.service.service import Caller
from maemae.trader.pacing import WallPacer
from maemae.trader.trader import Trader

ACCOUNT = "50000000-01"
NOON = OPENS + timedelta(hours=3)


@dataclass
class PaperVenue:
    """Fills market orders at once at 10,000 won; limit orders rest until cancelled."""

    clock: ScaledClock
    offers: tuple[str, ...] = ("005930",)
    held: dict[str, int] = field(default_factory=dict)
    cash: int = 10_000_000
    number: int = 0
    sent: list[cmd.Command] = field(default_factory=list)

    def take_up(self, state: State, orders: int) -> None:
        """Go on where an earlier run on the same ledger stopped."""
        if state.day is not None:
            self.held, self.cash, self.number = state.portfolio.holdings(), state.cash, orders

    async def start(self, put: Callable[[ev.Event], None]) -> None:
        self.put = put

    async def stop(self) -> None:
        pass

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        now = self.clock.now()
        match command:
            case cmd.Send():
                self.sent.append(command)
                self.number += 1
                if command.price is None:
                    self._fill(command)
                return ev.OrderAccepted(at=now, intent=command.intent, order_no=self.number)
            case cmd.SendCancel():
                self.sent.append(command)
                return ev.CancelAnswered(at=now, intent=command.intent)
            case cmd.Ask():
                return self._answer(command)
            case _:
                return None

    def _answer(self, ask: cmd.Ask) -> ev.Event:
        now = self.clock.now()
        match ask.query:
            case ev.Query.SEARCH:
                found = (
                    ev.Candidate(Listed(code=c, name=f"name {c}"), 10_000) for c in self.offers
                )
                return ev.Candidates(at=now, book="scalper", offers=tuple(found))
            case ev.Query.POWER:
                return ev.BuyingPower(at=now, code=ask.key, quantity=700, amount=9_100_000)
            case ev.Query.PRICE:
                listed = Listed(code=ask.key, name=f"name {ask.key}")
                return ev.Price(at=now, code=ask.key, price=10_000, polled=True, listed=listed)
            case ev.Query.BALANCE:
                held = self.held.items()
                holdings = tuple(ev.Holding(code=c, quantity=n, price=0) for c, n in held if n)
                return ev.Balance(at=now, cash=self.cash, holdings=holdings, asked=ask.version)
            case _:
                return ev.Unavailable(at=now, query=ask.query, reason="none", permanent=True)

    def _fill(self, command: cmd.Send) -> None:
        sign = 1 if command.side is Side.BUY else -1
        self.held[command.code] = self.held.get(command.code, 0) + sign * command.quantity
        self.cash -= sign * command.quantity * 10_000
        now = self.clock.now()
        self.put(
            ev.Notice(
                at=now,
                kind=ev.NoticeKind.FILLED,
                order_no=self.number,
                original_no=None,
                side=command.side,
                code=command.code,
                quantity=command.quantity,
                price=10_000,
                executed=now,
            )
        )


class PaperView:
    """One candle and one level for whatever is asked."""

    async def chart(self, code: str, scale: Scale) -> Chart:
        candles = [Candle(OPENS, 9_900, 10_100, 9_800, 10_000, 5_000)]
        trades = [MarketTrade(NOON, 10_000, 3)]
        return Chart(code, scale, candles, [BookLevel(10_100, 7)], [BookLevel(10_000, 9)], trades)

    async def ranking(self, by: Ranking) -> list[RankedLine]:
        return [RankedLine(1, "005930", f"most {by}", 10_000, -1.25, 12_345)]

    async def index(self, index: Index, first: date, last: date) -> list[IndexDay]:
        del index, last
        return [IndexDay(first, 2_500.0), IndexDay(DAY.date(), 2_525.0)]

    async def scan(self, condition: str) -> Scan:
        if condition not in {"0", "breakout"}:
            raise CommandRefused(f"no condition search is saved as {condition!r}")
        return Scan(0, "breakout", NOON, [Hit("005930", "name", 10_000, 1.5, 7)])

    def find(self, text: str, known: Iterable[Named]) -> list[Named]:
        return find_known(text, known)

    def near(self, text: str, known: Iterable[Named]) -> list[Named]:
        return near_known(text, known)


@dataclass
class Bench:
    """What a test of the service works with."""

    service: LocalService
    subject: Subject
    venue: PaperVenue

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so, step by step of the trader."""
        with self.subject.feed.bell() as bell:
            async with asyncio.timeout(20):
                while not holds():
                    bell.clear()
                    await bell.wait()


@asynccontextmanager
async def bench(
    folder: Path, *, offers: tuple[str, ...] = ("005930",), url: str | None = None
) -> AsyncIterator[Bench]:
    clock = ScaledClock(NOON, 1.0)
    feed = Feed()
    with Ledger(url or folder / "ledger.sqlite", ACCOUNT) as ledger:
        history = History(ledger, CostRules.VIRTUAL)
        venue = PaperVenue(clock, offers)
        venue.take_up(history.state(), len(history.orders()))
        trader = Trader(Desk(rules(), ledger.records()), ledger, venue, WallPacer(clock), (feed,))
        subject = Subject(
            trader=trader,
            ledger=ledger,
            feed=feed,
            history=history,
            clock=clock,
            venue="sim",
            virtual=False,
            account="5000****-01",
            day=DAY.date(),
            opens=OPENS,
            closes=DAY.replace(hour=15, minute=30),
            log_file=folder / "maemae.log",
            plans=lambda n: plan_lines(folder / "plans", "sim", history, n),
            view=PaperView(),
        )
        running = asyncio.create_task(
            trader.run(OPENS, DAY.replace(hour=15, minute=20), DAY.replace(hour=15, minute=30))
        )
        try:
            yield Bench(LocalService(subject, Caller("tester", "test")), subject, venue)
        finally:
            trader.stop()
            await running

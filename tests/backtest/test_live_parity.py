"""The real trader, over sockets, on the simulated exchange trades like the backtest.

A next-open plan book lives through five sessions: after each close it downloads the day's bars,
evaluates the strategy and writes a plan; before the next open another run sends it into the opening
auction. What the ledger then says must be what the desk in virtual time and the compiled loop say
of the same bars: the same trades, shares, prices, fees, taxes, cash and holdings, day by day.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from tests.exchange.conftest import listing
from tests.trader.days import Bars, Place, place

from maemae.backtest import Result, Terms, backtest
from maemae.bars.panel import Panel
from maemae.clock import KST
from maemae.desk.turn import Turn
from maemae.exchange.extremes import Spans, extremes_of
from maemae.exchange.listing import DayBar, Listing
from maemae.market.calendar import krx
from maemae.market.kinds import Market
from maemae.market.limits import base_price, price_limits
from maemae.market.ticks import floor_to_tick
from maemae.trader.books.plan import PlanBook
from maemae.trader.plans.prepare import Materials, prepare
from maemae.trader.plans.recipes import recipe
from maemae.trader.report import Books
from maemae.trader.run import Run, open_run
from maemae.trader.settings import Settings
from maemae.trader.sim import SimControl
from maemae.trader.venue import bar_store

FIRST, PAST, DAYS, CASH = date(2024, 3, 4), 100, 6, 10_000_000
NAMES = tuple(f"0000{at}0" for at in range(1, 9))
SLOTS = 8
STRATEGY = f"""
name = "leaps"
entry = "close > open_"
exit = "close < open_"
score = "close / open_"
max_positions = {SLOTS}
sizing = {{ kind = "fixed_amount", money = 900_000 }}
"""


class Walks(Bars):
    """Random walks on the grid, with a history and an end: what the bars said is what trades."""

    def __init__(self) -> None:
        super().__init__({})
        calendar = krx()
        self.days = [calendar.offset(FIRST, at) for at in range(-PAST, DAYS)]
        random = np.random.default_rng(11)
        self.table = {code: self._walk(random) for code in NAMES}

    def _walk(self, random: np.random.Generator) -> dict[date, DayBar]:
        found, last = {}, int(random.choice([4_000, 12_000, 60_000]))
        for day in self.days:
            moves = last * np.exp(random.normal(0, 0.03, 2))
            opened, close = (floor_to_tick(int(move), day, Market.KOSPI) for move in moves)
            high = floor_to_tick(int(max(opened, close) * 1.02), day, Market.KOSPI)
            low = floor_to_tick(int(min(opened, close) * 0.98), day, Market.KOSPI)
            found[day] = DayBar(day, opened, high, low, close, 2_000_000, 2_000_000 * close)
            last = close
        return found

    def listings(self, day: date) -> list[Listing]:
        found = []
        for code, bars in self.table.items():
            bar, before = bars[day], bars[krx().previous_session(day)]
            base = base_price(before.close, day, Market.KOSPI)
            limits = price_limits(base, day, Market.KOSPI)
            prices = bar.open, bar.high, bar.low, bar.close
            found.append(
                listing(code, prices, bar.volume, base=base, lower=limits.lower, upper=limits.upper)
            )
        return found

    def history(self, code: str, before: date) -> list[DayBar]:
        return [bar for day, bar in self.table[code].items() if day < before]

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        return {
            code: [extremes_of(self.history(code, before), day, before) for day in starts]
            for code in NAMES
        }

    @cached_property
    def panel(self) -> Panel:
        rows = [
            {"code": code, "date": bar.day, "open": bar.open, "high": bar.high, "low": bar.low,
             "close": bar.close, "volume": bar.volume, "market": "KOSPI", "kind": "stock"}
            for code, bars in self.table.items() for bar in bars.values()
        ]  # fmt: skip
        return Panel.from_frame(pl.DataFrame(rows))


def plan_book(folder: Path) -> PlanBook:
    (folder / "leaps.toml").write_text(STRATEGY, encoding="utf-8")
    return PlanBook(
        way="plan", name="leaps", strategy="leaps", strategies=folder, at=time(8, 55),
        max_names=SLOTS,
    )  # fmt: skip


async def morning(where: Place, settings: Settings, day: date) -> Books:
    """Send the plan into the auction, and leave when its orders are filled."""
    await step(where, day, time(8, 50))
    runs: list[Run] = []

    def until(turn: Turn) -> None:
        if turn.at >= runs[0].session.open + timedelta(minutes=1):
            runs[0].trader.stop()

    async with open_run(settings, (until,)) as run:
        runs.append(run)
        await run.trade()
        report = await run.report()
    assert report.differences == []
    return report.ledger


async def evening(where: Place, settings: Settings, book: PlanBook, day: date) -> Books:
    """Live through the close, and prepare the plan of the next session."""
    await step(where, day, time(15, 29))
    async with open_run(settings) as run:
        await run.trade()
        report = await run.report()
        await run.idle(datetime.combine(day, time(15, 40), KST))
        _path, _plan, fact = await prepare(recipe(book), materials(run, settings), lambda *_: None)
        run.trader.note(fact)
    assert report.differences == []
    return report.ledger


def materials(run: Run, settings: Settings) -> Materials:
    return Materials(
        venue=run.venue, instruments=run.instruments, store=bar_store(settings),
        ledger=run.ledger, folder=settings.plans_dir, calendar=run.calendar,
    )  # fmt: skip


async def step(where: Place, day: date, clock: time) -> None:
    until = datetime.combine(day, clock, KST)
    async with SimControl(where.url) as control:
        while (await control.step(until)).now < until:
            pass


async def test_the_trader_over_sockets_trades_like_the_backtest(tmp_path: Path) -> None:
    source, traded = Walks(), dict[date, Books]()
    book = plan_book(tmp_path)
    days = source.days[-DAYS:]
    async with place(tmp_path, source, FIRST) as where:
        settings = where.settings(book, plans_dir=tmp_path / "plans")
        await evening(where, settings, book, days[0])
        for day in days[1:]:
            await morning(where, settings, day)
            traded[day] = await evening(where, settings, book, day)
    terms = Terms(cash=CASH, sized_at_close=True)
    strategy = recipe(book).strategy
    for executor in ("desk", "kernel"):
        found = backtest(strategy, source.panel, first=days[1], terms=terms, executor=executor)
        assert told(found) == {day: books_of(books) for day, books in traded.items()}
        sides = Counter(found.fills["side"])
        assert min(sides.values()) >= 6, "too little was traded to prove anything"


Day = tuple[list[tuple[object, ...]], int, int, int, dict[str, int]]
"""Fills, fees, taxes, cash, holdings."""


def books_of(books: Books) -> Day:
    fills = [(f["code"], f["side"], f["quantity"], f["price"]) for f in books["fills"]]
    return sorted(fills), books["fees"], books["taxes"], books["cash"], books["positions"]


def told(result: Result) -> dict[date, Day]:
    """Return what a backtest says of each day, in the form of the trader's books."""
    found, held = dict[date, Day](), dict[str, int]()
    for day, cash in result.daily.select("date", "cash").iter_rows():
        fills = result.fills.filter(pl.col("date") == day)
        for code, side, quantity in fills.select("code", "side", "quantity").iter_rows():
            held[code] = held.get(code, 0) + (quantity if side == "buy" else -quantity)
        rows = fills.select("code", "side", "quantity", "price").rows()
        fees, taxes = int(fills["fee"].sum()), int(fills["tax"].sum())
        holdings = {code: shares for code, shares in sorted(held.items()) if shares}
        found[day] = sorted(rows), fees, taxes, cash, holdings
    return found

"""`maemae prove ways`: every way of trading over several days, ended and started again on the way.

The trader is `maemae run --forever` in a process of its own on an exchange in stepped time. While
no trader runs, time stands still there, so it can be ended at any moment of the day.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import monotonic

from rich.console import Console

from maemae.bars.aside import Aside
from maemae.cli.demo import Addresses, running_exchange
from maemae.cli.ways_diary import diary_of
from maemae.desk.records import DayClosed
from maemae.errors import ExchangeError, SettingsError
from maemae.exchange.sources import BarSource, MarketSource, SyntheticSource
from maemae.i18n import _
from maemae.ledger.ledger import Ledger
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.proof.pages import How, Stop, pages
from maemae.proof.ways import (
    CASES,
    SETTINGS,
    Shown,
    faults,
    idle,
    plans_of,
    stops,
    write_files,
)
from maemae.trader.report import differences, ledger_books, venue_books
from maemae.trader.settings import Settings, load_settings
from maemae.trader.sim import SimAccount, SimControl
from maemae.trader.venue import ledger_url

LOOK, CLOSE_LOOK = 0.1, 0.01
"""Real seconds between two looks at the exchange's clock, and shortly before a stop."""

SHORTLY = timedelta(minutes=30)

OVER = time(15, 30)
"""From then on the ledger is looked at, whether the day is closed."""

SEED = 1

LOGGED = Path("logs") / "maemae.log"


@dataclass(frozen=True)
class Market:
    """What all cases trade on: days from the first on, of bars or made up."""

    bars: Path | None
    days: Sequence[date]

    @property
    def source(self) -> MarketSource:
        """Where the exchange has its days from."""
        if self.bars is not None:
            return BarSource(self.bars, Aside())
        return SyntheticSource(SEED, krx(), self.days[0])

    @property
    def flags(self) -> dict[str, object]:
        """The flags of `maemae exchange`."""
        return {"--bars": self.bars, "--date": self.days[0], "--speed": "step", "--seed": SEED}


async def show(folder: Path, market: Market, names: Iterable[str], console: Console) -> list[Shown]:
    """Show the named cases, one after the other, each in a folder of its own; print their diaries.

    Raises:
        SettingsError: there is no such case.
        ExchangeError: the exchange did not start, or a trader failed.
    """
    shown = []
    for name in names:
        if name not in CASES:
            known = ", ".join(CASES)
            raise SettingsError(_("no case {name} (known: {known})").format(name=name, known=known))
        console.print(_("{name}: {n} days ...").format(name=name, n=len(market.days)), style="dim")
        own = folder / name.replace(" ", "-")
        own.mkdir(parents=True)
        began = monotonic()
        async with running_exchange(market.flags) as addresses:
            one = await _case(own, name, market, addresses)
        one.seconds = monotonic() - began
        shown.append(one)
        console.print(diary_of(one))
    return shown


async def _case(folder: Path, name: str, market: Market, addresses: Addresses) -> Shown:
    books = CASES[name]
    write_files(folder, market.source.listings(market.days[0]))
    text = SETTINGS.format(
        bars=folder.parent / "bars", url=addresses.real, virtual=addresses.virtual, books=books
    )
    (folder / "maemae.toml").write_text(text, encoding="utf-8")
    settings = load_settings(folder / "maemae.toml", venue="sim", data_dir=folder / "data")
    async with SimControl(addresses.real) as control:
        account = next(one for one in await control.accounts() if one.personality == "real")
        watched = Watched(folder, settings, control, account, market.days, Shown(name))
        for stop in [*stops(market.days), None]:
            await watched.live(stop)
    return watched.summed_up()


@dataclass
class Watched:
    """A trader in a process of its own, and the comparison of its books with the exchange's."""

    folder: Path
    settings: Settings
    control: SimControl
    account: SimAccount
    days: Sequence[date]
    shown: Shown
    _equal: set[date] = field(default_factory=set)

    async def live(self, stop: Stop | None) -> None:
        """Let the trader run until it is to be ended, or to its end.

        Raises:
            ExchangeError: it ended otherwise than it should.
        """
        ended = False
        async with self._running() as process:
            while process.returncode is None:
                now = (await self.control.clock()).now
                await self._compare(now)
                if stop is not None and now >= stop.at:
                    (process.kill if stop.how is How.KILL else process.terminate)()
                    self.shown.ended.append(Stop(now, stop.how))
                    ended = True
                    break
                near = stop is not None and stop.at - now < SHORTLY
                await asyncio.sleep(CLOSE_LOOK if near else LOOK)
            _out, said = await process.communicate()
        if stop is None:
            await self._compare((await self.control.clock()).now)
        if process.returncode != 0 and not ended:
            raise ExchangeError(said.decode(errors="replace").strip() or _("the trader failed"))

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "maemae", "run", "--venue", "sim", "--forever", "--no-screen"),
            *("--until", f"{self.days[-1]}"),
            cwd=self.folder,
            env=os.environ | {"MAEMAE_LANGUAGE": "en"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _compare(self, now: datetime) -> None:
        """Compare the books of a day that is over, once, before the next one trades."""
        day = now.date()
        if day in self._equal or day not in self.days or now.time() < OVER:
            return
        with self._ledger() as ledger:
            closed = ledger.latest((DayClosed,), 1)
            if not any(isinstance(one, DayClosed) and one.day == day for one in closed):
                return
            ours = ledger_books(ledger, CostRules.REAL, day)
        theirs = venue_books(await self.control.books(self.account.account, day))
        self._equal.add(day)
        self.shown.closed.append(day)
        self.shown.wrong += [f"{day}: {one}" for one in differences(theirs, ours)]
        self.shown.orders += len(ours["orders"])
        self.shown.fills += len(ours["fills"])

    def summed_up(self) -> Shown:
        """Return what came of it, with what was repeated, forgotten or not compared."""
        shown = self.shown
        with self._ledger() as ledger:
            records = list(ledger.records())
            shown.diary = pages(ledger, CostRules.REAL, self.days, shown.ended)
        shown.worth = shown.diary[-1].worth
        shown.plans = plans_of(records)
        plan_books = sum(book.way == "plan" for book in self.settings.book)
        shown.wrong += faults(records, self.days, plan_books)
        shown.wrong += idle(records, [book.name for book in self.settings.book])
        shown.wrong += [
            _("{day} was not compared").format(day=day)
            for day in self.days
            if day not in self._equal
        ]
        shown.log = (self.folder / LOGGED).read_text(encoding="utf-8").splitlines()
        return shown

    def _ledger(self) -> Ledger:
        return Ledger(ledger_url(self.settings), self.account.account)

"""Chaos over real sockets: an exchange that fails at every turn, and a trader that is killed."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count, cycle
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any

from maemae.errors import ExchangeError
from maemae.ledger.ledger import Ledger
from maemae.market.costs import CostRules
from maemae.proof.tally import KILL, Strike, Tally, lives, row, rows, strikes, wrongs
from maemae.proof.victim import Task, live, settings_in, write_settings
from maemae.trader.report import ledger_books, venue_books
from maemae.trader.sim import SimControl
from maemae.trader.venue import ledger_url

GROUPS = (
    ("reply_lost", "reset", "notice_twice"),
    ("reply_delayed", "http_500_before", "notice_late"),
    ("http_500_after", "throttled", "notices_swapped", "many_records"),
    ("malformed_json", "token_expired", "drop"),
    ("truncated_body", "maintenance", "silence"),
    ("stale_balance", "reply_lost", "notice_skewed", "token_too_soon"),
    ("partial_pages", "totals_only", "extra_fields", "more_columns"),
)
"""Faults that strike together. All at once would leave three calls of a hundred whole, and nothing
would be learned of what becomes of an order that is under way."""

NOTICES = ("notice_twice", "notice_late", "notices_swapped", "notice_skewed", "drop", "silence")
NOTICE_FEED = "H0STCNI0"

TOKEN_PATH = "tokenP"  # noqa: S105 - the end of a path

DELAY = 2.0
"""Venue seconds of a late reply or notice, of a silence, and by which a notice's time is wrong."""

SPELL = (0.2, 5.0)
"""Real seconds for which the same faults strike."""

EARLY = 0.2
"""Share of the deaths that come one spell after the process was started, trading or not."""

LOOK = 0.25
"""Real seconds between two looks at the journal."""

END = 180.0
"""Real seconds within which everything is sold and agreed once nothing fails any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What to do: orders to send, kills, the rate of every fault, and the seed of the moments.

    No more orders and kills are waited for after so many real seconds.
    """

    orders: int = 1_000
    kills: int = 50
    rate: float = 0.2
    seed: int = 1
    seconds: float = 1_800.0


class Chaos:
    """Drives a trader through a campaign.

    Args:
        url: address of a running exchange.
        folder: an empty folder, for the trader's settings, ledger and lock.
        campaign: what to do.
        told: called now and then with the orders and kills so far.
    """

    def __init__(
        self, url: str, folder: Path, campaign: Campaign, told: Callable[[int, int], None]
    ) -> None:
        self._url = url
        self._folder = folder
        self._campaign = campaign
        self._told = told
        self._dice = Random(campaign.seed)
        self._groups = cycle(GROUPS)
        self._numbers = count(1)
        self._strikes: list[Strike] = []
        self._taken: dict[int, datetime] = {}
        self._since = 0
        self._kills = 0
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["maemae.proof.victim"])

    async def run(self) -> Tally:
        """Run the campaign; return what came of it.

        Raises:
            ExchangeError: the exchange does not answer, or the trader does not come to its end.
        """
        began = time.perf_counter()
        write_settings(self._url, self._folder)
        async with SimControl(self._url) as control:
            account = next(a.account for a in await control.accounts() if a.personality == "real")
            with Ledger(ledger_url(settings_in(self._folder)), account) as ledger:
                await self._rage(control, ledger)
                await control.clear_faults()
                await self._end(control)
                return await self._judge(control, ledger, account, time.perf_counter() - began)

    async def _rage(self, control: SimControl, ledger: Ledger) -> None:
        """Let the trader live and die until there were enough orders and kills."""
        deadline = time.monotonic() + self._campaign.seconds
        while time.monotonic() < deadline and not self._enough(await self._note(control, ledger)):
            await self._fail_otherwise(control)
            with self._process() as (process, up):
                await self._trade(process, up, control, ledger, deadline)
                self._strikes.append(Strike(KILL, (await control.clock()).now))
                self._kills += 1
                process.kill()

    async def _trade(
        self, process: ForkServerProcess, up: Event, control: SimControl, ledger: Ledger,
        deadline: float,
    ) -> None:  # fmt: skip
        """Let it live for its share of the orders, through one spell of faults after another."""
        share = self._campaign.orders / max(self._campaign.kills, 1)
        last = len(ledger.orders()) + self._dice.uniform(0, 2 * share)
        early = self._dice.random() < EARLY
        while not early and process.is_alive() and not up.is_set():
            await asyncio.sleep(LOOK)
            await self._read(control)
        await self._watch(process, control)
        while not early and process.is_alive() and time.monotonic() < deadline:
            if await self._note(control, ledger) >= last:
                return
            await self._fail_otherwise(control)
            await self._watch(process, control)

    def _enough(self, orders: int) -> bool:
        return orders >= self._campaign.orders and self._kills >= self._campaign.kills

    async def _watch(self, process: ForkServerProcess, control: SimControl) -> None:
        """Wait for the end of a spell, or of the process by itself."""
        ends = time.monotonic() + self._dice.uniform(*SPELL)
        while process.is_alive() and (left := ends - time.monotonic()) > 0:
            await asyncio.sleep(min(LOOK, left))
            await self._read(control)

    async def _fail_otherwise(self, control: SimControl) -> None:
        """Let the next group of faults strike."""
        await control.clear_faults()
        for kind in next(self._groups):
            place: dict[str, Any] = {}
            if kind in NOTICES:
                place["tr_id"] = NOTICE_FEED
            elif kind == "token_too_soon":
                place["path"] = TOKEN_PATH
            await control.add_fault(
                kind=kind, rate=self._campaign.rate, seconds=DELAY, server="real", **place
            )

    async def _end(self, control: SimControl) -> None:
        """Let a last process sell everything and find that the books agree."""
        deadline = time.monotonic() + END
        ended = False
        while not ended:
            with self._process(last=True) as (process, _):
                while process.is_alive():
                    if time.monotonic() > deadline:
                        raise ExchangeError(
                            f"the trader did not come to rest within {END:.0f} s without "
                            f"faults; its ledger and log are in {self._folder}"
                        )
                    await asyncio.sleep(LOOK)
                ended = process.exitcode == 0
        await self._read(control)

    @contextmanager
    def _process(self, *, last: bool = False) -> Iterator[tuple[ForkServerProcess, Event]]:
        up = self._context.Event()
        task = Task(self._folder, next(self._numbers), up, last)
        process = self._context.Process(target=live, args=(task,), daemon=True)
        process.start()
        try:
            yield process, up
        finally:
            process.kill()
            process.join()

    async def _note(self, control: SimControl, ledger: Ledger) -> int:
        await self._read(control)
        orders = len(ledger.orders())
        self._told(orders, self._kills)
        return orders

    async def _read(self, control: SimControl) -> None:
        """Keep what is new in the exchange's journal, which itself keeps only so much."""
        entries = await control.journal(self._since)
        if entries:
            self._since = entries[-1]["number"]
        self._strikes += strikes(entries)
        for entry in entries:
            if entry.get("order_no") is not None:
                self._taken[int(entry["order_no"])] = datetime.fromisoformat(entry["at"])

    async def _judge(
        self, control: SimControl, ledger: Ledger, account: str, seconds: float
    ) -> Tally:
        day = (await control.clock()).now.date()
        books = await control.books(account, day)
        ours = lives(ledger.records())
        wrong = wrongs(ours, books, self._taken)
        mine, theirs = ledger_books(ledger, CostRules.REAL, day), venue_books(books)
        halves = {
            "cash": (theirs["cash"], mine["cash"]),
            "fees": (theirs["fees"], mine["fees"]),
            "taxes": (theirs["taxes"], mine["taxes"]),
            "positions": (theirs["positions"], mine["positions"]),
        }
        differ = tuple(
            f"{name}: venue {venue}, ledger {ours}"
            for name, (venue, ours) in halves.items()
            if venue != ours
        )
        found = rows(self._strikes, ours, wrong)
        everything = row("all", len(self._strikes), list(ours.values()), wrong)
        return Tally(found, everything, differ, self._kills, seconds)

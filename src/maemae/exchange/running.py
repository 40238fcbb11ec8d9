"""Running the exchange as a process of its own."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from maemae.bars.aside import Aside
from maemae.catalogue import Personality
from maemae.clock import KST
from maemae.errors import DataError
from maemae.exchange.certificate import tls_context
from maemae.exchange.control import accounts
from maemae.exchange.fed.care import CARES, CareName
from maemae.exchange.moment import MINUTE, moment_at
from maemae.exchange.recorded.exchange import RecordedExchange
from maemae.exchange.recorded.source import RecordedSource
from maemae.exchange.scenario import Scenario, default_scenario, read_scenario
from maemae.exchange.server import Server
from maemae.exchange.simulation import TERMS, Exchange
from maemae.exchange.sources import BarSource, MarketSource, SyntheticSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.i18n import _
from maemae.market.calendar import Calendar, krx
from maemae.market.costs import CostRules
from maemae.profile.facts import Fact

_START = "08:30"


@dataclass(frozen=True, slots=True)
class Options:
    """How to run the exchange. `speed` None: stepped time. `ports`: real, virtual; 0: any.

    `day` None: today, or the last trading day before it. `start`: HH:MM; None: 08:30, of a
    recording the minute in which it begins. `recording`: folder of a recorded day, played with
    fills reckoned as `care` says; without one the market is replayed or made up. `aside` collects
    the rows of the bars that cannot be true; without it they are refused. `terms` and `slippage`
    are as in `Exchange`; `denied` is what the broker breaks of what is taken for granted.
    """

    bars: Path | None = None
    aside: Aside | None = None
    minutes: Path | None = None
    day: date | None = None
    start: str | None = None
    speed: float | None = 1.0
    paused: bool = False
    ports: tuple[int, int] = (0, 0)
    seed: int = 1
    cash: int = 10_000_000
    scenario: Path | None = None
    announce: bool = False
    tls: Path | None = None
    recording: Path | None = None
    care: CareName = "usual"
    terms: Mapping[Personality, CostRules] = field(default_factory=lambda: TERMS)
    slippage: int = 0
    denied: frozenset[Fact] = frozenset()


def build(options: Options) -> Exchange:
    """Build the exchange that the options describe.

    Raises:
        DataError: no trading day, or no bars of it.
        SettingsError: the scenario file does not do.
    """
    exchange = _built(options)
    exchange.denied |= options.denied
    return exchange


def _built(options: Options) -> Exchange:
    if options.recording is not None:
        return _recorded(options, options.recording)
    seed, scenario = options.seed, _scenario(options)
    source, calendar, day = market_of(options)
    start = moment_at(calendar.session(day).day, time.fromisoformat(options.start or _START))
    clock = Timekeeper(start, options.speed, paused=options.paused)
    return Exchange(
        source, calendar, day, scenario,
        seed=seed, clock=clock, minutes=options.minutes, aside=options.aside,
        slippage=options.slippage,
        terms=options.terms,
    )  # fmt: skip


def _recorded(options: Options, folder: Path) -> RecordedExchange:
    source, scenario = RecordedSource(folder), _scenario(options)
    calendar = krx().corrected(scenario.days)
    start = source.first // MINUTE * MINUTE
    if options.start is not None:
        start = moment_at(calendar.session(source.day).day, time.fromisoformat(options.start))
    return RecordedExchange(
        source, calendar, source.day, scenario,
        seed=options.seed, clock=Timekeeper(start, options.speed, paused=options.paused),
        care=CARES[options.care], terms=options.terms,
    )  # fmt: skip


def market_of(options: Options) -> tuple[MarketSource, Calendar, date]:
    """Return where the days come from, the trading days, and the first of them.

    Raises:
        DataError: no trading day.
        SettingsError: the scenario file does not do.
    """
    calendar = krx().corrected(_scenario(options).days)
    day = options.day or _latest(calendar)
    if options.bars:
        return BarSource(options.bars, options.aside), calendar, day
    return SyntheticSource(options.seed, calendar, day), calendar, day


def _scenario(options: Options) -> Scenario:
    if options.scenario is None:
        return default_scenario(options.seed, options.cash)
    return read_scenario(options.scenario, options.seed, options.cash)


def _latest(calendar: Calendar) -> date:
    today = datetime.now(KST).date()
    if not calendar.first <= today <= calendar.last:
        raise DataError(
            _("{today} is outside the trading calendar; choose a day with --date").format(
                today=today
            )
        )
    return today if calendar.is_session(today) else calendar.previous_session(today)


async def run(options: Options, notes: Callable[[], list[str]] = list) -> None:
    """Run the exchange until it is told to stop: Ctrl-C, or with `announce` a closed stdin.

    `notes` is what there is to say of the bars when those of the day have been read.
    """
    exchange = build(options)
    tls = tls_context(options.tls) if options.tls else None
    server = Server(exchange, {"real": options.ports[0], "virtual": options.ports[1]}, tls)
    await server.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C raises there.
            loop.add_signal_handler(number, stop.set)
    try:
        if options.announce:
            print(json.dumps({**server.urls, "notes": "\n".join(notes())}), flush=True)
            threading.Thread(target=_wait_for_end, args=(loop, stop), daemon=True).start()
        else:
            for note in notes():
                print(note, file=sys.stderr)
            _introduce(exchange, server)
        await stop.wait()
    finally:
        await server.stop()


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Read standard input to its end: whoever started us is gone then."""
    while os.read(sys.stdin.fileno(), 1 << 10):
        continue
    if not loop.is_closed():
        loop.call_soon_threadsafe(stop.set)


def _introduce(exchange: Exchange, server: Server) -> None:
    console = Console()
    count = len(exchange.venue.floor.market)
    console.print(
        _("The simulated exchange is open: {day}, {count} instruments.").format(
            day=exchange.day, count=count
        )
    )
    table = Table()
    for head in (_("server"), _("address"), _("account"), _("app key")):
        table.add_column(head, overflow="fold")
    for row in accounts(exchange):
        url = server.urls[row["personality"]]
        role = {"real": _("plays the real one"), "virtual": _("plays the virtual one")}[
            row["personality"]
        ]
        table.add_row(role, url, row["account"], row["app_key"])
    console.print(table)
    console.print(_("App secrets and HTS ids: GET /control/accounts. Ctrl-C ends it."))

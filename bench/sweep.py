"""More names than the stream carries: how late a minute strategy decides, how old prices are.

    .venv/bin/python bench/sweep.py --names 1000 --seconds 200 --delay 0.1
    .venv/bin/python bench/sweep.py --held 80 --seconds 120

A real trader trades over real sockets on the simulated exchange, in real time, with the broker's
18 calls a second and so many seconds to and fro. With `--names` a strategy on 1-minute bars that
wants to buy everything looks at so many names; printed are the decisions with their age, the calls
and what was said. With `--held` lists buy so many names, and then the age of each price is looked
at every half second, of those on the stream and of those beyond it apart.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange_days import Source

from maemae.desk.records import Incident, Intended
from maemae.desk.turn import Turn
from maemae.errors import SettingsError
from maemae.exchange import control
from maemae.exchange.moment import moment_at
from maemae.exchange.scenario import default_scenario
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.trader.books import AnyBook
from maemae.trader.books.strategy import StrategyBook
from maemae.trader.books.targets import TargetBook
from maemae.trader.run import Run, open_run
from maemae.trader.settings import Settings

DAY = date(2024, 3, 5)
STARTS = time(10, 0, 20)
PER_BOOK = 40
RULES = """
from maemae.strategy import FixedAmount, Schedule, Strategy, close

everything = Strategy(
    name="everything", entry=close > 0, exit=close < 0, sizing=FixedAmount(100_000),
    schedule=Schedule(bars=1), max_positions=5,
)
"""


def codes_of(count: int) -> list[str]:
    """Return the codes of the market's first names."""
    return [f"{100_000 + number}" for number in range(count)]


def looking(folder: Path, names: int, entry_seconds: int) -> list[AnyBook]:
    """Return a book that decides on the minute bars of so many names."""
    file = folder / "everything.py"
    file.write_text(RULES, encoding="utf-8")
    return [
        StrategyBook.model_validate(
            {
                "name": "many", "way": "strategy", "strategy": str(file), "signal_seconds": 1,
                "universe": {"codes": codes_of(names)}, "entry_seconds": entry_seconds,
            }
        )
    ]  # fmt: skip


def holding(folder: Path, names: int) -> list[AnyBook]:
    """Return books that buy so many names from lists, and sell none of them."""
    books: list[AnyBook] = []
    for first in range(0, names, PER_BOOK):
        some = codes_of(names)[first : first + PER_BOOK]
        file = folder / f"list{first}.csv"
        file.write_text("code\n" + "\n".join(some) + "\n", encoding="utf-8")
        values = {"name": f"list{first}", "way": "targets", "file": str(file), "band": "30%",
                  "take_profit": "25%", "stop_loss": "25%", "max_names": PER_BOOK,
                  "capital": 40_000_000}  # fmt: skip
        books.append(TargetBook.model_validate(values))
    return books


async def measure(chosen: argparse.Namespace) -> None:
    """Trade for so many seconds and print what was seen."""
    count = max(chosen.names, chosen.held)
    clock = Timekeeper(moment_at(DAY, STARTS), 1.0)
    scenario = default_scenario(1, 1_000_000_000)
    exchange = Exchange(Source(count), krx(), DAY, scenario, seed=1, clock=clock)
    if chosen.delay:
        control.add_fault(
            exchange, {"kind": "reply_delayed", "path": "quotations", "seconds": chosen.delay}
        )
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    try:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            books = (
                looking(folder, chosen.names, chosen.entry_seconds)
                if chosen.names
                else holding(folder, chosen.held)
            )
            settings = Settings.model_validate({
                "venue": "sim", "data_dir": folder / "state", "log_dir": folder / "logs",
                "sim": {"url": server.urls["real"], "virtual_url": server.urls["virtual"]},
                "api": {"enabled": False}, "book": books,
            })  # fmt: skip
            await trade(exchange, settings, chosen)
    except SettingsError as error:
        print(f"refused: {error}")
    finally:
        await server.stop()


async def trade(exchange: Exchange, settings: Settings, chosen: argparse.Namespace) -> None:
    """Let a trader trade, and look at what it knows."""
    told: list[str] = []
    ordered: list[datetime] = []

    def observe(turn: Turn) -> None:
        for record in turn.records:
            if isinstance(record, Incident):
                told.append(f"{record.at:%H:%M:%S} {record.kind}: {record.detail}")
            elif isinstance(record, Intended):
                ordered.append(record.at)

    async with open_run(settings, (observe,)) as run:
        ages: dict[str, list[float]] = {"on the stream": [], "beyond it": []}
        watching = asyncio.create_task(look(run, ages, chosen.seconds))
        await run.trade()
        await watching
        begun = run.trader.desk.state.portfolio.positions
        calls = Counter(
            entry["path"].rsplit("/", 1)[-1] for entry in exchange.journal.since(0, "call")
        )
        print(f"calls: {dict(calls.most_common(4))}")
        print(f"orders: {len(ordered)}, first at {min(ordered, default=None)}; held: {len(begun)}")
        for kind, found in ages.items():
            if found:
                found.sort()
                print(
                    f"age of prices {kind}: median {statistics.median(found):.1f} s, "
                    f"95 % {found[len(found) * 95 // 100]:.1f} s, most {found[-1]:.1f} s"
                )
    print("\n".join(told) or "nothing was said")


async def look(run: Run, ages: dict[str, list[float]], seconds: int) -> None:
    """Print decisions as they come, and note how old the prices of what is held are."""
    desk, clock = run.trader.desk, run.venue.clock
    began, last = clock.now(), None
    while clock.now() - began < timedelta(seconds=seconds):
        await clock.sleep(0.5)
        decided = desk.entries.decided.get("many")
        if decided is not None and decided != last:
            last = decided
            age = (decided[1] - decided[0]).total_seconds()
            print(f"decided on the bar until {decided[0]:%H:%M} after {age:.1f} s", flush=True)
        held = [code for _, code in desk.state.portfolio.positions]
        if clock.now() - began < timedelta(seconds=seconds / 2):
            continue
        for code in held:
            quote = desk.quotes.get(code)
            if quote is not None:
                kind = "beyond it" if code in desk.beyond else "on the stream"
                ages[kind].append((clock.now() - quote.seen).total_seconds())
    run.trader.stop()


def main() -> None:
    """Measure what is asked for."""
    given = argparse.ArgumentParser()
    given.add_argument("--names", type=int, default=0)
    given.add_argument("--held", type=int, default=0)
    given.add_argument("--seconds", type=int, default=150)
    given.add_argument("--entry-seconds", type=int, default=60)
    given.add_argument("--delay", type=float, default=0.0)
    asyncio.run(measure(given.parse_args()))


if __name__ == "__main__":
    main()

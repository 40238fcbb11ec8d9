"""A whole trader's start on a ledger of many days, from its command to its first fact.

    .venv/bin/python bench/trader_start.py --days 250 --orders 2000
    .venv/bin/python bench/trader_start.py --days 1250 --orders 2000 --keep /somewhere

`maemae run` is started as a process of its own on the simulated exchange, over real sockets, on an
empty ledger and on one of so many days and orders a day (made as by `ledger_years.py`, and kept in
the same place). Printed are the CPU seconds of the trader and the seconds until its first fact is
in the ledger, the peak of its memory then, and how long it took to end when told to. With `--fresh`
the larger ledger has no snapshot, as after an upgrade. The commands that go to the ledger where no
trader runs follow, each a process of its own.
"""

import argparse
import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date
from datetime import time as clock_time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange_load import listings
from bench.ledger_years import ACCOUNT, COSTS, cost, make, without_snapshot

from maemae.exchange.extremes import Spans
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import moment_at
from maemae.exchange.protocol.keys import Customer, made_key
from maemae.exchange.scenario import Opening, Scenario
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import known
from maemae.market.calendar import krx

NAMES = 400
CASH = 1_000_000_000
FIRST = date(2024, 3, 5)
STARTS = clock_time(10, 0)
POLL = 0.02
PATIENCE = 900.0
TELLING = """
import atexit, sys
from pathlib import Path
from maemae.cli import main
status = Path("/proc/self/status")
atexit.register(lambda: print(status.read_text().split("VmHWM:")[1].split()[0], file=sys.stderr))
main()
"""
"""A command that says its own peak: the system counts in the memory of who started it."""


class Source:
    """The same instruments every day; those of the ledger are among them."""

    def listings(self, _: date) -> list[Listing]:
        """Return the instruments."""
        return listings(NAMES)

    def history(self, _: str, __: date) -> list[DayBar]:
        """Return nothing."""
        return []

    def extremes(self, _: Sequence[date], __: date) -> Mapping[str, Spans]:
        """Return nothing."""
        return {}


def scenario_of(file: Path) -> tuple[Scenario, date]:
    """Return an account as the ledger has it, and the session after its last."""
    day, cash, holdings = FIRST, CASH, dict[str, tuple[int, int]]()
    if file.exists():
        with Ledger(file, ACCOUNT) as ledger:
            state = known(ledger, COSTS).state
        held = state.portfolio.holdings()
        cash, holdings = state.cash, {code: (shares, 10_000) for code, shares in held.items()}
        assert state.day is not None
        day = krx().next_session(state.day)
    key, secret = made_key(34, "key"), made_key(180, "secret")
    mine = Customer("real", "PS" + key, secret, ACCOUNT, "simtrader")
    other = Customer("virtual", "PV" + key, secret, "50123456-01", "simtrader")
    return Scenario((Opening(mine, cash, holdings), Opening(other, CASH))), day


async def start(file: Path, *, fresh: bool = False) -> None:
    """Start a trader on a ledger, and print what its first fact cost.

    Args:
        file: the ledger.
        fresh: let nothing be kept of it.
    """
    scenario, day = scenario_of(file)
    if fresh:
        without_snapshot(file)
    clock = Timekeeper(moment_at(day, STARTS), 1.0)
    exchange = Exchange(Source(), krx(), day, scenario, seed=1, clock=clock)
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "maemae.toml"
        settings.write_text(
            f'venue = "sim"\nledger = "sqlite:///{file}"\nbook = []\n'
            f'data_dir = "{folder}/state"\nlog_dir = "{folder}/logs"\n'
            f'[sim]\nurl = "{server.urls["real"]}"\nvirtual_url = "{server.urls["virtual"]}"\n'
            "[api]\nenabled = false\n",
            encoding="utf-8",
        )
        before, began = _facts(file), time.monotonic()
        trader = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "maemae", "run", "--no-screen", "--config", f"{settings}",
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        while _facts(file) == before:
            if trader.returncode is not None or time.monotonic() - began > PATIENCE:
                raise SystemExit("the trader wrote no fact")
            await asyncio.sleep(POLL)
        seconds = time.monotonic() - began
        cpu, memory = _used(trader.pid)
        told = time.monotonic()
        trader.send_signal(signal.SIGINT)
        await trader.wait()
        ended = time.monotonic() - told
    await server.stop()
    print(f"{'first fact':14} {cpu:7.2f} CPU s {seconds:7.2f} s {memory:7.0f} MB   "
          f"ended after {ended:.1f} s, status {trader.returncode}, {before:,} facts, "
          f"load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


def _facts(file: Path) -> int:
    """Return the number of the last fact, read as anybody reads: the trader is not asked."""
    if not file.exists():
        return 0
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0)
    except sqlite3.OperationalError:
        return 0  # The table is still being made.
    finally:
        connection.close()


def _used(process: int) -> tuple[float, float]:
    """Return the CPU seconds and the peak of megabytes of a process that runs."""
    place = Path(f"/proc/{process}")
    stat = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    status = (place / "status").read_text(encoding="utf-8").splitlines()
    lines = dict(line.split(":", 1) for line in status)
    spent = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return spent, int(lines["VmHWM"].split()[0]) / 1024


def command(words: str, file: Path) -> None:
    """Give a command of the terminal, and print what its process cost."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", TELLING, *words.split(), "--venue", "sim", "--account", ACCOUNT],
        env=os.environ | {"MAEMAE_LEDGER": f"sqlite:///{file}"},
        cwd=file.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.read().split()
    _, ended, used = os.wait4(process.pid, 0)
    if ended:
        raise SystemExit(f"{words} ended with {ended}: {' '.join(said)}")
    seconds, cpu = time.monotonic() - began, used.ru_utime + used.ru_stime
    print(f"{words:14} {cpu:7.2f} CPU s {seconds:7.2f} s {int(said[-1]) / 1024:7.0f} MB   "
          f"{_facts(file):,} facts, load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


def main() -> None:
    """Start a trader on each ledger."""
    given = argparse.ArgumentParser()
    given.add_argument("--days", type=int, default=250)
    given.add_argument("--orders", type=int, default=2000)
    given.add_argument("--keep", type=Path)
    given.add_argument("--times", type=int, default=3)
    given.add_argument("--fresh", action="store_true")
    chosen = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = chosen.keep or Path(folder)
        file = kept / f"ledger-{chosen.days}x{chosen.orders}.sqlite"
        if not file.exists():
            cost(lambda at: make(at, chosen.days, chosen.orders), file)
        for number in range(chosen.times):
            asyncio.run(start(Path(folder) / f"empty-{number}.sqlite"))
            asyncio.run(start(file))
        if chosen.fresh:
            asyncio.run(start(file, fresh=True))
        for words in ("status", "halt", "resume --yes", "ledger verify"):
            command(words, Path(folder) / "empty-0.sqlite")
            command(words, file)


if __name__ == "__main__":
    main()

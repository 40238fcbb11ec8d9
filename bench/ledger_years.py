"""What a ledger of many days costs whoever opens it: a start, a status, a month's profit.

    .venv/bin/python bench/ledger_years.py --days 250 --orders 2000
    .venv/bin/python bench/ledger_years.py --days 1250 --orders 200 --keep /somewhere

Makes a ledger of so many days and orders a day (half buys, half sales, twenty names held overnight)
and prints for each question the CPU seconds and the peak of memory of a process of its own, with
the snapshot of the last close and without any, beside an empty ledger. `start` is what a trader
reads before it trades; `status` and `pnl` are the commands, without a trader. With `--keep` the
ledger stays in that folder, and is taken from there if it is there. `--brief` reads all facts once
only, as the first start after an upgrade does: seven million take some minutes each time.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

from sqlalchemy import delete

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.ledger import schema
from maemae.ledger.fold import Fold
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import keep, known
from maemae.ledger.verify import verify
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.trader import folding
from maemae.trader.cost_settings import costs_of
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.watchdog import UNWATCHED

ACCOUNT = "50000000-01"
COSTS = costs_of(Settings(venue="dry"))
FIRST = date(2020, 1, 2)
CASH = 1_000_000_000
HELD = 20
NAMES = 300
BUY, SELL = 10_000, 10_100


def day_of(fold: Fold, day: date, orders: int) -> Iterator[rec.Record]:
    """Yield the facts of a day: half of the orders buy, and what was bought first is sold."""
    state, number = fold.state, int(f"{day:%Y%m%d}") * 100_000
    opens = datetime.combine(day, clock_time(9), KST)
    at = iter(opens + timedelta(seconds=second / 2) for second in range(40_000))
    held = state.portfolio.holdings()
    cash = state.cash or CASH
    yield rec.DayOpened(at=next(at), day=day, cash=cash, holdings=held, worth=cash, owners={})
    if held:
        yield rec.UnitsConfirmed(at=next(at), codes=tuple(held))
    for index in range(orders):
        holds = [code for _, code in state.portfolio.positions]
        sells = len(holds) >= HELD
        code = holds[0] if sells else f"{100_000 + (index * 7 + day.toordinal()) % NAMES:06d}"
        side, price = (Side.SELL, SELL) if sells else (Side.BUY, BUY)
        if not sells and code in holds:
            continue
        intent, number = state.next_intent(), number + 1
        listed = rec.Listed(code=code, name=f"종목{code}")
        yield rec.Intended(
            at=next(at), intent=intent, book="scalper", side=side, listed=listed, quantity=10,
            price=price, reserve=0 if sells else 10 * price, reason="signal" if sells else "entry",
        )  # fmt: skip
        yield rec.Accepted(at=next(at), intent=intent, order_no=number)
        when = next(at)
        yield rec.Filled(at=when, intent=intent, quantity=10, amount=10 * price, executed=when)
    yield rec.Reconciled(at=next(at), cash=state.cash)
    closes = {code: BUY for _, code in state.portfolio.positions}
    yield rec.DayClosed(at=next(at), day=day, closes=closes)


def make(file: Path, days: int, orders: int) -> None:
    """Write a ledger, with the snapshot of its last close."""
    calendar, day = krx(), FIRST
    with Ledger(file, ACCOUNT) as ledger:
        fold = Fold.empty(COSTS)
        for _ in range(days):
            facts = []
            for fact in day_of(fold, day, orders):
                fold.take(0, fact)
                facts.append(fact)
            ledger.append(facts)
            day = calendar.next_session(day)
        keep(ledger, known(ledger, COSTS).fold)


def without_snapshot(file: Path) -> None:
    """Let a ledger be one of which nothing is kept."""
    with Ledger(file, ACCOUNT) as ledger, ledger.writing() as connection:
        connection.execute(delete(schema.snapshots))
        connection.execute(delete(schema.days))


def start(file: Path) -> None:
    """Do what a trader does with its ledger before it trades."""
    with Ledger(file, ACCOUNT) as ledger:
        found = asyncio.run(folding.begin(ledger, COSTS, UNWATCHED))
        Desk(desk_rules(Settings(), COSTS), state=found.state)


def asked(command: str) -> Callable[[Path], None]:
    """Return what gives a command of the terminal."""

    def ask(file: Path) -> None:
        os.chdir(file.parent)
        sys.argv = ["maemae", *command.split(), "--venue", "dry", "--account", ACCOUNT]
        os.environ["MAEMAE_LEDGER"] = f"sqlite:///{file}"
        from maemae.cli import main  # noqa: PLC0415 - its time is a part of the command's

        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        main()

    return ask


def whole(file: Path) -> None:
    """Read all facts and hold what is kept against them."""
    with Ledger(file, ACCOUNT) as ledger:
        assert verify(ledger, COSTS).unfit is None


def cost(work: Callable[[Path], None], file: Path) -> tuple[float, float, float]:
    """Return the CPU seconds, seconds and megabytes of a process of its own."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(file)
            status = 0
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        finally:
            os._exit(status)
    _, ended, used = os.wait4(child, 0)
    if ended:
        raise SystemExit(f"{work} ended with {ended}")
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024


def main() -> None:
    """Make the ledger and print the table."""
    given = argparse.ArgumentParser()
    given.add_argument("--days", type=int, default=250)
    given.add_argument("--orders", type=int, default=200)
    given.add_argument("--keep", type=Path)
    given.add_argument("--brief", action="store_true")
    chosen = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = (chosen.keep or Path(folder)) / f"ledger-{chosen.days}x{chosen.orders}.sqlite"
        empty = Path(folder) / "empty.sqlite"
        cost(lambda at: make(at, 1, 2), empty)
        if not file.exists():
            cost(lambda at: make(at, chosen.days, chosen.orders), file)
        with Ledger(file, ACCOUNT) as ledger:
            mark, last = ledger.mark(), ledger.last()
        assert mark is not None
        assert last is not None
        print(f"{chosen.days} days x {chosen.orders} orders: {mark.seq:,} facts, "
              f"{file.stat().st_size / 2**20:,.0f} MB")  # fmt: skip
        month = f"pnl --month {last.at:%Y-%m}"
        if chosen.brief:
            without_snapshot(file)
            _line("start", "no snapshot", cost(start, file))  # Keeps one.
        questions = {"start": start, "status": asked("status"), month: asked(month)}
        for name, work in questions.items():
            _line(name, "empty", cost(work, empty))
            _line(name, "snapshot", cost(work, file))
        if chosen.brief:
            return
        _line("ledger verify", "snapshot", cost(whole, file))
        for name, work in questions.items():
            without_snapshot(file)
            _line(name, "no snapshot", cost(work, file))
        cost(start, file)  # Keeps one again.


def _line(name: str, of: str, found: tuple[float, float, float]) -> None:
    cpu, seconds, memory = found
    print(f"{name:22} {of:12} {cpu:7.2f} CPU s {seconds:7.2f} s {memory:7.0f} MB", flush=True)


if __name__ == "__main__":
    main()

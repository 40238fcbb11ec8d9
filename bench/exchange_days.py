"""Memory of the simulated exchange over days in a row: day twenty must cost what day two did.

    .venv/bin/python bench/exchange_days.py --names 2500 --days 20
    .venv/bin/python bench/exchange_days.py --days 20 --orders 2000

Opens day after day of so many instruments (without `--names` the made-up market), watches forty of
them, hands in so many orders each day, lets the day pass, and prints what the process holds after
it and how long the turn of the day took. Notices and frames go to nobody.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from datetime import time as clock_time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange_load import listings

from maemae.exchange.extremes import Spans
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import MINUTE, moment_at
from maemae.exchange.orders import OrderKind, Ticket
from maemae.exchange.scenario import default_scenario
from maemae.exchange.simulation import Exchange
from maemae.exchange.sources import MarketSource, SyntheticSource
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.kinds import Side

FIRST = date(2024, 3, 5)
ACCOUNT = "12345678-01"
PAGE = 4096
WATCHED = 40


class Source:
    """The same instruments every day, made anew."""

    def __init__(self, names: int) -> None:
        self._names = names

    def listings(self, _: date) -> list[Listing]:
        """Return the instruments."""
        return listings(self._names)

    def history(self, _: str, __: date) -> list[DayBar]:
        """Return nothing."""
        return []

    def extremes(self, _: Sequence[date], __: date) -> Mapping[str, Spans]:
        """Return nothing."""
        return {}


def held() -> float:
    """Return the megabytes that the process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE / 2**20


def pass_day(exchange: Exchange, orders: int) -> None:
    """Let a day pass from before its open to its end, with so many orders in it."""
    codes = sorted(exchange.venue.floor.market.rows)[:WATCHED]
    for code in codes:
        exchange.venue.watch(code)
    opens, account = exchange.venue.hours.open, exchange.account(ACCOUNT)
    assert account is not None
    for number in range(orders):
        at = opens + MINUTE + number * (6 * 60 * MINUTE) // max(1, orders)
        exchange.step(at)
        code = codes[number // 2 % len(codes)]
        side = Side.SELL if number % 2 and account.sellable(code) else Side.BUY
        exchange.venue.submit(account, Ticket(code, side, OrderKind.MARKET, 1))
    exchange.step(exchange.end)


def main() -> None:
    """Print a line a day."""
    given = argparse.ArgumentParser()
    given.add_argument("--names", type=int)
    given.add_argument("--days", type=int, default=20)
    given.add_argument("--orders", type=int, default=0)
    chosen = given.parse_args()
    clock = Timekeeper(moment_at(FIRST, clock_time(8, 30)), None)
    source: MarketSource = SyntheticSource(1, krx(), FIRST)
    if chosen.names:
        source = Source(chosen.names)
    scenario = default_scenario(1, 1_000_000_000)
    exchange = Exchange(source, krx(), FIRST, scenario, seed=1, clock=clock)
    for number in range(1, chosen.days + 1):
        pass_day(exchange, chosen.orders)
        print(f"day {number:2} {exchange.day} {held():8,.0f} MB", end="", flush=True)
        began = time.process_time()
        exchange.next_day()
        print(f"   turn {time.process_time() - began:6.2f} CPU s", flush=True)


if __name__ == "__main__":
    main()

"""How fast minute charts are asked for, where each answer takes its time.

    .venv/bin/python bench/download.py --names 60 --delay 0.1

Runs a simulated exchange that answers late, in a process of its own, and downloads the minutes of
its day: one question after another, and side by side as `maemae bars download` does. Printed are
the calls that the exchange counted, and calls a second from the first to the last of them. The
exchange allows 20 a second, as the broker does, and the client keeps to 18.
"""

import argparse
import asyncio
import multiprocessing
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from datetime import time as clock_time
from multiprocessing.connection import Connection
from typing import Any

from maemae.bars import download
from maemae.exchange.extremes import Spans
from maemae.exchange.faults import Fault, FaultKind
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.moment import moment_at
from maemae.exchange.scenario import default_scenario
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.kinds import Kind, Market

DAY = date(2024, 3, 5)
PATH = "inquire-time-itemchartprice"


class Source:
    """A fixed day of so many instruments."""

    def __init__(self, names: int) -> None:
        self._names = names

    def listings(self, _: date) -> list[Listing]:
        return [
            Listing(
                code=f"{100_000 + 10 * n}", name=f"종목{n}", market=Market.KOSPI, kind=Kind.STOCK,
                base=10_000, lower=7_000, upper=13_000, open=10_050, high=10_500, low=9_800,
                close=10_200, volume=500_000 + n,
            )
            for n in range(self._names)
        ]  # fmt: skip

    def history(self, _: str, __: date) -> list[DayBar]:
        return []

    def extremes(self, _: Sequence[date], __: date) -> Mapping[str, Spans]:
        return {}


def serve(ours: Connection, names: int, delay: float) -> None:
    asyncio.run(_serve(ours, names, delay))


async def _serve(ours: Connection, names: int, delay: float) -> None:
    """Be the exchange until told to stop; then say when it was asked for charts."""
    clock = Timekeeper(moment_at(DAY, clock_time(15, 45)), 1.0)
    exchange = Exchange(Source(names), krx(), DAY, default_scenario(1), seed=1, clock=clock)
    if delay:
        exchange.faults.add(Fault(kind=FaultKind.REPLY_DELAYED, path=PATH, seconds=delay))
    server = Server(exchange, {"real": 0, "virtual": 0})
    await server.start()
    ours.send(server.urls["real"])
    await asyncio.to_thread(ours.recv)
    calls = [one for one in exchange.journal.since(0) if PATH in str(one.get("path", ""))]
    ours.send(calls)
    await server.stop()


def measured(names: int, delay: float, side_by_side: int) -> tuple[int, float]:
    """Return the calls of a download and how many of them a second."""
    from maemae.cli import build  # noqa: PLC0415 - its time is a part of the command's

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    exchange = context.Process(target=serve, args=(theirs, names, delay))
    exchange.start()
    url = ours.recv()
    before, download.SIDE_BY_SIDE = download.SIDE_BY_SIDE, side_by_side
    try:
        with tempfile.TemporaryDirectory() as folder:
            words = ["bars", "download", "--minutes", "--url", url, "--root", folder]
            build()(words, standalone_mode=False)
    finally:
        download.SIDE_BY_SIDE = before
        ours.send("over")
    calls: list[dict[str, Any]] = ours.recv()
    exchange.join()
    times = sorted(datetime.fromisoformat(one["at"]) for one in calls)
    seconds = (times[-1] - times[0]).total_seconds()
    return len(times), (len(times) - 1) / seconds


def main() -> None:
    """Print a line for each way of asking."""
    given = argparse.ArgumentParser()
    given.add_argument("--names", type=int, default=60)
    given.add_argument("--delay", type=float, default=0.1)
    chosen = given.parse_args()
    for side_by_side in (1, download.SIDE_BY_SIDE):
        calls, rate = measured(chosen.names, chosen.delay, side_by_side)
        print(f"{side_by_side} at once, an answer {1000 * chosen.delay:.0f} ms later: "
              f"{calls:,} calls of {chosen.names} names, {rate:.1f} a second")  # fmt: skip


if __name__ == "__main__":
    main()

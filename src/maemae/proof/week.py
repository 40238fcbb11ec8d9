"""A week of trading in one process, in stepped time: whether its memory stays what it was."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from os import sysconf
from pathlib import Path

from maemae.trader.run import open_run
from maemae.trader.settings import load_settings
from maemae.trader.sim import SimControl

SETTINGS = """\
language = "en"
venue = "sim"
data_dir = "{folder}"
log_dir = "{folder}/logs"

[sim]
url = "{url}"

[limits]
orders_per_minute = 1_000_000
entries_per_name = 1_000_000

[[book]]
way = "condition"
amount = 500_000
max_names = 3
take_profit = "0.5%"
stop_loss = "0.5%"
rebuy_after_stop = true
search_seconds = 120
signal_seconds = 30
"""


@dataclass(frozen=True, slots=True)
class Day:
    """What a day left behind in the process that traded it."""

    day: date
    events: int
    orders: int
    fills: int
    rss: int
    """Bytes of memory that the process has."""
    objects: int
    """Objects that Python keeps track of."""
    equal: bool
    """Whether the exchange's books and the ledger agree."""


async def week(url: str, folder: Path, days: int, told: Callable[[Day], None]) -> list[Day]:
    """Trade so many days on an exchange in stepped time, and measure after each.

    Args:
        url: address of the exchange.
        folder: for settings, ledger and log.
        days: how many.
        told: called with each day when it is over.

    Raises:
        ExchangeError: the exchange does not answer, or has no more days.
    """
    file = folder / "maemae.toml"
    file.write_text(SETTINGS.format(url=url, folder=folder.as_posix()), encoding="utf-8")
    settings = load_settings(file)
    found: list[Day] = []
    async with SimControl(url) as control:
        for index in range(days):
            if index:
                await control.next_day()
            steps = 0

            def count(_: object) -> None:
                nonlocal steps
                steps += 1

            async with open_run(settings, (count,)) as run:
                await run.trade()
                report = await run.report()
            del run
            gc.collect()
            day = Day(
                day=report.day,
                events=steps,
                orders=len(report.ledger["orders"]),
                fills=len(report.ledger["fills"]),
                rss=resident(),
                objects=len(gc.get_objects()),
                equal=not report.differences,
            )
            found.append(day)
            told(day)
    return found


def resident() -> int:
    """Return the bytes of memory that this process has now.

    Raises:
        OSError: the system does not say (it does on Linux).
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * sysconf("SC_PAGE_SIZE")

"""The day's master files (종목마스터): fetched once a day, kept, and read from there."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from maemae.clock import KST, Clock
from maemae.desk.records import Listed
from maemae.errors import DataError, WireError
from maemae.i18n import _
from maemae.market.instruments import Instruments
from maemae.market.masters import (
    DOWNLOAD_URL,
    fetch_masters,
    load_masters,
    read_masters,
    save_masters,
)
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir

SECONDS = 10
"""A start in the middle of the day, with positions to guard, does not wait longer for a file."""


@dataclass(frozen=True)
class Masters:
    """What the master files say, and what went wrong on the way to them (blank: nothing)."""

    instruments: Instruments
    problem: str = ""

    def listed(self) -> dict[str, Listed]:
        """Return what the desk needs to know of each instrument, by code."""
        return {
            one.code: Listed(code=one.code, name=one.name, market=one.market, kind=one.kind)
            for one in self.instruments
        }


def masters_folder(settings: Settings) -> Path:
    """Return the folder in which the master files are kept."""
    return data_dir(settings) / "masters"


async def todays_masters(settings: Settings, clock: Clock) -> Masters:
    """Return the instruments of today, as far as they are to be had.

    A simulated exchange publishes its own and nothing of it is kept. For a real venue the files
    are fetched unless those kept are of today; where that fails the kept ones serve. Instruments
    unknown to both are learned from quotes, so a problem here stops nobody.
    """
    if settings.venue == "sim":
        return await _fetched(settings.masters_url or f"{settings.sim.url}/common/master")
    folder = masters_folder(settings)
    if _fetched_on(folder) == clock.now().date():
        return await asyncio.to_thread(_kept, folder)
    url = settings.masters_url or DOWNLOAD_URL
    try:
        save_masters(await fetch_masters(url, seconds=SECONDS), folder)
    except (WireError, DataError) as error:
        kept = await asyncio.to_thread(_kept, folder)
        return Masters(
            kept.instruments,
            _("{error}; {n:,} kept ones serve").format(error=error, n=len(kept.instruments)),
        )
    return await asyncio.to_thread(_kept, folder)


def kept_masters(settings: Settings) -> Masters:
    """Return the instruments that were fetched last; a simulated exchange's are never kept."""
    return _kept(masters_folder(settings))


async def _fetched(url: str) -> Masters:
    try:
        return Masters(read_masters(await fetch_masters(url, seconds=SECONDS), source=url))
    except (WireError, DataError) as error:
        return Masters(Instruments(()), str(error))


def _kept(folder: Path) -> Masters:
    try:
        return Masters(load_masters(folder))
    except DataError as error:
        return Masters(Instruments(()), str(error))


def _fetched_on(folder: Path) -> date | None:
    """Return the day on which the oldest kept file was fetched."""
    times = [file.stat().st_mtime for file in folder.glob("*.mst.zip")]
    return datetime.fromtimestamp(min(times), KST).date() if times else None

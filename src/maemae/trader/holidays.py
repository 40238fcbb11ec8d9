"""Our calendar held against the broker's holiday inquiry (국내휴장일조회), once a day.

The broker wants the inquiry to be made once a day at most, so its answer is kept in a file. Where
the two disagree the broker is followed for the day and the owner is told: one of them is wrong.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from maemae.errors import DataError, WireError
from maemae.kis import MarketDay
from maemae.market.calendar import Calendar
from maemae.reading import SETTINGS, read_bytes

Ask = Callable[[date], Awaitable[list[MarketDay]]]
"""Ask the broker for the days from one on; `History.market_days` of a client."""


class _Kept(msgspec.Struct, frozen=True):
    """The broker's last answer."""

    asked: date
    days: dict[date, bool]


@dataclass(frozen=True)
class Checked:
    """The calendar to go by, and what the owner must be told (blank: nothing)."""

    calendar: Calendar
    disagreement: str = ""
    problem: str = ""


async def checked_calendar(ask: Ask, ours: Calendar, today: date, file: Path) -> Checked:
    """Return our calendar, corrected by what the broker says of the coming days.

    A broker that cannot be asked corrects nothing beyond what it said before; that is said in
    `problem`. A disagreement is told on the day it is asked for, not at each start of that day.
    """
    kept, problem = _read(file), ""
    fresh = kept is None or kept.asked != today
    if fresh:
        try:
            kept = _Kept(today, {one.day: one.open for one in await ask(today)})
        except WireError as error:
            problem = f"the broker's holiday inquiry failed: {error}"
        else:
            _write(file, kept)
    days = kept.days if kept is not None else {}
    coming = {day: opened for day, opened in days.items() if day >= today}
    differing = ours.disagreements(coming)
    corrected = ours.corrected({day: coming[day] for day in differing})
    said = ", ".join(f"{day} {'open' if coming[day] else 'closed'}" for day in differing)
    told = f"the broker says: {said}; the calendar says otherwise" if differing and fresh else ""
    return Checked(corrected, told, problem)


def _read(file: Path) -> _Kept | None:
    """Return what is kept; a file that cannot be read is as good as none, for it can be asked."""
    try:
        return msgspec.json.decode(read_bytes(file, SETTINGS), type=_Kept)
    except (DataError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _write(file: Path, kept: _Kept) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(kept))
    fresh.replace(file)

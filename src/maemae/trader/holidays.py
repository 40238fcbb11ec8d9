"""Our calendar held against the broker's holiday inquiry (국내휴장일조회), once a day.

The broker wants the inquiry to be made once a day at most, so its answer is kept in a file. Where
the two disagree the broker is followed and the owner is told: one of them is wrong. What the broker
said becomes a fact of the ledger (`CalendarCorrected`), so that the age of a position is the same
for ever, whoever is asked later.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from maemae.desk.records import CalendarCorrected
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.errors import DataError, WireError
from maemae.kis import MarketDay
from maemae.ledger.ledger import Ledger
from maemae.market.calendar import Calendar
from maemae.reading import SETTINGS, read_bytes

BACK = timedelta(days=10)
"""How far back the broker is asked about days for which nobody asked it before."""

AHEAD = timedelta(days=60)
"""A calendar that knows less than that of the future is old: that is said."""

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
    days: Mapping[date, bool] = field(default_factory=dict)
    """What the broker said: whether the exchange opens, by day."""

    def corrects(self, state: State, at: datetime) -> CalendarCorrected | None:
        """Return what the ledger does not know yet of this; None where it knows all."""
        new = {
            day: opened
            for day, opened in sorted(self.days.items())
            if opened != state.calendar.reaching(day).is_session(day)
        }
        return CalendarCorrected(at=at, days=new) if new else None


async def checked_calendar(ask: Ask, ours: Calendar, today: date, file: Path | None) -> Checked:
    """Return our calendar, corrected by what the broker says of the days around today.

    A broker that cannot be asked corrects nothing beyond what it said before; that is said in
    `problem`. What our calendar has taken in already is no disagreement, so it is told once.

    Args:
        ask: the broker.
        ours: the calendar.
        today: at the venue.
        file: where the day's answer is kept; None: nowhere.
    """
    kept, problem = _read(file) if file is not None else None, ""
    ours = ours.reaching(today)
    if kept is None or kept.asked != today:
        first = today if kept is None or kept.asked > today else max(kept.asked, today - BACK)
        try:
            kept = _Kept(today, {one.day: one.open for one in await ask(first)})
        except WireError as error:
            problem = f"{error}"
        else:
            if file is not None:
                _write(file, kept)
    if not problem and ours.last < today + AHEAD:
        problem = f"{ours.last}"
    days = kept.days if kept is not None else {}
    differing = ours.disagreements(days)
    corrected = ours.corrected(days)
    told = ", ".join(_put(day, opened=days[day]) for day in differing if day >= today)
    return Checked(corrected, told, problem, days)


def correct(checked: Checked, state: State, ledger: Ledger, now: datetime) -> None:
    """Make a fact of what the broker said of trading days, before anything is reckoned by it.

    Raises:
        LedgerError: it is not durable.
    """
    correction = checked.corrects(state, now)
    if correction is not None:
        turn = Turn(state, now)
        turn.record(correction)
        ledger.append(turn.records)


def _put(day: date, *, opened: bool) -> str:
    return f"{day} {'open(개장)' if opened else 'closed(휴장)'}"


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

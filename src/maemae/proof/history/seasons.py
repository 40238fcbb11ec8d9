"""The seasons of a data folder: windows of real days, with what happened in them and to whom."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from maemae.exchange.actions import Action, ActionKind
from maemae.market.calendar import krx
from maemae.proof.history.happenings import Event, Happening, find
from maemae.proof.history.lists import Window, read_daily, read_official
from maemae.proof.nights import draw_one

OFFICIAL, DAILY = "kr_official", "kr_daily"
"""Folders of the exchange's daily lists, and of adjusted daily bars of the names that survived."""

EVENTFUL = 20
"""Names to which something happens, of each account."""

PLAIN = 10
"""Names to which nothing happens, beside them."""

SPAN = 10
"""Days that a sample lives through in one go."""

ACTIONS: Mapping[Happening, Sequence[ActionKind]] = {
    Happening.SPLIT: (ActionKind.SPLIT,),
    Happening.REVERSE_SPLIT: (ActionKind.REVERSE_SPLIT,),
    Happening.RIGHTS: (ActionKind.RIGHTS, ActionKind.BONUS, ActionKind.STOCK_DIVIDEND),
    Happening.BASE: (ActionKind.SPIN_OFF,),
    Happening.GONE: (ActionKind.DELISTING, ActionKind.MERGER, ActionKind.CODE_CHANGE),
}
"""What adjusted prices of survivors have nothing of, and what is put into them instead."""


@dataclass(frozen=True, eq=False)
class Season:
    """A window of days, what happens in it, and which shares become others."""

    window: Window
    events: tuple[Event, ...]
    actions: tuple[Action, ...]

    @property
    def name_days(self) -> int:
        """How often a name was listed on a day."""
        return sum(len(rows) for rows in self.window.rows.values())

    @property
    def codes(self) -> list[str]:
        """The names that are listed on any of its days."""
        return sorted({code for rows in self.window.rows.values() for code in rows})

    def of(self, codes: Sequence[str], days: slice = slice(None)) -> "Season":
        """Return what some names lived through on some of the days."""
        kept, wanted = self.window.days[days], set(codes)
        rows = {
            day: {code: row for code, row in self.window.rows[day].items() if code in wanted}
            for day in kept
        }
        window = replace(self.window, days=kept, rows=rows)
        return Season(
            window,
            tuple(e for e in self.events if e.code in wanted and kept[0] < e.day <= kept[-1]),
            tuple(a for a in self.actions if a.code in wanted and kept[0] < a.day),
        )


def official(file: Path) -> Season:
    """Read a season of the exchange's daily lists.

    Raises:
        DataError: the file cannot be used.
    """
    window = read_official(file)
    events, actions = find(window)
    return Season(window, tuple(events), tuple(actions))


def rates(seasons: Sequence[Season]) -> dict[Happening, float]:
    """Return how often each kind of event happened, for each name and day."""
    counts = Counter(event.kind for season in seasons for event in season.events)
    name_days = sum(season.name_days for season in seasons)
    return {kind: counts[kind] / name_days for kind in Happening}


def daily(folder: Path, month: date, often: Mapping[Happening, float], seed: int) -> Season:
    """Read a month of daily bars and put into it what they lack, as often as it really happens.

    Args:
        folder: of the bars.
        month: its first day.
        often: how often each kind of event happens, for each name and day.
        seed: of what happens to whom.

    Raises:
        DataError: a file cannot be used.
    """
    after = (month + timedelta(days=31)).replace(day=1)
    window = read_daily(folder, month, after - timedelta(days=1))
    events, _ = find(window)
    dice, gone = Random(f"further {month} {seed}"), {event.code for event in events}
    actions = []
    for day in window.days[1:]:
        codes = sorted(window.rows[day])
        for kind, kinds in ACTIONS.items():
            expected = often.get(kind, 0.0) * len(codes)
            free = [code for code in codes if code not in gone]
            for code in dice.sample(free, min(len(free), _times(expected, dice))):
                if code in gone:
                    continue  # Another has just merged into it.
                gone.add(code)
                chosen = dice.choice(kinds)
                action = draw_one(chosen, code, free, day, gone, dice=dice, calendar=krx())
                actions.append(action)
                if action.day in window.rows:
                    events.append(Event(action.day, code, kind))
    return Season(window, tuple(events), tuple(actions))


def _times(expected: float, dice: Random) -> int:
    """Draw how often something happens that is expected so often."""
    return int(expected) + (dice.random() < expected % 1)


def casts(season: Season, dice: Random) -> list[Season]:
    """Part a season's names into accounts: every name to which something happens is in one."""
    eventful = sorted({event.code for event in season.events})
    plain = sorted(set(season.codes) - set(eventful))
    dice.shuffle(eventful)
    parts = [eventful[n : n + EVENTFUL] for n in range(0, len(eventful), EVENTFUL)] or [[]]
    return [season.of([*part, *_some(plain, PLAIN, dice)]) for part in parts]


def further(season: Season, dice: Random) -> Season:
    """Return one account of a month of daily bars: all that was put in, of the rest a sample."""
    acted = {code for one in season.actions for code in (one.code, one.into) if code}
    eventful = sorted({event.code for event in season.events} - acted)
    plain = sorted(set(season.codes) - set(eventful) - acted)
    return season.of([*acted, *_some(eventful, EVENTFUL, dice), *_some(plain, PLAIN, dice)])


def _some(codes: Sequence[str], most: int, dice: Random) -> list[str]:
    return dice.sample(codes, min(most, len(codes)))


@dataclass(frozen=True, slots=True)
class Folder:
    """A data folder: the files of the exchange's lists, and the months of daily bars.

    Args:
        path: the folder.
        seed: of what is put into the daily bars.
    """

    path: Path
    seed: int

    @property
    def files(self) -> list[Path]:
        """The windows of the exchange's lists."""
        return sorted((self.path / OFFICIAL).glob("*.parquet"))

    @property
    def months(self) -> list[date]:
        """The months of which there are daily bars."""
        years = [file.stem[-4:] for file in sorted((self.path / DAILY).glob("*.parquet"))]
        return [
            date(int(year), month, 1) for year in years if year.isdigit() for month in range(1, 13)
        ]

"""Lives through seasons of real days, one account for each part of their names."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, cycle, islice, zip_longest
from pathlib import Path
from random import Random

from maemae.exchange.actions import ActedSource
from maemae.market.calendar import krx
from maemae.proof.hazards import Hazard
from maemae.proof.history.happenings import Happening
from maemae.proof.history.market import WindowSource
from maemae.proof.history.met import Met
from maemae.proof.history.players import Players, owned, rules
from maemae.proof.history.seasons import (
    DAILY,
    SPAN,
    Folder,
    Season,
    casts,
    daily,
    further,
    official,
    rates,
)
from maemae.proof.many import end, ignore_interrupts
from maemae.proof.simulate import Outcome, Plan, Stage, World, listing_of, play

TROUBLE = {
    Hazard.REPLY_LOST: 0.02,
    Hazard.NOTICE_DROPPED: 0.02,
    Hazard.NO_ANSWER: 0.05,
    Hazard.STREAM_GAP: 0.05,
    Hazard.CRASH: 0.02,
}
"""What goes wrong besides, a little of everything: the days themselves are the matter."""

LEAST = 2
"""Days that can hold anything across a night."""


@dataclass(frozen=True, slots=True)
class Life:
    """An account that is to live through a season, from a seed of its own."""

    seed: int
    season: Season
    hours: float

    @property
    def name(self) -> str:
        """Say which it is."""
        return f"{self.season.window.name} #{self.seed}"


@dataclass(slots=True)
class Lived:
    """What an account came to."""

    name: str
    days: int
    outcome: Outcome
    met: Met


@dataclass(slots=True)
class History:
    """What all accounts came to."""

    lives: list[Lived] = field(default_factory=list)
    met: Met = field(default_factory=Met)
    cut_off: bool = False

    def add(self, one: Lived) -> None:
        """Add what an account came to."""
        self.lives.append(one)
        self.met.update(one.met)

    def total(self, name: str) -> int:
        """Add up a number of all accounts."""
        return sum(int(getattr(one.outcome, name)) for one in self.lives)

    def records(self, tag: str) -> int:
        """Count facts of a kind."""
        return sum(one.outcome.records[tag] for one in self.lives)

    @property
    def broken(self) -> list[Lived]:
        """The accounts of which something must not have happened."""
        return [one for one in self.lives if one.outcome.violation]


def live(life: Life) -> Lived:
    """Let an account live through its season."""
    season, window = life.season, life.season.window
    outcome = Outcome(life.seed, listing_of(life.seed))
    players = Players(season, Random(f"players {window.name} {life.seed}"))
    source = WindowSource(window, season.codes)
    stage = Stage(
        rules=rules(),
        calendar=krx(),
        days=window.days,
        source=ActedSource(source, season.actions, krx()),
        owned=owned(season),
        told=players.begin,
    )
    plan = Plan(hours=life.hours, rates=TROUBLE)
    play(World(life.seed, plan, outcome, stage), outcome)
    return Lived(life.name, len(window.days), outcome, players.met)


def everything(folder: Folder, hours: float) -> Iterator[Life]:
    """Yield all accounts of a folder: each name to which something happened is in one of them.

    Raises:
        DataError: a file cannot be used.
    """
    seasons = [official(file) for file in folder.files]
    often, seed = rates(seasons), folder.seed
    for season in seasons:
        for part in casts(season, Random(f"casts {season.window.name} {folder.seed}")):
            yield Life(seed, part, hours)
            seed += 1
    for month in folder.months:
        some = _month(folder, month, often, Random(f"casts {month} {folder.seed}"))
        if some is not None:
            yield Life(seed, some, hours)
            seed += 1


def sample(folder: Folder, hours: float, days: int) -> Iterator[Life]:
    """Yield accounts that live through so many days in all, drawn by the seed.

    Raises:
        DataError: a file cannot be used.
    """
    dice, seed = Random(f"sample {folder.seed}"), folder.seed
    files, months = list(folder.files), list(folder.months)
    dice.shuffle(files)
    dice.shuffle(months)
    part: Season | None
    turns = zip_longest(cycle(files), cycle(months) if months else ())
    for place in chain.from_iterable(turns):
        if isinstance(place, Path):
            season = official(place)
            often = rates([season])
            part = dice.choice(casts(season, dice))
        else:
            part = _month(folder, place, often, dice)
        if part is not None:
            some = _some_days(part, min(days, SPAN), dice)
            yield Life(seed, some, hours)
            seed, days = seed + 1, days - len(some.window.days)
        if days < LEAST:
            return


def _month(
    folder: Folder, month: date | None, often: Mapping[Happening, float], dice: Random
) -> Season | None:
    """Return an account's part of a month of daily bars; None where there are none."""
    if month is None:
        return None
    season = daily(folder.path / DAILY, month, often, folder.seed)
    return further(season, dice) if season.window.days else None


def _some_days(season: Season, count: int, dice: Random) -> Season:
    """Return so many days of a season in a row."""
    days = season.window.days
    first = dice.randint(0, max(0, len(days) - count))
    return season.of(season.codes, slice(first, first + count))


def live_all(lives: Iterable[Life], workers: int, told: Callable[[Lived], None]) -> History:
    """Live through all of them, several at once; `told` hears of each, in their order.

    An interrupt (Ctrl-C) ends it with what was done by then: `History.cut_off`.
    """
    history, coming = History(), iter(lives)
    with ProcessPoolExecutor(workers, initializer=ignore_interrupts) as pool:
        running: deque[Future[Lived]] = deque()
        try:
            running += [pool.submit(live, one) for one in islice(coming, 2 * workers)]
            while running:
                lived = running.popleft().result()
                history.add(lived)
                told(lived)
                running += [pool.submit(live, one) for one in islice(coming, 1)]
        except KeyboardInterrupt:
            history.cut_off = True
            end(pool)
    return history

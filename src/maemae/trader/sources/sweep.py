"""Whether a look at many names can be in time: reckoned before, and measured while it lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from maemae.desk import events as ev
from maemae.kis.quotes import PER_CALL
from maemae.trader.hands import streamed
from maemae.trader.sources.source import Means, Put

LATE, IN_TIME = "look_late", "look_in_time"
"""The kinds of what is said."""

CALM = 3
"""Looks in a row that have to be in time before it is said that they are again."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A look at minute bars: what has no place on the stream is asked of the charts.

    Args:
        names: looked at.
        places: on the stream, if nobody else takes them.
        rate: calls in a second.
    """

    names: int
    places: int
    rate: float

    @property
    def calls(self) -> int:
        """Calls where every name has traded: multi-quotes, and a chart for each name."""
        return self._calls(self.names - self.places)

    @property
    def seconds(self) -> float:
        """So long they take at least, whatever the line."""
        return self.calls / self.rate

    def most(self, seconds: float) -> int:
        """Return how many names are looked at in so many seconds."""
        beyond = int(seconds * self.rate) * PER_CALL // (PER_CALL + 1)
        while beyond and self._calls(beyond) > seconds * self.rate:
            beyond -= 1
        return self.places + beyond

    @staticmethod
    def _calls(beyond: int) -> int:
        return ceil(beyond / PER_CALL) + beyond if beyond > 0 else 0


def sweep_of(names: int, means: Means) -> Sweep:
    """Return the look at so many names with what the server of the data bears."""
    return Sweep(names, streamed(means.data), means.data.server.limits.calls_per_second)


class Lateness:
    """Measures how old decisions are, and says when they come too late, and when they do not.

    Args:
        book: whose they are.
        bar: how long a bar is.
        entry_for: how long after the end of its bar an entry may be ordered.
        means: the clock.
    """

    def __init__(self, book: str, bar: timedelta, entry_for: timedelta, means: Means) -> None:
        self._book = book
        self._bar = bar
        self._entry_for = entry_for
        self._means = means
        self._end: datetime | None = None
        self._passed = False
        self._late = False
        self._in_time = 0

    def begin(self, end: datetime) -> None:
        """Note that the bar that ended then is being looked at."""
        self._end = end

    def asked(self, names: int, put: Put | None) -> None:
        """Note that the desk asks while a look is not over yet."""
        if self._end is not None:
            now = self._means.clock.now()
            self._passed = self._passed or now - self._end >= self._bar
            if now - self._end > self._entry_for:
                self._say(now - self._end, names, put)

    def looked(self, names: int, put: Put | None) -> None:
        """Note that a look is over and its decision stands."""
        if self._end is None:
            return
        age, self._end = self._means.clock.now() - self._end, None
        passed, self._passed = self._passed, False
        if passed or age > self._entry_for:
            self._say(age, names, put)
            return
        self._in_time += 1
        if self._late and self._in_time >= CALM:
            self._late = False
            self._report(IN_TIME, age, names, put)

    def _say(self, age: timedelta, names: int, put: Put | None) -> None:
        self._in_time = 0
        if not self._late:
            self._late = True
            self._report(LATE, age, names, put)

    def _report(self, kind: str, age: timedelta, names: int, put: Put | None) -> None:
        if put is not None:
            detail = said(self._book, age, names, self._bar, self._entry_for)
            put(ev.Reported(at=self._means.clock.now(), kind=kind, detail=detail))


def said(book: str, age: timedelta, names: int, bar: timedelta, entry_for: timedelta) -> str:
    """Return what a look needs, of how many names, and what it has, as data.

    `service.incident_details` puts it for people.
    """
    seconds = (age.total_seconds(), bar.total_seconds(), entry_for.total_seconds())
    needs, has, orders = (f"{ceil(one)}" for one in seconds)
    return f"{book}: {needs} s / {has} s / {orders} s x {names}"

"""How soon what was certainly not executed, or not answered, is tried again.

The request budget of the wire lets exits go first and spreads what comes at once; these pauses
keep a broker that goes on saying no from being asked without end.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from maemae.market.refusals import PASSING, RefusalKind

Key = tuple[str, str]
"""A book and a code."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait that doubles each time, up to the longest."""

    first: timedelta
    longest: timedelta

    def after(self, times: int) -> timedelta:
        """Return how long to wait after so many times, one at least."""
        return min(self.first * (1 << min(times - 1, 10)), self.longest)


REFUSED = Pause(timedelta(seconds=5), timedelta(minutes=5))
"""After a real no."""

PAUSES: Mapping[RefusalKind, Pause] = {
    RefusalKind.THROTTLED: Pause(timedelta(seconds=0.5), timedelta(seconds=2)),
    RefusalKind.TOKEN: Pause(timedelta(seconds=0.5), timedelta(seconds=10)),
    RefusalKind.UNSENT: Pause(timedelta(seconds=0.5), timedelta(seconds=10)),
    RefusalKind.SESSION: Pause(timedelta(seconds=5), timedelta(seconds=30)),
    RefusalKind.HALTED: Pause(timedelta(seconds=5), timedelta(seconds=30)),
}
"""After the refusals that pass; any other kind waits as `REFUSED`."""

UNANSWERED = Pause(timedelta(seconds=1), timedelta(seconds=15))
"""After a question that was not answered."""

LESS = 9
"""Tenths of an entry refused for money that are tried next."""


class Questions:
    """How often each question, by its name, was not answered in a row."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()

    def unanswered(self, question: str) -> timedelta:
        """Note that there was no answer; return how soon it is asked again."""
        self._times[question] += 1
        return UNANSWERED.after(self._times[question])

    def answered(self, question: str) -> None:
        """Note an answer."""
        self._times.pop(question, None)


class SecondTries:
    """Which names of the books' offers may be tried again, and from when."""

    def __init__(self) -> None:
        self._times: Counter[tuple[Key, str]] = Counter()
        self._from: dict[Key, datetime] = {}
        self._most: dict[Key, int] = {}
        self._barred: set[str] = set()

    def waits(self, key: Key, at: datetime) -> bool:
        """Whether a name is not to be tried now."""
        return key[1] in self._barred or at < self._from.get(key, at)

    def most(self, key: Key, quantity: int) -> int:
        """Return so many shares, or as many as may be tried after money fell short for more."""
        return min(quantity, self._most.get(key, quantity))

    def refused(self, key: Key, kind: RefusalKind, quantity: int, at: datetime) -> datetime | None:
        """Note a refusal of so many shares; return from when the name is tried again, if it is."""
        self._times[key, kind] += 1
        if kind is RefusalKind.UNKNOWN_CODE:
            self._barred.add(key[1])
        if kind is RefusalKind.CASH and self._times[key, kind] == 1:
            # The broker is asked again what there is; it may still refuse what it says.
            self._most[key] = quantity * LESS // 10
            return self._pause(key, at, timedelta(0))
        if kind in PASSING or kind is RefusalKind.SESSION:
            return self._pause(key, at, PAUSES[kind].after(self._times[key, kind]))
        return None

    def unanswered(self, key: Key, at: datetime) -> datetime:
        """Note a question about a name that was not answered; return when it is asked again."""
        self._times[key, ""] += 1
        return self._pause(key, at, UNANSWERED.after(self._times[key, ""]))

    def done(self, key: Key) -> None:
        """Forget what went wrong with a name: its order was sent and taken."""
        self._forget({key})

    def offered(self, book: str) -> None:
        """Begin anew with a book's names; one that the broker does not know stays out."""
        self._forget({key for key, _ in self._times if key[0] == book})

    def _forget(self, keys: set[Key]) -> None:
        for counted in [one for one in self._times if one[0] in keys]:
            del self._times[counted]
        for key in keys:
            self._from.pop(key, None)
            self._most.pop(key, None)

    def _pause(self, key: Key, at: datetime, pause: timedelta) -> datetime:
        self._from[key] = at + pause
        return self._from[key]

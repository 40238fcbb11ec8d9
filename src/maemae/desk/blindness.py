"""What is asked for and not had: said once when it has lasted, and once when it is over.

The facts are `Blinded` and `SeenAgain`; what cannot be seen right now is `State.unseen`, their
fold. Names are grouped: a hundred quotes that fail are one line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maemae.desk.commands import Ask, Wake
from maemae.desk.events import (
    Balance,
    BuyingPower,
    Candidates,
    Event,
    Executions,
    Price,
    Sighted,
    Started,
    StreamChanged,
    Unavailable,
)
from maemae.desk.quoting import ANSWER
from maemae.desk.records import Blinded, SeenAgain
from maemae.desk.sights import Sight
from maemae.desk.state import State
from maemae.desk.turn import Turn

SIGHT = "sight"
"""The name of the timer at which what is not seen may have to be said."""

SAY_AFTER = timedelta(seconds=30)
"""So long is an answer waited for, and asked for again, before it is said that there is none."""

ASKED_AGAIN = timedelta(seconds=10)
"""A single question that failed is none that is still asked."""

WANTED_FOR = timedelta(seconds=75)
"""What is not asked for any more for so long is no longer wanted."""

Group = tuple[Sight, str]
"""What is said together: a kind, and the book that it is for where it is for one."""

OF_BOOKS = (Sight.SEARCH, Sight.QUOTES)

ASKED_BY_DESK = frozenset({Sight.SEARCH, Sight.POWER, Sight.PRICE, Sight.BALANCE, Sight.EXECUTIONS})


@dataclass(slots=True)
class _Missing:
    since: datetime
    """When that which has not been answered was first asked for."""
    asked: datetime
    """When it was last asked for, or not answered."""
    keys: dict[str, None] = field(default_factory=dict)
    reason: str = ""
    said: bool = False


class Blindness:
    """Follows every question to its answer. Time is that of the events alone.

    Args:
        pace: venue seconds per real second.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self._said_after = max(SAY_AFTER, ANSWER * pace)
        self._missing: dict[Group, _Missing] = {}

    def heed(self, turn: Turn, event: Event) -> None:
        """Take in what a step was about and what it asked for, and say what has to be said."""
        match event:
            case Started():
                self._begin(turn)
            case Unavailable(permanent=True):
                self._over(turn, _group(Sight(event.query.value), event.key), answered=False)
            case Unavailable():
                self._miss(turn, Sight(event.query.value), event.key, (), event.reason)
            case StreamChanged(up=False):
                self._miss(turn, Sight.STREAM, "", (), event.reason)
            case Sighted() if event.missing:
                self._miss(turn, event.sight, event.key, event.missing, event.reason)
            case _:
                for group in _answered(event):
                    self._over(turn, group)
        self._asked(turn)
        self._say(turn)

    def _begin(self, turn: Turn) -> None:
        """Go on with what was unseen when the program ended; the stream is up by now."""
        self._missing = {
            group: _Missing(since=one.since, asked=turn.at, said=True)
            for group, one in turn.state.unseen.items()
        }
        self._over(turn, (Sight.STREAM, ""))

    def _asked(self, turn: Turn) -> None:
        for command in turn.commands:
            if isinstance(command, Ask):
                group = _group(Sight(command.query.value), command.key)
                known = self._missing.setdefault(group, _Missing(turn.at, turn.at))
                known.asked = turn.at

    def _miss(self, turn: Turn, sight: Sight, key: str, keys: Iterable[str], reason: str) -> None:
        group = _group(sight, key)
        known = self._missing.setdefault(group, _Missing(turn.at, turn.at))
        known.asked, known.reason = turn.at, reason
        known.keys |= dict.fromkeys(keys or ((key,) if key and key != group[1] else ()))
        if not known.said:
            turn.do(Wake(SIGHT, max(turn.at, known.since + self._said_after)))

    def _say(self, turn: Turn) -> None:
        for group, missing in list(self._missing.items()):
            asked = group[0] in ASKED_BY_DESK
            still = not asked or missing.asked - missing.since >= ASKED_AGAIN
            if asked and turn.at - missing.asked > WANTED_FOR:
                self._over(turn, group, answered=False)
            elif not missing.said and still and turn.at - missing.since >= self._said_after:
                missing.said = True
                turn.record(
                    Blinded(
                        at=turn.at,
                        sight=group[0],
                        book=group[1],
                        keys=tuple(missing.keys),
                        since=missing.since,
                        reason=missing.reason,
                    )
                )

    def _over(self, turn: Turn, group: Group, *, answered: bool = True) -> None:
        missing = self._missing.pop(group, None)
        if missing is not None and missing.said:
            turn.record(
                SeenAgain(
                    at=turn.at,
                    sight=group[0],
                    book=group[1],
                    since=missing.since,
                    answered=answered,
                )
            )


def hides(state: State, book: str, *, searches: bool) -> bool:
    """Whether a book may not enter on what is seen: books of the broker, its own search."""
    unseen = state.unseen
    return (Sight.BALANCE, "") in unseen or (searches and (Sight.SEARCH, book) in unseen)


def _group(sight: Sight, key: str) -> Group:
    return sight, key if sight in OF_BOOKS else ""


def _answered(event: Event) -> Iterator[Group]:
    """Yield what an event lets be seen."""
    match event:
        case Balance():
            yield Sight.BALANCE, ""
        case Executions():
            yield Sight.EXECUTIONS, ""
        case BuyingPower():
            yield Sight.POWER, ""
        case Candidates():
            yield Sight.SEARCH, event.book
        case Price(polled=True):
            yield Sight.PRICE, ""
        case StreamChanged():
            yield Sight.STREAM, ""
        case Sighted():
            yield _group(event.sight, event.key)
        case _:
            return

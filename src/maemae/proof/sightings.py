"""Whether what the broker does not answer is said in time, and no longer than it lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from maemae.desk import commands as cmd
from maemae.desk.events import Query
from maemae.desk.state import State
from maemae.errors import InvariantError

SAID_WITHIN = timedelta(seconds=60)
"""Of venue time, from the first question that was not answered on."""

WANTED_FOR = timedelta(seconds=60)
"""What was not asked for so long was not wanted meanwhile."""

OVER_WITHIN = timedelta(seconds=1)
"""From the first answer on."""

Kind = tuple[str, str]
"""A kind of question, and the book of a search."""


@dataclass(slots=True)
class _Seen:
    unanswered: datetime | None = None
    asked: datetime | None = None
    """When it was last asked while it was not answered."""
    answered: datetime | None = None
    waits: int = 0
    """How many questions have neither been answered nor failed yet."""


class Sightings:
    """Follows the questions of one life of the process, on the broker's side."""

    def __init__(self) -> None:
        self._seen: dict[Kind, _Seen] = {}

    def begin_life(self) -> None:
        """Forget the questions of a process that is gone."""
        self._seen.clear()

    @contextmanager
    def waiting(self, ask: cmd.Ask) -> Iterator[None]:
        """Note that a question waits for its answer, for as long as it does."""
        seen = self._seen.setdefault(_kind(ask), _Seen())
        seen.waits += 1
        try:
            yield
        finally:
            seen.waits -= 1

    def failed(self, ask: cmd.Ask, asked: datetime, at: datetime) -> None:
        """Note that a question was not answered, when it was asked and when that was told."""
        seen = self._seen.setdefault(_kind(ask), _Seen())
        if seen.asked is None or asked - seen.asked > WANTED_FOR:
            seen.unanswered = None
        seen.unanswered = seen.unanswered or asked
        seen.asked, seen.answered = at, None

    def answered(self, ask: cmd.Ask, at: datetime) -> None:
        """Note an answer, whatever it says."""
        seen = self._seen.setdefault(_kind(ask), _Seen())
        seen.answered, seen.unanswered = seen.answered or at, None

    def check(self, state: State, at: datetime) -> None:
        """Hold what the facts add up to against it.

        Raises:
            InvariantError: something is not seen and not said, or said and seen.
        """
        said = {(sight.value, book) for sight, book in state.unseen}
        for kind, seen in self._seen.items():
            if kind[1] in state.paused:
                seen.unanswered = None  # It may be off, and then nobody asks for it.
                continue
            if seen.unanswered is not None and seen.asked is not None:
                lasts, wanted = seen.asked - seen.unanswered, at - seen.asked <= WANTED_FOR
                if kind not in said and lasts > SAID_WITHIN and wanted:
                    said_nothing = f"not answered since {seen.unanswered}, and nothing says so"
                    raise InvariantError(f"{kind} is {said_nothing}")
                continue
            over = seen.answered is not None and at - seen.answered > OVER_WITHIN
            # One that hangs is not seen either, whatever the one before it has told.
            if over and kind in said and not seen.waits:
                raise InvariantError(f"{kind} is said to be unseen, answered {seen.answered}")


def _kind(ask: cmd.Ask) -> Kind:
    return ask.query.value, ask.key if ask.query is Query.SEARCH else ""

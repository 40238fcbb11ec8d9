"""What looks on beside trading can do it no harm."""

from collections.abc import Callable
from typing import Protocol

from maemae.desk.events import Event
from maemae.desk.turn import Turn


class Onlooker(Protocol):
    """Told of every event and what came of it."""

    def __call__(self, event: Event, turn: Turn) -> None:
        """Take in an event and what came of it."""

    def close(self) -> None:
        """End."""


class Guarded:
    """An onlooker whose errors end it alone: the first switches it off and is reported.

    Its step is between the facts that are durable and the commands that follow from them.

    Args:
        onlooker: the one that looks on.
        report: takes the error.
    """

    def __init__(self, onlooker: Onlooker, report: Callable[[Exception], None]) -> None:
        self.onlooker = onlooker
        self._report = report
        self._off = False

    def __call__(self, event: Event, turn: Turn) -> None:
        """Take in an event and what came of it."""
        self.guard(lambda: self.onlooker(event, turn))

    def close(self) -> None:
        """End."""
        self.guard(self.onlooker.close)

    def guard(self, do: Callable[[], None]) -> None:
        """Do something, unless the onlooker is off; what it raises switches it off."""
        if self._off:
            return
        try:
            do()
        except Exception as error:  # noqa: BLE001 - trading goes on whatever looks on
            self._off = True
            self._report(error)

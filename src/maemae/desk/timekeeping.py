"""Our clock held against the broker's.

A wrong clock would look for unknown orders in the wrong minutes, sell at the wrong time of day
and take old prices for new ones.
"""

from datetime import timedelta

from maemae.desk.events import ClockCompared
from maemae.desk.guard import Limits
from maemae.desk.records import Halt, Halted, Incident
from maemae.desk.turn import Turn

HALTING = "clock"
"""The reason of a halt because of the clock."""


class Timekeeper:
    """Says once that the clock is wrong, and again when it was right in between.

    Args:
        limits: how far the clock may be off.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._wrong = False

    def compared(self, turn: Turn, event: ClockCompared) -> None:
        """Report a clock that is off, and halt entries when it is far off."""
        off = abs(event.ahead)
        if off > self._limits.clock_off and not self._wrong:
            turn.record(Incident(at=turn.at, kind="clock", detail=_said(event.ahead)))
        self._wrong = off > self._limits.clock_off
        if off > self._limits.clock_halt and turn.state.halt is Halt.NONE:
            turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=HALTING))


def _said(ahead: timedelta) -> str:
    return f"{ahead.total_seconds():+.1f} s"

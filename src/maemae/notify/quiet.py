"""Hours in which the owner sleeps."""

from dataclasses import dataclass
from datetime import datetime, time

from maemae.clock import KST


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` up to `end`, Korean time, over midnight where `end` is the earlier one."""

    start: time
    end: time

    def __contains__(self, at: datetime) -> bool:
        now = at.astimezone(KST).time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end

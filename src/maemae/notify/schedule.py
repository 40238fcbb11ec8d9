"""When something is due by itself, in venue time: the venue's clock is never waited on."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

SAMPLE = timedelta(minutes=1)
"""Between two points of the day's equity curve."""


@dataclass(slots=True)
class Schedule:
    """Says what is due as venue time goes by.

    Args:
        every: between two summaries.
    """

    every: timedelta
    _sample: datetime | None = field(default=None)
    _summary: datetime | None = field(default=None)

    def due(self, at: datetime) -> bool:
        """Whether anything is."""
        return self._sample is None or at >= self._sample or self._summary_due(at)

    def take(self, at: datetime) -> tuple[bool, bool]:
        """Return whether a sample and whether a summary are due, and set the next ones."""
        sample = self._sample is None or at >= self._sample
        if sample:
            self._sample = at + SAMPLE
        if self._summary is None:
            self._summary = at + self.every
        summary = self._summary_due(at)
        if summary:
            self._summary = at + self.every
        return sample, summary

    def _summary_due(self, at: datetime) -> bool:
        return self._summary is not None and at >= self._summary

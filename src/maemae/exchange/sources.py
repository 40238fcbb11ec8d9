"""Where the simulated days come from: recorded bars, or the made-up market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from maemae.bars.aside import Aside
from maemae.exchange.extremes import Spans, extremes_from_bars
from maemae.exchange.listing import DayBar, Listing, history_from_bars, listings_from_bars
from maemae.exchange.synthetic import SyntheticHistory
from maemae.market.calendar import Calendar


class MarketSource(Protocol):
    """Where the days come from."""

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments of a trading day.

        Raises:
            DataError: nothing is known of that day.
        """
        ...

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return an instrument's daily bars before a day, the oldest first."""
        ...

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of instruments in stretches of days that end before a day."""
        ...


@dataclass(frozen=True, slots=True)
class BarSource:
    """Days of recorded bars: a file or a folder of them.

    Args:
        path: Parquet or CSV.
        aside: collects the rows that cannot be true; without it they are refused.
    """

    path: Path
    aside: Aside | None = None
    _read: dict[str, list[DayBar]] = field(default_factory=dict, compare=False, repr=False)

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments that traded on a day."""
        return listings_from_bars(self.path, day, self.aside)

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return what the bars know of an instrument before a day."""
        if code not in self._read:
            self._read[code] = history_from_bars(self.path, code, date.max, self.aside)
        return [bar for bar in self._read[code] if bar.day < before]

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return what the bars know of the days before a day."""
        return extremes_from_bars(self.path, starts, before, self.aside)


class SyntheticSource:
    """Days of the made-up market."""

    def __init__(self, seed: int, calendar: Calendar, first: date) -> None:
        self._history = SyntheticHistory(seed, calendar, first)

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments of a day."""
        return self._history.bars(day)

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return the made-up days before a day."""
        return self._history.history(code, before)

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of the made-up days before a day."""
        return self._history.extremes(starts, before)

"""Levels whose breakout is bought: where they come from."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from maemae.desk.records import Listed
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.limits import base_price
from maemae.market.ticks import ceil_to_tick
from maemae.reading import LISTS, brief, csv_rows, read_text
from maemae.strategy.signals import Signals, signals
from maemae.trader.sources.daily_bars import DailyBars
from maemae.trader.sources.decisions import Mandate, leaving


@dataclass(frozen=True, slots=True)
class Level:
    """Where a name breaks out: at a price in won, or so many won above its open.

    `close` is the last close, where the level was found on bars: on the day of a corporate action
    (the base price is not the one that follows from it) such a level means nothing.
    """

    price: int | None = None
    above_open: float = 0.0
    close: int | None = None

    def holds(self, base: int | None, listed: Listed, today: date) -> bool:
        """Whether the day's base price follows from the close that the level belongs to."""
        if self.close is None or base is None:
            return True
        return base in (self.close, base_price(self.close, today, listed.market, listed.kind))

    def reached_at(self, opened: int, listed: Listed, today: date) -> int:
        """Return the first price of the grid that lies at the level or above it."""
        won = opened + int(np.ceil(max(self.above_open, 0.0))) if self.price is None else self.price
        return ceil_to_tick(won, today, listed.market, listed.kind)


@dataclass(frozen=True, slots=True)
class Found:
    """Levels by code, the most wanted first, and what the same look wants sold.

    `missing` are the names whose bars could not be had.
    """

    levels: Mapping[str, Level]
    sells: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Levels(Protocol):
    """Finds the levels of a day."""

    async def find(self, listed: Mapping[str, Listed], held: frozenset[str]) -> Found:
        """Return the levels of those of the names that have one.

        Raises:
            DataError: a file cannot be used.
            RuleError: a strategy asks for what the bars do not have.
        """
        ...


class StrategyLevels:
    """A strategy's breakouts, decided on the last session's bar.

    Args:
        mandate: the strategy, whose order says how far above the open it buys.
        bars: daily bars.
    """

    def __init__(self, mandate: Mandate, bars: DailyBars) -> None:
        self._strategy = mandate.strategy
        self._bars = bars

    async def find(self, listed: Mapping[str, Listed], held: frozenset[str]) -> Found:
        """Evaluate the strategy over all sessions before today."""
        await self._bars.load(listed)
        bars, missing = self._bars.finished(listed), self._bars.missing(listed)
        if bars is None:
            return Found({}, missing=missing)
        found = await asyncio.to_thread(signals, self._strategy, bars)
        events = found.entries()
        last = len(bars.times) - 1
        rows = events.row[events.time == last]
        closes = bars.fields["close"][:, last]
        levels = {
            bars.codes[row]: Level(above_open=_above(found, row, last), close=round(closes[row]))
            for row in rows
        }
        kept = {code: one for code, one in levels.items() if not np.isnan(one.above_open)}
        return Found(kept, leaving(found, dict.fromkeys(held, bars.times[last])), missing)


class BarLevels:
    """The last session's high, or the open plus a part of the last session's range.

    Args:
        kind: which of them.
        part: of the range.
        bars: daily bars.
    """

    def __init__(
        self, kind: Literal["previous_high", "open_range"], part: float, bars: DailyBars
    ) -> None:
        self._kind = kind
        self._part = part
        self._bars = bars

    async def find(self, listed: Mapping[str, Listed], held: frozenset[str]) -> Found:
        """Look at the last session of each name."""
        del held
        await self._bars.load(listed)
        bars = self._bars.finished(listed)
        if bars is None:
            return Found({}, missing=tuple(listed))
        high, low, close = (bars.fields[name][:, -1] for name in ("high", "low", "close"))
        levels = {}
        for code in listed:
            row = bars.row_of.get(code)
            if row is None or np.isnan(high[row]):
                continue
            if self._kind == "previous_high":
                levels[code] = Level(round(high[row]) + 1, close=round(close[row]))
            else:
                above = self._part * float(high[row] - low[row])
                levels[code] = Level(above_open=above, close=round(close[row]))
        return Found(levels, missing=tuple(code for code in listed if code not in levels))


class FileLevels:
    """Levels in won that were written down by code.

    Args:
        levels: as `read_levels` returns them.
    """

    def __init__(self, levels: Mapping[str, int]) -> None:
        self._levels = levels

    async def find(self, listed: Mapping[str, Listed], held: frozenset[str]) -> Found:
        """Return those of the names that have one."""
        del held
        return Found({code: Level(self._levels[code]) for code in listed if code in self._levels})


def read_levels(path: Path) -> dict[str, int]:
    """Read levels in won by code from a CSV with the columns `code` and `level`.

    Raises:
        DataError: the file cannot be read, or a row of it cannot be used; names file and row.
    """
    rows = csv_rows(read_text(path, LISTS), str(path))
    heading = [cell.strip().lower() for cell in rows[0]] if rows else []
    if not {"code", "level"} <= set(heading):
        raise DataError(
            _("{path}: its first row must name the columns code and level").format(path=path)
        )
    levels = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = dict(zip(heading, row, strict=False))
        code, level = cells.get("code", "").strip(), cells.get("level", "").strip()
        if not row:
            continue
        if len(code) != 6 or not _WON.fullmatch(level):  # noqa: PLR2004
            raise DataError(
                _(
                    "{path} row {number}: wants a code of six characters and a level in "
                    "whole won, not {code} and {level}"
                ).format(path=path, number=number, code=brief(code), level=brief(level))
            )
        levels[code] = int(level)
    return levels


_WON = re.compile(r"0*[1-9][0-9]{0,11}")


def _above(found: Signals, row: int, column: int) -> float:
    """Return how far above the next open the entry of a bar is bought."""
    if found.above_open is None:
        return 0.0
    offsets = found.packed.offsets
    mine = found.packed.columns[offsets[row] : offsets[row + 1]]
    return float(found.above_open[offsets[row] + int(np.searchsorted(mine, column))])

"""The sectors of a panel's instruments, for rules such as `sector.is_in("반도체")`.

Bars do not tell sectors: they come from the day's master files (종목마스터), or a file of one's
own. So those of past bars are today's, which favours what has done well; backtests say so.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from maemae.bars.panel import SEVERAL, Fact, Panel
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.instruments import Instrument
from maemae.reading import LISTS, csv_rows, read_text

Sectors = Mapping[str, Collection[str]]
"""By code, all sectors that a name belongs to."""


def sectors_of(instruments: Iterable[Instrument]) -> Sectors:
    """Return what the master files tell."""
    return {one.code: one.sectors for one in instruments if one.sectors}


def with_sectors(panel: Panel, sectors: Sectors) -> Panel:
    """Return a panel that rules can ask for sectors; the same where nothing is to be added."""
    if not sectors or "sector" in panel.facts:
        return panel
    words = [SEVERAL.join(sorted(sectors.get(code, ()))) for code in panel.codes]
    labels = tuple(sorted(set(words)))
    numbers = {word: number for number, word in enumerate(labels)}
    codes = np.array([numbers[word] for word in words], np.int16).reshape(-1, 1)
    return replace(panel, facts={**panel.facts, "sector": Fact(codes, labels)})


def read_sectors(path: Path) -> Sectors:
    """Read a CSV with the columns code and sector; a name with several has several rows.

    Raises:
        DataError: it cannot be read, or lacks a column.
    """
    rows = csv_rows(read_text(path, LISTS), str(path))
    heading = [cell.strip().lower() for cell in rows[0]] if rows else []
    if not {"code", "sector"} <= set(heading):
        raise DataError(
            _("{path}: a file of sectors has the columns code and sector").format(path=path)
        )
    at, word = heading.index("code"), heading.index("sector")
    found: dict[str, set[str]] = {}
    for row in rows[1:]:
        if len(row) > max(at, word) and row[word].strip():
            found.setdefault(row[at].strip().upper(), set()).add(row[word].strip())
    return found

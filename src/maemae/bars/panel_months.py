"""What a panel of minute bars still knows of the months of a store that have not changed.

A store keeps its minutes by month. Of a month whose files are those of before, the panel of before
has the bars, joined and judged; only the others need be read. What comes of it is the panel that
all files would make.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from maemae.bars.blocks import ROWS, Block
from maemae.bars.panel import REQUIRED, Panel

_FOLDER = "month="
_MARKET = "market"


def made_of(files: Sequence[Path]) -> dict[str, Any]:
    """Return what says whether the months of a store have changed; nothing of other files."""
    found: dict[str, list[list[Any]]] = {}
    for file in sorted(files):
        month = _month(file)
        if not month:
            return {}
        stat = file.stat()
        place = f"{file.parent.parent.name}/{file.name}"
        found.setdefault(month, []).append([place, stat.st_size, stat.st_mtime_ns])
    digests = {
        month: blake2b(repr(parts).encode(), digest_size=8).hexdigest()
        for month, parts in found.items()
    }
    return {"months": digests}


def unchanged(made: Mapping[str, Any], index: Mapping[str, Any]) -> frozenset[str]:
    """Return the months that a kept panel has as the files have them.

    Args:
        made: what the panel is to be made of.
        index: of the panel of before; one whose rows were set aside in part is of no use, for it
            does not say of which months they were.
    """
    before: Mapping[str, Any] = index.get("made") or {}
    aside: Mapping[str, Any] = index.get("aside") or {}
    if before.get("version") != made["version"] or any(aside.values()):
        return frozenset()
    kept = before.get("months") or {}
    return frozenset(
        month for month, digest in made.get("months", {}).items() if kept.get(month) == digest
    )


def to_read(files: Sequence[Path], made: Mapping[str, Any], same: frozenset[str]) -> Sequence[Path]:
    """Return the files that must be read; a month that came meanwhile is left to the next time."""
    if not same:
        return files
    changed = made["months"].keys() - same
    return [file for file in files if _month(file) in changed]


class OldMonths:
    """The bars of some months of a panel.

    Args:
        panel: mapped; its instruments are in the order of their codes.
        same: the months, as 2026-11.
    """

    def __init__(self, panel: Panel, same: frozenset[str]) -> None:
        self._panel = panel
        months = np.array(sorted(same), dtype="datetime64[M]")
        self._wanted: NDArray[np.bool_] = np.isin(panel.times.astype("datetime64[M]"), months)

    def rows(self) -> pl.DataFrame:
        """How many bars each instrument has, columns of `blocks.ROWS`; more than are wanted."""
        counts = np.diff(self._panel.packed.offsets)
        return pl.DataFrame({"code": self._panel.codes, "rows": counts}, schema=ROWS)

    def joined(self, bars: pl.DataFrame, block: Block) -> pl.DataFrame:
        """Return new bars and the old ones of the same instruments.

        Args:
            bars: of other months, as `lengthened` has them.
            block: the instruments.
        """
        return pl.concat([self._of(block), bars], how="diagonal")

    def _of(self, block: Block) -> pl.DataFrame:
        panel, packed = self._panel, self._panel.packed
        first = 0 if block.after is None else bisect_right(panel.codes, block.after)
        last = len(panel.codes) if block.upto is None else bisect_right(panel.codes, block.upto)
        start, stop = int(packed.offsets[first]), int(packed.offsets[last])
        columns = packed.columns[start:stop]
        wanted = self._wanted[columns]
        counts = np.diff(packed.offsets[first : last + 1])
        at, row = columns[wanted], np.repeat(np.arange(first, last), counts)[wanted]
        found = {
            "ts": pl.Series(panel.times[at].astype("datetime64[us]")),
            "code": pl.Series(panel.codes, dtype=pl.String).gather(row),
        }
        for name in REQUIRED:
            found[name] = pl.Series(packed.field(name)[start:stop][wanted]).cast(pl.Int64)
        if _MARKET in panel.facts:
            fact = panel.facts[_MARKET]
            steady = fact.codes.shape[1] == 1
            words = pl.Series([word or None for word in fact.labels], dtype=pl.String)
            found[_MARKET] = words.gather(fact.codes[row, 0 if steady else at])
        return pl.DataFrame(found)


def _month(file: Path) -> str:
    """Return the month of a store's file; blank of other files."""
    name = file.parent.name
    return name.removeprefix(_FOLDER) if name.startswith(_FOLDER) else ""

"""Work by ranges of codes, so that its memory does not grow with what there is to do.

Whatever is done to bars is done code by code, so a range of codes gives what all would give of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

GIGABYTES = 4
"""Memory that work on bars may take where nobody says otherwise."""
_GIGABYTE = 2**30
_APART = _GIGABYTE // 2
"""What the process itself and its libraries take."""
_BYTES = 800
"""Of memory that a minute is allowed while it is judged, sorted and written: twice what it takes,
for what is freed is not given back at once."""
DAILY = 2
"""How many times the memory of a minute a daily bar is allowed: more is said and checked of it."""
_FEWEST = 100_000
ROWS: dict[str, pl.DataType] = {"code": pl.String(), "rows": pl.Int64()}
"""Columns of a table of codes and how many rows each has."""


@dataclass(frozen=True, slots=True)
class Block:
    """The codes after one and up to another, both ends open where None.

    Rows without a code belong to the block without a beginning.
    """

    after: str | None = None
    upto: str | None = None

    def holds(self) -> pl.Expr:
        """Return whether a row is in the block; of a column `code` of text."""
        code = pl.col("code")
        later = pl.lit(value=True) if self.after is None else code > self.after
        inside = later if self.upto is None else later & (code <= self.upto)
        return inside | code.is_null() if self.after is None else inside

    def rows_of(self, counts: Iterable[tuple[str, int]]) -> int:
        """Return how many rows of codes and their rows are in it."""
        after, upto = self.after, self.upto
        return sum(
            rows
            for code, rows in counts
            if (after is None or code > after) and (upto is None or code <= upto)
        )


WHOLE = Block()


def rows_within(gigabytes: float, times: int = 1) -> int:
    """Return how many rows are worked on at once: minutes, or what takes so many times as much."""
    return max(_FEWEST, int((gigabytes * _GIGABYTE - _APART) / (_BYTES * times)))


def blocks_of(counts: Iterable[tuple[str, int]], most: int) -> list[Block]:
    """Cut codes into blocks of so many rows at most; a code is never cut.

    Args:
        counts: code and rows, in the order of the codes.
        most: rows of a block; one code that has more is a block of its own.

    Returns:
        Blocks that follow each other and hold every code there is; one at least.
    """
    ends: list[str] = []
    rows, last = 0, None
    for code, count in counts:
        if last is not None and rows + count > most:
            ends.append(last)
            rows = 0
        rows, last = rows + count, code
    starts: Sequence[str | None] = [None, *ends]
    return [Block(*ends_of) for ends_of in zip(starts, [*ends, None], strict=True)]


def counted(tables: Iterable[pl.DataFrame]) -> list[tuple[str, int]]:
    """Add up tables of `code` and `rows`, in the order of the codes."""
    joined = pl.concat([pl.DataFrame(schema=ROWS), *tables])
    found = joined.group_by("code").agg(pl.col("rows").sum())
    return list(found.drop_nulls("code").sort("code").iter_rows())

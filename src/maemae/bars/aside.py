"""What was set aside while bars were read: counted, and the first few by name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

from maemae.errors import DataError
from maemae.i18n import _

SHOWN = 3
"""Rows that are kept by name."""


class BadRow(NamedTuple):
    """A row that cannot be true; `row` counts from 1, `day` is blank where it says none."""

    file: str
    row: int
    code: str
    day: str
    problem: str

    def __str__(self) -> str:
        """Return it in one line, in the reader's language."""
        place = _("{file} row {row}").format(file=self.file, row=self.row)
        return f"{place}: {self.code} {self.day}: {in_words(self.problem)}"


def in_words(problem: str) -> str:
    """Put a problem of `bars.judge` into the reader's language; what was read stays behind it."""
    kind, colon, text = problem.partition(": '")
    if not colon and problem.endswith(")"):
        kind, _space, text = problem.rpartition(" (")
        return f"{_(kind)} ({text}"
    return f"{_(kind)}{colon}{text}"


@dataclass
class Aside:
    """Collects the rows that readers set aside; one that is met again counts once."""

    rows: int = 0
    first: list[BadRow] = field(default_factory=list)
    padded: int = 0
    """Rows whose code was a number: zeros were put before it."""
    _met: set[tuple[str, int]] = field(default_factory=set)

    def add(self, file: str, bad: Iterable[tuple[int, object, object, str]]) -> None:
        """Take rows of a file: number, code, day and problem of each."""
        for row, code, day, problem in bad:
            if (file, row) in self._met:
                continue
            self._met.add((file, row))
            self.rows += 1
            if len(self.first) < SHOWN:
                self.first.append(BadRow(file, row, str(code or "?"), str(day or ""), problem))

    def refuse(self) -> None:
        """Raise where anything was set aside.

        Raises:
            DataError: names the first row.
        """
        if self.rows:
            raise DataError(_("{row}; {n} such rows").format(row=self.first[0], n=f"{self.rows:,}"))

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, for `take`."""
        return {"rows": self.rows, "first": self.first, "padded": self.padded}

    def take(self, data: dict[str, Any]) -> None:
        """Take what another one had collected."""
        self.rows += data["rows"]
        self.padded += data["padded"]
        self.first += [BadRow(*row) for row in data["first"]][: SHOWN - len(self.first)]


def set_aside(aside: Aside | None, file: str, bad: pl.DataFrame, day: str = "date") -> None:
    """Hand bad rows to a collector, or refuse them where there is none.

    Args:
        aside: the collector; None where every row must be good.
        file: they were read from.
        bad: rows with row, code, problem and the column of their day.
        day: the name of that column.

    Raises:
        DataError: there are bad rows and no collector; names the first.
    """
    rows = bad.select("row", "code", day, "problem").iter_rows()
    if aside is None and bad.height:
        aside = Aside()
        aside.add(file, rows)
        aside.refuse()
    if aside is not None:
        aside.add(file, rows)

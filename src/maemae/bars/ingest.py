"""Cleaning what was read: good rows go on, bad rows are set aside with the reason.

A row is never dropped silently and never bent: the one repair is that of back-adjusted prices
whose rounding put the close a little outside high and low, and it is counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from maemae.bars.judge import judged, mended
from maemae.bars.schema import REQUIRED, STORED
from maemae.bars.sources import NOTES, Reading, read_source
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.calendar import Calendar


@dataclass
class Report:
    """What became of the rows of an import."""

    rows: int = 0
    kept: int = 0
    repaired: int = 0
    padded: int = 0
    """Rows whose code was a number: zeros were put before it."""
    rounded: int = 0
    """Rows of adjusted prices with decimals."""
    quarantined: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every file was read and every row kept."""
        return not self.quarantined and not self.unreadable


@dataclass(frozen=True)
class Cleaned:
    """Good rows with the columns of the store, and bad rows with file, row and reason."""

    good: pl.DataFrame
    bad: pl.DataFrame


def ingest(
    files: Iterable[Path],
    reading: Reading,
    *,
    source: str,
    fetched: datetime,
    report: Report,
    calendar: Calendar | None = None,
) -> Iterable[Cleaned]:
    """Read and clean files one by one; a file that cannot be read is named in the report."""
    for file in files:
        try:
            table = read_source(file, reading)
            cleaned = clean(
                table,
                file=str(file), source=source, fetched=fetched, report=report, calendar=calendar,
            )  # fmt: skip
        except DataError as error:
            report.unreadable.append(str(error))
        else:
            yield cleaned


def clean(
    table: pl.DataFrame,
    *,
    file: str,
    source: str,
    fetched: datetime,
    report: Report,
    calendar: Calendar | None = None,
) -> Cleaned:
    """Split what `sources` read into rows for the store and rows to set aside.

    The calendar (ours where it is left out) says on which days there can be rows.

    Raises:
        DataError: the table has no market and none was given.
    """
    if table.height and table["market"].null_count() == table.height:
        raise DataError(
            _("{file}: it does not say the market; give one, e.g. --market KOSPI").format(file=file)
        )
    table = judged(table, calendar=calendar)
    good = table.filter(pl.col("problem").is_null())
    report.rows += table.height
    report.kept += good.height
    report.repaired += good.filter("broken").height
    for note in NOTES:
        if note in good.columns:
            setattr(report, note, getattr(report, note) + int(good[note].sum()))
    bad = table.filter(pl.col("problem").is_not_null())
    for reason, count in bad.group_by(_kind_of_problem()).len().iter_rows():
        report.quarantined[reason] += count
    good = mended(good).with_columns(
        pl.lit(source).alias("source"),
        pl.lit(fetched).cast(STORED["fetched"]).alias("fetched"),
    )
    return Cleaned(
        good.select(pl.col(name).cast(dtype) for name, dtype in STORED.items()),
        bad.select(pl.lit(file).alias("file"), "row", "problem", *REQUIRED, "market", "raw_ok"),
    )


def _kind_of_problem() -> pl.Expr:
    return pl.col("problem").str.replace(r" \(.*\)|: '.*'$", "")

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

from maemae.bars.schema import PRICES, REQUIRED, STORED
from maemae.bars.sources import Reading, read_source
from maemae.errors import DataError
from maemae.market.calendar import Calendar, krx
from maemae.market.kinds import Kind, Market

_FUNDS = (Kind.ETF.name, Kind.ETN.name)
ROUNDING, ROUNDING_WON = 0.02, 5
"""Back-adjusted prices may break the order of open, high, low and close by the larger of these."""


@dataclass
class Report:
    """What became of the rows of an import."""

    rows: int = 0
    kept: int = 0
    repaired: int = 0
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
    files: Iterable[Path], reading: Reading, *, source: str, fetched: datetime, report: Report
) -> Iterable[Cleaned]:
    """Read and clean files one by one; a file that cannot be read is named in the report."""
    for file in files:
        try:
            table = read_source(file, reading)
            cleaned = clean(table, file=str(file), source=source, fetched=fetched, report=report)
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
    table = _tidied(table)
    if table.height and table["market"].null_count() == table.height:
        raise DataError(f"{file}: it does not say the market; give one, e.g. --market KOSPI")
    broken = _order_broken() & (pl.col("raw_ok") == False)  # noqa: E712 - null is not False
    table = table.with_columns(
        pl.coalesce(_reasons(calendar or krx())).alias("problem"), broken.alias("broken")
    )
    good = table.filter(pl.col("problem").is_null())
    report.rows += table.height
    report.kept += good.height
    report.repaired += good.filter("broken").height
    bad = table.filter(pl.col("problem").is_not_null())
    for reason, count in bad.group_by(_kind_of_problem()).len().iter_rows():
        report.quarantined[reason] += count
    highest, lowest = pl.max_horizontal(PRICES), pl.min_horizontal(PRICES)
    good = good.with_columns(
        pl.when("broken").then(highest).otherwise("high").alias("high"),
        pl.when("broken").then(lowest).otherwise("low").alias("low"),
        pl.lit(source).alias("source"),
        pl.lit(fetched).cast(STORED["fetched"]).alias("fetched"),
    )
    return Cleaned(
        good.select(pl.col(name).cast(dtype) for name, dtype in STORED.items()),
        bad.select(pl.lit(file).alias("file"), "row", "problem", *REQUIRED, "market", "raw_ok"),
    )


def _kind_of_problem() -> pl.Expr:
    return pl.col("problem").str.replace(r" \(.*\)|: '.*'$", "")


def _tidied(table: pl.DataFrame) -> pl.DataFrame:
    market = pl.col("market").str.to_uppercase()
    fund = market.is_in(_FUNDS)
    code = pl.col("code").str.to_uppercase().str.strip_chars()
    return table.with_columns(
        pl.when(code.str.contains("^Q.{6}$")).then(code.str.slice(1)).otherwise(code).alias("code"),
        pl.when(fund).then(market.str.to_lowercase()).otherwise("kind").alias("kind"),
        pl.when(fund)
        .then(pl.lit(Market.KOSPI.value))
        .when(market == "KOSDAQ GLOBAL")
        .then(pl.lit(Market.KOSDAQ.value))
        .otherwise(market)
        .alias("market"),
        pl.col("raw_ok").fill_null(value=False),
    )


def _traded() -> pl.Expr:
    return pl.col("open") > 0


def _order_broken() -> pl.Expr:
    highest, lowest = pl.max_horizontal(PRICES), pl.min_horizontal(PRICES)
    return _traded() & ((pl.col("high") < highest) | (pl.col("low") > lowest))


def _reasons(calendar: Calendar) -> list[pl.Expr]:
    """Return what can be wrong with a row, the first that holds first; null where nothing is."""
    known = pl.col("date").is_between(calendar.first, calendar.last)
    sessions = pl.Series(calendar.sessions(calendar.first, calendar.last), dtype=pl.Date)
    slack = pl.max_horizontal(pl.col("close") * ROUNDING, pl.lit(ROUNDING_WON))
    far = (pl.max_horizontal(PRICES) > pl.col("high") + slack) | (
        pl.min_horizontal(PRICES) < pl.col("low") - slack
    )
    zeros = pl.sum_horizontal((pl.col(name) == 0).cast(pl.Int8) for name in PRICES[:3])
    rules = {
        "the code is not six capital letters and digits": ~pl.col("code").str.contains(
            "^[0-9A-Z]{6}$"
        ),
        f"the market is not one of {', '.join(Market)}": ~pl.col("market").is_in(list(Market)),
        "a price or volume is below zero": pl.min_horizontal(*PRICES, "volume") < 0,
        "the close is 0": pl.col("close") == 0,
        "the exchange was closed on that day": known & ~pl.col("date").is_in(sessions.implode()),
        "open, high and low are not all 0 on a day without trades": zeros.is_between(1, 2),
        "open, high, low and close are out of order": _order_broken() & (pl.col("raw_ok") | far),
        "the code stands twice on that day": ~pl.struct("code", "date").is_first_distinct(),
    }
    missing = {f"{name} is missing": pl.col(name).is_null() for name in (*REQUIRED, "market")}
    reasons = [pl.when(holds).then(pl.lit(text)) for text, holds in (missing | rules).items()]
    return [pl.col("problem"), *reasons]

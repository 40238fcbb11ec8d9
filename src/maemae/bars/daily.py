"""Reading daily bars from files as they come, by the rules of an import.

A row is one instrument on one trading day. On a day without trades open, high, low and volume are
0 and close carries the last price. Rows that cannot be true (`judge`) are set aside and the rest is
used; where nobody takes what is set aside, they are refused.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from maemae.bars.aside import Aside, set_aside
from maemae.bars.judge import judged, mended
from maemae.bars.schema import OPTIONAL, PRICES, REQUIRED
from maemae.bars.sources import Reading, read_source
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.kinds import Kind, Market
from maemae.market.limits import base_price

_BASE_REACH = timedelta(days=15)
_TWICE = "the code stands twice on that day"


def read_daily(
    path: Path, aside: Aside | None = None, where: pl.Expr | None = None
) -> pl.DataFrame:
    """Read and judge a file, or every file below a folder.

    Args:
        path: Parquet or CSV.
        aside: collects the rows that are set aside; without it the first of them is an error.
        where: reads only the rows for which this holds; those without a date are looked at, too.

    Returns:
        The columns of `schema.REQUIRED` and `OPTIONAL` (null where absent), by code and date.

    Raises:
        DataError: no such file, not Parquet or CSV, a column missing, or not one good row. The
            message names file and row.
    """
    wanted = None if where is None else where | pl.col("date").is_null()
    frames, refused = [], Aside()
    for file in daily_files(path):
        table = judged(read_source(file, Reading(), wanted), unlisted=True)
        bad = table.filter(pl.col("problem").is_not_null())
        set_aside(aside, str(file), bad)
        refused.add(str(file), bad.head(1).select("row", "code", "date", "problem").iter_rows())
        if aside is not None and "padded" in table.columns:
            aside.padded += int(table["padded"].sum())
        good = mended(table.filter(pl.col("problem").is_null()))
        frames.append(good.select(*REQUIRED, *OPTIONAL, "row", pl.lit(str(file)).alias("file")))
    bars = pl.concat(frames)
    if bars.is_empty() and refused.first:
        said = _("{row}; no row of {path} can be used")
        raise DataError(said.format(row=refused.first[0], path=path))
    return _once(bars, aside).drop("row", "file").sort("code", "date")


def _once(bars: pl.DataFrame, aside: Aside | None) -> pl.DataFrame:
    """Set aside the rows of codes that another file has for that day; the first stays."""
    first = pl.struct("code", "date").is_first_distinct()
    twice = bars.filter(~first).with_columns(pl.lit(_TWICE).alias("problem"))
    if twice.is_empty():
        return bars
    for (file,), rows in twice.group_by("file", maintain_order=True):
        set_aside(aside, str(file), rows)
    return bars.filter(first)


def day_bars(path: Path, day: date, aside: Aside | None = None) -> pl.DataFrame:
    """Return what traded on one day, with the base price of each instrument.

    Returns:
        Columns code, name, market, kind, open, high, low, close, volume, value and shares (null if
        unknown) and base: the day's base price where the file knows it, otherwise the last
        close as traded of the fifteen days before, brought to the grid; null when unknown.
        Only rows with prices as traded (`raw_ok`) and only instruments that traded.

    Raises:
        DataError: as `read_daily`, or there is no such row on that day.
    """
    reach = pl.col("date").is_between(day - _BASE_REACH, day)
    bars = read_daily(path, aside, reach).filter("raw_ok")
    traded = bars.filter((pl.col("date") == day) & (pl.col("open") > 0))
    if traded.is_empty():
        raise DataError(
            _("{path}: no bars as traded for {day}; choose a day the file has").format(
                path=path, day=day
            )
        )
    before = (
        bars.filter((pl.col("date") < day) & (pl.col("close") > 0))
        .sort("date")
        .group_by("code")
        .agg(pl.col("close").last().alias("previous"))
    )
    traded = traded.join(before, on="code", how="left").sort("code")
    return traded.with_columns(
        pl.coalesce("base", _bases(traded, day)).alias("base"),
        pl.coalesce("name", "code").alias("name"),
        pl.col("kind").fill_null(Kind.STOCK.value),
    ).select("code", "name", "market", "kind", *PRICES, "volume", "value", "shares", "base")


def daily_files(path: Path) -> list[Path]:
    """Return the files meant by a path: a file, a folder, or the root of a `BarStore`.

    CSV files of a folder are meant where it has no Parquet file.

    Raises:
        DataError: there is none.
    """
    if path.is_file():
        return [path]
    folder = path / "daily" if (path / "daily").is_dir() else path
    files = sorted(folder.rglob("*.parquet")) or sorted(folder.rglob("*.csv"))
    if not files:
        raise DataError(
            _("{path}: no Parquet or CSV file there; give a file or a folder of daily bars").format(
                path=path
            )
        )
    return files


def _bases(traded: pl.DataFrame, day: date) -> pl.Series:
    rows = traded.select("previous", "market", "kind").iter_rows()
    bases = [
        base_price(previous, day, Market(market), Kind(kind or Kind.STOCK))
        if previous is not None and market is not None
        else previous
        for previous, market, kind in rows
    ]
    return pl.Series(bases, dtype=pl.Int64)

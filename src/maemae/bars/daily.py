"""Reading daily bars from Parquet files as they come.

A row is one instrument on one trading day. On a day without trades open, high, low and volume are
0 and close carries the last price.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from maemae.bars.schema import OPTIONAL, PRICES, REQUIRED
from maemae.errors import DataError
from maemae.market.kinds import Kind, Market
from maemae.market.limits import base_price

_FUNDS = (Kind.ETF.name, Kind.ETN.name)
_TIDY = (
    # KIS puts a Q before an ETN's six characters; some sources give the kind as the market.
    pl.when(pl.col("code").str.contains("^Q.{6}$"))
    .then(pl.col("code").str.slice(1))
    .otherwise("code")
    .alias("code"),
    pl.when(pl.col("market").is_in(_FUNDS))
    .then(pl.col("market").str.to_lowercase())
    .otherwise("kind")
    .alias("kind"),
    pl.when(pl.col("market").is_in(_FUNDS))
    .then(pl.lit(Market.KOSPI.value))
    .otherwise("market")
    .alias("market"),
)
_BASE_REACH = timedelta(days=15)
_BROKEN = (
    pl.col("raw_ok").fill_null(value=True)
    & (pl.col("open") > 0)
    & (
        (pl.col("low") > pl.min_horizontal("open", "close"))
        | (pl.col("high") < pl.max_horizontal("open", "close"))
    )
)
"""Prices out of order; back-adjusted ones may be, by their rounding."""


def read_daily(path: Path) -> pl.DataFrame:
    """Read and validate a Parquet file, or every `*.parquet` below a folder.

    Returns:
        The columns of `schema.REQUIRED` and `OPTIONAL` (null where absent), by code and date.

    Raises:
        DataError: no such file, not Parquet, a column missing or of another kind, a null, a
            negative number, a code that is not six characters, a code twice on one day. The
            message names file and row.
    """
    frames = [_read(file) for file in daily_files(path)]
    for file, frame in frames:
        _validate(file, frame)
    bars = pl.concat([frame.drop("row") for _, frame in frames]).sort("code", "date")
    twice = bars.filter(pl.struct("code", "date").is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise DataError(f"{path}: {row['code']} stands twice for {row['date']}; remove one of them")
    return bars


def day_bars(path: Path, day: date) -> pl.DataFrame:
    """Return what traded on one day, with the base price of each instrument.

    Returns:
        Columns code, name, market, kind, open, high, low, close, volume, value and shares (null if
        unknown) and base: the day's base price where the file knows it, otherwise the last
        close as traded of the fifteen days before, brought to the grid; null when unknown.
        Only rows with prices as traded (`raw_ok`) and only instruments that traded.

    Raises:
        DataError: as `read_daily`, or there is no such row on that day, or the prices of a row
            that claims to be as traded are out of order.
    """
    frames = []
    for file in daily_files(path):
        numbered = _scan(file).with_row_index("row")
        frame = _collect(file, numbered.filter(pl.col("date").is_between(day - _BASE_REACH, day)))
        _validate(file, frame)
        _refuse(file, frame, "the prices are not low <= open, close <= high", _BROKEN)
        frames.append(frame)
    bars = pl.concat(frames).filter(pl.col("raw_ok").fill_null(value=True))
    traded = bars.filter((pl.col("date") == day) & (pl.col("open") > 0))
    if traded.is_empty():
        raise DataError(f"{path}: no bars as traded for {day}; choose a day the file has")
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
    """Return the Parquet files meant by a path: a file, a folder, or the root of a `BarStore`.

    Raises:
        DataError: there is none.
    """
    if path.is_file():
        return [path]
    folder = path / "daily" if (path / "daily").is_dir() else path
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise DataError(f"{path}: no Parquet file there; give a file or a folder of daily bars")
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


def _read(file: Path) -> tuple[Path, pl.DataFrame]:
    return file, _collect(file, _scan(file).with_row_index("row"))


def _scan(file: Path) -> pl.LazyFrame:
    try:
        schema = pl.read_parquet_schema(file)
    except (PolarsError, OSError) as error:
        raise DataError(f"{file}: cannot be read as Parquet ({_first_line(error)})") from error
    missing = [name for name in REQUIRED if name not in schema]
    if missing:
        raise DataError(
            f"{file}: no column {', '.join(missing)}; daily bars need {', '.join(REQUIRED)}"
        )
    columns = [_column(file, name, dtype, schema) for name, dtype in (REQUIRED | OPTIONAL).items()]
    return pl.scan_parquet(file, hive_partitioning=False).select(columns).with_columns(*_TIDY)


def _column(file: Path, name: str, dtype: pl.DataType, schema: dict[str, pl.DataType]) -> pl.Expr:
    if name in schema:
        if not _fits(schema[name], dtype):
            raise DataError(f"{file}: column {name} is {schema[name]}, not {dtype}")
        return pl.col(name).cast(dtype)
    # Some sources call a ratio "change"; only whole won are one.
    if name == "base" and "change" in schema and schema["change"].is_integer():
        return (pl.col("close").cast(dtype) - pl.col("change").cast(dtype)).alias(name)
    return pl.lit(None, dtype).alias(name)


def _fits(found: pl.DataType, wanted: pl.DataType) -> bool:
    if isinstance(wanted, pl.Int64):
        return found.is_integer() or found.is_(pl.Null)
    return (
        found.is_(wanted)
        or found.is_(pl.Null)
        or (isinstance(wanted, pl.String) and isinstance(found, pl.Categorical | pl.Enum))
    )


def _collect(file: Path, lazy: pl.LazyFrame) -> pl.DataFrame:
    try:
        return lazy.collect()
    except (PolarsError, OSError) as error:
        raise DataError(f"{file}: cannot be read as Parquet ({_first_line(error)})") from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _validate(file: Path, frame: pl.DataFrame) -> None:
    needed = pl.any_horizontal(pl.col(name).is_null() for name in REQUIRED)
    negative = pl.any_horizontal(pl.col(name) < 0 for name in (*PRICES, "volume"))
    known = {"market": [m.value for m in Market], "kind": [k.value for k in Kind]}
    checks = {
        "a value is missing": needed,
        "a price or volume is below zero": negative,
        "the code is not six capital letters and digits": ~pl.col("code").str.contains(
            "^[0-9A-Z]{6}$"
        ),
        **{
            f"the {name} is not one of {', '.join(words)}": ~pl.col(name).is_in(words)
            for name, words in known.items()
        },
    }
    for what, wrong in checks.items():
        _refuse(file, frame, what, wrong)


def _refuse(file: Path, frame: pl.DataFrame, what: str, wrong: pl.Expr) -> None:
    bad = frame.filter(wrong)
    if bad.height:
        row = bad.row(0, named=True)
        raise DataError(
            f"{file} row {row['row'] + 1}: {what} ({row['code']} {row['date']}); "
            f"{bad.height} such rows. `maemae bars import` sets bad rows aside"
        )

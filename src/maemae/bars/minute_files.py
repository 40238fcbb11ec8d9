"""Importing minute bars from Parquet files: the same rules of honesty as `ingest`.

A file has `ts` (or `at`: the start of the minute, Korean time when it carries no zone), code,
open, high, low, close in won and volume. Minutes without trades may be there with volume 0.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from maemae.bars.aside import Aside, set_aside
from maemae.bars.blocks import GIGABYTES, ROWS, WHOLE, Block, blocks_of, counted, rows_within
from maemae.bars.ingest import Cleaned, Report
from maemae.bars.months import replaced_days
from maemae.bars.schema import MINUTE, PRICES
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.calendar import Calendar, krx
from maemae.market.kinds import Market

_ZONE = "Asia/Seoul"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEEDED = ("code", *PRICES, "volume")
_ASIDE = ("row", "at", *_NEEDED, "problem")
_ROW = "row_of_file"


def minute_sources(path: Path) -> list[Path]:
    """Return the files meant by a path: a file, a folder, or the root of a `BarStore`.

    Raises:
        DataError: there is none.
    """
    if path.is_file():
        return [path]
    below = path / "minute"
    files = sorted((below if below.is_dir() else path).rglob("*.parquet"))
    if not files:
        raise DataError(
            _("{path}: no Parquet file there; give a file or a folder of minute bars").format(
                path=path
            )
        )
    return files


def ingest_minutes(
    files: Iterable[Path],
    market: Market,
    *,
    source: str,
    fetched: datetime,
    report: Report,
    calendar: Calendar | None = None,
    gigabytes: float = GIGABYTES,
) -> Iterable[Cleaned]:
    """Read and clean files one by one; a file that cannot be read is named in the report.

    A large file comes in blocks of codes, so that its rows fit into so much memory.
    """
    for file in files:
        try:
            for block in blocks_of(_counts([file]), rows_within(gigabytes)):
                yield clean_minutes(
                    _read(file, block), str(file), market,
                    source=source, fetched=fetched, report=report, calendar=calendar,
                )  # fmt: skip
        except DataError as error:
            report.unreadable.append(str(error))


def minute_blocks(
    files: Sequence[Path], gigabytes: float, more: Iterable[pl.DataFrame] = ()
) -> list[Block]:
    """Return the blocks of codes in which files of minute bars fit into memory.

    Args:
        files: Parquet.
        gigabytes: memory that may be taken.
        more: other rows that are held with them, tables of `code` and `rows`.

    Raises:
        DataError: a file cannot be read.
    """
    found = pl.DataFrame(_counts(files), schema=ROWS, orient="row")
    return blocks_of(counted([found, *more]), rows_within(gigabytes))


def read_minutes(
    files: Iterable[Path], aside: Aside | None = None, block: Block = WHOLE
) -> pl.DataFrame:
    """Read minute bars: files of a store, or any that `ingest_minutes` takes.

    Args:
        files: Parquet.
        aside: collects the rows that are set aside; without it the first of them is an error.
        block: the codes that are wanted.

    Returns:
        `ts` (the start of the minute in Korean time, without a zone), code, open, high, low,
        close, volume and, where every file has it, market; by code and time.

    Raises:
        DataError: a file cannot be read, or a row cannot be true and `aside` is left out.
    """
    frames, there = [], list(files)
    replaced = replaced_days(there)
    for file in there:
        table = _read(file, block, replaced=replaced.get(file), others=("market",))
        cleaned = clean_minutes(
            table, str(file), Market.KOSPI, source="", fetched=_NEVER, report=Report()
        )
        set_aside(aside, str(file), cleaned.bad, day="at")
        good = cleaned.good.select("at", "code", *PRICES, "volume")
        if "market" in table.columns:
            rows = table.filter(~pl.col("row").is_in(cleaned.bad["row"].implode()))
            good = good.with_columns(rows["market"])
        frames.append(good)
    none = pl.DataFrame(schema={name: MINUTE[name] for name in ("at", *_NEEDED)})
    bars = pl.concat([none, *frames], how="diagonal").sort("code", "at")
    return bars.select(pl.col("at").dt.replace_time_zone(None).alias("ts"), pl.exclude("at"))


def day_minutes(
    path: Path, day: date, aside: Aside | None = None, calendar: Calendar | None = None
) -> pl.DataFrame:
    """Read the minute bars of one day, judged as `read_minutes` judges all.

    Args:
        path: a Parquet file, or a folder of them.
        day: in Korea.
        aside: as in `read_minutes`; only rows of the day are looked at.
        calendar: says whether there can be rows on that day; ours where it is left out.

    Returns:
        `at`, code, open, high, low, close and volume, by code and time.

    Raises:
        DataError: as `read_minutes`.
    """
    frames, files = [], minute_sources(path)
    replaced = replaced_days(files)
    for file in files:
        cleaned = clean_minutes(
            _read(file, day=day, replaced=replaced.get(file)), str(file), Market.KOSPI,
            source="", fetched=_NEVER, report=Report(), calendar=calendar,
        )  # fmt: skip
        set_aside(aside, str(file), cleaned.bad, day="at")
        frames.append(cleaned.good.select("at", "code", *PRICES, "volume"))
    return pl.concat(frames).sort("code", "at")


def lengthened(bars: pl.DataFrame, minutes: int) -> pl.DataFrame:
    """Join minute bars to longer ones, which begin at whole multiples from midnight on."""
    if minutes == 1:
        return bars
    others = [name for name in ("market",) if name in bars.columns]
    return bars.group_by(
        pl.col("code"), pl.col("ts").dt.truncate(f"{minutes}m"), maintain_order=True
    ).agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
        pl.col("volume").sum(), *(pl.col(name).first() for name in others),
    )  # fmt: skip


def _counts(files: Iterable[Path]) -> list[tuple[str, int]]:
    """Return the codes of files and how many rows each has."""

    def of(file: Path) -> pl.DataFrame:
        rows = _rows(file).group_by("code").agg(pl.len().cast(pl.Int64).alias("rows"))
        return _collected(rows, file)

    return counted(map(of, files))


def _read(
    file: Path,
    block: Block = WHOLE,
    *,
    day: date | None = None,
    replaced: pl.DataFrame | None = None,
    others: Sequence[str] = (),
) -> pl.DataFrame:
    """Read rows of a file with their numbers in `row`.

    Args:
        file: Parquet.
        block: the codes that are wanted.
        day: the day that is wanted; all of them where left out.
        replaced: code and day of rows that another file has instead.
        others: columns that are wanted where the file has them.
    """
    rows = _rows(file, others)
    if block != WHOLE:
        rows = rows.filter(block.holds())
    if day is not None:
        rows = rows.filter(pl.col("at").dt.date() == day)
    if replaced is not None and replaced.height:
        of = [pl.col("code"), pl.col("at").dt.date()]
        rows = rows.join(replaced.lazy(), left_on=of, right_on=["code", "day"], how="anti")
    return _collected(rows.sort("row"), file)


def _collected(rows: pl.LazyFrame, file: Path) -> pl.DataFrame:
    try:
        return rows.collect(engine="streaming")
    except (PolarsError, OSError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> DataError:
    reason = str(error).partition("\n")[0]
    return DataError(
        _("{file}: cannot be read as Parquet ({reason})").format(file=file, reason=reason)
    )


def _rows(file: Path, others: Sequence[str] = ()) -> pl.LazyFrame:
    table = pl.scan_parquet(file, hive_partitioning=False, row_index_name=_ROW, row_index_offset=1)
    try:
        schema = table.collect_schema()
    except (PolarsError, OSError) as error:
        raise _unreadable(file, error) from error
    at = next((name for name in ("at", "ts") if name in schema), None)
    missing = [name for name in _NEEDED if name not in schema]
    if at is None or missing:
        known = [name for name in schema if name != _ROW]
        raise DataError(
            _("{file}: minute bars need ts and {needed}; it has {schema}").format(
                file=file, needed=", ".join(_NEEDED), schema=", ".join(known)
            )
        )
    dtype = schema[at]
    if not isinstance(dtype, pl.Datetime):
        raise DataError(
            _("{file}: {at} is {dtype}, not a time").format(file=file, at=at, dtype=dtype)
        )
    for name in (*PRICES, "volume"):
        if not schema[name].is_integer():
            raise DataError(
                _("{file}: {name} is {schema}, not whole won or shares").format(
                    file=file, name=name, schema=schema[name]
                )
            )
    zone = dtype.time_zone
    moment = pl.col(at).cast(pl.Datetime("us", zone)).dt
    zoned = moment.convert_time_zone(_ZONE) if zone else moment.replace_time_zone(_ZONE)
    columns = [pl.col(name).cast(MINUTE[name]) for name in _NEEDED]
    more = [name for name in others if name in schema]
    return table.select(pl.col(_ROW).alias("row"), zoned.alias("at"), *columns, *more)


def clean_minutes(
    table: pl.DataFrame,
    file: str,
    market: Market,
    *,
    source: str,
    fetched: datetime,
    report: Report,
    calendar: Calendar | None = None,
) -> Cleaned:
    """Split minute bars (`at`, code, prices, volume) into rows for the store and rows set aside."""
    rules = {
        "a value is missing": pl.any_horizontal(pl.col("at", *_NEEDED).is_null()),
        "the code is not six capital letters and digits": ~pl.col("code").str.contains(
            "^[0-9A-Z]{6}$"
        ),
        "a price is not above zero or the volume is below it": (pl.min_horizontal(PRICES) <= 0)
        | (pl.col("volume") < 0),
        "open, high, low and close are out of order": (pl.col("high") < pl.max_horizontal(PRICES))
        | (pl.col("low") > pl.min_horizontal(PRICES)),
        "the exchange was closed on that day": ~pl.col("at")
        .dt.date()
        .is_in(_sessions(calendar or krx()).implode()),
        "the time is not the start of a minute": pl.col("at") != pl.col("at").dt.truncate("1m"),
        "the minute stands twice": ~pl.struct("code", "at").is_first_distinct(),
    }
    reasons = [pl.when(holds).then(pl.lit(text)) for text, holds in rules.items()]
    table = table.with_columns(pl.coalesce(reasons).alias("problem"))
    good = table.filter(pl.col("problem").is_null())
    bad = table.filter(pl.col("problem").is_not_null())
    report.rows += table.height
    report.kept += good.height
    for reason, count in bad.group_by("problem").len().iter_rows():
        report.quarantined[reason] += count
    good = good.with_columns(
        pl.lit(market.value).alias("market"),
        pl.lit(source).alias("source"),
        pl.lit(fetched).cast(MINUTE["fetched"]).alias("fetched"),
    )
    return Cleaned(good.select(*MINUTE), bad.select(pl.lit(file).alias("file"), *_ASIDE))


def _sessions(calendar: Calendar) -> pl.Series:
    return pl.Series(calendar.sessions(calendar.first, calendar.last), dtype=pl.Date)

"""The store of price history: Parquet files by market and period, on the owner's disk.

Layout below the root: `daily/market=KOSPI/year=2022/bars.parquet` and, in parts that
`bars.months` knows, `minute/market=KOSPI/month=2026-11/bars-000001.parquet`, zstd;
`quarantine/*.parquet` holds rows set aside. Every file is replaced as a whole, so a crash leaves
the old one. One writer at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
import platformdirs
import polars as pl
from filelock import FileLock, Timeout
from polars.exceptions import PolarsError

from maemae import durable
from maemae.bars.blocks import DAILY, GIGABYTES, WHOLE, Block, blocks_of, counted, rows_within
from maemae.bars.months import Month
from maemae.bars.schema import MINUTE, STORED
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.calendar import Calendar, krx
from maemae.market.kinds import Market
from maemae.reading import SETTINGS, read_bytes

_FILE = "bars.parquet"
_LOCK_SECONDS = 60


def default_root() -> Path:
    """Return the folder of the store below the user's data directory."""
    return platformdirs.user_data_path("maemae") / "bars"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the store holds of one market: daily or minute bars, on so many days."""

    market: Market
    rows: int
    instruments: int
    first: date
    last: date
    raw_rows: int
    bytes: int
    bars: Literal["daily", "minute"] = "daily"
    days: int = 0


class BarStore:
    """Daily and minute bars below a root folder; made when first written to."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def trading_days(self) -> Path:
        """File of the days on which our calendar was wrong, as those know that filled the store."""
        return self.root / "trading_days.json"

    def calendar(self) -> Calendar:
        """Return the trading days that its bars go by: ours, corrected.

        Raises:
            DataError: the file of the corrections is damaged.
        """
        if not self.trading_days.is_file():
            return krx()
        kept = read_bytes(self.trading_days, SETTINGS)
        try:
            return krx().corrected(msgspec.json.decode(kept, type=dict[date, bool]))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise DataError(
                _("{trading_days}: damaged ({error}); remove it").format(
                    trading_days=self.trading_days, error=error
                )
            ) from error

    def learn(self, calendar: Calendar) -> None:
        """Go by a calendar from now on: the broker's word, or what was traded."""
        days = krx().reaching(calendar.last).otherwise(calendar)
        if days or self.trading_days.is_file():
            self.root.mkdir(parents=True, exist_ok=True)
            fresh = self.trading_days.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(days))
            durable.replace(fresh, self.trading_days)

    def write_daily(self, bars: pl.DataFrame) -> int:
        """Add daily bars (columns of `schema.STORED`) and return how many rows they replaced.

        Of two rows of a code and day the one with prices as traded stays, otherwise the one
        fetched later.

        Raises:
            DataError: the store is in use by another process for a minute.
        """
        bars = bars.with_columns(pl.col("date").dt.year().cast(pl.String).alias("year"))
        replaced = 0
        with self._locked():
            for (market, year), part in bars.partition_by("market", "year", as_dict=True).items():
                path = self.root / "daily" / f"market={market}" / f"year={year}" / _FILE
                replaced += _merge(path, part.select(*STORED), ["code", "date"], ["raw_ok"])
        return replaced

    def write_minutes(self, bars: pl.DataFrame) -> int:
        """Add minute bars (columns of `schema.MINUTE`) and return how many rows they replaced.

        Of two rows of a code and minute the one fetched later stays. Errors as in `write_daily`.
        """
        bars = bars.with_columns(pl.col("at").dt.strftime("%Y-%m").alias("month"))
        replaced = 0
        with self._locked():
            for (market, month), part in bars.partition_by("market", "month", as_dict=True).items():
                folder = self.root / "minute" / f"market={market}" / f"month={month}"
                replaced += Month(folder).add(part.select(*MINUTE))
        return replaced

    def daily(
        self,
        first: date | None = None,
        last: date | None = None,
        *,
        markets: Iterable[Market] = tuple(Market),
        codes: Iterable[str] | None = None,
        block: Block = WHOLE,
    ) -> pl.DataFrame:
        """Return daily bars as stored (columns of `schema.STORED`), by code and date.

        An empty answer is an empty frame; a store that does not exist is an error.

        Raises:
            DataError: there is no store, or a file of it is damaged.
        """
        files = self._files("daily", markets)
        wanted = [
            file
            for file in files
            if (first is None or _period(file) >= f"{first:%Y}")
            and (last is None or _period(file) <= f"{last:%Y}")
        ]
        bars = self._read(wanted, STORED)
        if first is not None:
            bars = bars.filter(pl.col("date") >= first)
        if last is not None:
            bars = bars.filter(pl.col("date") <= last)
        if codes is not None:
            bars = bars.filter(pl.col("code").is_in(list(codes)))
        if block != WHOLE:
            bars = bars.filter(block.holds())
        return _collect(bars.sort("code", "date"), self.root)

    def minutes(self, code: str, first: date, last: date) -> pl.DataFrame:
        """Return the minute bars of one code, in order (columns of `schema.MINUTE`)."""
        wanted = (pl.col("code") == code) & pl.col("at").dt.date().is_between(first, last)
        self._files("minute", ())  # There must be some.
        found = [month.read(wanted) for month in self._months_of(first, last)]
        return pl.concat([pl.DataFrame(schema=MINUTE), *found]).sort("at")

    def daily_blocks(self, gigabytes: float = GIGABYTES) -> list[tuple[Block, int]]:
        """Return the blocks of codes in which the daily bars fit into memory, and their rows.

        Raises:
            DataError: as `daily`.
        """
        files = self._files("daily", tuple(Market))
        rows = self._read(files, STORED).group_by("code").agg(pl.len().cast(pl.Int64).alias("rows"))
        counts = counted([_collect(rows, self.root)])
        blocks = blocks_of(counts, rows_within(gigabytes, DAILY))
        return [(block, block.rows_of(counts)) for block in blocks]

    def quarantine(self, rows: pl.DataFrame, name: str) -> Path:
        """Put rows aside under a name and return the file; nothing there is overwritten."""
        folder = self.root / "quarantine"
        folder.mkdir(parents=True, exist_ok=True)
        taken = {file.stem for file in folder.glob("*.parquet")}
        number = next(n for n in range(1, len(taken) + 2) if f"{name}-{n}" not in taken)
        path = folder / f"{name}-{number}.parquet"
        _write(path, rows)
        return path

    def remove_daily(self, rows: pl.DataFrame, *, by: Sequence[str] = ("code", "date")) -> int:
        """Remove the rows that agree with these in some columns; return how many there were."""
        removed = 0
        with self._locked():
            for file in self._files("daily", tuple(Market)):
                bars = pl.read_parquet(file, hive_partitioning=False)
                kept = bars.join(rows.select(by), on=by, how="anti")
                removed += bars.height - kept.height
                if kept.height < bars.height:
                    _write(file, kept.sort("code", "date"))
        return removed

    def coverage(self) -> list[Coverage]:
        """Return what the store holds of daily bars, by market."""
        found = []
        for market in Market:
            files = self._files("daily", (market,), must=False)
            if not files:
                continue
            row = _collect(
                self._read(files, STORED).select(
                    pl.len().alias("rows"),
                    pl.col("code").n_unique().alias("instruments"),
                    pl.col("date").min().alias("first"),
                    pl.col("date").max().alias("last"),
                    pl.col("raw_ok").sum().alias("raw_rows"),
                    pl.col("date").n_unique().alias("days"),
                ),
                self.root,
            ).row(0, named=True)
            size = sum(file.stat().st_size for file in files)
            found.append(Coverage(market, **row, bytes=size))
        return found

    def minute_coverage(self) -> list[Coverage]:
        """Return what the store holds of minute bars, by market."""
        return [one for market in Market if (one := self._minutes_of(market)) is not None]

    def daily_files(self) -> list[Path]:
        """Return the files of daily bars, by market and year; none where there are none."""
        return self._files("daily", tuple(Market), must=False)

    def months(self, markets: Iterable[Market] = tuple(Market)) -> list[Month]:
        """Return the months of which there are minute bars, by market."""
        folder = self.root / "minute"
        found = [
            Month(path) for m in markets for path in sorted(folder.glob(f"market={m}/month=*"))
        ]
        return [month for month in found if month.parts()]

    def _months_of(self, first: date, last: date) -> list[Month]:
        return [
            month for month in self.months() if f"{first:%Y-%m}" <= month.name <= f"{last:%Y-%m}"
        ]

    def _minutes_of(self, market: Market) -> Coverage | None:
        months = self.months((market,))
        if not months:
            return None
        held = pl.concat([month.days() for month in months])
        days, rows = held["day"].unique().sort(), int(held["rows"].sum())
        size = sum(month.bytes() for month in months)
        return Coverage(
            market, rows, held["code"].n_unique(), days[0], days[-1], rows, size, "minute",
            len(days),
        )  # fmt: skip

    def spans(self) -> dict[str, tuple[date, date]]:
        """Return the first and last day stored of each code."""
        files = self.daily_files()
        if not files:
            return {}
        days = pl.col("date")
        found = self._read(files, STORED).group_by("code").agg(
            days.min().alias("first"), days.max().alias("last")
        )  # fmt: skip
        return {code: (first, last) for code, first, last in _collect(found, self.root).iter_rows()}

    def minute_days(self, first: date, last: date) -> set[tuple[str, date]]:
        """Return the codes and days of which there are minute bars."""
        found = set[tuple[str, date]]()
        for month in self._months_of(first, last):
            days = month.days().filter(pl.col("day").is_between(first, last))
            found.update(days.select("code", "day").iter_rows())
        return found

    def _files(self, kind: str, markets: Iterable[Market], *, must: bool = True) -> list[Path]:
        folder = self.root / kind
        found = [f for m in markets for f in sorted(folder.glob(f"market={m}/*/{_FILE}"))]
        if must and not folder.is_dir():
            raise DataError(
                _("{root}: no {kind} bars there; import some with `maemae bars import`").format(
                    root=self.root, kind=kind
                )
            )
        return found

    def _read(self, files: list[Path], schema: dict[str, pl.DataType]) -> pl.LazyFrame:
        if not files:
            return pl.LazyFrame(schema=schema)
        return pl.scan_parquet(files, hive_partitioning=False)

    def _locked(self) -> "_Locked":
        self.root.mkdir(parents=True, exist_ok=True)
        return _Locked(self.root / ".lock")


class _Locked:
    """The store's lock, with an error a person can act on."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)

    def __enter__(self) -> None:
        try:
            self._lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout as error:
            raise DataError(
                _("{lock_file}: another maemae is writing bars; try again when it is done").format(
                    lock_file=self._lock.lock_file
                )
            ) from error

    def __exit__(self, *exception: object) -> None:
        self._lock.release()


def _period(file: Path) -> str:
    return file.parent.name.partition("=")[2]


def _collect(lazy: pl.LazyFrame, root: Path) -> pl.DataFrame:
    try:
        return lazy.collect()
    except (PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            _("{root}: a file of the store is damaged ({reason})").format(root=root, reason=reason)
        ) from error


def _merge(path: Path, fresh: pl.DataFrame, key: list[str], before: list[str]) -> int:
    """Merge rows into a file; of two with one key the later by `before`, then fetched, stays."""
    merged = fresh
    if path.is_file():
        merged = pl.concat([_collect(pl.scan_parquet(path, hive_partitioning=False), path), fresh])
    rows = merged.height
    merged = merged.sort(*key, *before, "fetched", nulls_last=False, maintain_order=True)
    merged = merged.unique(key, keep="last", maintain_order=True)
    _write(path, merged)
    return rows - merged.height


def _write(path: Path, bars: pl.DataFrame) -> None:
    durable.make_folder(path.parent)
    fresh = path.with_suffix(".new")
    bars.write_parquet(fresh, compression="zstd")
    durable.replace(fresh, path)

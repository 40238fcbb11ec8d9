"""A month of minute bars of a market: Parquet files that are added to and never changed.

`minute/market=KOSPI/month=2026-11/` holds parts: `bars.parquet`, `bars-000001.parquet` and so on,
each sorted by code and time. Of a code's day the last part that has it counts, for whoever writes
some of it writes all of it. So to add bars is to write one file, whatever the month holds already;
what is cut off in between leaves the parts of before, or both. Small parts are joined to larger
ones as they come, so that there are few; those that a later part has replaced go.

`days.index` remembers what is in which part. It is only remembered: a part that it does not know,
or knows of another size, is read again.
"""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

import polars as pl
from polars.exceptions import PolarsError

from maemae import durable
from maemae.bars.blocks import blocks_of, counted
from maemae.bars.schema import MINUTE
from maemae.errors import DataError
from maemae.i18n import _

T = TypeVar("T")

LARGEST = 2_000_000
"""Rows of a part that is not joined to others any more."""
_GROUP = 1 << 16
"""Rows that are read at least where one name is asked for."""
_INDEX = "days.index"
_ENTRY: dict[str, pl.DataType] = {
    "code": pl.String(), "day": pl.Date(), "rows": pl.Int64(), "part": pl.String(),
    "size": pl.Int64(),
}  # fmt: skip
_ATTEMPTS = 5
_KEY = ("code", "at")
_DAY = pl.col("at").dt.date().alias("day")


class Month:
    """The parts of a folder.

    Args:
        folder: ends in `month=YYYY-MM`; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """Return the month, as 2026-11."""
        return self.folder.name.partition("=")[2]

    def parts(self) -> list[Path]:
        """Return the files, the first written first."""
        return sorted(self.folder.glob("bars*.parquet"), key=lambda part: _number(part.name))

    def days(self) -> pl.DataFrame:
        """Return the days of all codes: code, day, rows and the part that counts.

        Raises:
            DataError: a part is damaged.
        """
        return _retried(self, lambda: _counting(self._entries()))

    def bytes(self) -> int:
        """Return the size of all parts."""
        return sum(part.stat().st_size for part in self.parts())

    def read(self, wanted: pl.Expr) -> pl.DataFrame:
        """Return the rows that are wanted (columns of `schema.MINUTE`), by code and time.

        Raises:
            DataError: a part is damaged.
        """

        def once() -> pl.DataFrame:
            entries = self._entries()
            found = [_rows(self.folder / part, wanted, _beaten(entries, part))
                     for part in _named(entries)]  # fmt: skip
            return pl.concat([pl.DataFrame(schema=MINUTE), *found]).sort(_KEY)

        return _retried(self, once)

    def replaced(self) -> dict[Path, pl.DataFrame]:
        """Return for each part code and day of its rows that a later part has instead."""

        def once() -> dict[Path, pl.DataFrame]:
            entries = self._entries()
            return {self.folder / part: _beaten(entries, part) for part in _named(entries)}

        return _retried(self, once)

    def add(self, bars: pl.DataFrame) -> int:
        """Write bars (columns of `schema.MINUTE`); one writer at a time.

        Of two rows of a code and minute the one fetched later stays.

        Returns:
            How many rows were replaced, by others or among each other.

        Raises:
            DataError: a part is damaged.
        """
        durable.make_folder(self.folder)
        entries = self._entries()
        fresh = bars.select("code", _DAY).unique()
        there = _counting(entries).join(fresh, on=["code", "day"], how="semi")
        before = [_of_days(self.folder / part, there.filter(pl.col("part") == part))
                  for part in _named(there)]  # fmt: skip
        merged = pl.concat([*before, bars]).sort(*_KEY, "fetched", maintain_order=True)
        rows = merged.height
        merged = merged.unique(_KEY, keep="last", maintain_order=True)
        self._join(pl.concat([entries, self._write(merged, entries)]))
        return rows - merged.height

    def _join(self, entries: pl.DataFrame) -> None:
        """Join small parts to a larger one; let go what is replaced."""
        counting = _counting(entries)
        total, alive = _sizes(entries), _sizes(counting)
        dead = set(total) - set(alive)
        halved = [[part] for part, rows in alive.items() if 2 * rows < total[part]]
        for group in [_alike(alive), *halved]:
            parts = [part for part in group if part not in dead]
            if not parts:
                continue
            held = counting.filter(pl.col("part").is_in(parts))
            counts = counted([held.select("code", "rows")])
            for block in blocks_of(counts, LARGEST):
                rows = [_rows(self.folder / part, block.holds(), _beaten(entries, part))
                        for part in parts]  # fmt: skip
                written = self._write(pl.concat(rows).sort(_KEY), entries)
                entries = pl.concat([entries, written])
            dead |= set(parts)
        self._remember(entries.filter(~pl.col("part").is_in(list(dead))))
        for part in dead:
            # On Windows whoever reads a part holds it; it goes with the next merge.
            with contextlib.suppress(PermissionError):
                (self.folder / part).unlink()

    def _write(self, bars: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
        """Write a part after all others and return its entries."""
        last = max([_number(part) for part in _named(entries)], default=0)
        path = self.folder / f"bars-{last + 1:06d}.parquet"
        fresh = path.with_suffix(".new")
        bars.select(*MINUTE).write_parquet(fresh, compression="zstd", row_group_size=_GROUP)
        durable.replace(fresh, path)  # Before anything that it replaces goes.
        return _entries_of(path, bars.lazy())

    def _entries(self) -> pl.DataFrame:
        """Return what is in which part, of the parts there are."""
        index = self.folder / _INDEX
        known = pl.DataFrame(schema=_ENTRY)
        if index.is_file():
            # A remembrance that cannot be read is none.
            with contextlib.suppress(PolarsError, OSError):
                known = pl.read_parquet(index, hive_partitioning=False).select(*_ENTRY)
        parts = self.parts()
        sizes = {part.name: part.stat().st_size for part in parts}
        there = pl.DataFrame(
            {"part": list(sizes), "size": list(sizes.values())},
            schema={"part": pl.String, "size": pl.Int64},
        )
        known = known.join(there, on=["part", "size"], how="semi")
        named = set(_named(known))
        unknown = [part for part in parts if part.name not in named]
        if not unknown:
            return known
        found = [_entries_of(part, _scan(part)) for part in unknown]
        known = pl.concat([known, *found])
        with contextlib.suppress(OSError):  # Whoever may only read, remembers nothing.
            self._remember(known)
        return known

    def _remember(self, entries: pl.DataFrame) -> None:
        with NamedTemporaryFile(dir=self.folder, suffix=".index.new", delete=False) as file:
            entries.write_parquet(file, compression="zstd")
        durable.replace(Path(file.name), self.folder / _INDEX)


def replaced_days(files: Iterable[Path]) -> dict[Path, pl.DataFrame]:
    """Return code and day of the rows that do not count, of those files that belong to months."""
    folders = dict.fromkeys(file.parent for file in files)
    found: dict[Path, pl.DataFrame] = {}
    for folder in folders:
        if folder.name.startswith("month="):
            found |= Month(folder).replaced()
    return found


def _number(part: str) -> int:
    """Return the number of a part; the first has none."""
    return int(part.removesuffix(".parquet").partition("-")[2] or 0)


def _named(entries: pl.DataFrame) -> list[str]:
    """Return the parts of entries, the first written first."""
    return sorted(entries["part"].unique(), key=_number)


def _sizes(entries: pl.DataFrame) -> dict[str, int]:
    return dict(entries.group_by("part").agg(pl.col("rows").sum()).iter_rows())


def _alike(alive: dict[str, int]) -> list[str]:
    """Return the parts to be joined: each at most as large as all smaller ones together.

    So each row is written again as often as it takes to double its part, and no oftener.
    """
    chosen: list[str] = []
    together, most = 0, 0
    ascending = sorted((rows, part) for part, rows in alive.items())
    for at, (rows, _part) in enumerate(ascending):
        if at and rows > together:
            break
        together += rows
        if together > LARGEST:
            break
        most = at + 1
    if most > 1:
        chosen = [part for _rows_of, part in ascending[:most]]
    return chosen


def _counting(entries: pl.DataFrame) -> pl.DataFrame:
    """Return the entries that count: of each code's day the last part's."""
    order = {part: number for number, part in enumerate(_named(entries))}
    numbered = entries.with_columns(
        pl.col("part").replace_strict(order, return_dtype=pl.Int64).alias("order")
    )
    last = numbered.filter(pl.col("order") == pl.col("order").max().over("code", "day"))
    return last.drop("order").sort("code", "day")


def _beaten(entries: pl.DataFrame, part: str) -> pl.DataFrame:
    """Return code and day of what a part has and a later one has replaced."""
    own = entries.filter(pl.col("part") == part).select("code", "day")
    counting = _counting(entries).filter(pl.col("part") == part)
    return own.join(counting, on=["code", "day"], how="anti")


def _rows(part: Path, wanted: pl.Expr, beaten: pl.DataFrame) -> pl.DataFrame:
    rows = _scan(part).filter(wanted).with_columns(_DAY)
    if beaten.height:
        rows = rows.join(beaten.lazy(), on=["code", "day"], how="anti")
    return _collected(rows.select(*MINUTE), part)


def _of_days(part: Path, days: pl.DataFrame) -> pl.DataFrame:
    codes = days["code"].unique().implode()
    rows = _scan(part).filter(pl.col("code").is_in(codes)).with_columns(_DAY)
    rows = rows.join(days.lazy(), on=["code", "day"], how="semi")
    return _collected(rows.select(*MINUTE), part)


def _entries_of(path: Path, bars: pl.LazyFrame) -> pl.DataFrame:
    days = bars.group_by("code", _DAY).agg(pl.len().cast(pl.Int64).alias("rows"))
    return _collected(
        days.with_columns(
            pl.lit(path.name).alias("part"), pl.lit(path.stat().st_size).alias("size")
        ).select(pl.col(name).cast(dtype) for name, dtype in _ENTRY.items()),
        path,
    )


def _scan(part: Path) -> pl.LazyFrame:
    return pl.scan_parquet(part, hive_partitioning=False)


def _collected(lazy: pl.LazyFrame, part: Path) -> pl.DataFrame:
    try:
        return lazy.collect(engine="streaming")
    except (PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            _("{root}: a file of the store is damaged ({reason})").format(root=part, reason=reason)
        ) from error


def _retried(month: Month, ask: Callable[[], T]) -> T:
    """Ask again where parts were joined to others while they were read."""
    for _attempt in range(_ATTEMPTS - 1):
        before = month.parts()
        try:
            return ask()
        except (DataError, FileNotFoundError):
            if month.parts() == before:
                raise
    return ask()

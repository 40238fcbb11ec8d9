"""Bars on their way into the store: small files written at once and merged in batches.

The store's own files are large and replaced as a whole; whoever gets bars bit by bit (a download,
the minute bars of a live session) stages them here. What is staged survives a crash and is merged
by whoever merges next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import polars as pl
from filelock import FileLock, Timeout
from polars.exceptions import PolarsError

from maemae import durable
from maemae.bars.store import BarStore
from maemae.errors import DataError
from maemae.i18n import _

Period = Literal["daily", "minute"]


def stage(store: BarStore, period: Period, name: str, bars: pl.DataFrame) -> None:
    """Put bars of the store's columns aside under a name; replaces what has that name."""
    path = _folder(store, period) / f"{name}.parquet"
    durable.make_folder(path.parent)
    fresh = path.with_suffix(".new")
    bars.write_parquet(fresh)
    durable.replace(fresh, path)


def merge_staged(store: BarStore) -> None:
    """Merge what is staged into the store; a file goes only after it is merged.

    One at a time: hold `sole_merger`.

    Raises:
        DataError: a staged file is damaged; the others stay until it is gone.
    """
    writers = {"daily": store.write_daily, "minute": store.write_minutes}
    for period, write in writers.items():
        files = sorted((store.root / "staging" / period).glob("*.parquet"))
        if files:
            write(pl.concat(map(_read, files)))
            for file in files:
                file.unlink()


@contextmanager
def sole_merger(store: BarStore) -> Iterator[None]:
    """Be the only one that merges into a store.

    Raises:
        DataError: another process does.
    """
    folder = store.root / "staging"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise DataError(
            _("{root}: another maemae is downloading into this store; wait for it to end").format(
                root=store.root
            )
        ) from error
    try:
        yield
    finally:
        lock.release()


def _read(file: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(file)
    except (PolarsError, OSError) as error:
        raise DataError(
            _("{file}: damaged ({error}); remove it, and its bars are asked for again").format(
                file=file, error=str(error).partition("\n")[0]
            )
        ) from error


def _folder(store: BarStore, period: Period) -> Path:
    return store.root / "staging" / period

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

from maemae.bars.store import BarStore
from maemae.errors import DataError
from maemae.i18n import _

Period = Literal["daily", "minute"]


def stage(store: BarStore, period: Period, name: str, bars: pl.DataFrame) -> None:
    """Put bars of the store's columns aside under a name; replaces what has that name."""
    path = _folder(store, period) / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    bars.write_parquet(fresh)
    fresh.replace(path)


def merge_staged(store: BarStore) -> None:
    """Merge what is staged into the store; a file goes only after it is merged.

    One at a time: hold `sole_merger`.
    """
    writers = {"daily": store.write_daily, "minute": store.write_minutes}
    for period, write in writers.items():
        files = sorted((store.root / "staging" / period).glob("*.parquet"))
        if files:
            write(pl.concat(pl.read_parquet(file) for file in files))
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


def _folder(store: BarStore, period: Period) -> Path:
    return store.root / "staging" / period

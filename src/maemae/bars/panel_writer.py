"""Panels written instrument by instrument, without ever being in memory as a whole.

What `Panel.from_frame` and `kept.save_panel` make of all bars at once, `PanelWriter` makes of a
few instruments at a time: the same files, the same fingerprint.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from maemae.bars.frames import check_columns
from maemae.bars.panel import DAY, FACTS, FIELDS, REQUIRED, Panel
from maemae.errors import DataError
from maemae.i18n import _

INDEX = "index.json"
_CHUNK = 1 << 20
"""Values that are looked at at once where a file is read again."""


@dataclass
class _Column:
    """An array of one dimension that grows in a file."""

    path: Path
    dtype: np.dtype[Any]
    size: int = 0
    start: int = 0
    _file: BinaryIO = field(init=False)

    def __post_init__(self) -> None:
        self._file = self.path.open("wb")
        self.start = self._head()

    def add(self, values: NDArray[Any]) -> None:
        self._file.write(np.ascontiguousarray(values, dtype=self.dtype).data)
        self.size += len(values)

    def close(self) -> None:
        """Say in the head how long it has become."""
        self._file.seek(0)
        self._head()  # As long as before: numpy leaves room for a longer number.
        self._file.close()

    def _head(self) -> int:
        head = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False,
                "shape": (self.size,)}  # fmt: skip
        np.lib.format.write_array_header_1_0(self._file, head)
        return self._file.tell()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        self._file.close()

    def chunks(self) -> Iterator[NDArray[Any]]:
        """Read it again, a part at a time."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            while data := file.read(_CHUNK * self.dtype.itemsize):
                yield np.frombuffer(data, self.dtype)


@dataclass
class _Field:
    """A field of the bars, and what is known of its values."""

    column: _Column
    integral: bool = True
    positive: bool = True

    def add(self, values: NDArray[np.float64]) -> None:
        self.column.add(values)
        self.integral &= bool((values == np.rint(values)).all())
        self.positive &= bool((values > 0).all())


@dataclass
class _Words:
    """A fact of the bars: numbers of words, in the order in which they came."""

    column: _Column
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, words: pl.Series) -> None:
        words = words.cast(pl.String).fill_null("")
        for word in words.unique(maintain_order=True):
            self.numbers.setdefault(word, len(self.numbers))
        self.column.add(words.replace_strict(self.numbers, return_dtype=pl.Int32).to_numpy())


class PanelWriter:
    """Writes the panel of a folder.

    Args:
        folder: an empty one.
        axis: column of the bars' times: `date`, or `ts` for bars shorter than a day.
        step: length of a bar.
    """

    def __init__(self, folder: Path, axis: str, step: timedelta = DAY) -> None:
        self._folder = folder
        self._axis = axis
        self._step = step
        self._unit = np.dtype("datetime64[D]" if axis == "date" else "datetime64[s]")
        self._codes: list[str] = []
        self._counts: list[int] = []
        self._every = np.empty(0, self._unit)
        self._size = 0
        self._times = self._column("times-packed", "<i8")
        self._fields = {name: _Field(self._column(f"field-{name}", "<f8")) for name in REQUIRED}
        self._facts: dict[str, _Words] = {}

    def __enter__(self) -> "PanelWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        fields = [kept.column for kept in self._fields.values()]
        facts = [fact.column for fact in self._facts.values()]
        for column in (self._times, *fields, *facts):
            column.abandon()

    def add(self, bars: pl.DataFrame) -> None:
        """Write all bars of some instruments, whose codes come after those before.

        Args:
            bars: as for `Panel.from_frame`.

        Raises:
            DataError: a column is missing, or a code has two bars at one time.
        """
        check_columns(bars, self._axis)
        bars = bars.filter((pl.col("open") > 0) & (pl.col("close") > 0)).sort("code", self._axis)
        if bars.is_empty():
            return
        self._refuse_twice(bars)
        runs = bars["code"].rle()
        self._codes += runs.struct.field("value").to_list()
        self._counts += runs.struct.field("len").to_list()
        times = bars[self._axis].to_numpy().astype(self._unit)
        self._every = np.union1d(self._every, times)
        self._times.add(times.astype(np.int64))
        self._begin(bars)
        for name, kept in self._fields.items():
            kept.add(_floats(bars, name))
        for name, fact in self._facts.items():
            fact.add(bars[name] if name in bars.columns else _nothing(bars.height))
        self._size += bars.height

    def finish(
        self,
        references: Mapping[str, Panel],
        made: Mapping[str, Any] | None = None,
        aside: Mapping[str, Any] | None = None,
    ) -> None:
        """Write what is known when all bars are there; references must be written already."""
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._counts, dtype=np.int64)))
        np.save(self._folder / "times.npy", self._every)
        np.save(self._folder / "offsets.npy", offsets)
        columns = self._positions()
        fields = {name: self._fields[name] for name in FIELDS if name in self._fields}
        for kept in fields.values():
            kept.column.close()
        labels = {name: self._fact(name, self._facts[name], offsets, columns)
                  for name in FACTS if name in self._facts}  # fmt: skip
        index = {
            "codes": self._codes,
            "fields": list(fields),
            "labels": labels,
            "references": list(references),
            "step": self._step.total_seconds(),
            "integral": {name: kept.integral for name, kept in fields.items()},
            "positive": {name: kept.positive for name, kept in fields.items()},
            "fingerprint": self._fingerprint(columns, fields),
            "made": made,
            "aside": aside,
        }
        (self._folder / INDEX).write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")

    def _refuse_twice(self, bars: pl.DataFrame) -> None:
        """Refuse bars, sorted, of which two are of one code and time."""
        same = [pl.col(name) == pl.col(name).shift() for name in ("code", self._axis)]
        twice = bars.filter(pl.all_horizontal(same)).head(1)
        for row in twice.iter_rows(named=True):
            raise DataError(
                _("{code} has two bars at {at}: remove one").format(
                    code=row["code"], at=row[self._axis]
                )
            )

    def _begin(self, bars: pl.DataFrame) -> None:
        """Make room for what these bars say and none before them said."""
        said = {name for name in bars.columns if bars[name].null_count() < bars.height}
        for name in FIELDS:
            if name in said and name not in self._fields:
                self._fields[name] = _Field(self._column(f"field-{name}", "<f8"))
                for size in _pieces(self._size):
                    self._fields[name].add(np.full(size, np.nan))
        for name in FACTS:
            if name in said and name not in self._facts:
                self._facts[name] = _Words(self._column(f"packed-{name}", "<i4"))
                for size in _pieces(self._size):
                    self._facts[name].add(_nothing(size))

    def _column(self, name: str, dtype: str) -> _Column:
        return _Column(self._folder / f"{name}.npy", np.dtype(dtype))

    def _positions(self) -> _Column:
        """Write which time each bar is of."""
        self._times.close()
        columns = self._column("columns", "<i4")
        every = self._every.astype(np.int64)
        for times in self._times.chunks():
            columns.add(np.searchsorted(every, times).astype(np.int32))
        columns.close()
        self._times.path.unlink()
        return columns

    def _fact(
        self, name: str, fact: _Words, offsets: NDArray[np.int64], columns: _Column
    ) -> list[str]:
        """Write a fact: one word an instrument where it never changes, else one a time."""
        fact.column.close()
        labels = sorted(fact.numbers)
        try:
            order = {word: number for number, word in enumerate(labels)}
            position = np.array([order[word] for word in fact.numbers], dtype=np.int16)
            packed = np.load(fact.column.path, mmap_mode="r")
            firsts = packed[offsets[:-1]]
            steady = all(
                bool((packed[start:stop] == first).all())
                for (start, stop), first in zip(pairwise(offsets), firsts, strict=True)
            )
            target = self._folder / f"fact-{name}.npy"
            if steady:
                np.save(target, position[firsts].reshape(-1, 1))
                return labels
            at = np.load(columns.path, mmap_mode="r")
            shape = len(self._codes), len(self._every)
            spread = cast(
                "NDArray[np.int16]",
                np.lib.format.open_memmap(target, mode="w+", dtype=np.int16, shape=shape),
            )
            for row, (start, stop) in enumerate(pairwise(offsets)):
                spread[row] = -1
                spread[row, at[start:stop]] = position[packed[start:stop]]
            return labels
        finally:
            fact.column.path.unlink()

    def _fingerprint(self, columns: _Column, fields: Mapping[str, _Field]) -> str:
        """Return what `Panel.fingerprint` says of the same bars."""
        digest = blake2b(" ".join(self._codes).encode(), digest_size=8)
        digest.update(self._every.tobytes())
        for part in columns.chunks():
            digest.update(part.data)
        for name in sorted(fields):
            digest.update(name.encode())
            for part in fields[name].column.chunks():
                digest.update(part.data)
        return digest.hexdigest()


def _floats(bars: pl.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in bars.columns:
        return np.full(bars.height, np.nan)
    return bars[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _nothing(size: int) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, size)


def _pieces(size: int) -> Iterator[int]:
    """Cut a number of values into those that are written at once."""
    for start in range(0, size, _CHUNK):
        yield min(_CHUNK, size - start)


def remove_leftovers(folder: Path) -> None:
    """Remove what panels of a folder's name that were never finished have left beside it."""
    for left in folder.parent.glob(f"{folder.name}-*"):
        shutil.rmtree(left)

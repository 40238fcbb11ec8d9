"""Writing a recording: block by block, in bounds, and never the last bytes of a disk."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Final

from maemae import private
from maemae.recordings import shelf
from maemae.recordings.blocks import Summary, pack
from maemae.recordings.entries import (
    VERSION,
    Answer,
    Begun,
    Entry,
    Frame,
    Lost,
    Name,
    Stream,
    encode,
)
from maemae.zones import KST

BLOCK: Final = 256 << 10
"""Bytes of lines after which a block is written."""

KEPT_FREE: Final = 512 << 20
"""Bytes that a recording leaves free: the ledger is on the same disk, and needs them more."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class NoRoom(Exception):  # noqa: N818 - it is a bound that is kept, no fault
    """A recording has reached its bounds: the day's alone fills them."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept.

    Attributes:
        days: of a venue, the latest ones.
        size: bytes of all recordings together.
        free: bytes that stay free on the disk.
    """

    days: int
    size: int
    free: int = KEPT_FREE


class Writer:
    """Writes entries into the files of their days; not for several threads at once.

    Args:
        root: folder of all recordings.
        venue: whose market it is.
        bounds: how much is kept.
        mask: takes out of a line what must not be in it.
        free: tells how many bytes are free where a folder is.
    """

    def __init__(
        self,
        root: Path,
        venue: str,
        bounds: Bounds,
        mask: Callable[[bytes], bytes] = bytes,
        free: Callable[[Path], int] = shelf.free,
    ) -> None:
        self._root = root
        self._venue = venue
        self._bounds = bounds
        self._mask = mask
        self._free = free
        self._file: FileIO | None = None
        self._path: Path | None = None
        self._folder = root
        self._ends = 0
        """When the day of the file is over."""
        self._lines: list[bytes] = []
        self._size = 0
        self._count = 0
        self._block = _Block()
        self._names: set[str] = set()
        """Codes of the names that the file has."""
        self._others = 0
        """Bytes of the other recorded days."""
        self._written = 0

    @property
    def waiting(self) -> int:
        """Entries that are not written yet."""
        return self._count

    def add(self, entry: Entry) -> None:
        """Take an entry; write what has gathered, where that is a block, or the day is another.

        What a file says already of a name is not said again in it.

        Raises:
            OSError: it could not be written. What had gathered is gone (see `drop`).
            NoRoom: the bounds are reached.
        """
        if entry.at >= self._ends:
            self.close()
            self._ends = _day_end(entry.at)
        if isinstance(entry, Name):
            if entry.code in self._names:
                return
            self._names.add(entry.code)
        line = self._mask(encode(entry))
        self._lines.append(line)
        self._size += len(line)
        self._count += not isinstance(entry, Lost)
        self._block.note(entry)
        if self._size >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered as a block.

        Raises:
            OSError: it could not be written. What had gathered is gone (see `drop`).
            NoRoom: the bounds are reached.
        """
        if not self._lines:
            return
        if self._file is None:
            self._file = self._begin(self._block.first)
        block = pack(b"".join(self._lines), self._block.summary())
        self._make_room(len(block))
        _write(self._file, block)
        self._written += len(block)
        self._forget()

    def drop(self) -> tuple[int, int]:
        """Let go of what has gathered and of the file, which may be torn.

        Returns:
            How many entries are gone, and when the first of them arrived.
        """
        gone = self._count, self._block.first
        self._forget()
        with suppress(OSError):  # What was wrong is known already.
            self._shut()
            if self._path is not None and not self._path.stat().st_size:
                self._path.unlink()
        return gone

    def close(self) -> None:
        """Write what has gathered, and end the file.

        Raises:
            OSError: it could not be written.
            NoRoom: the bounds are reached.
        """
        self.flush()
        self._shut()

    def _begin(self, at: int) -> FileIO:
        moment = _EPOCH + timedelta(microseconds=at)
        local = moment.astimezone(KST)
        self._folder = self._root / self._venue / f"{local:%Y-%m-%d}"
        for folder in (self._root, self._folder.parent, self._folder):
            private.make_folder(folder)
            private.tighten(folder)
        self._tidy()
        begun = encode(Begun(at, VERSION, self._venue))
        self._lines.insert(0, begun)
        for number in range(1_000):
            mark = f"-{number:03d}" if number else ""
            self._path = self._folder / f"{local:%H%M%S}{mark}{shelf.SUFFIX}"
            with suppress(FileExistsError):
                return FileIO(self._path, "xb", opener=private.opener)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self._folder))

    def _tidy(self) -> None:
        """Remove the days that are too many, and see how large the others are."""
        every = shelf.days(self._root)
        mine = [folder for venue, _day, folder in every if venue == self._venue]
        for folder in mine[: -self._bounds.days]:
            if folder != self._folder:
                shelf.remove(folder)
        left = [folder for _venue, _day, folder in shelf.days(self._root)]
        self._others = sum(shelf.size_of(one) for one in left if one != self._folder)
        self._written = shelf.size_of(self._folder)

    def _make_room(self, size: int) -> None:
        """See to it that a block can be written, if need be by removing the earliest day."""
        while self._others + self._written + size > self._bounds.size:
            others = [one for _venue, _day, one in shelf.days(self._root) if one != self._folder]
            if not others:
                raise NoRoom
            gone = shelf.size_of(others[0])
            shelf.remove(others[0])
            self._others = max(0, self._others - gone) if len(others) > 1 else 0
        if self._free(self._folder) < self._bounds.free + size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder))

    def _forget(self) -> None:
        self._lines, self._size, self._count, self._block = [], 0, 0, _Block()

    def _shut(self) -> None:
        file, self._file = self._file, None
        self._names = set()
        if file is not None:
            file.close()


def _write(file: FileIO, block: bytes) -> None:
    """Write all of a block.

    Raises:
        OSError: it could not be; a part of it may stand there.
    """
    left = memoryview(block)
    while left:
        left = left[file.write(left) or 0 :]


class _Block:
    """The summary of a block in the making."""

    def __init__(self) -> None:
        self.first = 0
        self._last = 0
        self._frames = self._answers = self._lost = 0
        self._names: list[str] = []
        self._gaps: list[tuple[int, int]] = []

    def note(self, entry: Entry) -> None:
        """Take an entry in."""
        self.first = self.first or entry.at
        self._last = max(self._last, entry.at)
        match entry:
            case Frame():
                self._frames += 1
            case Answer():
                self._answers += 1
            case Name():
                self._names.append(entry.code)
            case Lost():
                self._lost += entry.count
                self._gaps.append((entry.since, entry.at))
            case Stream(up=True) if entry.since:
                self._gaps.append((entry.since, entry.at))
            case _:
                pass

    def summary(self) -> Summary:
        """Return what the block holds."""
        return Summary(
            self.first, self._last, self._frames, self._answers, self._lost,
            tuple(self._names), tuple(self._gaps),
        )  # fmt: skip


def _day_end(at: int) -> int:
    """Return the midnight in Korea after a moment."""
    local = (_EPOCH + timedelta(microseconds=at)).astimezone(KST)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), KST)
    return (midnight - _EPOCH) // timedelta(microseconds=1)

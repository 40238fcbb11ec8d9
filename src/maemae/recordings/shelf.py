"""Where recordings are: a folder a venue, in it one a day, in it a file for each time it began."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from maemae.errors import DataError
from maemae.i18n import _
from maemae.recordings.blocks import Block, blocks, entries
from maemae.recordings.entries import Entry

FOLDER: Final = "recordings"
"""In the data folder."""
SUFFIX: Final = ".jsonl.gz"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded day. Moments in microseconds.

    Attributes:
        folder: where it is.
        venue: whose market it was recorded on.
        day: which day.
        size: bytes on disk.
        first: when the first entry arrived; None: there is none.
        last: when the last one did.
        frames: how many frames.
        answers: how many answers.
        names: how many instruments.
        lost: how many entries were not written.
        gaps: from when to when nothing was received, or not everything, in order.
        torn: whether the end of a file is missing: the process or the machine ended there.
    """

    folder: Path
    venue: str
    day: date
    size: int
    first: int | None
    last: int | None
    frames: int
    answers: int
    names: int
    lost: int
    gaps: tuple[tuple[int, int], ...]
    torn: bool

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return f"{self.venue}/{self.day}"


def parts(folder: Path) -> list[Path]:
    """Return the files of a recorded day, in the order in which they were begun."""
    plain = (one for one in folder.glob(f"*{SUFFIX}") if one.is_file() and not one.is_symlink())
    return sorted(plain, key=lambda file: file.name.removesuffix(SUFFIX))


def days(root: Path) -> list[tuple[str, date, Path]]:
    """Return venue, day and folder of all recorded days under a folder, the earliest first."""
    found = [
        (folder.parent.name, day, folder)
        for folder in root.glob("*/*")
        if (day := _day(folder.name)) is not None and folder.is_dir() and not folder.is_symlink()
    ]
    return sorted(found, key=lambda one: (one[1], one[0]))


def size_of(folder: Path) -> int:
    """Return the bytes of a recorded day."""
    return sum(_size(file) for file in parts(folder))


def look(folder: Path) -> Recorded:
    """Say what a recorded day holds, from the headers of its blocks.

    Raises:
        DataError: the folder is none of a recorded day, or cannot be read.
    """
    day = _day(folder.resolve().name)
    if day is None or not folder.is_dir():
        raise DataError(_("{path} is not the folder of a recorded day").format(path=folder))
    found: list[Block] = []
    gaps: list[tuple[int, int]] = []
    torn = False
    for file in parts(folder):
        try:
            some, whole = blocks(file)
        except OSError as error:
            raise DataError(f"{file}: {error.strerror or error}") from error
        torn = torn or not whole
        if found and some and some[0].summary.first > found[-1].summary.last:
            gaps.append((found[-1].summary.last, some[0].summary.first))
        found += some
    said = [block.summary for block in found]
    gaps += [gap for one in said for gap in one.gaps]
    return Recorded(
        folder=folder,
        venue=folder.resolve().parent.name,
        day=day,
        size=size_of(folder),
        first=min((one.first for one in said), default=None),
        last=max((one.last for one in said), default=None),
        frames=sum(one.frames for one in said),
        answers=sum(one.answers for one in said),
        names=len({name for one in said for name in one.names}),
        lost=sum(one.lost for one in said),
        gaps=tuple(sorted(set(gaps))),
        torn=torn,
    )


def entries_of(folder: Path) -> Iterator[Entry]:
    """Return a day's entries in the order of their arrival.

    What a file holds of the time before the end of the one before it is passed over: two processes
    recorded the same market then.

    Raises:
        DataError: a file cannot be read.
    """
    ended = 0
    for file in parts(folder):
        last = ended
        try:
            for entry in entries(file):
                if entry.at >= ended:
                    last = max(last, entry.at)
                    yield entry
        except OSError as error:
            raise DataError(f"{file}: {error.strerror or error}") from error
        ended = last


def find(root: Path, name: str) -> Path:
    """Return the folder of a recorded day: by its own path, `live/2026-11-30`, or its date alone.

    Raises:
        DataError: there is none, or there are several of that date.
    """
    if _day(Path(name).resolve().name) is not None and Path(name).is_dir():
        return Path(name)
    fits = [folder for venue, day, folder in days(root) if name in (f"{venue}/{day}", f"{day}")]
    if len(fits) == 1:
        return fits[0]
    there = [f"{venue}/{day}" for venue, day, folder in days(root) if not fits or folder in fits]
    if fits:
        said = _("{name} was recorded on several venues: {there}")
    elif there:
        said = _("no recording {name}; there are {there}")
    else:
        said = _("no recording {name}: nothing is recorded in {root}")
    some = ", ".join(there[-10:])
    raise DataError(said.format(name=name, there=some, root=root))


def remove(folder: Path) -> None:
    """Remove a recorded day.

    Raises:
        OSError: it cannot be removed.
    """
    for file in parts(folder):
        file.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def free(folder: Path) -> int:
    """Return the bytes that are free where a folder is.

    Raises:
        OSError: nobody can tell.
    """
    return shutil.disk_usage(folder).free


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0  # Removed meanwhile.

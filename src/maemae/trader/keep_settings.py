"""How long dated files are kept that nobody asks for again: backups, and what hung traders left."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from maemae.clock import KST

_DATED = re.compile(r"-(\d{8})-(\d{6})\.\w+")
"""How the name of a dated file ends: -20261121-160000.zip."""


class KeepSettings(BaseModel):
    """How long backups in a folder are kept, and what hung traders left (stacks-*.txt)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(14, ge=0, description="days of which every file is kept; 0: all are for ever")
    weeks: int = Field(8, ge=0, description="weeks of which the last file is kept")
    months: int = Field(12, ge=0, description="months of which the last file is kept")


def outlived(files: Iterable[Path], keep: KeepSettings, today: date) -> list[Path]:
    """Return the files, oldest first, that are not kept any longer.

    The last of all is kept in any case, and so is what has no date in its name.
    """
    dated = {file: at for file in files if (at := _made(file)) is not None}
    if not keep.days or not dated:
        return []
    oldest = today - timedelta(days=keep.days - 1)
    kept = {file for file, at in dated.items() if at.date() >= oldest}
    kept |= _last_of(dated, keep.weeks, _week)
    kept |= _last_of(dated, keep.months, lambda at: (at.year, at.month))
    kept.add(max(dated, key=dated.__getitem__))
    return sorted(dated.keys() - kept, key=dated.__getitem__)


def _last_of(
    dated: dict[Path, datetime], count: int, of: Callable[[datetime], tuple[int, int]]
) -> set[Path]:
    """Return the last file of each of the last so many spans in which there is one."""
    last: dict[tuple[int, int], Path] = {}
    for file in sorted(dated, key=dated.__getitem__):
        last[of(dated[file])] = file
    return {last[span] for span in sorted(last, reverse=True)[:count]}


def _week(at: datetime) -> tuple[int, int]:
    return at.isocalendar()[:2]


def _made(file: Path) -> datetime | None:
    """Return when a file was made, as its name says; None: it does not."""
    found = _DATED.search(file.name)
    if found is None or found.end() != len(file.name):
        return None
    try:
        return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=KST)
    except ValueError:
        return None

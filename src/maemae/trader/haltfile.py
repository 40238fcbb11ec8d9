"""The kill switch that needs nothing but a file: whoever can create one can stop the trader."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from maemae.clock import Clock
from maemae.desk.events import Event, HaltOrdered
from maemae.desk.records import Halt
from maemae.errors import DataError
from maemae.reading import SETTINGS, read_text

NAME = "HALT"
EVERY = 0.5
"""Real seconds between two looks: an emergency does not wait for a simulated clock."""


async def watch(folder: Path, clock: Clock, put: Callable[[Event], None]) -> None:
    """Order a halt as soon as a file `HALT` is in the folder, for as long as it is there.

    The file may say how much is halted (`entries`, `exits_only` or `all`); an empty one, or one
    that says something else, halts everything. Removing the file does not resume.
    """
    file, ordered, before = folder / NAME, False, None
    while True:
        there = await asyncio.to_thread(_read, file)
        # A file is empty for a moment while it is being written: look twice before that counts.
        settled = there != "" or before == ""
        if there is None:
            ordered = False
        elif not ordered and settled:
            ordered = True
            put(HaltOrdered(at=clock.now(), level=_level(there), reason=f"file {NAME}"))
        before = there
        await asyncio.sleep(EVERY)


def leave(folder: Path, level: Halt) -> Path:
    """Leave the file for the next trader to find, and return it; one that is there stays."""
    file = folder / NAME
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{level}\n", encoding="utf-8")
    return file


def _read(file: Path) -> str | None:
    """Return what the file says; an unreadable one halts too."""
    try:
        file.lstat()
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    try:
        return read_text(file, SETTINGS).strip().lower()
    except DataError:
        return "" if file.exists() else None


def _level(word: str) -> Halt:
    try:
        level = Halt(word)
    except ValueError:
        return Halt.ALL
    return Halt.ALL if level is Halt.NONE else level

"""Files that a power cut leaves whole: the one before or the new one, never a part of it.

A system writes what a program has written when it likes, and in the order it likes. What must be
there before something else is taken away is told so here: the content of a file, and the names in
its folder, which are another thing.
"""

import os
from pathlib import Path


def replace(fresh: Path, target: Path) -> None:
    """Put a written file where another was, or none; on the disk on return.

    Raises:
        OSError: the disk does not take it.
    """
    sync(fresh)
    fresh.replace(target)
    sync_names(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it, whose names are on the disk on return.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_names(folder.parent)


def sync(path: Path) -> None:
    """Have a file on the disk, or a folder with the files in it and below.

    Raises:
        OSError: the disk does not take it.
    """
    if not path.is_dir():
        _synced(path, os.O_RDWR)  # Windows wants the right to write.
        return
    for below in path.iterdir():
        sync(below)
    sync_names(path)


def sync_names(folder: Path) -> None:
    """Have the names in a folder on the disk; Windows keeps them itself.

    Raises:
        OSError: the disk does not take it.
    """
    if os.name != "nt":
        _synced(folder, os.O_RDONLY)


def _synced(path: Path, how: int) -> None:
    handle = os.open(path, how)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

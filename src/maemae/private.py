"""What is the owner's alone: ledgers, logs, plans and exports, which others must not read.

Rights are given when a file is made, whatever the umask is. Wider ones from before are taken back,
and whoever opens the files is told. Windows has no such rights: a folder in the user's profile has
those of the profile.
"""

import os
import stat
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
_OTHERS = 0o077


def make_folder(folder: Path) -> None:
    """Make a folder that its owner alone may enter; one that is there is left as it is.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """Open a file for `open(..., opener=opener)`; one that is made is its owner's alone."""
    return os.open(path, flags, FILE)


def write_text(file: Path, text: str) -> None:
    """Write a file of the owner's alone, over an earlier one.

    Raises:
        OSError: it cannot be written.
    """
    with open(file, "w", encoding="utf-8", opener=opener) as out:
        out.write(text)
    tighten(file)


def tighten(path: Path) -> bool:
    """Take rights of others back from a file or a folder; whether there were any.

    What is not ours, and a folder that everybody shares (such as /tmp), is left as it is.
    """
    if not hasattr(os, "geteuid"):
        return False  # Rights are another thing on Windows.
    try:
        found = path.lstat()
        shared = bool(found.st_mode & stat.S_ISVTX)
        plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
        if not found.st_mode & _OTHERS or shared or not plain or found.st_uid != os.geteuid():
            return False
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    except OSError:
        return False  # Gone meanwhile, or on a file system without rights.
    return True


def tighten_all(folder: Path, *patterns: str) -> list[Path]:
    """Take rights of others back from a folder and the files of these names in it; return which."""
    there = [folder, *(file for pattern in patterns for file in sorted(folder.glob(pattern)))]
    return [path for path in there if tighten(path)]

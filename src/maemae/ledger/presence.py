"""Whether the file that facts are written to is still the one at the path of the ledger.

An open file that was deleted, moved or replaced takes every write without an error, and is gone
when the process ends: what was bought on the strength of it would be bought again.
"""

import os
from pathlib import Path

from maemae.errors import LedgerVanished
from maemae.i18n import _

LOG = "-wal"
"""What SQLite appends to the name of a ledger for the newest facts."""

Identity = tuple[int, int]
"""Device and inode."""


class Presence:
    """Remembers which file a ledger is; a ledger in a database server is none.

    Args:
        file: of an SQLite ledger that is open; None for a server.
    """

    def __init__(self, file: Path | None) -> None:
        self._known: dict[Path, Identity] = {}
        if file is not None:
            for one in (file, file.with_name(file.name + LOG)):
                identity = _identity(one)
                if identity is not None:
                    self._known[one] = identity

    def check(self) -> None:
        """Look whether the files are still there; two calls of the file system.

        Raises:
            LedgerVanished: one is gone or another.
        """
        for file, known in self._known.items():
            identity = _identity(file)
            if identity == known:
                continue
            said = (
                _("the ledger {file} is gone: it was deleted or moved while maemae ran")
                if identity is None
                else _("the ledger {file} is another file than before: it was replaced")
            )
            rest = _(
                "Nothing more is sent, and no position is watched. Put the ledger back, or a "
                "backup of it (maemae restore FILE), and start maemae again."
            )
            raise LedgerVanished(f"{said.format(file=file)}. {rest}")


def _identity(file: Path) -> Identity | None:
    try:
        found = os.stat(file)  # noqa: PTH116 - half the time of Path.stat, before every order
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino

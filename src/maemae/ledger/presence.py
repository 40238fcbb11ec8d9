"""Whether the file that facts are written to is still the one at the path of the ledger.

An open file that was deleted, moved or replaced takes every write without an error, and is gone
when the process ends: what was bought on the strength of it would be bought again. One that was
written over in place is the same file with other facts in it.
"""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from threading import Lock

from maemae.errors import LedgerVanished
from maemae.i18n import _

LOG = "-wal"
"""What SQLite appends to the name of a ledger for the newest facts."""

TRIES, PAUSE = 3, 0.05
"""Looks at a file whose facts are not ours, and seconds between two: another process that moves
facts into it leaves it half written for a moment."""

Identity = tuple[int, int]
"""Device and inode."""

State = tuple[int, int, int]
"""Size and times of a file: they change with every write. SQLite writes the file of a ledger only
when it moves facts there from the log beside it."""

Fact = tuple[int, str]
"""Number and body of a row of the journal."""


class Presence:
    """Remembers which file a ledger is; a ledger in a database server is none.

    Args:
        file: of an SQLite ledger that is open; None for a server.
    """

    def __init__(self, file: Path | None) -> None:
        self.writing = Lock()
        """Held while facts are written, so that nobody looks at a file half written by us."""
        self._known: dict[Path, Identity] = {}
        self._file = file
        self._state: State | None = None
        self._last: Fact | None = None
        if file is None:
            return
        for one in (file, file.with_name(file.name + LOG)):
            found = _stat(one)
            if found is not None:
                self._known[one] = (found.st_dev, found.st_ino)
        self._state = _state(_stat(file))
        self._last = _last_fact(file)

    def before_write(self) -> None:
        """Look before facts are written: they would mend half of what was written over.

        Raises:
            LedgerVanished: the file is gone, another, or written over.
        """
        self.check()

    def check(self) -> None:
        """Look whether the files are still there; two calls of the file system.

        Raises:
            LedgerVanished: one is gone, another, or written over.
        """
        for file, known in self._known.items():
            found = _stat(file)
            if found is None:
                raise _vanished(
                    file, _("the ledger {file} is gone: it was deleted or moved while maemae ran")
                )
            if (found.st_dev, found.st_ino) != known:
                raise _vanished(
                    file, _("the ledger {file} is another file than before: it was replaced")
                )
            if file == self._file and _state(found) != self._state:
                self._look_into(file)

    def _look_into(self, file: Path) -> None:
        """Look whether the facts that the file had are still in it; a journal only grows.

        Raises:
            LedgerVanished: they are not: it was written over.
        """
        with self.writing:
            for again in range(TRIES):
                if again:
                    time.sleep(PAUSE)
                state = _state(_stat(file))
                if self._last is None or _fact(file, self._last[0]) == self._last:
                    self._last = _last_fact(file) or self._last
                    self._state = state
                    return
        raise _vanished(
            file, _("the ledger {file} has other facts in it than before: it was written over")
        )


def _vanished(file: Path, said: str) -> LedgerVanished:
    rest = _(
        "Nothing more is sent, and no position is watched. Put the ledger back, or a "
        "backup of it (maemae restore FILE), and start maemae again."
    )
    return LedgerVanished(f"{said.format(file=file)}. {rest}")


def _stat(file: Path) -> os.stat_result | None:
    try:
        return os.stat(file)  # noqa: PTH116 - half the time of Path.stat, before every order
    except FileNotFoundError:
        return None


def _state(found: os.stat_result | None) -> State | None:
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns) if found is not None else None


def _last_fact(file: Path) -> Fact | None:
    return _row(file, "SELECT seq, body FROM journal ORDER BY seq DESC LIMIT 1")


def _fact(file: Path, seq: int) -> Fact | None:
    return _row(file, "SELECT seq, body FROM journal WHERE seq = ?", seq)


def _row(file: Path, query: str, *values: int) -> Fact | None:
    """Read from the file alone, without the log beside it; None where it has no such row."""
    try:
        where = f"{file.as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(where, uri=True)) as connection:
            found = connection.execute(query, values).fetchone()
    except sqlite3.Error:  # It is no database, or one without a journal yet.
        return None
    return (found[0], found[1]) if found is not None else None

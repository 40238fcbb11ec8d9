"""Whole copies of an SQLite ledger, made while it is in use, and what is wrong with one."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from maemae.errors import LedgerError
from maemae.i18n import _


def sqlite_file(url: str | Path) -> Path | None:
    """Return the file of an SQLite ledger, or None where the ledger is in another database."""
    if isinstance(url, Path):
        return url
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a ledger as it stands at one moment, even while a trader writes to it.

    The copy is made by SQLite's online backup, checked, and on the disk when this returns; only
    its owner may read it. It has the name `target` only then.

    Raises:
        LedgerError: it cannot be copied, or the copy is damaged.
    """
    fresh = target.with_name(f"{target.name}.part")
    try:
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_reading(source)) as live, closing(sqlite3.connect(fresh)) as copy:
            live.backup(copy)
            # A copy is one file: the log that writers keep beside a ledger is not wanted here.
            copy.execute("PRAGMA journal_mode=DELETE")
        _revision, problem = examine_sqlite(fresh)
        if problem:
            raise LedgerError(
                _("the ledger {source} is damaged: {problem}; restore a backup of it").format(
                    source=source, problem=problem
                )
            )
        with fresh.open("rb") as written:
            os.fsync(written.fileno())
        fresh.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(
            _("the ledger {source} cannot be copied to {target}: {error}").format(
                source=source, target=target, error=error
            )
        ) from error
    finally:
        fresh.unlink(missing_ok=True)


def examine_sqlite(file: Path) -> tuple[str, str]:
    """Return the revision of a ledger's tables, and what SQLite finds damaged; changes nothing.

    Raises:
        sqlite3.DatabaseError: it is no database at all.
    """
    with closing(_reading(file)) as connection:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        damage = "" if verdict == "ok" else str(verdict)
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
        if tables.fetchone() is None:
            return "", damage
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return (row[0] if row else ""), damage


def count_facts(file: Path) -> dict[str, tuple[int, str]]:
    """Return how many facts a ledger has by account, and the time of the last; changes nothing."""
    query = "SELECT account, count(*), max(at) FROM journal GROUP BY account ORDER BY account"
    with closing(_reading(file)) as connection:
        return {account: (count, last) for account, count, last in connection.execute(query)}


def _reading(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)

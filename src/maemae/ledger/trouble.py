"""What is wrong with a ledger that cannot be used, and what to do about it, in one line."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from maemae.errors import LedgerAway, LedgerError
from maemae.i18n import _

_PRIMARY = 0xFF
"""The part of SQLite's extended codes that names the kind of trouble."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_AWAY = ("08", "53300", "57P")
"""Beginnings of SQLSTATE: connection lost, too many connections, shutting down or starting up."""
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def told(where: str, doing: str) -> Iterator[None]:
    """Turn what a database raises into an error that a person can act on.

    Args:
        where: the ledger, without any password.
        doing: what cannot be done: `opened`, `read` or `written`.

    Raises:
        LedgerAway: the database server cannot be reached at the moment.
        LedgerError: instead of the database's other errors.
    """
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        # Statement and values stay out of the message: they tell nobody what to do.
        sentences = {
            "opened": _("the ledger {where} cannot be opened: {cause}"),
            "read": _("the ledger {where} cannot be read: {cause}"),
            "written": _("the ledger {where} cannot be written: {cause}"),
        }
        said = sentences[doing].format(where=where, cause=cause or type(error).__name__)
        if is_away(error):
            raise LedgerAway(said) from error
        hint = advice(cause)
        raise LedgerError(f"{said}. {hint}" if hint else said) from error


def is_away(error: BaseException) -> bool:
    """Whether a database server cannot be reached at the moment; an SQLite file never is.

    A connection that is cut, refused or silent is all that pg8000 calls an error of the interface;
    a server that shuts down or starts up says so itself.
    """
    if isinstance(error, TimeoutError | ConnectionError):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else None
    if cause is None or isinstance(cause, sqlite3.Error):
        return False
    told = cause.args[0] if cause.args else None
    code = told.get("C", "") if isinstance(told, dict) else ""
    return type(cause).__name__ == "InterfaceError" or str(code).startswith(_AWAY)


def advice(cause: BaseException) -> str:
    """Say what to do about a fault of the disk or the database; blank where that is not known."""
    code = getattr(cause, "sqlite_errorcode", -1) & _PRIMARY
    number = getattr(cause, "errno", None)
    if code == sqlite3.SQLITE_FULL or number in _FULL:
        return _(
            "Nothing was sent on it, and what was written before is whole. Make room on the disk "
            "and start maemae again; until then it watches no position."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM) or (
        number in _CLOSED
    ):
        return _(
            "Nothing was sent on it. Give the user that runs maemae the right to write the file "
            "and its folder, and start maemae again; until then it watches no position."
        )
    if code in _DAMAGED:
        return mend()
    if code == sqlite3.SQLITE_IOERR:
        return _(
            "Nothing was sent on it. Look whether the disk is full (df) or broken (dmesg), then "
            "start maemae again; until then it watches no position."
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _("Another program holds it: close that, and start maemae again.")
    return ""


def mend() -> str:
    """Say what to do about a damaged ledger."""
    return _(
        "It is damaged; nothing is sent on it and nothing in it was changed. Keep a copy of the "
        "file, then put a backup in place (maemae restore FILE)."
    )

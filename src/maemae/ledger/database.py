"""The database behind a ledger: how it is opened, and what SQLite needs for it."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from maemae import private
from maemae.errors import LedgerError
from maemae.i18n import _

_STEP = 1_000_000
"""Instructions of SQLite between two steps of a long look: some hundredths of a second."""

_SILENCE = 5.0
"""Seconds without a word of a database server after which it is taken to be away."""


def open_engine(url: str) -> Engine:
    """Return what reaches the database of a URL; nothing is opened yet.

    Raises:
        LedgerError: a server is meant whose driver is not installed.
    """
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+pg8000")
    server = parsed.get_backend_name() == "postgresql"
    # A connection that the server's restart has cut is noticed before it is used.
    how = {"pool_pre_ping": True, "connect_args": {"timeout": _SILENCE}} if server else {}
    try:
        engine = create_engine(parsed, **how)
    except ModuleNotFoundError as missing:
        raise LedgerError(
            _("a ledger in {get_backend_name} needs {name}: pip install 'maemae[postgres]'").format(
                get_backend_name=parsed.get_backend_name(), name=missing.name
            )
        ) from missing
    # A connection that is cut is our error to tell, in one line; the pool would print a traceback.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def file_of(engine: Engine) -> Path | None:
    """Return the file of an SQLite ledger; None in memory or on a server."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    if "uri" in engine.url.query:  # SQLite's own: file:PATH?mode=ro
        name = unquote(name.removeprefix("file:"))
    return Path(name).absolute()


@contextmanager
def stepping(connection: Connection, step: Callable[[], None]) -> Iterator[None]:
    """Call `step` while SQLite is at work; where it raises, that ends the work and is raised."""
    raised: list[BaseException] = []

    def go_on() -> int:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - raised again below, on our side of SQLite
            raised.append(error)
        return len(raised)

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(go_on, _STEP)
    try:
        yield
    except DBAPIError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        driver.set_progress_handler(None, 0)


def keep_private(engine: Engine) -> None:
    """Make the file before SQLite does, which gives what it makes the rights of that file."""
    file = file_of(engine)
    if file is None:
        return
    if not file.exists():
        os.close(private.opener(str(file), os.O_WRONLY | os.O_CREAT))
    for ending in ("", "-wal", "-shm"):
        private.tighten(Path(f"{file}{ending}"))


def _durable(connection: Any, _record: Any) -> None:
    """Make every commit reach the disk, and let readers read while the trader writes."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()

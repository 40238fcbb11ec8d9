"""Bringing a ledger's tables up to the version that this maemae works with.

Run `alembic` through `migrations/` only to write a new revision; opening a ledger applies them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from maemae.errors import LedgerError
from maemae.i18n import _
from maemae.ledger.copies import copy_sqlite

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0002"
"""The newest revision in `migrations/versions`."""

FIRST = "0001"
"""What a ledger has that was made before versions were kept."""

_LOCK = 7_346_213


def bring_up_to_date(engine: Engine) -> None:
    """Create or upgrade the tables; does nothing, and costs nothing, where they are up to date.

    An SQLite ledger is copied to `<file>.before-<revision>` first: the way back to the maemae that
    wrote it.

    Raises:
        LedgerError: the ledger was written by a newer maemae, or cannot be copied.
    """
    with engine.begin() as connection:
        if _version(connection) == HEAD:
            return
        if connection.dialect.name == "postgresql":
            # Two processes may open a new ledger at once; the second waits for the first.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _upgrade(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def knows(revision: str) -> bool:
    """Whether tables of that revision can be read and upgraded; a blank one is the first."""
    return not revision or revision in _revisions(_config())


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a tenth of a second that is rarely needed

    config = _config()
    config.attributes["connection"] = connection
    version = _version(connection)
    if version is not None and version not in _revisions(config):
        raise LedgerError(
            _(
                "the ledger has the version {version}, which this maemae does not know: "
                "it was written by a newer one; install that"
            ).format(version=version)
        )
    if inspect(connection).has_table("journal"):
        _keep(connection)
        if version is None:
            command.stamp(config, FIRST)
    command.upgrade(config, "head")


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _revisions(config: "Config") -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _keep(connection: Connection) -> None:
    """Copy a ledger that is about to be changed; a server's is copied by its own tools."""
    file = connection.engine.url.database
    if connection.dialect.name != "sqlite" or not file or file == ":memory:":
        return
    copy_sqlite(Path(file), Path(f"{file}.before-{HEAD}"))

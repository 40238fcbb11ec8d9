"""Bringing a ledger's tables up to the version that this maemae works with.

Run `alembic` through `migrations/` only to write a new revision; opening a ledger applies them.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from maemae.errors import LedgerError

HEAD = "0001"
"""The newest revision in `migrations/versions`."""

FIRST = "0001"
"""What a ledger has that was made before versions were kept."""

_LOCK = 7_346_213


def bring_up_to_date(engine: Engine) -> None:
    """Create or upgrade the tables; does nothing, and costs nothing, where they are up to date.

    Raises:
        LedgerError: the ledger was written by a newer maemae.
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


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a tenth of a second that is rarely needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    version = _version(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise LedgerError(
            f"the ledger has the version {version}, which this maemae does not know: "
            "it was written by a newer one; install that"
        )
    if version is None and inspect(connection).has_table("journal"):
        command.stamp(config, FIRST)
    command.upgrade(config, "head")

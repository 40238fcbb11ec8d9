"""Tables of the ledger, made and brought up to date by migrations."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from maemae.errors import LedgerError
from maemae.ledger import migrate, schema
from maemae.ledger.copies import examine_sqlite
from maemae.ledger.ledger import Ledger

ACCOUNT = "50000000-01"

FIRST_TABLES = [schema.journal, schema.orders, schema.fills]
"""What a ledger has that was made before versions were kept."""


def test_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    made, declared = (create_engine(f"sqlite:///{tmp_path / name}") for name in ("a", "b"))
    migrate.bring_up_to_date(made)
    schema.metadata.create_all(declared)
    left, right = inspect(made), inspect(declared)
    assert set(left.get_table_names()) == {*right.get_table_names(), "alembic_version"}
    for table in right.get_table_names():
        for ask in ("get_columns", "get_pk_constraint", "get_indexes"):
            assert repr(getattr(left, ask)(table)) == repr(getattr(right, ask)(table))
    made.dispose()
    declared.dispose()


def test_a_ledger_from_before_migrations_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    schema.metadata.create_all(engine, FIRST_TABLES)
    engine.dispose()
    with Ledger(file, ACCOUNT) as ledger:
        assert list(ledger.records()) == []
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    engine.dispose()
    assert version == migrate.HEAD


def test_a_ledger_of_a_newer_maemae_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite"
    Ledger(file, ACCOUNT).close()
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LedgerError, match="newer"):
        Ledger(file, ACCOUNT)


def test_a_ledger_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    schema.metadata.create_all(engine, FIRST_TABLES)
    engine.dispose()
    Ledger(file, ACCOUNT).close()
    kept = tmp_path / f"old.sqlite.before-{migrate.HEAD}"
    revision, problem = examine_sqlite(kept)
    assert (revision, problem) == ("", "")
    Ledger(tmp_path / "fresh.sqlite", ACCOUNT).close()
    assert not (tmp_path / f"fresh.sqlite.before-{migrate.HEAD}").exists()

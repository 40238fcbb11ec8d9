"""A real PostgreSQL server for the ledger's tests."""

from tests.postgres import postgres

__all__ = ["postgres"]

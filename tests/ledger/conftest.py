"""A real PostgreSQL server for the ledger's tests."""

from tests.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]

"""A real PostgreSQL server for what a trader does without its ledger."""

from tests.postgres import postgres_server

__all__ = ["postgres_server"]

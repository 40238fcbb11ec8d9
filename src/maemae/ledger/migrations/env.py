"""Alembic's environment: the connection is handed over by `maemae.ledger.migrate`."""

from alembic import context

from maemae.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters tables by copying them
)
with context.begin_transaction():
    context.run_migrations()

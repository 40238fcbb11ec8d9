"""Snapshots of the state, and what finished days have earned: a start reads what is new alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create their tables; they are empty until the next close."""
    op.create_table(
        "snapshots",
        sa.Column("account", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("program", sa.String(64), nullable=False),
        sa.Column("days", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "days",
        sa.Column("account", sa.String(32), primary_key=True),
        sa.Column("opened", sa.BigInteger, primary_key=True),
        sa.Column("day", sa.String(10), nullable=False, index=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )

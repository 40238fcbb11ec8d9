"""The first tables: journal, orders, fills. Ledgers older than migrations have exactly these."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "journal",
        sa.Column("seq", _serial, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(32), nullable=False, index=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False, index=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("account", sa.String(32), primary_key=True),
        sa.Column("intent", sa.String(32), primary_key=True),
        sa.Column("day", sa.String(10), nullable=False, index=True),
        sa.Column("book", sa.String(64), nullable=False),
        sa.Column("side", sa.String(4), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("price", sa.BigInteger),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("order_no", sa.BigInteger),
        sa.Column("filled", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("intended", sa.String(40), nullable=False),
    )
    op.create_table(
        "fills",
        sa.Column("seq", _serial, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("intent", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False, index=True),
        sa.Column("book", sa.String(64), nullable=False),
        sa.Column("side", sa.String(4), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("executed", sa.String(40), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
    )

"""Tables of the ledger: an append-only journal, and what it adds up to.

All but the journal follows from it, and can be made from it again.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# SQLite numbers rows by itself only for INTEGER keys.
_Serial = BigInteger().with_variant(Integer, "sqlite")

journal = Table(
    "journal",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False, index=True),
    Column("at", String(40), nullable=False),
    Column("kind", String(32), nullable=False, index=True),
    Column("body", Text, nullable=False),
)
"""Every fact, oldest first; `body` is the record as JSON. Never updated, never deleted."""

orders = Table(
    "orders",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("intent", String(32), primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("book", String(64), nullable=False),
    Column("side", String(4), nullable=False),
    Column("code", String(16), nullable=False),
    Column("name", String(80), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("price", BigInteger),
    Column("reason", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("order_no", BigInteger),
    Column("filled", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("intended", String(40), nullable=False),
)
"""The present state of every order, written in the same transaction as the facts behind it."""

fills = Table(
    "fills",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("intent", String(32), nullable=False),
    Column("day", String(10), nullable=False, index=True),
    Column("book", String(64), nullable=False),
    Column("side", String(4), nullable=False),
    Column("code", String(16), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("executed", String(40), nullable=False),
    Column("source", String(16), nullable=False),
)
"""Every execution."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("mark", String(16), nullable=False),
    Column("program", String(64), nullable=False),
    Column("days", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
)
"""The state after a fact of the journal, for a fold to go on from (`maemae.ledger.snapshots`)."""

days = Table(
    "days",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("opened", BigInteger, primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
)
"""What each day that is over has earned; goes with the snapshot of the account."""

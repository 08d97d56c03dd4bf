"""Feeds: their imports, and which enrollments they brought."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text, serial

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_IMPORTS, _ENROLLMENTS = "rollbook_feed_imports", "rollbook_feed_enrollments"
_COUNTS = ("rows_read", "changed", "missing", "back", "cancelled")


def upgrade() -> None:
    """Create the tables; of what feeds brought before, nothing is known."""
    op.create_table(
        "rollbook_feeds",
        sa.Column("feed_id", serial(), autoincrement=True, nullable=False),
        sa.Column("name", long_text(), nullable=False),
        sa.Column("destination", key(16), nullable=False),
        sa.PrimaryKeyConstraint("feed_id"),
        if_not_exists=True,
    )
    op.create_table(
        _IMPORTS,
        sa.Column("import_id", serial(), autoincrement=True, nullable=False),
        sa.Column("feed_id", sa.BigInteger, nullable=False),
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("chain_from", sa.BigInteger, nullable=False),
        sa.Column("is_compared", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _COUNTS),
        sa.Column("on_missing", key(8), nullable=False),
        sa.Column("latest_on", sa.Date),
        sa.PrimaryKeyConstraint("import_id"),
        if_not_exists=True,
    )
    for column in ("feed_id", "run_id"):
        op.create_index(f"ix_{_IMPORTS}_{column}", _IMPORTS, [column], if_not_exists=True)
    op.create_table(
        _ENROLLMENTS,
        sa.Column("feed_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("brought_in", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("enrollment_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("missing_in", sa.BigInteger),
        sa.Column("is_cancelled", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("sure_in", sa.BigInteger),
        sa.PrimaryKeyConstraint("feed_id", "brought_in", "enrollment_id"),
        if_not_exists=True,
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{_ENROLLMENTS}_enrollment", _ENROLLMENTS, ["enrollment_id"], if_not_exists=True)

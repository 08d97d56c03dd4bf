"""Systems that take rows one by one: what is written to them, and the IDs that they have."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the two tables, and a column."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("rollbook_deliveries")}
    if "field" not in there:
        op.add_column("rollbook_deliveries", sa.Column("field", key(64)))
    op.create_table(
        "rollbook_writes",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("batch_no", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("block_no", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("destination", key(16), nullable=False),
        sa.Column("target", key(320), nullable=False),
        sa.Column("target_id", key(64)),
        sa.Column("creates", sa.Boolean, nullable=False),
        sa.Column("former", long_text(), nullable=False),
        sa.Column("content", long_text(), nullable=False),
        sa.Column("state", key(16), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "batch_no", "block_no"),
        if_not_exists=True,
    )
    op.create_index("ix_rollbook_writes_target", "rollbook_writes", ["destination", "target"], if_not_exists=True)
    op.create_table(
        "rollbook_target_ids",
        sa.Column("destination", key(16), nullable=False),
        sa.Column("kind", key(16), nullable=False),
        sa.Column("code", key(320), nullable=False),
        sa.Column("target_id", key(64), nullable=False),
        sa.PrimaryKeyConstraint("destination", "kind", "code"),
        if_not_exists=True,
    )

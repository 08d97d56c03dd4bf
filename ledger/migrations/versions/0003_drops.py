"""Drop folders: which files were taken from one, and where they were moved."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text, moment, serial

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "rollbook_drops",
        sa.Column("drop_id", serial(), autoincrement=True, nullable=False),
        sa.Column("folder", long_text(), nullable=False),
        sa.Column("name", long_text(), nullable=False),
        sa.Column("sha256", key(64), nullable=False),
        sa.Column("state", key(16), nullable=False),
        sa.Column("run_id", key(20)),
        sa.Column("target", long_text()),
        sa.Column("taken_at", moment(), nullable=False),
        sa.Column("moved_at", moment()),
        sa.PrimaryKeyConstraint("drop_id"),
        if_not_exists=True,
    )
    op.create_index("ix_rollbook_drops_sha256", "rollbook_drops", ["sha256"], if_not_exists=True)

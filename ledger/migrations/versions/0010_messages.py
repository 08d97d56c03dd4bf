"""The outbox of messages: who is to hear of a run or of a drop folder, and whether it was sent."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text, moment, serial

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "rollbook_messages",
        sa.Column("message_id", serial(), autoincrement=True, nullable=False),
        sa.Column("delivery_id", key(32), nullable=False),
        sa.Column("kind", key(16), nullable=False),
        sa.Column("channel", key(16), nullable=False),
        sa.Column("recipient", key(320), nullable=False),
        sa.Column("state", key(16), nullable=False),
        sa.Column("run_id", key(20)),
        sa.Column("rows_run_id", key(20)),
        sa.Column("about", key(64)),
        sa.Column("solved_at", moment()),
        sa.Column("content", long_text(), nullable=False),
        sa.Column("recorded_at", moment(), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt_at", moment()),
        sa.Column("ended_at", moment()),
        sa.Column("error", long_text()),
        sa.PrimaryKeyConstraint("message_id"),
        sa.UniqueConstraint("delivery_id"),
        if_not_exists=True,
    )
    for column in ("run_id", "rows_run_id", "about", "next_attempt_at"):
        op.create_index(f"ix_rollbook_messages_{column}", "rollbook_messages", [column], if_not_exists=True)

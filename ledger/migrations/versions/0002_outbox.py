"""The outbox: batches and their blocks, what systems outside hold, and how far reading them came."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text, moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables; on MariaDB, which commits each by itself, those that a crash left lacking."""
    _create_rollbook_batches()
    _create_rollbook_deliveries()
    _create_held_enrollments()
    _create_rollbook_syncs()


def _create_rollbook_batches() -> None:
    op.create_table(
        "rollbook_batches",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("batch_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", key(16), nullable=False),
        sa.Column("block_count", sa.Integer(), nullable=False),
        sa.Column("sent_at", moment()),
        sa.Column("settled_at", moment()),
        sa.PrimaryKeyConstraint("run_id", "batch_no"),
        if_not_exists=True,
    )


def _create_rollbook_deliveries() -> None:
    op.create_table(
        "rollbook_deliveries",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("batch_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("col_no", sa.Integer(), nullable=False),
        sa.Column("learner_email", key(254), nullable=False, server_default=""),
        sa.Column("learner_employee_id", key(64), nullable=False, server_default=""),
        sa.Column("session_id", key(320), nullable=False, server_default=""),
        sa.Column("state", key(16), nullable=False),
        sa.Column("code", key(32)),
        sa.Column("message", long_text()),
        sa.PrimaryKeyConstraint("run_id", "batch_no", "block_no"),
        if_not_exists=True,
    )


def _create_held_enrollments() -> None:
    op.create_table(
        "held_enrollments",
        sa.Column("destination", key(16), nullable=False),
        sa.Column("session_id", key(320), nullable=False),
        sa.Column("learner_email", key(254), nullable=False),
        sa.Column("learner_employee_id", key(64), nullable=False),
        sa.Column("status", key(16)),
        sa.Column("grade", key(32)),
        sa.Column("enrolled_on", sa.Date()),
        sa.Column("completed_on", sa.Date()),
        sa.Column("run_id", key(20)),
        sa.PrimaryKeyConstraint("destination", "session_id", "learner_email", "learner_employee_id"),
        if_not_exists=True,
    )


def _create_rollbook_syncs() -> None:
    op.create_table(
        "rollbook_syncs",
        sa.Column("destination", key(16), nullable=False),
        sa.Column("step", key(320), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("stored_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "step"),
        if_not_exists=True,
    )

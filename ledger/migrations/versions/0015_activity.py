"""What people and programs did, and cases by learner and session."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text, moment, serial

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLE = "rollbook_activity"


def upgrade() -> None:
    """Create the table, with what was recorded before; and the indexes."""
    op.create_table(
        _TABLE,
        sa.Column("activity_id", serial(), autoincrement=True, nullable=False),
        sa.Column("acted_at", moment(), nullable=False),
        sa.Column("acted_by", key(255)),
        sa.Column("kind", key(16), nullable=False),
        sa.Column("run_id", key(20)),
        sa.Column("case_id", sa.BigInteger),
        sa.Column("group_id", sa.BigInteger),
        sa.Column("row_count", sa.BigInteger),
        sa.Column("detail", long_text()),
        sa.Column("address", key(64)),
        sa.PrimaryKeyConstraint("activity_id"),
        if_not_exists=True,
    )
    op.create_index("ix_rollbook_activity_by", _TABLE, ["acted_by", "activity_id"], if_not_exists=True)
    op.create_index("ix_rollbook_activity_kind", _TABLE, ["kind", "activity_id"], if_not_exists=True)
    op.create_index("ix_rollbook_activity_run", _TABLE, ["run_id", "activity_id"], if_not_exists=True)
    for name in ("learner_email", "learner_employee_id", "session_id"):
        given = sa.text(f"{name} <> ''")
        op.create_index(
            f"ix_rollbook_cases_{name}",
            "rollbook_cases",
            [name],
            if_not_exists=True,
            sqlite_where=given,
            postgresql_where=given,
        )
    if not op.get_bind().scalar(sa.text("SELECT count(*) FROM rollbook_activity")):
        op.execute(sa.text(_BEFORE))


# Runs that began, and cases that were ignored or reopened, in the order of their time.
_BEFORE = """
    INSERT INTO rollbook_activity (acted_at, acted_by, kind, run_id, row_count)
    SELECT told.acted_at, told.acted_by, told.kind, told.run_id, told.row_count FROM (
        SELECT started_at AS acted_at, started_by AS acted_by, command AS kind, run_id AS run_id, NULL AS row_count
        FROM rollbook_runs
        UNION ALL
        SELECT changed_at, changed_by, changed_through, NULL, count(DISTINCT case_id)
        FROM rollbook_changes WHERE changed_through IN ('ignore', 'reopen')
        GROUP BY changed_at, changed_by, changed_through
    ) told
    ORDER BY told.acted_at
"""

"""The repairs of a case are found among all changes."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_OF_CASES = sa.text("case_id IS NOT NULL")


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "ix_rollbook_changes_case",
        "rollbook_changes",
        ["case_id"],
        sqlite_where=_OF_CASES,
        postgresql_where=_OF_CASES,
        if_not_exists=True,
    )

"""What became of every row of a run, ignored ones too."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_bytes

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; runs that ended before have no line in it."""
    op.create_table(
        "rollbook_accounts",
        sa.Column("run_id", key(20), primary_key=True),
        sa.Column("piece_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", long_bytes(), nullable=False),
    )

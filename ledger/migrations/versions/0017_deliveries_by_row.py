"""On MariaDB deliveries are found by their row, too."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        place = ["run_id", "part_id", "row_no", "col_no"]
        op.create_index("ix_rollbook_deliveries_place", "rollbook_deliveries", place, if_not_exists=True)

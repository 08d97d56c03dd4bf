"""Views that say which command a run was, whether a failure's run was undone, and how long a repair took."""

from alembic import op

from ledger.views import FIRST_VIEWS, create_statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the views anew, as they are today."""
    for name in FIRST_VIEWS:
        op.execute(f"DROP VIEW IF EXISTS {name}")
    for statement in create_statements(op.get_bind().dialect.name, FIRST_VIEWS):
        op.execute(statement)

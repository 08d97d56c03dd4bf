"""What stands beside a record, every other column of the sheet, and the views of attendances and of certificates."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text
from ledger.views import create_statements, drop_statements

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, then make all views anew, as they are today."""
    for statement in drop_statements():
        op.execute(statement)
    for table, prefix in (("training_enrollments", ""), ("rollbook_rows", ""), ("rollbook_changes", "replaced_")):
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        for column in _columns(prefix):
            if column.name not in there and (table, column.name) != ("rollbook_rows", "extra"):
                op.add_column(table, column)
    for statement in create_statements(op.get_bind().dialect.name):
        op.execute(statement)


def _columns(prefix: str) -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column(f"{prefix}expires_on", sa.Date),
        sa.Column(f"{prefix}certificate_number", key(128)),
        sa.Column(f"{prefix}hours", sa.Double),
        sa.Column(f"{prefix}credits", sa.Double),
        sa.Column(f"{prefix}extra", long_text()),
    )

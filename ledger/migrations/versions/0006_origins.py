"""Which dates are defaults, which run told what of a learner, and which reference data was forgotten."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_HAS_TIME_OF_DAY = {
    "sqlite": "substr({0}, 12, 8) <> '00:00:00'",
    "postgresql": "{0} <> date_trunc('day', {0})",
    "mariadb": "time({0}) <> '00:00:00'",
}


def upgrade() -> None:
    """Add the columns. A date that has a time of day was made up: sheets give days."""
    for half in ("number", "email", "name"):
        _add("employees", sa.Column(f"{half}_run_id", key(20)))
    for name in ("enrolled_at", "completed_at"):
        flag = f"{name}_is_default"
        _add("training_enrollments", sa.Column(flag, sa.Boolean, nullable=False, server_default=sa.text("false")))
        _add("rollbook_changes", sa.Column(f"replaced_{flag}", sa.Boolean))
        made_up = _HAS_TIME_OF_DAY[op.get_bind().dialect.name]
        op.execute(f"UPDATE training_enrollments SET {flag} = true WHERE {made_up.format(name)}")
        op.execute(f"UPDATE rollbook_changes SET replaced_{flag} = true WHERE {made_up.format(f'replaced_{name}')}")
        op.execute(
            f"UPDATE rollbook_changes SET replaced_{flag} = false WHERE replaced_status IS NOT NULL "
            f"AND replaced_{flag} IS NULL"
        )
    _add("rollbook_references", sa.Column("forgotten_at", moment()))


def _add(table: str, column: sa.Column[Any]) -> None:
    """Add a column, unless a migration that was broken off has done it."""
    if column.name not in {there["name"] for there in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)

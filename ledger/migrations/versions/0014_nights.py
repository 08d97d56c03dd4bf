"""Whose each file of a drop folder is, and the view of nights."""

import sqlalchemy as sa
from alembic import op

from ledger.cases.case_groups import sender_of
from ledger.tables import key
from ledger.views import create_statements

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, name the senders of the files that came, and make the view."""
    if "sender" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("rollbook_drops")}:
        op.add_column("rollbook_drops", sa.Column("sender", key(190), nullable=False, server_default=""))
    drops = sa.table("rollbook_drops", sa.column("drop_id"), sa.column("name"), sa.column("sender"))
    for drop_id, name in op.get_bind().execute(sa.select(drops.c.drop_id, drops.c.name)).all():
        named = sa.update(drops).where(drops.c.drop_id == drop_id).values(sender=sender_of(name))
        op.get_bind().execute(named)
    op.execute("DROP VIEW IF EXISTS v_nights")
    for statement in create_statements(op.get_bind().dialect.name, ["v_nights"]):
        op.execute(statement)

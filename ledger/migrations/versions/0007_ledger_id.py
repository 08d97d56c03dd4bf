"""A name of its own for the database: failed-rows workbooks know by it whether they are of this one."""

import sqlalchemy as sa
from alembic import op

from ledger.identity import LEDGER_ID, new_ledger_id
from ledger.tables import key

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table with its one line; a migration that was broken off on MariaDB may have made both."""
    op.create_table(
        "rollbook_ledger",
        sa.Column("name", key(32), nullable=False),
        sa.Column("value", key(255), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    told = sa.table("rollbook_ledger", sa.column("name"), sa.column("value"))
    connection = op.get_bind()
    if connection.scalar(sa.select(told.c.value).where(told.c.name == LEDGER_ID)) is None:
        connection.execute(sa.insert(told).values(name=LEDGER_ID, value=new_ledger_id()))

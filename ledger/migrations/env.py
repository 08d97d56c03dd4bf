"""Alembic's entry: works on the connection that `ledger.database` hands over."""

from alembic import context

from ledger.database import VERSION_TABLE
from ledger.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, version_table=VERSION_TABLE, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()

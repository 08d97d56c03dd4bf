"""PostgreSQL's planner is told of tables that were filled just now: else it takes them for tiny, and joins badly."""

from sqlalchemy import Connection, Table, text


def analyze(connection: Connection, table: Table, *columns: str) -> None:
    """Measure the table's columns that it is joined or searched by; the other databases need nothing."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {table.name} ({', '.join(columns)})"))

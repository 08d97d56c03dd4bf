"""Failed rows as people browse them: indexes in the orders of their pages, and what a case is found by."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FINGERPRINT = sa.text("fingerprint IS NOT NULL")


def upgrade() -> None:
    """Create the table and the indexes, and tell of the cases that are there what they are found by."""
    _create_case_labels()
    _extend_cases()
    op.create_index(
        "ix_rollbook_rows_fingerprint",
        "rollbook_rows",
        ["fingerprint", "run_id"],
        sqlite_where=_FINGERPRINT,
        postgresql_where=_FINGERPRINT,
        if_not_exists=True,
    )
    for label in ("code", "header"):
        op.execute(_labels(label))


def _create_case_labels() -> None:
    op.create_table(
        "rollbook_case_labels",
        sa.Column("case_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("label", key(8), nullable=False),
        sa.Column("name", key(255), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "label", "name"),
        if_not_exists=True,
        sqlite_with_rowid=False,
    )
    names = ["label", "name", "case_id"]
    op.create_index("ix_rollbook_case_labels_name", "rollbook_case_labels", names, if_not_exists=True)


def _extend_cases() -> None:
    found = sa.inspect(op.get_bind())
    there = {column["name"] for column in found.get_columns("rollbook_cases")}
    if "source_key" not in there:
        op.add_column("rollbook_cases", sa.Column("source_key", key(255), nullable=False, server_default=""))
    if "purged_at" not in there:
        op.add_column("rollbook_cases", sa.Column("purged_at", moment()))
    cases = sa.table("rollbook_cases", *(sa.column(name) for name in ("source_key", "source_file", "source_sheet")))
    beginnings = sa.func.substr(cases.c.source_file, 1, 190, type_=sa.String()) + "\n"
    beginnings += sa.func.substr(cases.c.source_sheet, 1, 60, type_=sa.String())
    op.execute(cases.update().values(source_key=beginnings))
    indexes = {str(index["name"]): index["column_names"] for index in found.get_indexes("rollbook_cases")}
    if indexes.get("ix_rollbook_cases_state") == ["state"]:
        op.drop_index("ix_rollbook_cases_state", "rollbook_cases")
    for name, column in (("state", ()), ("seen", ("last_seen",)), ("source", ("source_key",))):
        columns = ["state", *column, "case_id"]
        op.create_index(f"ix_rollbook_cases_{name}", "rollbook_cases", columns, if_not_exists=True)


def _labels(label: str) -> str:
    """What the failures of each case's last run say; a run that only repeats another has its rows there."""
    return f"""
        INSERT INTO rollbook_case_labels (case_id, label, name)
        SELECT DISTINCT c.case_id, '{label}', f.{label}
        FROM rollbook_cases c
        JOIN rollbook_runs r ON r.run_id = c.last_run_id
        JOIN rollbook_rows s ON s.fingerprint = c.fingerprint AND s.run_id = coalesce(r.repeats_run_id, r.run_id)
        JOIN rollbook_failures f
          ON f.run_id = s.run_id AND f.part_id = s.part_id AND f.row_no = s.row_no AND f.col_no = s.col_no
        WHERE f.{label} <> '' AND NOT EXISTS (
            SELECT 1 FROM rollbook_case_labels t
            WHERE t.case_id = c.case_id AND t.label = '{label}' AND t.name = f.{label})
    """

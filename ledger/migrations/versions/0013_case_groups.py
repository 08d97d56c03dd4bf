"""Cases by groups: what is wrong with whose rows, with exact counts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger.cases.case_groups import sender_of
from ledger.tables import key, moment, serial

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATES = ("open", "fixed", "ignored")


def upgrade() -> None:
    """Create the tables, and put the cases that are there into the groups of their problems."""
    for table, column in (
        ("rollbook_files", sa.Column("sender", key(190))),
        ("rollbook_cases", sa.Column("sender", key(190), nullable=False, server_default="")),
    ):
        if column.name not in {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}:
            op.add_column(table, column)
    _create_tables()
    _name_senders(op.get_bind())
    for statement in _FILL:
        op.execute(statement)


def _create_tables() -> None:
    op.create_table(
        "rollbook_case_groups",
        sa.Column("group_id", serial(), primary_key=True),
        sa.Column("code", key(32), nullable=False),
        sa.Column("header", key(255), nullable=False),
        sa.Column("sender", key(190), nullable=False),
        sa.Column("first_seen", moment(), nullable=False),
        sa.Column("last_seen", moment(), nullable=False),
        *(sa.Column(f"{state}_cases", sa.BigInteger, nullable=False, server_default="0") for state in _STATES),
        sa.Column("assignee", key(255)),
        sa.UniqueConstraint("code", "header", "sender", name="uq_rollbook_case_groups_code_header_sender"),
        if_not_exists=True,
    )
    op.create_table(
        "rollbook_case_members",
        sa.Column("group_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("value", key(190)),
        sa.PrimaryKeyConstraint("group_id", "case_id"),
        if_not_exists=True,
        sqlite_with_rowid=False,
    )
    names = ["case_id", "group_id"]
    op.create_index("ix_rollbook_case_members_case", "rollbook_case_members", names, if_not_exists=True)
    op.create_table(
        "rollbook_case_group_days",
        sa.Column("group_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("met_on", sa.Date, nullable=False),
        sa.Column("new_cases", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("group_id", "met_on"),
        if_not_exists=True,
        sqlite_with_rowid=False,
    )


def _name_senders(connection: Any) -> None:
    cases = sa.table("rollbook_cases", sa.column("source_file"), sa.column("sender"))
    files = connection.scalars(sa.select(cases.c.source_file).where(cases.c.sender == "").distinct()).all()
    for file in files:
        connection.execute(cases.update().where(cases.c.source_file == file).values(sender=sender_of(file)))


# What the failures of each case's last run say; a run that only repeats another has its rows there.
_PROBLEMS = """
    SELECT c.case_id, f.code, coalesce(f.header, '') AS header, c.sender, c.state, c.first_seen, c.last_seen,
        max(substr(f.value, 1, 190)) AS value
    FROM rollbook_cases c
    JOIN rollbook_runs r ON r.run_id = c.last_run_id
    JOIN rollbook_rows s ON s.fingerprint = c.fingerprint AND s.run_id = coalesce(r.repeats_run_id, r.run_id)
    JOIN rollbook_failures f
      ON f.run_id = s.run_id AND f.part_id = s.part_id AND f.row_no = s.row_no AND f.col_no = s.col_no
    GROUP BY c.case_id, f.code, coalesce(f.header, ''), c.sender, c.state, c.first_seen, c.last_seen
"""
_COUNTS = ", ".join(f"sum(CASE WHEN state = '{state}' THEN 1 ELSE 0 END)" for state in _STATES)
_FILL = (
    f"""
    INSERT INTO rollbook_case_groups
        (code, header, sender, first_seen, last_seen, open_cases, fixed_cases, ignored_cases)
    SELECT code, header, sender, min(first_seen), max(last_seen), {_COUNTS} FROM ({_PROBLEMS}) p
    WHERE NOT EXISTS (SELECT 1 FROM rollbook_case_groups)
    GROUP BY code, header, sender
    """,
    f"""
    INSERT INTO rollbook_case_members (group_id, case_id, value)
    SELECT g.group_id, p.case_id, p.value FROM ({_PROBLEMS}) p
    JOIN rollbook_case_groups g ON g.code = p.code AND g.header = p.header AND g.sender = p.sender
    WHERE NOT EXISTS (SELECT 1 FROM rollbook_case_members m WHERE m.group_id = g.group_id AND m.case_id = p.case_id)
    """,
)

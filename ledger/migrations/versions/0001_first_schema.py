"""The first schema: all tables and the three views."""

import sqlalchemy as sa
from alembic import op

from ledger.tables import key, long_text, moment, serial
from ledger.views import FIRST_VIEWS, create_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything; the views read the tables and come last."""
    _create_employees()
    _create_courses()
    _create_training_sessions()
    _create_groups()
    _create_group_members()
    _create_group_courses()
    _create_training_enrollments()
    _create_rollbook_references()
    _create_rollbook_runs()
    _create_rollbook_files()
    _create_rollbook_parts()
    _create_rollbook_rows()
    _create_rollbook_failures()
    _create_rollbook_cases()
    _create_rollbook_changes()
    for statement in create_statements(op.get_bind().dialect.name, FIRST_VIEWS):
        op.execute(statement)
    if op.get_bind().dialect.name == "postgresql":  # a load takes its numbers by the thousand
        op.execute("ALTER SEQUENCE training_enrollments_id_seq CACHE 1000")


def _create_employees() -> None:
    op.create_table(
        "employees",
        sa.Column("id", serial(), nullable=False),
        sa.Column("employee_number", key(64)),
        sa.Column("email", key(254)),
        sa.Column("name", key(255)),
        sa.Column("origin", key(16), nullable=False),
        sa.Column("run_id", key(20)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("employee_number"),
    )
    op.create_index("ix_employees_email", "employees", ["email"])


def _create_courses() -> None:
    op.create_table(
        "courses",
        sa.Column("id", serial(), nullable=False),
        sa.Column("course_code", key(255), nullable=False),
        sa.Column("name", key(255)),
        sa.Column("origin", key(16), nullable=False),
        sa.Column("run_id", key(20)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("course_code"),
    )


def _create_training_sessions() -> None:
    op.create_table(
        "training_sessions",
        sa.Column("id", serial(), nullable=False),
        sa.Column("session_code", key(320), nullable=False),
        sa.Column("course_id", sa.BigInteger()),
        sa.Column("title", key(255)),
        sa.Column("session_date", sa.Date()),
        sa.Column("session_start", key(5)),
        sa.Column("grade_type", key(16)),
        sa.Column("max_participants", sa.Integer()),
        sa.Column("status", key(16)),
        sa.Column("origin", key(16), nullable=False),
        sa.Column("run_id", key(20)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session_code"),
    )
    op.create_index("ix_training_sessions_course_id", "training_sessions", ["course_id"])


def _create_groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", serial(), nullable=False),
        sa.Column("group_code", key(64)),
        sa.Column("name", key(255)),
        sa.Column("origin", key(16), nullable=False),
        sa.Column("run_id", key(20)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_code"),
    )
    op.create_index("ix_groups_name", "groups", ["name"])


def _create_group_members() -> None:
    op.create_table(
        "group_members",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "employee_id"),
    )


def _create_group_courses() -> None:
    op.create_table(
        "group_courses",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "course_id"),
    )


def _create_training_enrollments() -> None:
    op.create_table(
        "training_enrollments",
        sa.Column("id", serial(), nullable=False),
        sa.Column("training_session_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False),
        sa.Column("status", key(16), nullable=False),
        sa.Column("attendance_confirmed", sa.Boolean()),
        sa.Column("score", sa.Double()),
        sa.Column("grade", key(32)),
        sa.Column("feedback", long_text()),
        sa.Column("enrolled_at", moment(), nullable=False),
        sa.Column("completed_at", moment()),
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("source_file", key(1024)),
        sa.Column("source_sheet", key(255)),
        sa.Column("source_row", sa.Integer()),
        sa.Column("source_column", key(3)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("training_session_id", "employee_id", name="uq_training_enrollments_session_employee"),
    )


def _create_rollbook_references() -> None:
    op.create_table(
        "rollbook_references",
        sa.Column("kind", key(16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("loaded_at", moment(), nullable=False),
        sa.Column("loaded_by", key(255)),
        sa.Column("source", key(1024)),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind"),
    )


def _create_rollbook_runs() -> None:
    op.create_table(
        "rollbook_runs",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("command", key(16), nullable=False),
        sa.Column("state", key(16), nullable=False),
        sa.Column("destination", key(16), nullable=False),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("finished_at", moment()),
        sa.Column("started_by", key(255)),
        sa.Column("request", long_text(), nullable=False),
        sa.Column("signature", key(64)),
        sa.Column("repeats_run_id", key(20)),
        sa.Column("retries_run_id", key(20)),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("rows_read", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_loaded", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_updated", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_unchanged", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_duplicate", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_rejected", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_failed", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_pending", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows_ignored", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("cases_new", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("cases_known", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("cases_closed", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("summary", long_text()),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("ix_rollbook_runs_signature", "rollbook_runs", ["signature"])


def _create_rollbook_files() -> None:
    op.create_table(
        "rollbook_files",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("file_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("path", key(1024), nullable=False),
        sa.Column("sha256", key(64)),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("state", key(16), nullable=False),
        sa.Column("code", key(32)),
        sa.Column("message", long_text()),
        sa.Column("profile", long_text()),
        sa.Column("plan", long_text()),
        sa.PrimaryKeyConstraint("run_id", "file_no"),
    )


def _create_rollbook_parts() -> None:
    op.create_table(
        "rollbook_parts",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("part_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_no", sa.Integer(), nullable=False),
        sa.Column("sheet_position", sa.Integer(), nullable=False),
        sa.Column("source_file", key(1024), nullable=False),
        sa.Column("source_sheet", key(255), nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("state", key(16), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("rows_ignored", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ignored", long_text()),
        sa.PrimaryKeyConstraint("run_id", "part_id"),
    )


def _create_rollbook_rows() -> None:
    op.create_table(
        "rollbook_rows",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("part_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("col_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", key(16), nullable=False),
        sa.Column("learner_email", key(254), nullable=False, server_default=""),
        sa.Column("learner_employee_id", key(64), nullable=False, server_default=""),
        sa.Column("learner_name", key(255)),
        sa.Column("group_name", key(255)),
        sa.Column("group_id", key(64)),
        sa.Column("course_id", key(255)),
        sa.Column("course_name", key(255)),
        sa.Column("session_id", key(320), nullable=False, server_default=""),
        sa.Column("session_date", sa.Date()),
        sa.Column("session_start", key(5)),
        sa.Column("status", key(16)),
        sa.Column("score", sa.Double()),
        sa.Column("grade", key(32)),
        sa.Column("enrolled_on", sa.Date()),
        sa.Column("completed_on", sa.Date()),
        sa.Column("attendance_confirmed", sa.Boolean()),
        sa.Column("feedback", long_text()),
        sa.Column("extra", long_text()),
        sa.Column("duplicate_of", key(64)),
        sa.Column("fingerprint", key(32)),
        sa.Column("cells", long_text()),
        sa.Column("marks", long_text()),
        sa.PrimaryKeyConstraint("run_id", "part_id", "row_no", "col_no").ddl_if(dialect=("sqlite", "mysql", "mariadb")),  # type: ignore[arg-type]
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_rollbook_rows_place", "rollbook_rows", ["run_id", "part_id"], postgresql_using="brin")


def _create_rollbook_failures() -> None:
    op.create_table(
        "rollbook_failures",
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("part_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("col_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("failure_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_column", key(64)),
        sa.Column("header", key(255)),
        sa.Column("field", key(64)),
        sa.Column("value", long_text()),
        sa.Column("code", key(32), nullable=False),
        sa.Column("message", long_text(), nullable=False),
        sa.Column("remedy", long_text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "part_id", "row_no", "col_no", "failure_no"),
    )


def _create_rollbook_cases() -> None:
    op.create_table(
        "rollbook_cases",
        sa.Column("case_id", serial(), nullable=False),
        sa.Column("fingerprint", key(32), nullable=False),
        sa.Column("state", key(16), nullable=False),
        sa.Column("first_seen", moment(), nullable=False),
        sa.Column("last_seen", moment(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_run_id", key(20), nullable=False),
        sa.Column("last_run_id", key(20), nullable=False),
        sa.Column("file_no", sa.Integer(), nullable=False),
        sa.Column("sheet_position", sa.Integer(), nullable=False),
        sa.Column("source_file", key(1024), nullable=False),
        sa.Column("source_sheet", key(255), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("col_no", sa.Integer(), nullable=False),
        sa.Column("learner_email", key(254), nullable=False, server_default=""),
        sa.Column("learner_employee_id", key(64), nullable=False, server_default=""),
        sa.Column("session_id", key(320), nullable=False, server_default=""),
        sa.Column("cells", long_text(), nullable=False),
        sa.Column("marks", long_text()),
        sa.Column("reason", long_text()),
        sa.Column("fixed_at", moment()),
        sa.Column("fixed_by", key(255)),
        sa.Column("fixed_run_id", key(20)),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("fingerprint"),
    )
    op.create_index("ix_rollbook_cases_state", "rollbook_cases", ["state"])


def _create_rollbook_changes() -> None:
    op.create_table(
        "rollbook_changes",
        sa.Column("change_id", serial(), nullable=False),
        sa.Column("run_id", key(20), nullable=False),
        sa.Column("changed_at", moment(), nullable=False),
        sa.Column("changed_by", key(255)),
        sa.Column("changed_through", key(16), nullable=False),
        sa.Column("case_id", sa.BigInteger()),
        sa.Column("source_column", key(64)),
        sa.Column("from_value", long_text()),
        sa.Column("to_value", long_text()),
        sa.Column("enrollment_id", sa.BigInteger()),
        sa.Column("replaced_status", key(16)),
        sa.Column("replaced_attendance_confirmed", sa.Boolean()),
        sa.Column("replaced_score", sa.Double()),
        sa.Column("replaced_grade", key(32)),
        sa.Column("replaced_feedback", long_text()),
        sa.Column("replaced_enrolled_at", moment()),
        sa.Column("replaced_completed_at", moment()),
        sa.Column("replaced_run_id", key(20)),
        sa.Column("replaced_source_file", key(1024)),
        sa.Column("replaced_source_sheet", key(255)),
        sa.Column("replaced_source_row", sa.Integer()),
        sa.Column("replaced_source_column", key(3)),
        sa.PrimaryKeyConstraint("change_id"),
    )
    op.create_index("ix_rollbook_changes_run_id", "rollbook_changes", ["run_id"])

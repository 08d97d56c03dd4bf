"""Every table of the database, in SQLAlchemy Core. Migrations create exactly these (a test compares).

Text keys compare byte by byte on all three databases: PostgreSQL with collation "C", MariaDB with
`utf8mb4_nopad_bin` (`utf8mb4_bin` would pad: 'a' = 'a ').
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

metadata = MetaData()


def key(length: int) -> TypeEngine[str]:
    """Text that is compared exactly, of at most `length` characters."""
    return (
        String(length)
        .with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb")
    )


def long_text() -> TypeEngine[str]:
    """Text of any length, compared exactly."""
    exact = mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_nopad_bin")
    return Text().with_variant(postgresql.TEXT(collation="C"), "postgresql").with_variant(exact, "mysql", "mariadb")


def long_bytes() -> TypeEngine[bytes]:
    """Bytes of any number."""
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def serial() -> TypeEngine[int]:
    """A 64-bit surrogate key (SQLite only numbers rows by itself when the type reads INTEGER)."""
    return BigInteger().with_variant(Integer(), "sqlite")


def moment() -> TypeEngine[datetime]:
    """A point in time in UTC, without zone, to the microsecond."""
    return DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def _origin() -> tuple[Column[str], Column[str]]:
    """Who made the row: 'reference' (loaded or synced, rules read it) or 'import' (by run_id, no rule reads it)."""
    return Column("origin", key(16), nullable=False), Column("run_id", key(20))


def _beside() -> tuple[Column[Any], ...]:
    """What may stand beside the record of an attendance."""
    return (
        Column("expires_on", Date),
        Column("certificate_number", key(128)),
        Column("hours", Double),
        Column("credits", Double),
    )


def _is_default(name: str) -> Column[bool]:
    return Column(f"{name}_is_default", Boolean, nullable=False, server_default=text("false"))


employees = Table(
    "employees",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("employee_number", key(64), unique=True),
    Column("email", key(254), index=True),
    Column("name", key(255)),
    *_origin(),
    # The run that told the number, e-mail or name of a learner who was there before it: no reference rule reads what an
    # import told, and `undo` puts it back. NULL where the line was made, or loaded, with it.
    Column("number_run_id", key(20)),
    Column("email_run_id", key(20)),
    Column("name_run_id", key(20)),
)

courses = Table(
    "courses",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("course_code", key(255), nullable=False, unique=True),
    Column("name", key(255)),
    *_origin(),
)

training_sessions = Table(
    "training_sessions",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("session_code", key(320), nullable=False, unique=True),
    Column("course_id", BigInteger, index=True),
    Column("title", key(255)),
    Column("session_date", Date),
    Column("session_start", key(5)),
    Column("grade_type", key(16)),
    Column("max_participants", Integer),
    Column("status", key(16)),
    *_origin(),
)

groups = Table(
    "groups",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("group_code", key(64), unique=True),
    Column("name", key(255), index=True),
    *_origin(),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", BigInteger, primary_key=True),
    Column("employee_id", BigInteger, primary_key=True),
)

group_courses = Table(
    "group_courses",
    metadata,
    Column("group_id", BigInteger, primary_key=True),
    Column("course_id", BigInteger, primary_key=True),
)

# No foreign keys on purpose: they cost half of a bulk load on PostgreSQL. The merge joins inwards and checks its count.
training_enrollments = Table(
    "training_enrollments",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("training_session_id", BigInteger, nullable=False),
    Column("employee_id", BigInteger, nullable=False),
    Column("status", key(16), nullable=False),
    Column("attendance_confirmed", Boolean),
    Column("score", Double),
    Column("grade", key(32)),
    Column("feedback", long_text()),
    Column("enrolled_at", moment(), nullable=False),
    Column("completed_at", moment()),
    Column("run_id", key(20), nullable=False),
    Column("source_file", key(1024)),
    Column("source_sheet", key(255)),
    Column("source_row", Integer),
    Column("source_column", key(3)),
    # Whether the sheet gave none, and the date is a default: such a date is never compared.
    _is_default("enrolled_at"),
    _is_default("completed_at"),
    *_beside(),
    # JSON {header: text} of the cells that feed no field.
    Column("extra", long_text()),
    UniqueConstraint("training_session_id", "employee_id", name="uq_training_enrollments_session_employee"),
)

# What became of every row of a run, ignored ones too, as the pieces of one Parquet file (`stage.accounts`): a table of
# the rows themselves would double a load.
rollbook_accounts = Table(
    "rollbook_accounts",
    metadata,
    Column("run_id", key(20), primary_key=True),
    Column("piece_no", Integer, primary_key=True, autoincrement=False),
    Column("content", long_bytes(), nullable=False),
)

# What is known of the database as a whole: `ledger_id`, by which a failed-rows workbook knows the one that it is of.
rollbook_ledger = Table(
    "rollbook_ledger",
    metadata,
    Column("name", key(32), primary_key=True),
    Column("value", key(255), nullable=False),
)

# Which kinds of reference data were loaded or synced; `generation` grows with every load. A kind that was forgotten
# keeps its line, so that no generation comes twice.
rollbook_references = Table(
    "rollbook_references",
    metadata,
    Column("kind", key(16), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("loaded_at", moment(), nullable=False),
    Column("loaded_by", key(255)),
    Column("source", key(1024)),
    Column("row_count", Integer, nullable=False),
    Column("forgotten_at", moment()),
)

rollbook_runs = Table(
    "rollbook_runs",
    metadata,
    Column("run_id", key(20), primary_key=True),
    Column("command", key(16), nullable=False),
    Column("state", key(16), nullable=False),
    Column("destination", key(16), nullable=False),
    Column("started_at", moment(), nullable=False),
    Column("finished_at", moment()),
    Column("started_by", key(255)),
    Column("request", long_text(), nullable=False),
    Column("signature", key(64), index=True),
    Column("repeats_run_id", key(20)),
    Column("retries_run_id", key(20)),
    Column("exit_code", Integer),
    *(
        Column(f"rows_{name}", BigInteger, nullable=False, server_default="0")
        for name in (
            "read",
            "loaded",
            "updated",
            "unchanged",
            "duplicate",
            "rejected",
            "failed",
            "pending",
            "ignored",
        )
    ),
    *(Column(f"cases_{name}", BigInteger, nullable=False, server_default="0") for name in ("new", "known", "closed")),
    # JSON: what the one object of `--json` holds beyond the columns (created, not_kept, not_checked, reports, …).
    Column("summary", long_text()),
)

rollbook_files = Table(
    "rollbook_files",
    metadata,
    Column("run_id", key(20), primary_key=True),
    Column("file_no", Integer, primary_key=True, autoincrement=False),
    Column("path", key(1024), nullable=False),
    Column("sha256", key(64)),
    Column("size_bytes", BigInteger),
    Column("state", key(16), nullable=False),
    Column("code", key(32)),
    Column("message", long_text()),
    Column("profile", long_text()),
    # JSON: a list of sheet plans, fixed before any part is judged.
    Column("plan", long_text()),
    # Whose file it is, where a profile or a feed says so; NULL where only its name does.
    Column("sender", key(190)),
)

rollbook_parts = Table(
    "rollbook_parts",
    metadata,
    Column("run_id", key(20), primary_key=True),
    # file_no * 1,000,000 + the part's number within its file: the order of parts is the order of rows.
    Column("part_id", BigInteger, primary_key=True, autoincrement=False),
    Column("file_no", Integer, nullable=False),
    Column("sheet_position", Integer, nullable=False),
    # Where the rows came from originally: differs from the file only for rows that a failed-rows workbook brings back.
    Column("source_file", key(1024), nullable=False),
    Column("source_sheet", key(255), nullable=False),
    Column("first_row", Integer, nullable=False),
    Column("last_row", Integer, nullable=False),
    Column("state", key(16), nullable=False),
    Column("rows_read", Integer, nullable=False, server_default="0"),
    Column("rows_ignored", Integer, nullable=False, server_default="0"),
    # JSON: how many rows by reason.
    Column("ignored", long_text()),
)

# A record's place: the row number that the spreadsheet program shows, and 0 or a wide sheet's column number.
PLACE = ("run_id", "part_id", "row_no", "col_no")


def _place() -> tuple[Column[Any], ...]:
    return (
        Column("run_id", key(20), nullable=False),
        Column("part_id", BigInteger, nullable=False, autoincrement=False),
        Column("row_no", Integer, nullable=False, autoincrement=False),
        Column("col_no", Integer, nullable=False, autoincrement=False),
    )


# The rows that are not in the destination: rejected, failed, pending, duplicate. The text of a key is '' and never NULL
# when missing, so that joins stay plain equalities. On PostgreSQL there is no primary key: keeping it current took as
# long as the COPY itself, rows lie there in the order of their place, and a run writes them once.
rollbook_rows = Table(
    "rollbook_rows",
    metadata,
    *_place(),
    Column("outcome", key(16), nullable=False),
    Column("learner_email", key(254), nullable=False, server_default=""),
    Column("learner_employee_id", key(64), nullable=False, server_default=""),
    Column("learner_name", key(255)),
    Column("group_name", key(255)),
    Column("group_id", key(64)),
    Column("course_id", key(255)),
    Column("course_name", key(255)),
    # The code of the session: as the sheet says, looked up, or made of course and date.
    Column("session_id", key(320), nullable=False, server_default=""),
    Column("session_date", Date),
    Column("session_start", key(5)),
    Column("status", key(16)),
    Column("score", Double),
    Column("grade", key(32)),
    Column("enrolled_on", Date),
    Column("completed_on", Date),
    Column("attendance_confirmed", Boolean),
    Column("feedback", long_text()),
    # aXcelerate's fields and whatever else a destination needs beyond the columns above, as JSON; else NULL.
    Column("extra", long_text()),
    # For rows that are kept: the copy that won; which case it is, and the raw cells until the case holds them.
    Column("duplicate_of", key(64)),
    Column("fingerprint", key(32)),
    # JSON {letter: text} of all raw cells, and {letter: kind} of those that a reader marked (error, imprecise).
    Column("cells", long_text()),
    Column("marks", long_text()),
    *_beside(),
    PrimaryKeyConstraint(*PLACE).ddl_if(dialect=("sqlite", "mysql", "mariadb")),  # type: ignore[arg-type]
    Index("ix_rollbook_rows_place", "run_id", "part_id", postgresql_using="brin").ddl_if(dialect="postgresql"),
    # In which runs a case was met; only rows that are kept have a fingerprint.
    Index(
        "ix_rollbook_rows_fingerprint",
        "fingerprint",
        "run_id",
        sqlite_where=text("fingerprint IS NOT NULL"),
        postgresql_where=text("fingerprint IS NOT NULL"),
    ),
    # The rows stand in the order of their place, without a second tree for the key.
    sqlite_with_rowid=False,
)

rollbook_failures = Table(
    "rollbook_failures",
    metadata,
    *_place(),
    Column("failure_no", Integer, nullable=False, autoincrement=False),
    Column("source_column", key(64)),
    Column("header", key(255)),
    Column("field", key(64)),
    Column("value", long_text()),
    Column("code", key(32), nullable=False),
    Column("message", long_text(), nullable=False),
    Column("remedy", long_text(), nullable=False),
    PrimaryKeyConstraint(*PLACE, "failure_no"),
)

# The states of a case.
OPEN, FIXED, IGNORED = CASE_STATES = ("open", "fixed", "ignored")

# A failed row is one case however often it is met: the same cells under the same columns (`fingerprint`).
rollbook_cases = Table(
    "rollbook_cases",
    metadata,
    Column("case_id", serial(), primary_key=True),
    Column("fingerprint", key(32), nullable=False, unique=True),
    Column("state", key(16), nullable=False),
    Column("first_seen", moment(), nullable=False),
    Column("last_seen", moment(), nullable=False),
    # In how many runs it was met.
    Column("times", Integer, nullable=False),
    Column("first_run_id", key(20), nullable=False),
    Column("last_run_id", key(20), nullable=False),
    # Where it was met first, and under which recorded plan it was read (first_run_id, file_no, sheet_position).
    Column("file_no", Integer, nullable=False),
    Column("sheet_position", Integer, nullable=False),
    Column("source_file", key(1024), nullable=False),
    Column("source_sheet", key(255), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("col_no", Integer, nullable=False),
    # The enrollment it is about, as far as the cells say; '' when they do not.
    Column("learner_email", key(254), nullable=False, server_default=""),
    Column("learner_employee_id", key(64), nullable=False, server_default=""),
    Column("session_id", key(320), nullable=False, server_default=""),
    # JSON {letter: text} of all raw cells, and {letter: kind} of those that a reader marked (error, imprecise).
    Column("cells", long_text(), nullable=False),
    Column("marks", long_text()),
    Column("reason", long_text()),
    Column("fixed_at", moment()),
    Column("fixed_by", key(255)),
    Column("fixed_run_id", key(20)),
    # The beginnings of file and sheet, short enough for an index of every database.
    Column("source_key", key(255), nullable=False, server_default=""),
    # When its cells were taken out; NULL while they are there.
    Column("purged_at", moment()),
    # Whose file it came from first: a feed, a profile, or the file's name without dates and numbers.
    Column("sender", key(190), nullable=False, server_default=""),
    # One for each order in which cases are browsed, and the case last: a page begins where the one before ended.
    Index("ix_rollbook_cases_state", "state", "case_id"),
    Index("ix_rollbook_cases_seen", "state", "last_seen", "case_id"),
    Index("ix_rollbook_cases_source", "state", "source_key", "case_id"),
    # And those of a learner or a session, where the cells say which.
    *(
        Index(f"ix_rollbook_cases_{name}", name, sqlite_where=text(given), postgresql_where=text(given))
        for name, given in ((name, f"{name} <> ''") for name in ("learner_email", "learner_employee_id", "session_id"))
    ),
)

# What a case is found by, as it was last met: `code` (of its failures) and `header` (of the blamed cells' columns).
rollbook_case_labels = Table(
    "rollbook_case_labels",
    metadata,
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Column("label", key(8), primary_key=True),
    Column("name", key(255), primary_key=True),
    Index("ix_rollbook_case_labels_name", "label", "name", "case_id"),
    sqlite_with_rowid=False,
)

# What is wrong (rule and column) with whose rows: a group of cases, and how many of them are in which state. Whatever
# changes a case's state or problems changes the counts in the same transaction (`ledger.cases.case_groups`).
rollbook_case_groups = Table(
    "rollbook_case_groups",
    metadata,
    Column("group_id", serial(), primary_key=True),
    Column("code", key(32), nullable=False),
    # The header of the blamed column; '' where the row as a whole is wrong.
    Column("header", key(255), nullable=False),
    Column("sender", key(190), nullable=False),
    Column("first_seen", moment(), nullable=False),
    Column("last_seen", moment(), nullable=False),
    *(
        Column(f"{state}_cases", BigInteger, nullable=False, server_default="0")
        for state in ("open", "fixed", "ignored")
    ),
    Column("assignee", key(255)),
    UniqueConstraint("code", "header", "sender", name="uq_rollbook_case_groups_code_header_sender"),
)

# Which cases are in a group, and the value that is blamed, as they were last met; one for each problem of a case.
rollbook_case_members = Table(
    "rollbook_case_members",
    metadata,
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    # The beginning of the value; NULL where the cell is blank, or was purged.
    Column("value", key(190)),
    Index("ix_rollbook_case_members_case", "case_id", "group_id"),
    sqlite_with_rowid=False,
)

# How many cases came into a group on which day.
rollbook_case_group_days = Table(
    "rollbook_case_group_days",
    metadata,
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("met_on", Date, primary_key=True),
    Column("new_cases", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Repairs of cases (a line a changed cell), and the journal of what an update of an enrollment replaced (a line an
# enrollment, the `replaced_` columns), from which `undo` restores.
rollbook_changes = Table(
    "rollbook_changes",
    metadata,
    Column("change_id", serial(), primary_key=True),
    Column("run_id", key(20), nullable=False, index=True),
    Column("changed_at", moment(), nullable=False),
    Column("changed_by", key(255)),
    # workbook | dashboard | retry | import | ignore | reopen; the run of the last two is ''
    Column("changed_through", key(16), nullable=False),
    Column("case_id", BigInteger),
    Column("source_column", key(64)),
    Column("from_value", long_text()),
    Column("to_value", long_text()),
    Column("enrollment_id", BigInteger),
    Column("replaced_status", key(16)),
    Column("replaced_attendance_confirmed", Boolean),
    Column("replaced_score", Double),
    Column("replaced_grade", key(32)),
    Column("replaced_feedback", long_text()),
    Column("replaced_enrolled_at", moment()),
    Column("replaced_completed_at", moment()),
    Column("replaced_run_id", key(20)),
    Column("replaced_source_file", key(1024)),
    Column("replaced_source_sheet", key(255)),
    Column("replaced_source_row", Integer),
    Column("replaced_source_column", key(3)),
    Column("replaced_enrolled_at_is_default", Boolean),
    Column("replaced_completed_at_is_default", Boolean),
    Column("replaced_expires_on", Date),
    Column("replaced_certificate_number", key(128)),
    Column("replaced_hours", Double),
    Column("replaced_credits", Double),
    Column("replaced_extra", long_text()),
    # The repairs of a case among the many updates of enrollments.
    Index(
        "ix_rollbook_changes_case",
        "case_id",
        sqlite_where=text("case_id IS NOT NULL"),
        postgresql_where=text("case_id IS NOT NULL"),
    ),
)

# What people and programs did: runs that began, changes of cases, profiles and reference data, logins, downloads.
rollbook_activity = Table(
    "rollbook_activity",
    metadata,
    Column("activity_id", serial(), primary_key=True, autoincrement=True),
    Column("acted_at", moment(), nullable=False),
    Column("acted_by", key(255)),
    # One of `ledger.activity.KINDS`.
    Column("kind", key(16), nullable=False),
    Column("run_id", key(20)),
    Column("case_id", BigInteger),
    Column("group_id", BigInteger),
    Column("row_count", BigInteger),
    # A reason, the name of a file; never what a cell holds.
    Column("detail", long_text()),
    # Of the browser.
    Column("address", key(64)),
    Index("ix_rollbook_activity_by", "acted_by", "activity_id"),
    Index("ix_rollbook_activity_kind", "kind", "activity_id"),
    Index("ix_rollbook_activity_run", "run_id", "activity_id"),
)

# The outbox: what is to be delivered to a system outside is recorded here before it is sent, batch by batch.
rollbook_batches = Table(
    "rollbook_batches",
    metadata,
    Column("run_id", key(20), primary_key=True),
    Column("batch_no", Integer, primary_key=True, autoincrement=False),
    # recorded: not sent yet; sending: it may have been taken, as a crash leaves it; settled: each block has an outcome.
    Column("state", key(16), nullable=False),
    Column("block_count", Integer, nullable=False),
    Column("sent_at", moment()),
    Column("settled_at", moment()),
)

# A block of a batch: one row of the run. Its place stands in rollbook_rows while it is pending or failed.
rollbook_deliveries = Table(
    "rollbook_deliveries",
    metadata,
    Column("run_id", key(20), primary_key=True),
    Column("batch_no", Integer, primary_key=True, autoincrement=False),
    Column("block_no", Integer, primary_key=True, autoincrement=False),
    Column("part_id", BigInteger, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("col_no", Integer, nullable=False),
    Column("learner_email", key(254), nullable=False, server_default=""),
    Column("learner_employee_id", key(64), nullable=False, server_default=""),
    Column("session_id", key(320), nullable=False, server_default=""),
    # pending | loaded | updated | unchanged | failed | rejected
    Column("state", key(16), nullable=False),
    Column("code", key(32)),
    Column("message", long_text()),
    # The field that a refusal blames, where that is known.
    Column("field", key(64)),
    # MariaDB knows the size of a table that was just filled only later: it may begin with the rows.
    Index("ix_rollbook_deliveries_place", *PLACE).ddl_if(dialect=("mysql", "mariadb")),  # type: ignore[arg-type]
)

# Enrollments that a system outside is known to hold: read from it, or delivered and confirmed. '' where not known.
held_enrollments = Table(
    "held_enrollments",
    metadata,
    Column("destination", key(16), primary_key=True),
    Column("session_id", key(320), primary_key=True),
    Column("learner_email", key(254), primary_key=True),
    Column("learner_employee_id", key(64), primary_key=True),
    Column("status", key(16)),
    Column("grade", key(32)),
    Column("enrolled_on", Date),
    Column("completed_on", Date),
    # The run that delivered it; NULL when it was read.
    Column("run_id", key(20)),
)

# How far a `reference sync` came: one that was broken off goes on behind the last page that it stored.
rollbook_syncs = Table(
    "rollbook_syncs",
    metadata,
    Column("destination", key(16), primary_key=True),
    # What was read, such as `learners` or `enrollments:Attended`.
    Column("step", key(320), primary_key=True),
    Column("page", Integer, nullable=False),
    Column("is_done", Boolean, nullable=False),
    Column("stored_at", moment(), nullable=False),
)

# Files of a drop folder: taken, imported, then moved to where they belong. One that is not moved yet is still at work.
rollbook_drops = Table(
    "rollbook_drops",
    metadata,
    Column("drop_id", serial(), primary_key=True, autoincrement=True),
    # The folder's path or URL, without a password, and the file's path below it.
    Column("folder", long_text(), nullable=False),
    Column("name", long_text(), nullable=False),
    Column("sha256", key(64), nullable=False, index=True),
    # taken: its run has not ended; done, failed: moved there; skipped: its content was done before; left: where it was.
    Column("state", key(16), nullable=False),
    Column("run_id", key(20)),
    Column("target", long_text()),
    Column("taken_at", moment(), nullable=False),
    # NULL while it still is to be moved.
    Column("moved_at", moment()),
    # Whose file it is, by its name alone; a profile may say it otherwise, which rollbook_files has.
    Column("sender", key(190), nullable=False, server_default=""),
)

# What is written to systems that take rows one by one: recorded before it is written, so that a crash loses nothing
# and `undo` can take it back. A line belongs to a block of rollbook_deliveries.
rollbook_writes = Table(
    "rollbook_writes",
    metadata,
    Column("run_id", key(20), primary_key=True),
    Column("batch_no", Integer, primary_key=True, autoincrement=False),
    Column("block_no", Integer, primary_key=True, autoincrement=False),
    Column("destination", key(16), nullable=False),
    # What it is about, and the number of what is there, in the system's own IDs.
    Column("target", key(320), nullable=False),
    Column("target_id", key(64)),
    # Whether it was not there before (or undecided): then taking it back is more than putting `former` back.
    Column("creates", Boolean, nullable=False),
    # JSON {field: text or null}: what the fields that are written held before, and what is written.
    Column("former", long_text(), nullable=False),
    Column("content", long_text(), nullable=False),
    # begun | done | handed_on | undone
    Column("state", key(16), nullable=False),
    Index("ix_rollbook_writes_target", "destination", "target"),
)

# The IDs that a system outside has for what sheets call by another name, as they were found.
rollbook_target_ids = Table(
    "rollbook_target_ids",
    metadata,
    Column("destination", key(16), primary_key=True),
    Column("kind", key(16), primary_key=True),
    Column("code", key(320), primary_key=True),
    Column("target_id", key(64), nullable=False),
)

# Messages about runs and drop folders: recorded when it is decided that somebody is to hear, sent afterwards.
rollbook_messages = Table(
    "rollbook_messages",
    metadata,
    Column("message_id", serial(), primary_key=True, autoincrement=True),
    # The same at every try, so that who gets it twice can tell: the left side of a mail's Message-ID.
    Column("delivery_id", key(32), nullable=False, unique=True),
    # not_loaded | failed | loaded | overdue | well_again
    Column("kind", key(16), nullable=False),
    # mail | chat | webhook | prefect; the address of a mail, else a name that holds no secret.
    Column("channel", key(16), nullable=False),
    Column("recipient", key(320), nullable=False),
    # recorded: to be sent; sending: it may have been taken, as a crash leaves it; sent; doubtful: nobody knows whether
    # it arrived, so it is not sent again; failed: refused, or given up.
    Column("state", key(16), nullable=False),
    # The run that it is about, and the one that holds the rows; NULL where there is none.
    Column("run_id", key(20), index=True),
    Column("rows_run_id", key(20), index=True),
    # A hash of whose trouble it tells, a drop folder or who sends files into it; and when that was over.
    Column("about", key(64), index=True),
    Column("solved_at", moment()),
    # JSON of what the text is made of.
    Column("content", long_text(), nullable=False),
    Column("recorded_at", moment(), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # NULL where there is nothing left to try.
    Column("next_attempt_at", moment(), index=True),
    Column("ended_at", moment()),
    Column("error", long_text()),
)

# Who sends files again and again. A line of rollbook_feed_imports is one of its imports that was loaded.
rollbook_feeds = Table(
    "rollbook_feeds",
    metadata,
    Column("feed_id", serial(), primary_key=True, autoincrement=True),
    # As its profile names it, else the profile's file and the drop folder.
    Column("name", long_text(), nullable=False),
    Column("destination", key(16), nullable=False),
)

rollbook_feed_imports = Table(
    "rollbook_feed_imports",
    metadata,
    Column("import_id", serial(), primary_key=True, autoincrement=True),
    Column("feed_id", BigInteger, nullable=False, index=True),
    Column("run_id", key(20), nullable=False, index=True),
    # The first import that sent the same as this one, some rows more or less: what stands since then is what the last
    # import held. 0: all that the feed ever sent, for each of its imports is complete.
    Column("chain_from", BigInteger, nullable=False),
    # Whether it was found out what is missing in it.
    Column("is_compared", Boolean, nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    # Enrollments that it changed, that are missing in it, that came back with it, and
    # that were cancelled because they are missing.
    Column("changed", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("back", BigInteger, nullable=False),
    Column("cancelled", BigInteger, nullable=False),
    # report | cancel
    Column("on_missing", key(8), nullable=False),
    # The latest day that its rows name.
    Column("latest_on", Date),
)

# Which enrollments a feed brought, from which import on, until which they are missing. Feed 0 is everybody else: what a
# feed brought and an import without a feed, or a person, brought too.
rollbook_feed_enrollments = Table(
    "rollbook_feed_enrollments",
    metadata,
    Column("feed_id", BigInteger, primary_key=True, autoincrement=False),
    Column("brought_in", BigInteger, primary_key=True, autoincrement=False),
    Column("enrollment_id", BigInteger, primary_key=True, autoincrement=False),
    # The import in which it is missing; NULL while it stands.
    Column("missing_in", BigInteger),
    Column("is_cancelled", Boolean, nullable=False, server_default=text("false")),
    # The last import that surely held it, where a row that cannot be read may be it since.
    Column("sure_in", BigInteger),
    Index("ix_rollbook_feed_enrollments_enrollment", "enrollment_id"),
    sqlite_with_rowid=False,
)

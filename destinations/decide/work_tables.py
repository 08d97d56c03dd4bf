"""The working tables of a decision: temporary, on the connection that decides, gone after the transaction.

Nothing else on a database shares them, so `check` may use them too. Numbers of learners and sessions are the IDs of
existing ones, and negative, in the order of their keys, for those that this run would create.
"""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    DateTime,
    FromClause,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from destinations.protocol import Policy, RunTerms
from ledger import planner
from ledger.staging import PART_STEP
from ledger.tables import key, rollbook_parts, rollbook_rows
from ledger.temporary_tables import drop
from rollbook.letters import column_letter
from rollbook.outcomes import ACCEPTED

# From here on whole tables are joined by hashing; below it, an existing table may be many times larger than the run.
LARGE_RUN = 20_000

PLACE = ("part_id", "row_no", "col_no")
LEARNER_AND_SESSION = ("learner_no", "session_no")
# What the database keeps of a row, and what copies are compared by, blanks included.
CONTENT = ("status", "score", "grade", "enrolled_on", "completed_on", "attendance_confirmed", "feedback")

metadata = MetaData()


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


def _place(*, primary_key: bool) -> tuple[Column[int], ...]:
    return (
        Column("part_id", BigInteger, primary_key=primary_key, nullable=False, autoincrement=False),
        Column("row_no", Integer, primary_key=primary_key, nullable=False, autoincrement=False),
        Column("col_no", Integer, primary_key=primary_key, nullable=False, autoincrement=False),
    )


def _content() -> tuple[Column[object], ...]:
    return tuple(Column(name, rollbook_rows.c[name].type) for name in CONTENT)


def _table(name: str, *columns: Column[Any], also_by: tuple[str, ...] = ()) -> Table:
    """A working table. also_by: what else than its key it is joined by; SQLite and MariaDB would read all of it."""
    return Table(
        name,
        metadata,
        *columns,
        *([UniqueConstraint(*also_by)] if also_by else []),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=not any(column.primary_key for column in columns),
        postgresql_on_commit="DROP",
    )


# Every pair of e-mail and employee ID of the accepted rows ('' what a row lacks), with a name that they give.
pairs = _table(
    "work_pairs",
    Column("mail", key(254), primary_key=True),
    Column("number", key(64), primary_key=True),
    _number("pair_no"),
    Column("name", key(255)),
    _number("names"),
)

# Every e-mail that rows pair with an ID: with how many, and with which when it is one; and the other way round.
mails = _table(
    "work_mails",
    Column("mail", key(254), primary_key=True),
    _number("partners"),
    Column("number", key(64), nullable=False),
    _number("pair_no"),
)
numbers = _table(
    "work_numbers",
    Column("number", key(64), primary_key=True),
    _number("partners"),
    Column("mail", key(254), nullable=False),
    _number("pair_no"),
)

# Employees whose e-mail another program wrote in a spelling of its own, such as Ann@Example.org, with ours of it.
spelled = _table(
    "work_spelled",
    Column("employee_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mail", key(254), nullable=False),
)

# Every e-mail of the rows that employees have: how many of them, and the ID and number of the one.
holders = _table(
    "work_holders",
    Column("mail", key(254), primary_key=True),
    _number("holders"),
    _number("employee_id"),
    Column("number", key(64)),
)

# The learner that each pair means: `learner_no`, or `code` when it cannot mean one. `whole_mail` and `whole_number` are
# what the run's pairs, taken together, say of the learner.
learners = _table(
    "work_learners",
    Column("mail", key(254), primary_key=True),
    Column("number", key(64), primary_key=True),
    Column("learner_no", BigInteger),
    Column("whole_mail", key(254), nullable=False),
    Column("whole_number", key(64), nullable=False),
    Column("name", key(255)),
    Column("code", key(32)),
    Column("detail", key(400)),
)

# The accepted rows whose pair means one learner: who and what they are about, and their content. Read three times, it
# is written once: joining the staged rows to their learners and sessions anew costs more.
placed = _table(
    "work_placed",
    *_place(primary_key=True),
    _number("learner_no"),
    _number("session_no"),
    Column("session_date", Date),
    *_content(),
)

# The IDs of the learners and sessions of a load, existing and created.
people = _table(
    "work_people",
    Column("learner_no", BigInteger, primary_key=True, autoincrement=False),
    _number("employee_id"),
)
dated = _table(
    "work_dated",
    Column("session_no", BigInteger, primary_key=True, autoincrement=False),
    _number("training_session_id"),
    Column("session_date", Date),
)

# Every session code of the accepted rows. `last_col` is the highest column number: 0 when no sheet is wide.
sessions = _table(
    "work_sessions",
    Column("session_code", key(320), primary_key=True),
    _number("session_no"),
    Column("max_participants", Integer),
    Column("last_col", Integer, nullable=False),
    also_by=("session_no",),
)

# What accepted rows say of the sessions that they create, a line a session and course.
new_sessions = _table(
    "work_new_sessions",
    Column("session_code", key(320), nullable=False),
    Column("course_id", key(255)),
    Column("course_name", key(255)),
    Column("first_date", Date),
    Column("last_date", Date),
    Column("first_start", key(5)),
    Column("last_start", key(5)),
)

# The course that each way of naming one means; `course_code` is NULL where two existing courses bear the name.
named_courses = _table(
    "work_named_courses",
    Column("course_id", key(255), primary_key=True),
    Column("course_name", key(255), primary_key=True),
    Column("course_code", key(255)),
    Column("name", key(255)),
)

# Learners and sessions that several rows are about, and these rows, numbered in row order.
shared = _table(
    "work_shared",
    Column("learner_no", BigInteger, primary_key=True, autoincrement=False),
    Column("session_no", BigInteger, primary_key=True, autoincrement=False),
)
copies = _table(
    "work_copies",
    Column("learner_no", BigInteger, primary_key=True, autoincrement=False),
    Column("session_no", BigInteger, primary_key=True, autoincrement=False),
    Column("copy_no", Integer, primary_key=True, autoincrement=False),
    *_place(primary_key=False),
    Column("rule", String(16), nullable=False),
    *_content(),
    also_by=PLACE,
)

# What is decided of them: `verdict` is 'conflict' or 'kept', and then the place is the winner's.
settled = _table(
    "work_settled",
    Column("learner_no", BigInteger, primary_key=True, autoincrement=False),
    Column("session_no", BigInteger, primary_key=True, autoincrement=False),
    Column("verdict", String(16), nullable=False),
)

# The first copies of those in conflict, which failures name.
firsts = _table(
    "work_firsts",
    Column("learner_no", BigInteger, primary_key=True, autoincrement=False),
    Column("session_no", BigInteger, primary_key=True, autoincrement=False),
    Column("copy_no", Integer, primary_key=True, autoincrement=False),
    _number("part_id"),
    Column("row_no", Integer, nullable=False),
)

winners = _table(
    "work_winners",
    Column("learner_no", BigInteger, primary_key=True, autoincrement=False),
    Column("session_no", BigInteger, primary_key=True, autoincrement=False),
    Column("copy_no", Integer, nullable=False),
    *_place(primary_key=False),
)

# The copies that are not kept.
losers = _table("work_losers", *_place(primary_key=True))

# Rows whose enrollment exists, with the outcome that follows.
existing = _table(
    "work_existing",
    *_place(primary_key=True),
    _number("enrollment_id"),
    Column("outcome", key(16), nullable=False),
)

# Rows whose enrollment a system outside holds: does what it holds differ (0, 1), and which run delivered it.
held = _table("work_held", *_place(primary_key=True), _number("differs"))

# Seats taken in the sessions that count them.
taken = _table("work_taken", Column("session_no", BigInteger, primary_key=True, autoincrement=False), _number("seats"))

# Rows that found no free seat.
full = _table("work_full", *_place(primary_key=True), _number("session_no"))

# The letters of a wide sheet's columns.
letters = _table(
    "work_letters",
    Column("col_no", Integer, primary_key=True, autoincrement=False),
    Column("letter", key(3), nullable=False),
)

# The enrollments that open cases are about, as far as their cells name a known learner and session.
named_cases = _table("work_named_cases", _number("case_id"), _number("training_session_id"), _number("employee_id"))

# The enrollments that rows of the run found as they say.
unchanged = _table("work_unchanged", Column("enrollment_id", BigInteger, primary_key=True, autoincrement=False))

# What an undo may take out with its enrollments: lines of `employees`, `training_sessions` and `courses`.
touched = _table(
    "work_touched",
    Column("kind", key(32), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
)

# Learners, sessions, courses or enrollments, as one statement needs them.
chosen = _table("work_chosen", Column("id", BigInteger, primary_key=True, autoincrement=False), Column("flag", Boolean))


def prepare(connection: Connection, run: RunTerms) -> None:
    """Empty working tables, and on PostgreSQL the planner told what is coming. Commits nothing on any database."""
    for table in metadata.sorted_tables:
        create(connection, table)
    if connection.dialect.name != "postgresql":
        return
    planner.analyze(connection, rollbook_rows, "run_id", "part_id", "outcome")
    planner.analyze(connection, rollbook_parts, "run_id", "part_id")
    settings = ["jit = off", "max_parallel_workers_per_gather = 0", "work_mem = '256MB'"]
    first = select(rollbook_rows.c.row_no).where(accepted(run)).limit(LARGE_RUN).subquery()
    if (connection.scalar(select(func.count()).select_from(first)) or 0) >= LARGE_RUN:
        settings.append("enable_nestloop = off")
    for setting in settings:
        connection.execute(text(f"SET LOCAL {setting}"))


def create(connection: Connection, table: Table) -> None:
    """An empty working table. PostgreSQL joins by hashing and needs no key on it; the others look rows up by it."""
    drop(connection, table.name)
    connection.execute(CreateTable(_without_key(table) if connection.dialect.name == "postgresql" else table))


@cache
def _without_key(table: Table) -> Table:
    plain = [Column(column.name, column.type, nullable=column.nullable) for column in table.columns]
    return Table(table.name, MetaData(), *plain, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")


def clear(connection: Connection) -> None:
    """Drop all working tables."""
    for table in metadata.sorted_tables:
        drop(connection, table.name)


def analyze(connection: Connection, table: Table) -> None:
    """Tell the planner how large a working table became, and what it is joined by."""
    planner.analyze(connection, table, *(column.name for column in table.columns if column.name not in CONTENT))


def accepted(run: RunTerms) -> ColumnElement[bool]:
    """The run's rows that are still to be loaded."""
    return and_(rollbook_rows.c.run_id == run.run_id, rollbook_rows.c.outcome == ACCEPTED)


def is_missing(column: ColumnElement[str]) -> ColumnElement[bool]:
    """A text is NULL. SQLite takes `IS NULL` for the one line of a unique index, and reads all such for each line."""
    return func.coalesce(column, "") == ""


def same_place(run: RunTerms, table: FromClause) -> ColumnElement[bool]:
    """A staged row of the run stands at the place that a line of `table` names."""
    return and_(rollbook_rows.c.run_id == run.run_id, *(rollbook_rows.c[name] == table.c[name] for name in PLACE))


def same_line(one: FromClause, other: FromClause, names: tuple[str, ...]) -> ColumnElement[bool]:
    """Two tables' lines are equal in the columns named."""
    return and_(*(one.c[name] == other.c[name] for name in names))


def fill(connection: Connection, table: Table, query: Select[Any] | CompoundSelect[Any]) -> None:
    """Put the query's lines, its columns in the table's order, into a working table."""
    connection.execute(insert(table).from_select([column.name for column in table.columns], query))
    analyze(connection, table)


def place_rows(connection: Connection, run: RunTerms) -> None:
    """Fill `placed` from the accepted rows, by `learners` and `sessions`."""
    rows = rollbook_rows.c
    query = (
        select(
            *place(rollbook_rows),
            learners.c.learner_no,
            sessions.c.session_no,
            rows.session_date,
            *(rows[name] for name in CONTENT),
        )
        .select_from(
            rollbook_rows.join(
                learners,
                and_(rows.learner_email == learners.c.mail, rows.learner_employee_id == learners.c.number),
            ).join(sessions, rows.session_id == sessions.c.session_code)
        )
        .where(accepted(run), learners.c.learner_no.is_not(None))
    )
    fill(connection, placed, query)


def drop_placed(connection: Connection, decided: Table) -> None:
    """Take the rows whose places stand in a table out of `placed`: they are not to be loaded."""
    connection.execute(delete(placed).where(exists().where(same_line(placed, decided, PLACE))))


def drop_decided(connection: Connection) -> None:
    """Leave in `placed` the rows that are to be loaded; copies are out of it since they were decided."""
    for table in (existing, held, full):
        if connection.scalar(select(func.count()).select_from(table)):
            drop_placed(connection, table)


def place(table: FromClause) -> list[ColumnElement[int]]:
    """The columns of a row's place within a run."""
    return [table.c[name] for name in PLACE]


def of_part(run: RunTerms, table: FromClause) -> ColumnElement[bool]:
    """A line of `table` is of a part of the run."""
    return and_(rollbook_parts.c.run_id == run.run_id, rollbook_parts.c.part_id == table.c.part_id)


def fill_letters(connection: Connection, last: int) -> None:
    """The letters of the columns 1 to `last`; nothing when they are there already."""
    if not connection.scalar(select(func.count()).select_from(letters)):
        lines = [{"col_no": number, "letter": column_letter(number)} for number in range(1, last + 1)]
        connection.execute(insert(letters), lines)


def policy_of_row(run: RunTerms, name: str, table: FromClause) -> ColumnElement[str]:
    """`on_conflict` or `on_existing` of the file that a line of `table` came from."""
    usual = getattr(Policy(), name)
    named = [
        (table.c.part_id.between(no * PART_STEP, (no + 1) * PART_STEP - 1), literal(rule))
        for no, rule in sorted((no, getattr(policy, name)) for no, policy in run.policies.items())
        if rule != usual
    ]
    return case(*named, else_=literal(usual)) if named else literal(usual)


class midnight(FunctionElement[Any]):  # noqa: N801 - it reads as the SQL function that it is
    """The moment at which a date begins."""

    type = DateTime()
    inherit_cache = True


@compiles(midnight)
def _midnight(element: midnight, compiler: SQLCompiler, **options: object) -> str:
    kind = "TIMESTAMP" if compiler.dialect.name == "postgresql" else "DATETIME(6)"
    return f"CAST({compiler.process(element.clauses, **options)} AS {kind})"


@compiles(midnight, "sqlite")
def _midnight_text(element: midnight, compiler: SQLCompiler, **options: object) -> str:
    return f"({compiler.process(element.clauses, **options)} || ' 00:00:00.000000')"


def moment(value: datetime) -> ColumnElement[datetime]:
    """A point in time as a parameter of its own type."""
    return bindparam(None, value, type_=DateTime())


def place_text(table: FromClause) -> ColumnElement[str]:
    """The place as text, as `rollbook_rows.duplicate_of` names it: part:row:column."""
    parts = [cast(column, String(20)) for column in place(table)]
    return parts[0].concat(":").concat(parts[1]).concat(":").concat(parts[2])

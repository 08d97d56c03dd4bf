"""Loading: what accepted rows create, their enrollments, and the updates with the journal of what they replaced.

Everything happens in the caller's transaction; any refusal of the database ends it.
"""

from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    String,
    Table,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from destinations.protocol import STORED, RunTerms
from ledger import known
from ledger.reference.upserts import IMPORT
from ledger.sql.bulk import insert_frame
from ledger.sql.keys import keyed
from ledger.tables import courses, employees, rollbook_changes, training_enrollments, training_sessions
from rollbook.errors import AccountsError
from rollbook.rows.statuses import COMPLETED
from stage.database import Stage
from transforms.values.alike_names import alike_names, named_most
from validators.lookups import fold

# The columns of an enrollment that an update may replace; the journal has each with `replaced_` in front.
REPLACED = (
    "status",
    "attendance_confirmed",
    "score",
    "grade",
    "feedback",
    "expires_on",
    "certificate_number",
    "hours",
    "credits",
    "extra",
    "enrolled_at",
    "completed_at",
    "enrolled_at_is_default",
    "completed_at_is_default",
    "run_id",
    "source_file",
    "source_sheet",
    "source_row",
    "source_column",
)
_KINDS = ("learners", "sessions", "courses")
# What a blank cell leaves as it is; `extra` is replaced whole.
_BESIDE = ("expires_on", "certificate_number", "hours", "credits")
_SAID = ("status", "attendance_confirmed", "score", "grade", "feedback", *_BESIDE, "extra")
_PLACE = ("source_file", "source_sheet", "source_row", "source_column")
_INSERTED_AT_ONCE = 200_000
CREATED_LEARNERS = pa.schema([("id", pa.int64()), ("number", pa.string()), ("mail", pa.string())])
CREATED_SESSIONS = pa.schema([("id", pa.int64()), ("session_code", pa.string())])


def describe_created(connection: Connection, stage: Stage) -> None:
    """Gather what the rows say of learners, sessions and courses that are not there yet."""
    stage.run("new_sessions")
    all_courses = known.all_courses(connection)
    stage.put("known_courses", all_courses)
    ways = stage.frame("SELECT DISTINCT course_id AS code, course_name AS name FROM said_of_sessions")
    stage.put("named_courses", _named_courses(ways, all_courses.select(["code", "name"]).to_pandas().astype("str")))
    stage.run("created")


def _named_courses(said: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """Each way in which the rows name a course, and the course's code: the ID, else what the name alone leads to.

    A name leads to the one course that bears it, existing or named with its ID here; to a code made of the folded name
    where none does; to nothing where several do: `namesakes`, a line each. Of spellings that are one name, the first in
    the alphabet is kept.
    """
    named = pd.concat([there, said]).dropna().assign(folded=lambda both: fold(both["name"]))
    # A course that an import made of a name alone gives way to one that has the name beside a code of its own.
    bearers = named[named["code"] != named["folded"]].groupby("folded")["code"]
    only = bearers.first()[bearers.agg(lambda codes: len(set(codes))) == 1]
    folded = fold(said["name"])
    by_name = folded.where(~folded.isin(list(bearers.groups)), folded.map(only))
    namesakes = bearers.agg(lambda codes: "\n".join(sorted(set(codes))))
    return pd.DataFrame(
        {
            "course_id": said["code"].fillna(""),
            "course_name": said["name"].fillna(""),
            "course_code": said["code"].fillna(by_name),
            "name": said["name"].groupby(folded).transform("min"),
            "namesakes": folded.map(namesakes).where(said["code"].isna() & by_name.isna()),
        }
    ).astype("str")


# A course that exists is what others are joined with.
_EXISTS = 1 << 62


def alike_courses(stage: Stage) -> tuple[tuple[str, ...], ...]:
    """Courses that the run creates of their names alone and that look like one, each group with the one to keep first.

    Existing courses that they look like are among them.
    """
    named = "SELECT course_code FROM named_courses WHERE course_id = ''"
    sessions = f"""SELECT name, count(*) FROM new_courses JOIN new_sessions USING (course_code)
        WHERE name IS NOT NULL AND course_code IN ({named}) GROUP BY name"""
    made = dict(stage.lines(sessions))
    if not made:
        return ()
    names = stage.column("SELECT DISTINCT name FROM known_courses WHERE name IS NOT NULL")
    there = dict.fromkeys(names.to_pylist(), _EXISTS)
    groups = alike_names(made, there)
    kept = [(named_most(group, made | there), group) for group in groups]
    return tuple((first, *(name for name in group if name != first)) for first, group in kept)


# So many sessions are named, of the course, day or start of each so many texts.
_DISPUTED, _SAID_OF_IT = 100, 5


def disputed_sessions(connection: Connection, stage: Stage) -> tuple[tuple[str, ...], ...]:
    """(session, field, what its rows say of it …) where those of a session that the run creates differ.

    Of a session that exists: where a row says something else than what is stored, which comes first.
    """
    stage.run("disputed")
    found = stage.lines(f"SELECT session_code, field, texts FROM disputed LIMIT {_DISPUTED}")
    found += _disputed_stored(connection, stage)[: _DISPUTED - len(found)]
    return tuple((session, name, *texts[:_SAID_OF_IT]) for session, name, texts in found)


def _disputed_stored(connection: Connection, stage: Stage) -> list[tuple[str, str, list[str]]]:
    """session, field, texts."""
    stage.run("stored_sessions")
    if not stage.any("said_of_stored"):
        return []
    stored = known.stored_sessions(connection, stage.column("SELECT DISTINCT session_code FROM said_of_stored"))
    names = stored.select(["course_code", "course_name"]).to_pandas().astype("str")
    is_made = names["course_code"].notna() & (names["course_code"] == fold(names["course_name"]))
    stage.put("stored_sessions", stored.append_column("is_made", pa.array(is_made.tolist(), pa.bool_())))
    ways = stage.frame("SELECT DISTINCT course_id AS code, course_name AS name FROM said_of_stored")
    stage.put("named_stored", _named_courses(ways, stage.frame("SELECT code, name FROM known_courses")))
    found = stage.ask("disputed_stored", mark=STORED).to_pylist()
    return [(line["session_code"], line["field"], line["texts"]) for line in found]


def count_created(stage: Stage) -> dict[str, int]:
    """How many learners, sessions and courses `describe_created` found."""
    return {kind: stage.value(f"SELECT count(*) FROM new_{kind}") for kind in _KINDS}


def create(connection: Connection, stage: Stage, run: RunTerms) -> dict[str, int]:
    """Insert what `describe_created` found, in the order of the keys, and give the stage their IDs; their numbers."""
    number, email = (func.coalesce(half, "") for half in (employees.c.employee_number, employees.c.email))
    _create(connection, stage, run, "learners", employees, (number, email), CREATED_LEARNERS)
    _create(connection, stage, run, "courses", courses, (courses.c.course_code, courses.c.name), known.COURSES)
    stage.run("session_lines")
    _create(
        connection, stage, run, "sessions", training_sessions, (training_sessions.c.session_code,), CREATED_SESSIONS
    )
    return count_created(stage)


def _create(
    connection: Connection,
    stage: Stage,
    run: RunTerms,
    kind: str,
    table: Table,
    columns: tuple[ColumnElement[Any], ...],
    schema: pa.Schema,
) -> None:
    """Insert the new ones of a kind, and put `created_…` into the stage: their IDs and the columns that tell them."""
    last = connection.scalar(select(func.max(table.c.id))) or 0
    number = insert_frame(connection, table, stage.table(f"lines_of_{kind}"))
    query = select(table.c.id, *columns).where(table.c.run_id == run.run_id)
    found = known.fetched(connection, query.where(table.c.id > last), schema)
    if found.num_rows != number:  # somebody set the sequence of IDs back by hand
        found = known.fetched(connection, query, schema)
    stage.put(f"created_{kind}", found)


def complete_learners(connection: Connection, stage: Stage, run: RunTerms) -> None:
    """Give learners who were there the number or e-mail that the run joined to them, and write down that it did so."""
    completions = stage.table("completions")
    if not completions.num_rows:
        return
    people = employees.c
    columns: list[Column[Any]] = [Column("id", BigInteger, primary_key=True, autoincrement=False)]
    columns += [Column("number", people.employee_number.type), Column("mail", people.email.type)]
    with keyed(connection, "rollbook_completions", completions, *columns) as said:
        for half, column in (("number", people.employee_number), ("mail", people.email)):
            told_by = f"{column.name.removeprefix('employee_')}_run_id"
            here = and_(people.id == said.c.id, said.c[half].is_not(None))
            connection.execute(update(employees).where(here).values({column.name: said.c[half], told_by: run.run_id}))


def insert_enrollments(connection: Connection, stage: Stage, expected: int) -> int:
    """Insert the enrollments of all accepted rows, sorted by session and learner; returns how many.

    Raises AccountsError when they are not as many as `expected`: each row must find its learner, session and part.
    """
    lines = stage.batches("FROM new_enrollments ORDER BY training_session_id, employee_id", _INSERTED_AT_ONCE)
    loaded = sum(insert_frame(connection, training_enrollments, batch) for batch in lines)
    if loaded != expected:
        raise AccountsError(
            f"{expected} rows were to be loaded, but {loaded} enrollments were created. Nothing was loaded. "
            "This is a bug in Rollbook: report it with this message."
        )
    return loaded


def update_enrollments(connection: Connection, stage: Stage, run: RunTerms) -> None:
    """Put what rows say in the place of what exists, and write down what that replaces; a blank cell leaves a value.

    Only a completed enrollment has a `completed_at`: the row's day, else the one it has, else as for a new one.
    """
    there = training_enrollments.c
    days = ("enrolled_on", "completed_on", "session_date")
    columns: list[Column[Any]] = [Column("enrollment_id", BigInteger, primary_key=True, autoincrement=False)]
    columns += [Column(name, there[name].type) for name in (*_SAID, *_PLACE)]
    columns += [Column(name, Date) for name in days]
    with keyed(connection, "rollbook_updates", stage.table("updates"), *columns) as said:
        journal(connection, said, run)
        values = _replacing(said, run)
        connection.execute(
            update(training_enrollments).where(there.id == said.c.enrollment_id).ordered_values(*values.items())
        )


def journal(connection: Connection, said: Table, run: RunTerms) -> None:
    """Write down what the enrollments of `said` (enrollment_id) are, before the run changes them."""
    there = training_enrollments.c
    facts = (literal(run.run_id), _moment(run.started_at), literal(run.by, String(255)), literal(IMPORT))
    query = select(*facts, there.id, *(there[name] for name in REPLACED)).join(said, said.c.enrollment_id == there.id)
    columns = ["run_id", "changed_at", "changed_by", "changed_through", "enrollment_id"]
    columns += [f"replaced_{name}" for name in REPLACED]
    connection.execute(insert(rollbook_changes).from_select(columns, query.order_by(there.id)))


def _replacing(said: Table, run: RunTerms) -> dict[ColumnElement[Any], Any]:
    rows, there = said.c, training_enrollments.c
    day = func.coalesce(rows.completed_on, rows.session_date)
    new_completion = func.coalesce(
        midnight(rows.completed_on), there.completed_at, midnight(day), _moment(run.started_at)
    )
    # The flags first: MariaDB sets from left to right, and they ask what was there before.
    return {
        there.enrolled_at_is_default: and_(there.enrolled_at_is_default, rows.enrolled_on.is_(None)),
        there.completed_at_is_default: and_(
            rows.status == COMPLETED,
            rows.completed_on.is_(None),
            or_(there.completed_at.is_(None), there.completed_at_is_default),
        ),
        there.status: rows.status,
        there.attendance_confirmed: func.coalesce(rows.attendance_confirmed, there.attendance_confirmed),
        there.score: case((rows.grade.is_not(None), rows.score), else_=there.score),
        there.grade: func.coalesce(rows.grade, there.grade),
        there.feedback: func.coalesce(rows.feedback, there.feedback),
        **{there[name]: func.coalesce(rows[name], there[name]) for name in _BESIDE},
        there.extra: rows.extra,
        there.enrolled_at: func.coalesce(midnight(rows.enrolled_on), there.enrolled_at),
        there.completed_at: case((rows.status == COMPLETED, new_completion)),
        there.run_id: run.run_id,
        **{there[name]: rows[name] for name in _PLACE},
    }


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


def _moment(value: datetime) -> ColumnElement[datetime]:
    """A point in time as a parameter of its own type."""
    return bindparam(None, value, type_=DateTime())

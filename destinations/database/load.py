"""Loading: what accepted rows create, their enrollments, and the updates with the journal of what they replaced.

Everything happens in the caller's transaction; any refusal of the database ends it.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    cast,
    distinct,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union,
    update,
)

from destinations.decide import work_tables
from destinations.protocol import RunTerms
from ledger.reference.upserts import IMPORT
from ledger.tables import (
    employees,
    rollbook_changes,
    rollbook_parts,
    rollbook_rows,
    training_enrollments,
    training_sessions,
)
from rollbook.errors import AccountsError
from rollbook.outcomes import UPDATED
from rollbook.statuses import COMPLETED

# The columns of an enrollment that an update may replace; the journal has each with `replaced_` in front.
REPLACED = (
    "status",
    "attendance_confirmed",
    "score",
    "grade",
    "feedback",
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


def count_new_learners(connection: Connection) -> int:
    """How many learners the rows in `placed` create."""
    placed = work_tables.placed.c
    return connection.scalar(select(func.count(distinct(placed.learner_no))).where(placed.learner_no < 0)) or 0


def create_learners(connection: Connection, run: RunTerms) -> int:
    """Insert the new learners of the rows in `placed`, in the order of their keys; give their IDs to both tables."""
    learners, placed = work_tables.learners.c, work_tables.placed.c
    used = select(placed.learner_no).where(placed.learner_no < 0).distinct().subquery("used")
    query = (
        select(
            func.nullif(learners.whole_number, ""),
            func.nullif(learners.whole_mail, ""),
            func.min(learners.name),
            literal(IMPORT),
            literal(run.run_id),
        )
        .select_from(work_tables.learners.join(used, used.c.learner_no == learners.learner_no))
        .group_by(learners.whole_number, learners.whole_mail)
        .order_by(learners.whole_number, learners.whole_mail)
    )
    created = connection.execute(
        insert(employees).from_select(["employee_number", "email", "name", "origin", "run_id"], query),
        execution_options={"preserve_rowcount": True},
    ).rowcount
    if created:
        _fill_created(connection, run)
    return created


def _fill_created(connection: Connection, run: RunTerms) -> None:
    """The IDs of the learners just created, by their working numbers."""
    learners, people = work_tables.learners.c, employees.c
    by_number = and_(learners.whole_number != "", people.employee_number == learners.whole_number)
    no_number = work_tables.is_missing(people.employee_number)
    by_mail = and_(learners.whole_number == "", no_number, people.email == learners.whole_mail)
    found = [
        select(learners.learner_no, people.id)
        .select_from(work_tables.learners.join(employees, key))
        .where(learners.learner_no < 0, people.run_id == run.run_id)
        for key in (by_number, by_mail)
    ]
    both = union(*found).subquery("found")
    work_tables.fill(connection, work_tables.people, select(*both.c))


def complete_learners(connection: Connection, run: RunTerms) -> None:
    """Give learners who were there the number or e-mail that the run joined to them, and write down that it did so.

    Every pair that decided about rows counts, also where its own row became a duplicate or was refused: else the next
    sheet, which names the learner by the other half, would make a second one of the same person.
    """
    for half, said in (("employee_number", "number"), ("email", "mail")):
        _complete(connection, run, half, said)


def _complete(connection: Connection, run: RunTerms, half: str, said: str) -> None:
    learners, people = work_tables.learners.c, employees.c
    both = and_(people.id == learners.learner_no, learners.mail != "", learners.number != "")
    missing = and_(both, work_tables.is_missing(people[half]))
    if connection.scalar(select(func.count()).where(missing)):
        told_by = f"{half.removeprefix('employee_')}_run_id"
        values = {half: learners[said], told_by: run.run_id}
        connection.execute(update(employees).where(missing).values(values))


def insert_enrollments(connection: Connection, run: RunTerms, expected: int) -> int:
    """Insert the enrollments of all accepted rows, sorted by session and learner; returns how many.

    Raises AccountsError when they are not as many as `expected`: each row must find its learner, session and part.
    """
    values = _new_enrollments(connection, run)
    loaded = connection.execute(
        insert(training_enrollments).from_select(list(values.selected_columns.keys()), values),
        execution_options={"preserve_rowcount": True},
    ).rowcount
    if loaded != expected:
        raise AccountsError(
            f"{expected} rows were to be loaded, but {loaded} enrollments were created. Nothing was loaded. "
            "This is a bug in Rollbook: report it with this message."
        )
    return loaded


def _new_enrollments(connection: Connection, run: RunTerms) -> Select[Any]:
    placed, people, dated = work_tables.placed, work_tables.people, work_tables.dated
    rows = placed.c
    learner_id = func.coalesce(people.c.employee_id, rows.learner_no)
    now = work_tables.moment(run.started_at)
    source = (
        placed.join(rollbook_parts, work_tables.of_part(run, placed))
        .join(dated, dated.c.session_no == rows.session_no)
        .outerjoin(people, people.c.learner_no == rows.learner_no)
    )
    letter, source = _letter(connection, source)
    # Sorted as the unique key is, the key grows at its end; SQLite keeps the key in memory but sorts wide rows slowly.
    sorts = connection.dialect.name != "sqlite"
    order = (dated.c.training_session_id, learner_id) if sorts else work_tables.place(placed)
    day = func.coalesce(rows.completed_on, dated.c.session_date, rows.session_date)
    completed_at = func.coalesce(work_tables.midnight(day), now)
    return (
        select(
            dated.c.training_session_id,
            learner_id.label("employee_id"),
            rows.status,
            rows.attendance_confirmed,
            rows.score,
            rows.grade,
            rows.feedback,
            func.coalesce(work_tables.midnight(rows.enrolled_on), now).label("enrolled_at"),
            case((rows.status == COMPLETED, completed_at)).label("completed_at"),
            rows.enrolled_on.is_(None).label("enrolled_at_is_default"),
            and_(rows.status == COMPLETED, rows.completed_on.is_(None)).label("completed_at_is_default"),
            literal(run.run_id).label("run_id"),
            rollbook_parts.c.source_file,
            rollbook_parts.c.source_sheet,
            rows.row_no.label("source_row"),
            letter.label("source_column"),
        )
        .select_from(source)
        .where(learner_id > 0)
        .order_by(*order)
    )


def _letter(connection: Connection, source: Any) -> tuple[ColumnElement[Any], Any]:
    """The letter of a wide sheet's column, and the joins that give it; NULL in long sheets."""
    last = connection.scalar(select(func.max(work_tables.sessions.c.last_col))) or 0
    if not last:
        return cast(null(), String(3)), source
    work_tables.fill_letters(connection, last)
    letters = work_tables.letters.c
    return letters.letter, source.outerjoin(work_tables.letters, letters.col_no == work_tables.placed.c.col_no)


def journal_updates(connection: Connection, run: RunTerms) -> None:
    """Write down what the updates are about to replace."""
    there = training_enrollments.c
    query = (
        select(
            literal(run.run_id),
            work_tables.moment(run.started_at),
            literal(run.by, String(255)),
            literal(IMPORT),
            there.id,
            *(there[name] for name in REPLACED),
        )
        .select_from(_updates(run))
        .where(rollbook_rows.c.outcome == UPDATED)
        .order_by(there.id)
    )
    columns = ["run_id", "changed_at", "changed_by", "changed_through", "enrollment_id"]
    columns += [f"replaced_{name}" for name in REPLACED]
    connection.execute(insert(rollbook_changes).from_select(columns, query))


def _updates(run: RunTerms) -> Any:
    found = work_tables.existing
    return rollbook_rows.join(found, work_tables.same_place(run, found)).join(
        training_enrollments, training_enrollments.c.id == found.c.enrollment_id
    )


def update_enrollments(connection: Connection, run: RunTerms) -> None:
    """Put what rows say in the place of what exists; a blank cell leaves the value as it is.

    Only a completed enrollment has a `completed_at`: the row's day, else the one it has, else as for a new one.
    """
    rows, there, found = rollbook_rows.c, training_enrollments.c, work_tables.existing
    letter = _letter_of_row(connection)
    new_completion = func.coalesce(
        work_tables.midnight(rows.completed_on),
        there.completed_at,
        work_tables.midnight(func.coalesce(training_sessions.c.session_date, rows.session_date)),
        work_tables.moment(run.started_at),
    )
    # The flags first: MariaDB sets from left to right, and they ask what was there before.
    values = {
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
        there.enrolled_at: func.coalesce(work_tables.midnight(rows.enrolled_on), there.enrolled_at),
        there.completed_at: case((rows.status == COMPLETED, new_completion)),
        there.run_id: run.run_id,
        there.source_file: rollbook_parts.c.source_file,
        there.source_sheet: rollbook_parts.c.source_sheet,
        there.source_row: rows.row_no,
        there.source_column: letter,
    }
    connection.execute(
        update(training_enrollments)
        .where(
            there.id == found.c.enrollment_id,
            work_tables.same_place(run, found),
            rows.outcome == UPDATED,
            work_tables.of_part(run, rollbook_rows),
            training_sessions.c.id == there.training_session_id,
        )
        .ordered_values(*values.items())
    )


def _letter_of_row(connection: Connection) -> ColumnElement[Any]:
    last = connection.scalar(select(func.max(work_tables.sessions.c.last_col))) or 0
    if not last:
        return cast(null(), String(3))
    work_tables.fill_letters(connection, last)
    letters = work_tables.letters.c
    return select(letters.letter).where(letters.col_no == rollbook_rows.c.col_no).scalar_subquery()

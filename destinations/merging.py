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
    update,
)

from destinations import working
from destinations.protocol import RunTerms
from destinations.sessions import IMPORT
from ledger.tables import (
    employees,
    rollbook_changes,
    rollbook_parts,
    rollbook_rows,
    training_enrollments,
    training_sessions,
)
from rollbook.errors import AccountsError
from rollbook.outcomes import UNCHANGED, UPDATED
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
    "run_id",
    "source_file",
    "source_sheet",
    "source_row",
    "source_column",
)


def count_new_learners(connection: Connection, run: RunTerms) -> int:
    """How many learners the accepted rows create."""
    learners = working.learners.c
    if not connection.scalar(select(func.count()).where(learners.learner_no < 0)):
        return 0
    query = (
        select(func.count(distinct(learners.learner_no)))
        .select_from(rollbook_rows.join(working.learners, working.of_learner()))
        .where(working.accepted(run), learners.learner_no < 0)
    )
    return connection.scalar(query) or 0


def create_learners(connection: Connection, run: RunTerms) -> int:
    """Insert the new learners of accepted rows, in the order of their keys, and give `learners` their IDs."""
    learners = working.learners.c
    if not connection.scalar(select(func.count()).where(learners.learner_no < 0)):
        return 0
    query = (
        select(
            func.nullif(learners.number, ""),
            func.nullif(learners.email, ""),
            func.min(rollbook_rows.c.learner_name),
            literal(IMPORT),
            literal(run.run_id),
        )
        .select_from(rollbook_rows.join(working.learners, working.of_learner()))
        .where(working.accepted(run), learners.learner_no < 0)
        .group_by(learners.number, learners.email)
        .order_by(learners.number, learners.email)
    )
    created = connection.execute(
        insert(employees).from_select(["employee_number", "email", "name", "origin", "run_id"], query),
        execution_options={"preserve_rowcount": True},
    ).rowcount
    for key in (
        and_(learners.number != "", employees.c.employee_number == learners.number),
        and_(learners.number == "", employees.c.employee_number.is_(None), employees.c.email == learners.email),
    ):
        connection.execute(
            update(working.learners)
            .where(learners.learner_no < 0, key, employees.c.run_id == run.run_id)
            .values(learner_no=employees.c.id)
        )
    working.analyze(connection, working.learners)
    return created


def complete_learners(connection: Connection, run: RunTerms) -> None:
    """Give employees that an import made the number or e-mail that undisputed rows tell and that they lack."""
    learners, rows = working.learners.c, rollbook_rows.c
    lacking = and_(
        employees.c.id == learners.learner_no,
        employees.c.origin == IMPORT,
        learners.learner_email != "",
        learners.learner_employee_id != "",
        or_(employees.c.employee_number.is_(None), employees.c.email.is_(None)),
    )
    if not connection.scalar(select(func.count()).where(lacking)):
        return
    counted = (
        select(rows.learner_email, rows.learner_employee_id)
        .where(rows.run_id == run.run_id, rows.outcome.in_(["accepted", UPDATED, UNCHANGED]))
        .distinct()
        .subquery("counted")
    )
    connection.execute(
        update(employees)
        .where(
            lacking,
            counted.c.learner_email == learners.learner_email,
            counted.c.learner_employee_id == learners.learner_employee_id,
        )
        .values(employee_number=learners.learner_employee_id, email=learners.learner_email)
    )


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
            f"{expected} rows were to be loaded and {loaded} enrollments were made. Nothing was loaded. "
            "Please report this."
        )
    return loaded


def _new_enrollments(connection: Connection, run: RunTerms) -> Select[Any]:
    rows, learners, sessions = rollbook_rows.c, working.learners.c, working.sessions.c
    now = working.moment(run.started_at)
    source = (
        rollbook_rows.join(working.learners, working.of_learner())
        .join(working.sessions, working.of_session())
        .join(training_sessions, training_sessions.c.id == sessions.session_no)
        .join(rollbook_parts, working.of_part())
    )
    letter, source = _letter(connection, source)
    return (
        select(
            sessions.session_no.label("training_session_id"),
            learners.learner_no.label("employee_id"),
            rows.status,
            rows.attendance_confirmed,
            rows.score,
            rows.grade,
            rows.feedback,
            func.coalesce(working.midnight(rows.enrolled_on), now).label("enrolled_at"),
            case((rows.status == COMPLETED, func.coalesce(_completed_at(), now))).label("completed_at"),
            literal(run.run_id).label("run_id"),
            rollbook_parts.c.source_file,
            rollbook_parts.c.source_sheet,
            rows.row_no.label("source_row"),
            letter.label("source_column"),
        )
        .select_from(source)
        .where(working.accepted(run), learners.learner_no > 0, sessions.session_no > 0)
        .order_by(sessions.session_no, learners.learner_no)
    )


def _completed_at() -> ColumnElement[Any]:
    """The day of completion, else the session's: as the session has it, else as the row says."""
    rows = rollbook_rows.c
    day = func.coalesce(rows.completed_on, training_sessions.c.session_date, rows.session_date)
    return working.midnight(day)


def _letter(connection: Connection, source: Any) -> tuple[ColumnElement[Any], Any]:
    """The letter of a wide sheet's column, and the joins that give it; NULL in long sheets."""
    last = connection.scalar(select(func.max(working.sessions.c.last_col))) or 0
    if not last:
        return cast(null(), String(3)), source
    working.fill_letters(connection, last)
    letters = working.letters.c
    return letters.letter, source.outerjoin(working.letters, letters.col_no == rollbook_rows.c.col_no)


def journal_updates(connection: Connection, run: RunTerms) -> None:
    """Write down what the updates are about to replace."""
    there = training_enrollments.c
    query = (
        select(
            literal(run.run_id),
            working.moment(run.started_at),
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
    found = working.existing
    return rollbook_rows.join(found, working.same_place(run, found)).join(
        training_enrollments, training_enrollments.c.id == found.c.enrollment_id
    )


def update_enrollments(connection: Connection, run: RunTerms) -> None:
    """Put what rows say in the place of what exists; a blank cell leaves the value as it is.

    Only a completed enrollment has a `completed_at`: the row's day, else the one it has, else as for a new one.
    """
    rows, there, found = rollbook_rows.c, training_enrollments.c, working.existing
    letter = _letter_of_row(connection)
    new_completion = func.coalesce(
        working.midnight(rows.completed_on), there.completed_at, _completed_at(), working.moment(run.started_at)
    )
    connection.execute(
        update(training_enrollments)
        .where(
            there.id == found.c.enrollment_id,
            working.same_place(run, found),
            rows.outcome == UPDATED,
            working.of_part(),
            training_sessions.c.id == there.training_session_id,
        )
        .values(
            status=rows.status,
            attendance_confirmed=func.coalesce(rows.attendance_confirmed, there.attendance_confirmed),
            score=case((rows.grade.is_not(None), rows.score), else_=there.score),
            grade=func.coalesce(rows.grade, there.grade),
            feedback=func.coalesce(rows.feedback, there.feedback),
            enrolled_at=func.coalesce(working.midnight(rows.enrolled_on), there.enrolled_at),
            completed_at=case((rows.status == COMPLETED, new_completion)),
            run_id=run.run_id,
            source_file=rollbook_parts.c.source_file,
            source_sheet=rollbook_parts.c.source_sheet,
            source_row=rows.row_no,
            source_column=letter,
        )
    )


def _letter_of_row(connection: Connection) -> ColumnElement[Any]:
    last = connection.scalar(select(func.max(working.sessions.c.last_col))) or 0
    if not last:
        return cast(null(), String(3))
    working.fill_letters(connection, last)
    letters = working.letters.c
    return select(letters.letter).where(letters.col_no == rollbook_rows.c.col_no).scalar_subquery()

"""Which session each code means, and the sessions and courses that a load creates."""

from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    union,
    update,
)

from destinations.decide import work_tables
from destinations.protocol import RunTerms
from ledger.bulk import insert_frame
from ledger.reference import adopt_sessions
from ledger.reference.load import forgotten_sessions
from ledger.reference.upserts import IMPORT, REFERENCE
from ledger.tables import courses, rollbook_rows, training_sessions
from validators.lookups import fold


def find_sessions(connection: Connection, run: RunTerms) -> None:
    """Fill `sessions` with every session code of the accepted rows."""
    said = (
        select(rollbook_rows.c.session_id.label("code"), rollbook_rows.c.col_no)
        .where(work_tables.accepted(run))
        .distinct()
        .subquery("said")
        .c
    )
    codes = select(said.code, func.max(said.col_no).label("last_col")).group_by(said.code).subquery("codes")
    order = func.row_number().over(order_by=codes.c.code)
    query = select(
        codes.c.code,
        func.coalesce(training_sessions.c.id, -cast(order, BigInteger)),
        case((training_sessions.c.origin == REFERENCE, training_sessions.c.max_participants)),
        codes.c.last_col,
    ).select_from(codes.outerjoin(training_sessions, training_sessions.c.session_code == codes.c.code))
    work_tables.fill(connection, work_tables.sessions, query)
    known = forgotten_sessions(connection)
    if len(known):
        _find_forgotten(connection, known)


def _find_forgotten(connection: Connection, known: pd.DataFrame) -> None:
    """Sessions that are loaded no more, but hold what sheets brought by course and date: such a sheet still means them.

    known: as `ledger.reference.load.forgotten_sessions` gives them.
    """
    ours = work_tables.sessions.c
    made = connection.scalars(select(ours.session_code).where(ours.session_no < 0, ours.session_code.contains("|")))
    codes = pd.Series(list(made), dtype="str")
    found = adopt_sessions.find_sessions(codes, pd.Series(None, index=codes.index, dtype="str"), known, None)
    numbers = found.map(known.set_index("session_id")["id"])
    for code, number in zip(codes[numbers.notna()], numbers.dropna(), strict=True):
        line = update(work_tables.sessions).where(ours.session_code == code)
        connection.execute(line.values(session_no=int(number)))


def date_sessions(connection: Connection) -> None:
    """Fill `dated` with the sessions as the database has them now, those just created among them."""
    ours, there = work_tables.sessions.c, training_sessions.c
    columns = (ours.session_no, there.id, there.session_date)
    new = select(*columns).join(training_sessions, there.session_code == ours.session_code).where(ours.session_no < 0)
    query = union(select(*columns).join(training_sessions, there.id == ours.session_no), new)
    work_tables.fill(connection, work_tables.dated, query)


def describe_new_sessions(connection: Connection, run: RunTerms) -> None:
    """Gather what the accepted rows say of new sessions, and which courses they name."""
    rows = rollbook_rows.c
    said = (
        select(rows.session_id, rows.course_id, rows.course_name, rows.session_date, rows.session_start)
        .select_from(rollbook_rows.join(work_tables.sessions, rows.session_id == work_tables.sessions.c.session_code))
        .where(work_tables.accepted(run), work_tables.sessions.c.session_no < 0)
        .distinct()
        .subquery("said")
        .c
    )
    query = select(
        said.session_id,
        said.course_id,
        said.course_name,
        func.min(said.session_date),
        func.max(said.session_date),
        func.min(said.session_start),
        func.max(said.session_start),
    ).group_by(said.session_id, said.course_id, said.course_name)
    work_tables.fill(connection, work_tables.new_sessions, query)
    insert_frame(connection, work_tables.named_courses, _named_courses(connection))
    work_tables.analyze(connection, work_tables.named_courses)


def _named_courses(connection: Connection) -> pd.DataFrame:
    """Each way in which the rows name a course, and the course's code: the ID, else what the name alone leads to.

    A name leads to the one course that bears it, existing or named with its ID here; to a code made of the folded name
    where none does; to nothing where several do. Of spellings that are one name, the first in the alphabet is kept.
    """
    new = work_tables.new_sessions.c
    query = select(new.course_id, new.course_name).distinct()
    said = pd.DataFrame(connection.execute(query).all(), columns=["code", "name"]).astype("str")
    known = pd.DataFrame(
        connection.execute(select(courses.c.course_code, courses.c.name)).all(), columns=["code", "name"]
    ).astype("str")
    named = pd.concat([known, said]).dropna().assign(folded=lambda both: fold(both["name"]))
    # A course that an import made of a name alone gives way to one that has the name beside a code of its own.
    bearers = named[named["code"] != named["folded"]].groupby("folded")["code"]
    only = bearers.first()[bearers.agg(lambda codes: len(set(codes))) == 1]
    folded = fold(said["name"])
    by_name = folded.where(~folded.isin(list(bearers.groups)), folded.map(only))
    return pd.DataFrame(
        {
            "course_id": said["code"].fillna(""),
            "course_name": said["name"].fillna(""),
            "course_code": said["code"].fillna(by_name),
            "name": said["name"].groupby(folded).transform("min"),
        }
    )


def count_new_sessions(connection: Connection) -> int:
    """How many sessions `describe_new_sessions` found."""
    return connection.scalar(select(func.count(work_tables.new_sessions.c.session_code.distinct()))) or 0


def count_new_courses(connection: Connection) -> int:
    """How many courses `describe_new_sessions` found that do not exist."""
    return connection.scalar(select(func.count()).select_from(_new_courses().subquery())) or 0


def create_courses(connection: Connection, run: RunTerms) -> None:
    """Insert the courses of new sessions that do not exist, in the order of their codes.

    A name is kept where all rows of the course agree on it, however they spell it.
    """
    new = _new_courses().subquery("new")
    query = select(new.c.course_code, new.c.name, literal(IMPORT), literal(run.run_id)).order_by(new.c.course_code)
    connection.execute(insert(courses).from_select(["course_code", "name", "origin", "run_id"], query))


def create_sessions(connection: Connection, run: RunTerms) -> None:
    """Insert the new sessions in the order of their codes."""
    new = _new_sessions().subquery("new")
    query = (
        select(
            new.c.session_code,
            courses.c.id,
            new.c.session_date,
            new.c.session_start,
            literal(IMPORT),
            literal(run.run_id),
        )
        .select_from(new.outerjoin(courses, courses.c.course_code == new.c.course_code))
        .order_by(new.c.session_code)
    )
    columns = ["session_code", "course_id", "session_date", "session_start", "origin", "run_id"]
    connection.execute(insert(training_sessions).from_select(columns, query))


def _new_sessions() -> Select[Any]:
    """Each new session with its course, date and start; what the rows dispute stays blank."""
    new, named = work_tables.new_sessions.c, work_tables.named_courses.c
    said = and_(
        named.course_id == func.coalesce(new.course_id, ""), named.course_name == func.coalesce(new.course_name, "")
    )
    return (
        select(
            new.session_code,
            _agreed(named.course_code, named.course_code).label("course_code"),
            _agreed(new.first_date, new.last_date).label("session_date"),
            _agreed(new.first_start, new.last_start).label("session_start"),
        )
        .select_from(work_tables.new_sessions.join(work_tables.named_courses, said))
        .group_by(new.session_code)
    )


def _new_courses() -> Select[Any]:
    """Each course that a new session is of and that does not exist yet, with its name where the rows agree on one."""
    named = work_tables.named_courses.c
    wanted = select(_new_sessions().subquery("new").c.course_code)
    return (
        select(named.course_code, _agreed(named.name, named.name).label("name"))
        .select_from(work_tables.named_courses.outerjoin(courses, courses.c.course_code == named.course_code))
        .where(named.course_code.in_(wanted), courses.c.id.is_(None))
        .group_by(named.course_code)
    )


def _agreed(low: Column[Any], high: Column[Any]) -> ColumnElement[Any]:
    """The one value of a group, blanks aside; NULL where it has several."""
    return case((func.min(low) == func.max(high), func.min(low)))

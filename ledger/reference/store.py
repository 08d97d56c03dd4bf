"""Rows of the six kinds of reference data, put into their tables; what contradicts is told and left out."""

from collections.abc import Callable, Mapping

import pandas as pd
from sqlalchemy import Connection, Table, and_, select

from ledger.reference.learners import store_learners
from ledger.reference.upserts import REFERENCE, Loaded, Sifting, existing, line_keys, look_up, look_up_unique, upsert
from ledger.sql.bulk import insert_frame
from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    groups,
    rollbook_references,
    training_sessions,
)
from validators.grades import GRADE_TYPES, normalise_grade_types
from validators.lookups import fold


def _store_groups(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = Sifting(frame.rename(columns={"group_id": "group_code"}))
    sifting.refuse(sifting.rows["group_code"].isna() & sifting.rows["name"].isna(), "The row names no group.")
    names = fold(sifting.rows["name"]).to_frame()
    sifting.refuse_contradictions("group_code", names, "The group {group_code} has another name in another row.")
    known = existing(connection, groups, ("group_code", "name"))
    rows = sifting.rows
    by_code = look_up(known.dropna(subset="group_code"), "group_code", rows["group_code"])
    by_name, shared = look_up_unique(known, "name", rows["name"])
    coded = by_name.map(known.set_index("id")["group_code"]).notna() & rows["group_code"].notna()
    sifting.rows = rows.assign(id=by_code.fillna(by_name.mask(coded)), shared=shared)
    unclear = sifting.rows["group_code"].isna() & sifting.rows["shared"]
    sifting.refuse(unclear, "Several groups are named {name}: give the group's ID.")
    found = sifting.rows.drop(columns="shared")
    keys = line_keys("#", found["group_code"], "@", found["name"])
    return upsert(connection, groups, found, keys, known, sifting.problems)


def _store_courses(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = Sifting(frame.rename(columns={"course_id": "course_code"}))
    sifting.refuse(sifting.rows["course_code"].isna(), "The row has no course ID.")
    names = fold(sifting.rows["name"]).to_frame()
    sifting.refuse_contradictions("course_code", names, "The course {course_code} has another name in another row.")
    known = existing(connection, courses, ("course_code", "name"))
    found = sifting.rows.assign(id=look_up(known, "course_code", sifting.rows["course_code"]))
    return upsert(connection, courses, found, found["course_code"], known, sifting.problems)


def _store_sessions(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = Sifting(frame.rename(columns={"session_id": "session_code", "course_id": "course_code"}))
    sifting.refuse(sifting.rows["session_code"].isna(), "The row has no session ID.")
    negative = sifting.rows["max_participants"].astype("Int64") < 0
    sifting.refuse(negative.fillna(False), "The greatest number of participants is below 0.")
    types = normalise_grade_types(sifting.rows["grade_type"].astype("str"))
    told = ", ".join(GRADE_TYPES)
    sifting.refuse(
        types.isna() & sifting.rows["grade_type"].notna(), f"The grade type {{grade_type}} is not one of {told}."
    )
    long = sifting.rows["status"].astype("str").str.len() > training_sessions.c.status.type.length  # type: ignore[attr-defined]
    sifting.refuse(long.fillna(False), "The status {status} is too long.")
    said = sifting.rows.drop(columns=["row", "session_code"])
    said = said.assign(course_name=fold(said["course_name"]), grade_type=types)
    sifting.refuse_contradictions("session_code", said, "The session {session_code} differs in another row.")
    course_ids = _courses_of_sessions(connection, sifting)
    rows = sifting.rows
    columns = ("session_code", "course_id", "session_date", "session_start", "grade_type", "max_participants", "status")
    known = existing(connection, training_sessions, columns)
    found = rows.assign(
        id=look_up(known, "session_code", rows["session_code"]),
        course_id=course_ids.reindex(rows.index),
        grade_type=types.reindex(rows.index),
        session_date=pd.to_datetime(rows["session_date"]).dt.strftime("%Y-%m-%d"),
    ).drop(columns=["course_code", "course_name"])
    return upsert(connection, training_sessions, found, found["session_code"], known, sifting.problems)


def _courses_of_sessions(connection: Connection, sifting: Sifting) -> pd.Series:
    """The courses' IDs (Int64). Where no courses were loaded, those that sessions name are added on the way."""
    known = existing(connection, courses, ("course_code", "name"))
    rows = sifting.rows
    codes = rows["course_code"].astype("str")
    by_name, _ = look_up_unique(known.assign(folded=fold(known["name"])), "folded", fold(rows["course_name"]))
    names = known.set_index("id")["course_code"]
    sifting.rows = rows.assign(course_code=codes.fillna(by_name.map(names)).fillna(fold(rows["course_name"])))
    missing = sifting.rows["course_code"].notna() & ~sifting.rows["course_code"].isin(known["course_code"])
    if _courses_were_loaded(connection):
        sifting.refuse(missing, "The course {course_code} is not among the loaded courses.")
    elif missing.any():
        new = sifting.rows.loc[missing, ["course_code", "course_name"]].groupby("course_code").last().reset_index()
        insert_frame(connection, courses, new.rename(columns={"course_name": "name"}).assign(origin=REFERENCE))
        known = existing(connection, courses, ("course_code", "name"))
    return look_up(known, "course_code", sifting.rows["course_code"])


def _courses_were_loaded(connection: Connection) -> bool:
    known = rollbook_references.c
    loaded = and_(known.kind == "courses", known.forgotten_at.is_(None))
    return connection.scalar(select(known.generation).where(loaded)) is not None


def _store_memberships(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = Sifting(frame)
    sifting.rows = frame.assign(group=_groups_of(connection, frame), employee=_employees_of(connection, frame))
    _refuse_unknown_group(sifting)
    sifting.refuse(
        sifting.rows["employee"].isna(), "The learner {email} {employee_number} is not loaded: load learners first."
    )
    return _add_links(connection, group_members, "employee_id", "employee", sifting)


def _store_group_courses(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = Sifting(frame)
    known = existing(connection, courses, ("course_code",))
    course = look_up(known, "course_code", frame["course_id"])
    sifting.rows = frame.assign(group=_groups_of(connection, frame), course=course)
    _refuse_unknown_group(sifting)
    sifting.refuse(sifting.rows["course"].isna(), "The course {course_id} is not loaded: load courses first.")
    return _add_links(connection, group_courses, "course_id", "course", sifting)


def _refuse_unknown_group(sifting: Sifting) -> None:
    sifting.refuse(sifting.rows["group"].isna(), "The group {group_id} {group_name} is not loaded: load groups first.")


def _groups_of(connection: Connection, frame: pd.DataFrame) -> pd.Series:
    known = existing(connection, groups, ("group_code", "name"))
    by_code = look_up(known.dropna(subset="group_code"), "group_code", frame["group_id"])
    by_name, _ = look_up_unique(known, "name", frame["group_name"])
    return by_code.where(frame["group_id"].notna(), by_name)


def _employees_of(connection: Connection, frame: pd.DataFrame) -> pd.Series:
    """The learner of the number and of the e-mail; nobody where the two disagree."""
    known = existing(connection, employees, ("employee_number", "email"))
    by_number = look_up(known.dropna(subset="employee_number"), "employee_number", frame["employee_number"])
    by_email, _ = look_up_unique(known, "email", frame["email"])
    agree = by_number.isna() | by_email.isna() | (by_number == by_email)
    return by_number.fillna(by_email).where(agree.fillna(True))


def _add_links(connection: Connection, table: Table, column: str, found: str, sifting: Sifting) -> Loaded:
    wanted = sifting.rows[["group", found]].astype("int64").set_axis(["group_id", column], axis="columns")
    pairs = wanted.drop_duplicates()
    there = pd.DataFrame(connection.execute(select(table)).all(), columns=list(table.c.keys()))
    marked = pairs.merge(there[["group_id", column]].astype("int64"), how="left", indicator=True)
    new = marked.loc[marked["_merge"] == "left_only", ["group_id", column]]
    insert_frame(connection, table, new)
    return Loaded(added=len(new), changed=0, unchanged=len(wanted) - len(new), problems=sifting.problems)


STORE: Mapping[str, Callable[[Connection, pd.DataFrame], Loaded]] = {
    "learners": store_learners,
    "groups": _store_groups,
    "memberships": _store_memberships,
    "courses": _store_courses,
    "group-courses": _store_group_courses,
    "sessions": _store_sessions,
}

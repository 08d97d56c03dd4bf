"""Reference data: learners, groups, courses and sessions as the target knows them; the rules read nothing else.

What an import creates is no reference data (`origin` says which is which); loading makes it so when it is matched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Column, Connection, Select, Table, insert, select, update

from ledger.bulk import insert_frame
from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    groups,
    rollbook_references,
    training_sessions,
)
from ledger.temporary import temporary
from rollbook.errors import CannotBegin
from validators.context import REFERENCE_COLUMNS, References
from validators.lookups import fold

REFERENCE, IMPORT = "reference", "import"
# The columns of each kind's frame, beside `row`, the number that the spreadsheet program shows.
KINDS = REFERENCE_COLUMNS


@dataclass(frozen=True)
class Loaded:
    """What became of a load: rows `added`, `changed`, `unchanged`; `problems` (row, message) were left out."""

    added: int
    changed: int
    unchanged: int
    problems: pd.DataFrame


def store(
    connection: Connection,
    kind: str,
    frame: pd.DataFrame,
    *,
    loaded_at: datetime,
    loaded_by: str | None = None,
    source: str | None = None,
) -> Loaded:
    """Add reference data, or change what is there; a blank never overwrites, and nothing is removed.

    frame: `row` and the columns of KINDS[kind], cleaned as canonical rows are (text `str`, `session_date` datetime64,
        `max_participants` Int64); columns may be left out.
    A row that contradicts another, or names what is not loaded, is a problem told by its number and left out.
    """
    if kind not in KINDS:
        raise CannotBegin(f"There is no reference data '{kind}'. Kinds: {', '.join(KINDS)}.")
    whole = frame.reindex(columns=["row", *KINDS[kind]]).reset_index(drop=True)
    loaded = _STORE[kind](connection, whole)
    _grow_generation(connection, kind, len(whole) - len(loaded.problems), loaded_at, loaded_by, source)
    return loaded


def _grow_generation(
    connection: Connection, kind: str, rows: int, loaded_at: datetime, loaded_by: str | None, source: str | None
) -> None:
    known = rollbook_references.c
    values = {"loaded_at": loaded_at, "loaded_by": loaded_by, "source": source, "row_count": rows}
    before = connection.scalar(select(known.generation).where(known.kind == kind))
    if before is None:
        connection.execute(insert(rollbook_references).values(kind=kind, generation=1, **values))
    else:
        grown = update(rollbook_references).where(known.kind == kind).values(generation=before + 1, **values)
        connection.execute(grown)


class _Sifting:
    """Rows under way: those that are told as problems leave, at the first reason."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.rows = frame
        self._problems: list[pd.DataFrame] = []

    def refuse(self, bad: pd.Series, message: str) -> None:
        """Take the rows where `bad` is true out; `message` may name columns in braces."""
        refused = self.rows[bad.to_numpy(dtype=bool)]
        if len(refused):
            told = [message.format(**record) for record in refused.astype("object").to_dict("records")]  # type: ignore[arg-type,misc,unused-ignore]
            self._problems.append(pd.DataFrame({"row": refused["row"], "message": told}))
            self.rows = self.rows.drop(index=refused.index)

    @property
    def problems(self) -> pd.DataFrame:
        """row, message: in the order of rows."""
        empty = pd.DataFrame({"row": pd.Series(dtype="int64"), "message": pd.Series(dtype="str")})
        found = pd.concat(self._problems) if self._problems else empty
        return found.sort_values("row", kind="stable", ignore_index=True)


def _store_learners(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = _Sifting(frame)
    sifting.refuse(frame["email"].isna() & frame["employee_number"].isna(), "The row names no learner.")
    for name, other, told in (("email", "employee_number", "e-mail"), ("employee_number", "email", "employee number")):
        rows = sifting.rows
        several = rows.groupby(name)[other].transform("nunique").reindex(rows.index).fillna(0) > 1
        sifting.refuse(several, f"The {told} {{{name}}} stands in several rows beside different values.")
    known = _existing(connection, employees, ("employee_number", "email", "name"))
    rows = _pair_up(sifting.rows)
    by_number = _look_up(known.dropna(subset="employee_number"), "employee_number", rows["employee_number"])
    by_email, shared = _look_up_unique(known, "email", rows["email"])
    rows = rows.assign(id=by_number.fillna(by_email), by_number=by_number, by_email=by_email, shared=shared)
    sifting.rows = rows
    sifting.refuse(
        rows["by_number"].isna() & rows["shared"], "Several learners have the e-mail {email}: give the employee number."
    )
    _refuse_strangers(sifting, known)
    found = sifting.rows.drop(columns=["by_number", "by_email", "shared"])
    merged = found.groupby(_entity(found), sort=False).last()
    return _upsert(connection, employees, merged, known, sifting.problems, unchanged_of=found)


def _refuse_strangers(sifting: _Sifting, known: pd.DataFrame) -> None:
    rows = sifting.rows
    both = rows["by_number"].notna() & rows["by_email"].notna() & (rows["by_number"] != rows["by_email"])
    sifting.refuse(both, "The e-mail {email} belongs to another learner than the employee number {employee_number}.")
    rows = sifting.rows
    numbers = rows["by_email"].map(known.set_index("id")["employee_number"])
    other = rows["by_number"].isna() & rows["employee_number"].notna() & numbers.notna()
    sifting.refuse(other, "The e-mail {email} belongs to a learner with another employee number already.")


def _pair_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Learn from rows that have both: a row with the e-mail alone is of the same learner as one with the number too."""
    pairs = rows.dropna(subset=["email", "employee_number"])
    numbers = pairs.drop_duplicates("email").set_index("email")["employee_number"]
    emails = pairs.drop_duplicates("employee_number").set_index("employee_number")["email"]
    return rows.assign(
        employee_number=rows["employee_number"].fillna(rows["email"].map(numbers)),
        email=rows["email"].fillna(rows["employee_number"].map(emails)),
    )


def _entity(rows: pd.DataFrame) -> pd.Series:
    number, email = rows["employee_number"].astype("object"), rows["email"].astype("object")
    return ("#" + number).where(number.notna(), "@" + email)


def _store_groups(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = _Sifting(frame.rename(columns={"group_id": "group_code"}))
    sifting.refuse(sifting.rows["group_code"].isna() & sifting.rows["name"].isna(), "The row names no group.")
    known = _existing(connection, groups, ("group_code", "name"))
    rows = sifting.rows
    by_code = _look_up(known.dropna(subset="group_code"), "group_code", rows["group_code"])
    by_name, shared = _look_up_unique(known, "name", rows["name"])
    coded = by_name.map(known.set_index("id")["group_code"]).notna() & rows["group_code"].notna()
    sifting.rows = rows.assign(id=by_code.fillna(by_name.mask(coded)), shared=shared)
    unclear = sifting.rows["group_code"].isna() & sifting.rows["shared"]
    sifting.refuse(unclear, "Several groups are named {name}: give the group's ID.")
    found = sifting.rows.drop(columns="shared")
    code, name = found["group_code"].astype("object"), found["name"].astype("object")
    merged = found.groupby(("#" + code).where(code.notna(), "@" + name), sort=False).last()
    return _upsert(connection, groups, merged, known, sifting.problems, unchanged_of=found)


def _store_courses(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = _Sifting(frame.rename(columns={"course_id": "course_code"}))
    sifting.refuse(sifting.rows["course_code"].isna(), "The row has no course ID.")
    known = _existing(connection, courses, ("course_code", "name"))
    found = sifting.rows.assign(id=_look_up(known, "course_code", sifting.rows["course_code"]))
    merged = found.groupby(found["course_code"], sort=False).last().reset_index()
    return _upsert(connection, courses, merged, known, sifting.problems, unchanged_of=found)


# As SmarterU prints the types in its various answers.
_GRADE_TYPES = {
    "lettergrade": "LetterGrade",
    "letter": "LetterGrade",
    "passfail": "PassFail",
    "percentage": "Percentage",
    "percent": "Percentage",
}


def _store_sessions(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = _Sifting(frame.rename(columns={"session_id": "session_code", "course_id": "course_code"}))
    sifting.refuse(sifting.rows["session_code"].isna(), "The row has no session ID.")
    negative = sifting.rows["max_participants"].astype("Int64") < 0
    sifting.refuse(negative.fillna(False), "The greatest number of participants is below 0.")
    course_ids = _courses_of_sessions(connection, sifting)
    rows = sifting.rows
    folded = rows["grade_type"].astype("str").str.replace(r"[\W_]", "", regex=True).str.casefold()
    columns = ("session_code", "course_id", "session_date", "session_start", "grade_type", "max_participants", "status")
    known = _existing(connection, training_sessions, columns)
    found = rows.assign(
        id=_look_up(known, "session_code", rows["session_code"]),
        course_id=course_ids.reindex(rows.index),
        grade_type=folded.map(_GRADE_TYPES).fillna(rows["grade_type"]),
        session_date=pd.to_datetime(rows["session_date"]).dt.strftime("%Y-%m-%d"),
    ).drop(columns=["course_code", "course_name"])
    merged = found.groupby(found["session_code"], sort=False).last().reset_index()
    return _upsert(connection, training_sessions, merged, known, sifting.problems, unchanged_of=found)


def _courses_of_sessions(connection: Connection, sifting: _Sifting) -> pd.Series:
    """The courses' IDs (Int64). Where no courses were loaded, those that sessions name are added on the way."""
    known = _existing(connection, courses, ("course_code", "name"))
    rows = sifting.rows
    codes = rows["course_code"].astype("str")
    by_name, _ = _look_up_unique(known.assign(folded=fold(known["name"])), "folded", fold(rows["course_name"]))
    names = known.set_index("id")["course_code"]
    sifting.rows = rows.assign(course_code=codes.fillna(by_name.map(names)).fillna(fold(rows["course_name"])))
    missing = sifting.rows["course_code"].notna() & ~sifting.rows["course_code"].isin(known["course_code"])
    if loaded_kinds(connection).get("courses"):
        sifting.refuse(missing, "The course {course_code} is not among the loaded courses.")
    elif missing.any():
        new = sifting.rows.loc[missing, ["course_code", "course_name"]].drop_duplicates("course_code", keep="last")
        insert_frame(connection, courses, new.rename(columns={"course_name": "name"}).assign(origin=REFERENCE))
        known = _existing(connection, courses, ("course_code", "name"))
    return _look_up(known, "course_code", sifting.rows["course_code"])


def _store_memberships(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = _Sifting(frame)
    sifting.rows = frame.assign(group=_groups_of(connection, frame), employee=_employees_of(connection, frame))
    _refuse_unknown_group(sifting)
    sifting.refuse(
        sifting.rows["employee"].isna(), "The learner {email} {employee_number} is not loaded: load learners first."
    )
    return _add_links(connection, group_members, "employee_id", "employee", sifting)


def _store_group_courses(connection: Connection, frame: pd.DataFrame) -> Loaded:
    sifting = _Sifting(frame)
    known = _existing(connection, courses, ("course_code",))
    course = _look_up(known, "course_code", frame["course_id"])
    sifting.rows = frame.assign(group=_groups_of(connection, frame), course=course)
    _refuse_unknown_group(sifting)
    sifting.refuse(sifting.rows["course"].isna(), "The course {course_id} is not loaded: load courses first.")
    return _add_links(connection, group_courses, "course_id", "course", sifting)


def _refuse_unknown_group(sifting: _Sifting) -> None:
    sifting.refuse(sifting.rows["group"].isna(), "The group {group_id} {group_name} is not loaded: load groups first.")


def _groups_of(connection: Connection, frame: pd.DataFrame) -> pd.Series:
    known = _existing(connection, groups, ("group_code", "name"))
    by_code = _look_up(known.dropna(subset="group_code"), "group_code", frame["group_id"])
    by_name, _ = _look_up_unique(known, "name", frame["group_name"])
    return by_code.where(frame["group_id"].notna(), by_name)


def _employees_of(connection: Connection, frame: pd.DataFrame) -> pd.Series:
    """The learner of the number and of the e-mail; nobody where the two disagree."""
    known = _existing(connection, employees, ("employee_number", "email"))
    by_number = _look_up(known.dropna(subset="employee_number"), "employee_number", frame["employee_number"])
    by_email, _ = _look_up_unique(known, "email", frame["email"])
    agree = by_number.isna() | by_email.isna() | (by_number == by_email)
    return by_number.fillna(by_email).where(agree.fillna(True))


def _add_links(connection: Connection, table: Table, column: str, found: str, sifting: _Sifting) -> Loaded:
    wanted = sifting.rows[["group", found]].astype("int64").set_axis(["group_id", column], axis="columns")
    pairs = wanted.drop_duplicates()
    there = pd.DataFrame(connection.execute(select(table)).all(), columns=list(table.c.keys()))
    marked = pairs.merge(there[["group_id", column]].astype("int64"), how="left", indicator=True)
    new = marked.loc[marked["_merge"] == "left_only", ["group_id", column]]
    insert_frame(connection, table, new)
    return Loaded(added=len(new), changed=0, unchanged=len(wanted) - len(new), problems=sifting.problems)


def _existing(connection: Connection, table: Table, names: tuple[str, ...]) -> pd.DataFrame:
    """All lines of a table: id (Int64), origin where it has one, and the named columns; dates as ISO text."""
    wanted = ["id", "origin", *names]
    rows = connection.execute(select(*(table.c[name] for name in wanted)).order_by(table.c.id)).all()
    frame = pd.DataFrame(rows, columns=wanted).astype({"id": "Int64"})
    for name in names:
        if name in ("course_id", "max_participants"):
            frame[name] = frame[name].astype("Int64")
        else:
            frame[name] = frame[name].map(str, na_action="ignore").astype("str")
    return frame


def _look_up(known: pd.DataFrame, name: str, wanted: pd.Series) -> pd.Series:
    """The ID (Int64) of the line whose `name` is the wanted one."""
    ids = known.drop_duplicates(name).set_index(name)["id"]
    return wanted.map(ids).astype("Int64")


def _look_up_unique(known: pd.DataFrame, name: str, wanted: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The ID where exactly one line has the wanted `name`, and whether several have it."""
    named = known.dropna(subset=name)
    several = wanted.isin(named.loc[named.duplicated(name, keep=False), name])
    return _look_up(named.drop_duplicates(name, keep=False), name, wanted), several


def _upsert(
    connection: Connection,
    table: Table,
    wanted: pd.DataFrame,
    known: pd.DataFrame,
    problems: pd.DataFrame,
    *,
    unchanged_of: pd.DataFrame,
) -> Loaded:
    names = [name for name in known.columns if name not in ("id", "origin")]
    new = wanted[wanted["id"].isna()]
    insert_frame(connection, table, new[names].assign(origin=REFERENCE))
    before = wanted[["id"]].dropna().merge(known, on="id", how="left")
    after = wanted.dropna(subset="id").reset_index(drop=True)
    filled = before[["id", *names]].copy()
    for name in names:
        filled[name] = after[name].astype(before[name].dtype).fillna(before[name])
    same = (
        filled.astype("object")
        .where(filled.notna(), None)
        .eq(before[["id", *names]].astype("object").where(before[["id", *names]].notna(), None))
    )
    both_missing = filled.isna() & before[["id", *names]].isna()
    changed = ~(same | both_missing).all(axis="columns") | (before["origin"] != REFERENCE)
    _overwrite(connection, table, filled[changed])
    added, altered = len(new), int(changed.sum())
    return Loaded(added=added, changed=altered, unchanged=len(unchanged_of) - added - altered, problems=problems)


def _overwrite(connection: Connection, table: Table, changed: pd.DataFrame) -> None:
    if changed.empty:
        return
    names = [name for name in changed.columns if name != "id"]
    columns = [Column("id", BigInteger, nullable=False), *(Column(name, table.c[name].type) for name in names)]
    with temporary(connection, "rollbook_changed", *columns) as fresh:
        insert_frame(connection, fresh, changed)
        values: dict[str, Any] = {name: fresh.c[name] for name in names}
        connection.execute(update(table).where(table.c.id == fresh.c.id).values(**values, origin=REFERENCE))


_STORE: Mapping[str, Callable[[Connection, pd.DataFrame], Loaded]] = {
    "learners": _store_learners,
    "groups": _store_groups,
    "memberships": _store_memberships,
    "courses": _store_courses,
    "group-courses": _store_group_courses,
    "sessions": _store_sessions,
}


def loaded_kinds(connection: Connection) -> dict[str, int]:
    """{kind: generation} of the kinds that were loaded."""
    known = rollbook_references.c
    return dict(connection.execute(select(known.kind, known.generation)).tuples().all())


def load_references(connection: Connection) -> References:
    """The kinds that were loaded, lines of origin 'reference' only; the others are None."""
    kinds = [kind for kind in KINDS if kind in loaded_kinds(connection)]
    return References(**{kind.replace("-", "_"): _read(connection, kind) for kind in kinds})


def _read(connection: Connection, kind: str) -> pd.DataFrame:
    rows = connection.execute(_QUERIES[kind]()).all()
    frame = pd.DataFrame(rows, columns=list(KINDS[kind]))
    texts = [name for name in frame.columns if name not in ("session_date", "max_participants")]
    frame[texts] = frame[texts].astype("str")
    if kind == "sessions":
        frame["session_date"] = pd.to_datetime(frame["session_date"]).astype("datetime64[s]")
        frame["max_participants"] = frame["max_participants"].astype("Int64")
    return frame


def _learners() -> Select[Any]:
    c = employees.c
    return select(c.email, c.employee_number, c.name).where(c.origin == REFERENCE).order_by(c.id)


def _groups() -> Select[Any]:
    return select(groups.c.group_code, groups.c.name).where(groups.c.origin == REFERENCE).order_by(groups.c.id)


def _memberships() -> Select[Any]:
    return (
        select(groups.c.group_code, groups.c.name, employees.c.email, employees.c.employee_number)
        .join(group_members, group_members.c.group_id == groups.c.id)
        .join(employees, employees.c.id == group_members.c.employee_id)
        .order_by(groups.c.id, employees.c.id)
    )


def _courses() -> Select[Any]:
    return select(courses.c.course_code, courses.c.name).where(courses.c.origin == REFERENCE).order_by(courses.c.id)


def _group_courses() -> Select[Any]:
    return (
        select(groups.c.group_code, groups.c.name, courses.c.course_code)
        .join(group_courses, group_courses.c.group_id == groups.c.id)
        .join(courses, courses.c.id == group_courses.c.course_id)
        .order_by(groups.c.id, courses.c.id)
    )


def _sessions() -> Select[Any]:
    c = training_sessions.c
    columns = (c.session_date, c.session_start, c.grade_type, c.max_participants, c.status)
    return (
        select(c.session_code, courses.c.course_code, courses.c.name, *columns)
        .outerjoin(courses, courses.c.id == c.course_id)
        .where(c.origin == REFERENCE)
        .order_by(c.id)
    )


_QUERIES: Mapping[str, Callable[[], Select[Any]]] = {
    "learners": _learners,
    "groups": _groups,
    "memberships": _memberships,
    "courses": _courses,
    "group-courses": _group_courses,
    "sessions": _sessions,
}

"""Loaded sessions and courses take over those that imports made of a course, a date and a start time."""

import numpy as np
import pandas as pd
from sqlalchemy import Column, Connection, delete, exists, or_, select, update

from ledger.reference.adopt import merge
from ledger.reference.upserts import REFERENCE
from ledger.sql.bulk import insert_frame
from ledger.sql.temporary_tables import temporary
from ledger.tables import OPEN, courses, group_courses, key, rollbook_cases, training_sessions
from validators.groups import NamedIndex
from validators.lookups import UNKNOWN, fold
from validators.sessions import SessionIndex, read_session_codes


def adopt_sessions(connection: Connection, rows: pd.DataFrame, sessions: pd.DataFrame, named: NamedIndex | None) -> int:
    """Make created sessions one with the loaded session that their course, date and start lead to; returns how many.

    rows: `row` and `session_id` of what was just loaded. sessions: all that are loaded now. named: the loaded courses.
    Open cases about such a session are about the loaded one from now on. Raises Clashing.
    """
    created, wanted = _created(connection), _wanted_by_cases(connection)
    codes = pd.Series(pd.concat([created["session_code"], wanted]).unique(), dtype="str")
    if codes.empty:
        return 0
    names = created.set_index("session_code")["course_name"].reindex(codes)
    found = find_sessions(codes, names.reset_index(drop=True), sessions, named)
    leads_to = pd.Series(found.to_numpy(), index=codes, dtype="str").dropna()
    leads_to = leads_to[leads_to.isin(rows["session_id"])]
    lines = _lines(connection, created, leads_to)
    loaded = rows.merge(lines[["session_id", "line"]].drop_duplicates(), on="session_id")
    merge(connection, training_sessions, lines, loaded[["row", "line"]])
    _recode_cases(connection, leads_to)
    _drop_unused_courses(connection, created.loc[created["id"].isin(lines["id"]), "course"])
    return len(lines)


def find_sessions(codes: pd.Series, names: pd.Series, sessions: pd.DataFrame, named: NamedIndex | None) -> pd.Series:
    """The session_id that each made code leads to, as a row of the same course, date and start would; else missing.

    names: of the codes' courses, where they are known. A code does not say whether its course is an ID or a name.
    """
    index, said = SessionIndex(sessions), read_session_codes(codes)
    rows = said.assign(session_id=pd.Series(None, index=said.index, dtype="str"), course_name=names.astype("str"))
    by_id = index.look_up(rows, said["course"])
    rows = rows.assign(course_name=rows["course_name"].fillna(said["course"]))
    nothing = pd.Series(None, index=said.index, dtype="str")
    ids = nothing if named is None else named.id_of(nothing, rows["course_name"])
    by_name = index.look_up(rows, ids)
    place = pd.Series(by_id.session, index=said.index).where(by_id.candidates > 0, by_name.session)
    return index.text_at("session_id", place.fillna(UNKNOWN).to_numpy(np.int64))


def _created(connection: Connection) -> pd.DataFrame:
    """id, session_code, course (its line) and course_name of sessions whose code imports may have made.

    A name is missing where the course that the session has now is not the one that its code was made of.
    """
    there = training_sessions.c
    query = (
        select(there.id, there.session_code, there.course_id, courses.c.course_code, courses.c.name)
        .outerjoin(courses, courses.c.id == there.course_id)
        .where(there.origin != REFERENCE, there.session_code.contains("|"))
        .order_by(there.id)
    )
    lines = connection.execute(query).all()
    texts = {"session_code": "str", "course_code": "str", "course_name": "str"}
    frame = pd.DataFrame(lines, columns=["id", "session_code", "course", "course_code", "course_name"])
    frame = frame.astype({"id": "int64", "course": "Int64", **texts})
    said = read_session_codes(frame["session_code"])["course"]
    same = (frame["course_code"] == said) | (fold(frame["course_name"]) == said)
    return frame.assign(course_name=frame["course_name"].where(same))


def _wanted_by_cases(connection: Connection) -> pd.Series:
    cases = rollbook_cases.c
    query = select(cases.session_id).where(cases.state == OPEN, cases.session_id.contains("|")).distinct()
    return pd.Series(list(connection.scalars(query)), dtype="str")


def _lines(connection: Connection, created: pd.DataFrame, leads_to: pd.Series) -> pd.DataFrame:
    """id, line (int64), session_id: which created session becomes which loaded one."""
    there = training_sessions.c
    loaded = dict(
        connection.execute(select(there.session_code, there.id).where(there.origin == REFERENCE)).tuples().all()
    )
    lines = created.assign(session_id=created["session_code"].map(leads_to).astype("str")).dropna(subset="session_id")
    return lines.assign(line=lines["session_id"].map(loaded).astype("int64"))[["id", "line", "session_id"]]


def _recode_cases(connection: Connection, leads_to: pd.Series) -> None:
    """What was called by a made code is called by the loaded session's own."""
    columns = Column("made", key(320), primary_key=True), Column("code", key(320), nullable=False)
    with temporary(connection, "rollbook_session_codes", *columns) as codes:
        insert_frame(connection, codes, pd.DataFrame({"made": leads_to.index, "code": leads_to.to_numpy()}))
        same = rollbook_cases.c.session_id == codes.c.made
        connection.execute(update(rollbook_cases).where(same).values(session_id=codes.c.code))


def _drop_unused_courses(connection: Connection, lines: pd.Series) -> None:
    """Courses that imports made for the sessions that are gone, where nothing else names them."""
    ids = [int(line) for line in lines.dropna().unique()]
    used = or_(
        exists().where(training_sessions.c.course_id == courses.c.id),
        exists().where(group_courses.c.course_id == courses.c.id),
    )
    connection.execute(delete(courses).where(courses.c.id.in_(ids), courses.c.origin != REFERENCE, ~used))


def adopt_courses(connection: Connection, codes: pd.Series, *, is_first: bool) -> int:
    """Make the course that an import made of a name alone one with the loaded course of that name; returns how many.

    codes: of the courses that were just loaded. is_first: no courses were loaded before, so that those which sessions
        brought by name give way, too. A name that several loaded courses bear leads to none.
    """
    lines = connection.execute(select(courses.c.id, courses.c.course_code, courses.c.name, courses.c.origin)).all()
    known = pd.DataFrame(lines, columns=["id", "code", "name", "origin"]).astype({"code": "str", "name": "str"})
    known = known.assign(folded=fold(known["name"]))
    is_loaded = known["code"].isin(codes)
    gives_way = ~is_loaded & (known["code"] == known["folded"]) & (is_first | (known["origin"] != REFERENCE))
    bearers = known[~gives_way & (known["origin"] == REFERENCE)].dropna(subset="folded")
    only = bearers.drop_duplicates("folded", keep=False).set_index("folded")
    made = known[gives_way]
    pairs = made.assign(line=made["folded"].map(only["id"]), takes=made["folded"].map(only["code"]))
    pairs = pairs[pairs["takes"].notna() & pairs["takes"].isin(codes)]
    for old, line in zip(pairs["id"], pairs["line"], strict=True):
        _take_over(connection, int(old), int(line))
    return len(pairs)


def _take_over(connection: Connection, old: int, line: int) -> None:
    """The sessions and groups of one course are the other's; few, for an import makes a course a name."""
    there, ours = training_sessions.c, group_courses.c
    connection.execute(update(training_sessions).where(there.course_id == old).values(course_id=line))
    also = select(ours.group_id).where(ours.course_id == line)
    groups = set(connection.scalars(select(ours.group_id).where(ours.course_id == old))) - set(connection.scalars(also))
    connection.execute(delete(group_courses).where(ours.course_id == old))
    frame = pd.DataFrame({"group_id": sorted(groups), "course_id": line}).astype("int64")
    insert_frame(connection, group_courses, frame)
    connection.execute(delete(courses).where(courses.c.id == old))

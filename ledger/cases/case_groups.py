"""Groups of cases: what is wrong (rule and column) with whose rows (sender), and how many are in which state.

The counts are exact, however many cases there are: whatever changes the state or the problems of cases does so inside
`counted`, which takes these cases out of the counts before, and adds them again after.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from ledger.sql.keys import delete_chosen
from ledger.sql.temporary_tables import temporary
from ledger.tables import (
    PLACE,
    key,
    rollbook_case_group_days,
    rollbook_case_groups,
    rollbook_case_members,
    rollbook_cases,
    rollbook_failures,
    rollbook_files,
    rollbook_parts,
)
from rollbook.text.letters import column_letter

SENDER_LENGTH = 190
_FIGURES = re.compile(r"[\W_]*\d[\W_\d]*")
_GROUP = ("code", "header", "sender")
_COUNTS = ("open_cases", "fixed_cases", "ignored_cases")


def sender_of(source_file: str) -> str:
    """Whose file it is, by its name alone: without ending, dates and numbers, so that every night's file is the same.

    >>> sender_of("/drop/lms_export_2026-11-29 (2).csv")
    'lms_export'
    """
    stem = PurePosixPath(source_file.replace("\\", "/")).stem
    return (_FIGURES.sub(" ", stem).strip() or stem)[:SENDER_LENGTH]


@contextmanager
def senders(connection: Connection, failed: Table, run_id: str) -> Iterator[Table]:
    """part_id -> sender of the parts in which rows failed."""
    parts, files = rollbook_parts.c, rollbook_files.c
    same_file = and_(files.run_id == parts.run_id, files.file_no == parts.file_no)
    query = (
        select(parts.part_id, parts.source_file, files.sender)
        .outerjoin(rollbook_files, same_file)
        .where(parts.run_id == run_id, parts.part_id.in_(select(failed.c.part_id)))
    )
    columns = (Column("part_id", BigInteger, primary_key=True, autoincrement=False), Column("sender", key(190)))
    with temporary(connection, "rollbook_senders", *columns) as table:
        found = [{"part_id": part, "sender": told or sender_of(path)} for part, path, told in connection.execute(query)]
        if found:
            connection.execute(insert(table), found)
        yield table


def renew(connection: Connection, failed: Table, run_id: str, at: datetime) -> None:
    """Put the cases of a run's failed rows into the groups of their problems, and take them out of all others.

    failed: part_id, row_no, col_no, fingerprint of the rows, whose cases and failures stand in the ledger. at: when
    the run began. Doing it again changes nothing.
    """
    columns = (
        Column("case_id", BigInteger, primary_key=True, autoincrement=False),
        Column("code", key(32), primary_key=True),
        Column("header", key(255), primary_key=True),
        Column("sender", key(190), nullable=False),
        Column("value", key(190)),
    )
    with temporary(connection, "rollbook_members_met", *columns) as met, _sessions(connection, failed) as sessions:
        problems = _met(failed, run_id, sessions)
        connection.execute(insert(met).from_select([column.name for column in columns], problems))
        _make_groups(connection, met, at)
        with counted(connection, select(met.c.case_id).distinct()):
            _leave(connection, met)
            _enter(connection, met, at)


@contextmanager
def _sessions(connection: Connection, failed: Table) -> Iterator[Table]:
    """col_no -> letter of the session columns of wide sheets: their headers are dates, which no group is of."""
    columns = (Column("col_no", Integer, primary_key=True, autoincrement=False), Column("letter", key(3)))
    with temporary(connection, "rollbook_session_columns", *columns) as table:
        found = connection.scalars(select(failed.c.col_no).where(failed.c.col_no > 0).distinct()).all()
        if found:
            connection.execute(insert(table), [{"col_no": number, "letter": column_letter(number)} for number in found])
        yield table


def _met(failed: Table, run_id: str, sessions: Table) -> Select[Any]:
    """The problems of each case: one of each rule and column, and one of all sessions of a wide sheet."""
    cases, failures = rollbook_cases.c, rollbook_failures.c
    same_place = and_(failures.run_id == run_id, *(failures[name] == failed.c[name] for name in PLACE[1:]))
    told = failed.join(rollbook_cases, cases.fingerprint == failed.c.fingerprint).join(rollbook_failures, same_place)
    of_session = and_(sessions.c.col_no == failed.c.col_no, sessions.c.letter == failures.source_column)
    told = told.outerjoin(sessions, of_session)
    plain = func.coalesce(failures.header, "", type_=String())
    header = case((sessions.c.letter.is_not(None), ""), else_=plain)
    value = func.max(func.substr(failures.value, 1, SENDER_LENGTH, type_=String()))
    query = select(cases.case_id, failures.code, header, func.max(cases.sender), value).select_from(told)
    return query.group_by(cases.case_id, failures.code, header)


def _same_group(met: Table) -> Any:
    return and_(*(rollbook_case_groups.c[name] == met.c[name] for name in _GROUP))


def _make_groups(connection: Connection, met: Table, at: datetime) -> None:
    groups = rollbook_case_groups.c
    names = [met.c[name] for name in _GROUP]
    seen = literal(at, groups.first_seen.type)
    unknown = select(*names, seen, seen).outerjoin(rollbook_case_groups, _same_group(met))
    unknown = unknown.where(groups.group_id.is_(None)).distinct()
    columns = [*_GROUP, "first_seen", "last_seen"]
    connection.execute(insert(rollbook_case_groups).from_select(columns, unknown))
    again = and_(groups.last_seen < at, exists().where(_same_group(met)))
    connection.execute(update(rollbook_case_groups).where(again).values(last_seen=at))


def _leave(connection: Connection, met: Table) -> None:
    """Take the cases out of the groups of problems that they no longer have, or have with another value."""
    members, groups = rollbook_case_members.c, rollbook_case_groups.c
    mine = select(met.c.case_id).distinct().subquery()
    same_value = or_(met.c.value == members.value, and_(met.c.value.is_(None), members.value.is_(None)))
    query = (
        select(members.group_id, members.case_id)
        .join(mine, mine.c.case_id == members.case_id)
        .join(rollbook_case_groups, groups.group_id == members.group_id)
        .outerjoin(met, and_(met.c.case_id == members.case_id, _same_group(met), same_value))
        .where(met.c.case_id.is_(None))
    )
    keys = [Column(name, BigInteger, primary_key=True, autoincrement=False) for name in ("group_id", "case_id")]
    with temporary(connection, "rollbook_members_gone", *keys) as gone:
        delete_chosen(connection, rollbook_case_members, gone, query)


def _enter(connection: Connection, met: Table, at: datetime) -> None:
    """Put the cases into the groups that they are not in yet, and count them on that day."""
    members, groups = rollbook_case_members.c, rollbook_case_groups.c
    columns: tuple[Column[Any], ...] = (
        Column("group_id", BigInteger),
        Column("case_id", BigInteger),
        Column("value", key(190)),
    )
    with temporary(connection, "rollbook_members_new", *columns) as new:
        query = (
            select(groups.group_id, met.c.case_id, met.c.value)
            .join(rollbook_case_groups, _same_group(met))
            .outerjoin(
                rollbook_case_members, and_(members.group_id == groups.group_id, members.case_id == met.c.case_id)
            )
            .where(members.case_id.is_(None))
        )
        names = ["group_id", "case_id", "value"]
        connection.execute(insert(new).from_select(names, query))
        ordered = select(*(new.c[name] for name in names)).order_by(new.c.group_id, new.c.case_id)
        connection.execute(insert(rollbook_case_members).from_select(names, ordered))
        _count_day(connection, new, at)


def _count_day(connection: Connection, new: Table, at: datetime) -> None:
    days = rollbook_case_group_days.c
    found = dict(connection.execute(select(new.c.group_id, func.count()).group_by(new.c.group_id)).tuples().all())
    if not found:
        return
    day = at.date()
    here = and_(days.met_on == day, days.group_id.in_(select(new.c.group_id)))
    there = set(connection.scalars(select(days.group_id).where(here)))
    lines = [{"group_id": group, "met_on": day, "new_cases": number} for group, number in found.items()]
    if fresh := [line for line in lines if line["group_id"] not in there]:
        connection.execute(insert(rollbook_case_group_days), fresh)
    if known := [
        {"of_group": line["group_id"], "more": line["new_cases"]} for line in lines if line["group_id"] in there
    ]:
        one = update(rollbook_case_group_days).where(days.group_id == bindparam("of_group"), days.met_on == day)
        connection.execute(one.values(new_cases=days.new_cases + bindparam("more")), known)


@contextmanager
def counted(connection: Connection, case_ids: Select[Any]) -> Iterator[None]:
    """Keep the counts of these cases' groups right while their states or their groups are changed inside."""
    column = Column("case_id", BigInteger, primary_key=True, autoincrement=False)
    with temporary(connection, "rollbook_counted_cases", column) as touched:
        connection.execute(insert(touched).from_select(["case_id"], case_ids))
        _hold(connection, touched)
        _add(connection, touched, -1)
        yield
        _add(connection, touched, 1)


def _hold(connection: Connection, touched: Table) -> None:
    """Nobody else changes these cases until the transaction ends: both would count them out of the same state."""
    cases = rollbook_cases.c
    query = select(cases.case_id).where(cases.case_id.in_(select(touched.c.case_id))).order_by(cases.case_id)
    connection.execute(query.with_for_update()).close()


def _add(connection: Connection, touched: Table, sign: int) -> None:
    """Add the cases to the counts of their groups in the states that they have now; sign: -1 takes them out."""
    cases, members, groups = rollbook_cases.c, rollbook_case_members.c, rollbook_case_groups.c
    query = (
        select(members.group_id, cases.state, func.count())
        .select_from(touched)
        .join(rollbook_case_members, members.case_id == touched.c.case_id)
        .join(rollbook_cases, cases.case_id == touched.c.case_id)
        .group_by(members.group_id, cases.state)
    )
    found: dict[int, dict[str, int]] = {}
    for group, state, number in connection.execute(query):
        found.setdefault(group, dict.fromkeys(_COUNTS, 0))[f"{state}_cases"] = sign * number
    if found:
        one = update(rollbook_case_groups).where(groups.group_id == bindparam("of_group"))
        one = one.values({name: groups[name] + bindparam(f"more_{name}") for name in _COUNTS})
        lines = [
            {"of_group": group, **{f"more_{name}": number for name, number in counts.items()}}
            for group, counts in sorted(found.items())
        ]
        connection.execute(one, lines)


def cases_in(connection: Connection, group_id: int, state: str = "open") -> list[int]:
    """The cases of a group in a state, in order."""
    members, cases = rollbook_case_members.c, rollbook_cases.c
    query = select(cases.case_id).join(rollbook_case_members, members.case_id == cases.case_id)
    query = query.where(members.group_id == group_id, func.coalesce(cases.state, "") == state)
    return list(connection.scalars(query.order_by(cases.case_id)))


def assign(connection: Connection, group_id: int, assignee: str | None) -> None:
    """Say who looks after a group; None: nobody."""
    here = rollbook_case_groups.c.group_id == group_id
    connection.execute(update(rollbook_case_groups).where(here).values(assignee=assignee))

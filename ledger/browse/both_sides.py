"""Rows that contradict each other, or what is there already, side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from ledger.browse.cases import CaseLine, Filter, Sort, lines, page
from ledger.browse.grid import GridColumn, GridRow, columns_of, grid_rows
from ledger.tables import (
    employees,
    held_enrollments,
    rollbook_case_groups,
    rollbook_case_members,
    rollbook_cases,
    training_enrollments,
    training_sessions,
)

EXISTS, CONFLICT = "enrollment.exists", "enrollment.conflict"
# So many rows of a group are looked at for a page, and so many of one learner and session are shown.
MOST = 20
MOST_SIDES = 4
_WHOSE = ("case_id", "session_id", "learner_email", "learner_employee_id")
_HELD = ("status", "grade", "enrolled_on", "completed_on")
_STORED = (
    *("status", "grade", "score", "attendance_confirmed", "feedback"),
    *("expires_on", "certificate_number", "hours", "credits"),
)


@dataclass(frozen=True)
class Side:
    """A row, or what is there (`line` None), by column. destination: where the row goes."""

    texts: Mapping[GridColumn, str]
    line: CaseLine | None = None
    destination: str = ""


@dataclass(frozen=True)
class Facing:
    """What is said of one learner and session.

    differing: the columns in which the texts are not the same, or of which a problem says so. more: how many further
    rows say something of them.
    """

    columns: tuple[GridColumn, ...]
    sides: tuple[Side, ...]
    differing: frozenset[GridColumn]
    more: int = 0


def contradicting(connection: Connection, group_id: int) -> list[Facing]:
    """The open rows of a group of `enrollment.conflict`, each with the rows that it contradicts; the first MOST."""
    first = [line.case_id for line in _first_rows(connection, group_id)]
    found, shown = [], set[int]()
    rivals = rivals_of(connection, first)
    for case_id in first:
        together = sorted({case_id, *rivals[case_id]})
        if case_id in shown or len(together) < 2:
            continue
        shown.update(together)
        rows = grid_rows(connection, list(lines(connection, together[:MOST_SIDES])))
        found.append(_facing(rows, more=len(together) - len(rows)))
    return found


def against_what_is_there(connection: Connection, group_id: int) -> list[Facing]:
    """The open rows of a group of `enrollment.exists`, each beside the enrollment that is there; the first MOST.

    Where the enrollment cannot be told for certain the row stands alone.
    """
    rows = grid_rows(connection, _first_rows(connection, group_id))
    there = _there(connection, rows)
    found = []
    for row in rows:
        known = there.get(row.line.case_id)
        of_field = {row.fields.get(letter): column for column, letter in row.letters.items()}
        texts = {of_field[field]: text for field, text in (known or {}).items() if field in of_field}
        sides = [Side(texts)] if known is not None else []
        blamed = {problem.source_column for problem in row.line.problems if problem.code == EXISTS}
        differing = frozenset(column for column, letter in row.letters.items() if letter in blamed)
        own = Side(_texts(row), row.line, row.destination)
        found.append(Facing(columns_of([row]), (*sides, own), differing))
    return found


def rivals_of(connection: Connection, case_ids: Sequence[int]) -> dict[int, set[int]]:
    """case_id -> the other open cases in conflict about the same learner and session."""
    groups, members, cases = rollbook_case_groups.c, rollbook_case_members.c, rollbook_cases.c
    query = (
        select(*(cases[name] for name in _WHOSE))
        .join(rollbook_case_members, members.case_id == cases.case_id)
        .join(rollbook_case_groups, groups.group_id == members.group_id)
        .where(groups.code == CONFLICT, groups.open_cases > 0, cases.state == "open", cases.session_id != "")
    )
    holders: dict[tuple[str, str, str], set[int]] = {}
    keys: dict[int, list[tuple[str, str, str]]] = {}
    for case_id, session, email, number in connection.execute(query):
        keys[case_id] = [(session, *half) for half in (("email", email), ("number", number)) if half[1]]
        for key in keys[case_id]:
            holders.setdefault(key, set()).add(case_id)
    return {one: set[int]().union(*(holders[key] for key in keys.get(one, ()))) - {one} for one in case_ids}


def _first_rows(connection: Connection, group_id: int) -> tuple[CaseLine, ...]:
    return page(connection, Filter(state="open", group=group_id), Sort("case", descending=False), size=MOST).lines


def _texts(row: GridRow) -> dict[GridColumn, str]:
    return {column: row.text(letter) for column, letter in row.letters.items()}


def _facing(rows: Sequence[GridRow], more: int) -> Facing:
    columns = columns_of(rows)
    sides = tuple(Side(_texts(row), row.line, row.destination) for row in rows)
    said = {column: {side.texts[column] for side in sides if column in side.texts} for column in columns}
    return Facing(columns, sides, frozenset(column for column in columns if len(said[column]) > 1), more)


def _there(connection: Connection, rows: Sequence[GridRow]) -> dict[int, dict[str, str]]:
    """case_id -> field -> text of the one enrollment that is there for it."""
    if not rows:
        return {}
    cases = rollbook_cases.c
    query = select(*(cases[name] for name in _WHOSE)).where(cases.case_id.in_([row.line.case_id for row in rows]))
    whose = {case_id: told for case_id, *told in connection.execute(query).tuples()}
    destinations = {row.line.case_id: row.destination for row in rows}
    known = [*_in_database(connection, whose.values()), *_held(connection, whose.values())]
    found = {}
    for case_id, (session, email, number) in whose.items():
        fitting = [
            texts
            for destination, of_session, of_email, of_number, texts in known
            if (destination, of_session) == (destinations[case_id], session)
            and ((email and email == of_email) or (number and number == of_number))
        ]
        if len(fitting) == 1:
            found[case_id] = fitting[0]
    return found


_Known = tuple[str, str, str | None, str | None, dict[str, str]]


def _in_database(connection: Connection, whose: Iterable[Sequence[str]]) -> list[_Known]:
    """destination, session, e-mail, number, and the fields of enrollments in the database."""
    sessions, people, there = training_sessions.c, employees.c, training_enrollments.c
    query = (
        select(sessions.session_code, people.email, people.employee_number, training_enrollments)
        .select_from(training_enrollments)
        .join(training_sessions, sessions.id == there.training_session_id)
        .join(employees, people.id == there.employee_id)
        .where(_about(sessions.session_code, people.email, people.employee_number, whose))
    )
    return [
        ("database", line["session_code"], line["email"], line["employee_number"], _stored(line))
        for line in connection.execute(query).mappings()
    ]


def _stored(line: Mapping[Any, Any]) -> dict[str, str]:
    days = {"enrolled_on": "enrolled_at", "completed_on": "completed_at"}
    told = {name: line[name] for name in _STORED} | {
        name: None if line[column] is None or line[f"{column}_is_default"] else line[column].date()
        for name, column in days.items()
    }
    grade = told.pop("score")
    told["grade"] = told["grade"] or (f"{grade:g}" if grade is not None else None)
    return {name: _text(value) for name, value in told.items()}


def _held(connection: Connection, whose: Iterable[Sequence[str]]) -> list[_Known]:
    """The same of enrollments that systems outside are known to hold."""
    held = held_enrollments.c
    query = select(held_enrollments).where(_about(held.session_id, held.learner_email, held.learner_employee_id, whose))
    return [
        (
            line["destination"],
            line["session_id"],
            line["learner_email"],
            line["learner_employee_id"],
            {name: _text(line[name]) for name in _HELD},
        )
        for line in connection.execute(query).mappings()
    ]


def _about(session: Any, email: Any, number: Any, whose: Iterable[Sequence[str]]) -> Any:
    """Any of these sessions and learners."""
    sessions, emails, numbers = ({one for one in column if one} for column in zip(*whose, strict=True))
    return and_(session.in_(sessions), or_(email.in_(emails), number.in_(numbers)))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)

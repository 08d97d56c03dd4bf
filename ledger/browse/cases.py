"""Failed rows as people browse them: pages of cases, what to filter them by, a case by itself, and all at a glance.

A page begins where another ended, by an index: it takes as long in a million cases as in a thousand.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, or_, select

from ledger.browse.filters import Choice, Choices, Overview, RunSummaryLine, choices, overview, sheets_of
from ledger.browse.headers import own_headers
from ledger.browse.search import SORTS, STATES, Filter, FoundCases, Position, Sort, rows_of_case, run_of_row, search
from ledger.remote.waiting import WAITING, waiting_cases
from ledger.tables import (
    PLACE,
    rollbook_cases,
    rollbook_changes,
    rollbook_failures,
    rollbook_files,
    rollbook_rows,
    rollbook_runs,
)
from rollbook.errors import CannotBegin
from rollbook.rows.problems import Problem
from rollbook.text.letters import column_number

__all__ = [
    "SORTS",
    "CaseDetail",
    "CaseLine",
    "CasePage",
    "Cell",
    "Change",
    "Choice",
    "Choices",
    "Filter",
    "Meeting",
    "Overview",
    "Problem",
    "RunSummaryLine",
    "Sort",
    "case",
    "choices",
    "lines",
    "overview",
    "page",
    "sheets_of",
]
_PROBLEM = ("code", "header", "source_column", "field", "value", "message", "remedy")
_LINE = (
    "case_id",
    "state",
    "source_file",
    "source_sheet",
    "row_no",
    "col_no",
    "first_seen",
    "last_seen",
    "times",
    "purged_at",
    "cells",
    "learner_email",
    "learner_employee_id",
    "session_id",
)


@dataclass(frozen=True)
class CaseLine:
    """A case where it was met first, with its problems as it was met last; moments are UTC without zone.

    state: one of STATES, or `waiting` of an open one that a run delivers, see `ledger.remote.waiting`.
    col_no: 0, or the column's number of a wide sheet. times: in how many runs it was met. texts: letter -> text of its
    raw cells that are not blank, in the order of their columns. purged_at: when its cells were taken out; such a case
    has none, and can only be corrected by importing its file again. learner_email, learner_employee_id, session_id:
    what its cells say of the enrollment; else ''.
    """

    case_id: int
    state: str
    source_file: str
    source_sheet: str
    row_no: int
    col_no: int
    first_seen: datetime
    last_seen: datetime
    times: int
    problems: tuple[Problem, ...]
    texts: Mapping[str, str]
    purged_at: datetime | None = None
    learner_email: str = ""
    learner_employee_id: str = ""
    session_id: str = ""

    @property
    def about(self) -> tuple[str, ...]:
        """Whom and what it is about, in words; a session without a code is told by its course and day."""
        told = (self.learner_email or self.learner_employee_id, self.session_id.replace("|", " "))
        return tuple(one for one in told if one)


@dataclass(frozen=True)
class CasePage:
    """Lines in the order asked for.

    before, after: the cursors of the pages around it, None where there is none. more_to_search: the time was up before
    the page was full; the cursor of the direction asked for goes on with the search.
    """

    lines: tuple[CaseLine, ...]
    before: str | None
    after: str | None
    more_to_search: bool


@dataclass(frozen=True)
class Cell:
    """A raw cell: `mark` is what its reader found odd (error, imprecise). `text` None: blank.

    text: of a fixed case as it was imported. former: what the sheet had, where that was another text (None: blank).
    """

    letter: str
    header: str
    text: str | None
    mark: str | None
    former: str | None = None
    is_changed: bool = False


@dataclass(frozen=True)
class Meeting:
    """A run in which a case was met."""

    run_id: str
    started_at: datetime


@dataclass(frozen=True)
class Change:
    """A repaired cell. through: workbook | dashboard | retry; without a source_column the row was imported as it is.

    through `ignore` and `reopen` no cell was changed, and there is no run: from_value and to_value are the reasons.
    """

    run_id: str
    changed_at: datetime
    changed_by: str | None
    through: str
    source_column: str | None
    from_value: str | None
    to_value: str | None


@dataclass(frozen=True)
class CaseDetail:
    """A case by itself: all raw cells in the order of their columns, meetings and changes, the oldest first.

    reason: why it is ignored. fixed_*: when, by whom and by which run it was fixed. destination: where its last run
    went, which is where it would be imported.
    """

    line: CaseLine
    cells: tuple[Cell, ...]
    meetings: tuple[Meeting, ...]
    changes: tuple[Change, ...]
    reason: str | None
    fixed_at: datetime | None
    fixed_by: str | None
    fixed_run_id: str | None
    destination: str


def page(
    connection: Connection,
    filter: Filter,  # noqa: A002 - the word of the page
    sort: Sort,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> CasePage:
    """A page of cases, behind the cursor `after`, or up to the cursor `before`, or the first.

    Raises CannotBegin where a cursor is not one of this order.
    """
    if sort.by not in SORTS or filter.state not in (*STATES, WAITING, None):
        raise CannotBegin(f"Cases are sorted by {', '.join(SORTS)}, and are {', '.join((*STATES, WAITING))}.")
    if before is not None:
        found = search(connection, filter, Sort(sort.by, not sort.descending), _position(before, sort), size)
        ordered = found.hits[::-1]
        return _page(connection, sort, ordered, found, size, first=found.last, last=_last(ordered, before, sort))
    found = search(connection, filter, sort, None if after is None else _position(after, sort), size)
    first = None if after is None else _first(found.hits, after, sort)
    return _page(connection, sort, found.hits, found, size, first=first, last=found.last)


def _first(hits: Sequence[Position], cursor: str, sort: Sort) -> Position:
    return hits[0] if hits else _position(cursor, sort)


def _last(hits: Sequence[Position], cursor: str, sort: Sort) -> Position:
    return hits[-1] if hits else _position(cursor, sort)


def _page(
    connection: Connection,
    sort: Sort,
    hits: Sequence[Position],
    found: FoundCases,
    size: int,
    *,
    first: Position | None,
    last: Position | None,
) -> CasePage:
    return CasePage(
        lines=tuple(lines(connection, [case_id for _, case_id in hits])),
        before=None if first is None else _cursor(first, sort),
        after=None if last is None else _cursor(last, sort),
        more_to_search=len(hits) < size and found.last is not None,
    )


def _cursor(position: Position, sort: Sort) -> str:
    value, case_id = position
    told = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([sort.by, told, case_id]).encode()).decode().rstrip("=")


def _position(cursor: str, sort: Sort) -> Position:
    try:
        by, value, case_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = datetime.fromisoformat(value) if by == "last_seen" else value
        position = (value if by != "case" else 0, int(case_id))
    except (ValueError, TypeError):
        by, position = None, (None, 0)
    if by != sort.by or not isinstance(position[0], int | str | datetime):
        raise CannotBegin("The page that was asked for is not one of this order. Begin with the first page.")
    return position


def lines(connection: Connection, case_ids: Sequence[int]) -> Iterable[CaseLine]:
    """The lines of these cases, in the order of their IDs here."""
    cases = rollbook_cases.c
    query = select(*(cases[name] for name in _LINE)).where(cases.case_id.in_(case_ids))
    found = {line["case_id"]: dict(line) for line in connection.execute(query).mappings()}
    for case_id in waiting_cases(connection, case_ids=case_ids):
        found[case_id]["state"] = WAITING
    problems = _problems(connection, case_ids)
    return [_line(found[case_id], problems.get(case_id, ())) for case_id in case_ids if case_id in found]


def _line(told: dict[str, Any], problems: tuple[Problem, ...]) -> CaseLine:
    texts = json.loads(told.pop("cells"))
    filled = {letter: str(texts[letter]) for letter in _in_order(texts) if texts[letter] not in (None, "")}
    return CaseLine(**told, problems=problems, texts=filled)


def _in_order(letters: Iterable[str]) -> list[str]:
    return sorted(letters, key=column_number)


def _problems(connection: Connection, case_ids: Sequence[int]) -> dict[int, tuple[Problem, ...]]:
    """case_id -> its failures in its last run; once, where the run holds the same row more than once."""
    cases, runs, rows, failures = rollbook_cases.c, rollbook_runs.c, rollbook_rows.c, rollbook_failures.c
    held = func.coalesce(runs.repeats_run_id, runs.run_id)
    query = (
        select(cases.case_id, *(failures[name] for name in PLACE[1:]), *(failures[name] for name in _PROBLEM))
        .join(rollbook_runs, runs.run_id == cases.last_run_id)
        .join(rollbook_rows, and_(rows_of_case(), run_of_row() == held))
        .join(rollbook_failures, and_(*(failures[name] == rows[name] for name in PLACE)))
        .where(cases.case_id.in_(case_ids))
        .order_by(cases.case_id, *(failures[name] for name in PLACE[1:]), failures.failure_no)
    )
    places: dict[int, tuple[int, ...]] = {}
    found: dict[int, list[Problem]] = {}
    for case_id, part, row, col, *told in connection.execute(query):
        if places.setdefault(case_id, (part, row, col)) == (part, row, col):
            found.setdefault(case_id, []).append(Problem(*told))
    return {case_id: tuple(problems) for case_id, problems in found.items()}


def case(connection: Connection, case_id: int) -> CaseDetail:
    """A case by itself; CannotBegin where there is none."""
    cases = rollbook_cases.c
    stored = connection.execute(select(rollbook_cases).where(cases.case_id == case_id)).mappings().first()
    if stored is None:
        raise CannotBegin(f"There is no case {case_id}. `rollbook failures` lists the cases.")
    headers = _headers(connection, stored)
    changes = tuple(_changes(connection, case_id))
    texts, former = _now_and_before(json.loads(stored["cells"]), changes, stored["fixed_run_id"])
    marks = json.loads(stored["marks"] or "{}")
    letters = _in_order({*headers, *texts})
    (line,) = lines(connection, [case_id])
    return CaseDetail(
        line=line,
        cells=tuple(
            Cell(at, headers.get(at, ""), texts.get(at), marks.get(at), former.get(at), at in former) for at in letters
        ),
        meetings=tuple(_meetings(connection, stored["fingerprint"])),
        changes=changes,
        destination=_destination(connection, stored["last_run_id"]),
        **{name: stored[name] for name in ("reason", "fixed_at", "fixed_by", "fixed_run_id")},
    )


def _now_and_before(
    stored: Mapping[str, str | None], changes: Sequence[Change], fixed_run_id: str | None
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """The cells of a case as they are, and what those that were changed had been first.

    The repair that fixed a case stands in its changes alone.
    """
    now = dict(stored)
    first: dict[str, str | None] = {}
    for change in changes:
        if change.source_column is not None:
            first.setdefault(change.source_column, change.from_value)
            if change.run_id == fixed_run_id:
                now[change.source_column] = change.to_value
    return now, {letter: text for letter, text in first.items() if (text or "") != (now.get(letter) or "")}


def _destination(connection: Connection, run_id: str) -> str:
    query = select(rollbook_runs.c.destination).where(rollbook_runs.c.run_id == run_id)
    return str(connection.scalar(query) or "database")


def _headers(connection: Connection, stored: RowMapping) -> dict[str, str]:
    """Letter -> header of the sheet under whose plan a case was read; of a wide one, of its own session only."""
    files = rollbook_files.c
    here = and_(files.run_id == stored["first_run_id"], files.file_no == stored["file_no"])
    plans = json.loads(connection.scalar(select(files.plan).where(here)) or "[]")
    if stored["sheet_position"] >= len(plans):
        return {}
    return own_headers(plans[stored["sheet_position"]], stored["col_no"])


def _meetings(connection: Connection, fingerprint: str) -> list[Meeting]:
    rows, runs = rollbook_rows.c, rollbook_runs.c
    held = select(rows.run_id).where(rows.fingerprint.is_not(None), rows.fingerprint == fingerprint).distinct()
    query = select(runs.run_id, runs.started_at).where(or_(runs.run_id.in_(held), runs.repeats_run_id.in_(held)))
    return [Meeting(*line) for line in connection.execute(query.order_by(runs.started_at, runs.run_id))]


def _changes(connection: Connection, case_id: int) -> list[Change]:
    changes = rollbook_changes.c
    names = ("run_id", "changed_at", "changed_by", "changed_through", "source_column", "from_value", "to_value")
    query = select(*(changes[name] for name in names)).where(changes.case_id == case_id)
    return [Change(*line) for line in connection.execute(query.order_by(changes.change_id))]

"""The command line as tests call it, and all that must be equal between two databases."""

import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, create_engine, select
from sqlalchemy.pool import NullPool

from cli.main import main
from ledger.database import parse_url
from ledger.tables import (
    courses,
    employees,
    rollbook_cases,
    rollbook_changes,
    rollbook_failures,
    rollbook_files,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
    training_enrollments,
    training_sessions,
)
from tests.pipeline.forked import Forked

NOW = "time of loading"


@dataclass(frozen=True)
class Answer:
    """What a command answered. told: the object of `--json`, empty where none was printed."""

    exit: int
    told: dict[str, Any]
    errors: str


def run(*words: str | Path) -> Answer:
    """Run a command with `--json` in this process."""
    out, errors = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        ended = main([*map(str, words), "--json"])
    return Answer(ended, json.loads(out.getvalue() or "{}"), errors.getvalue())


def printed(*words: str | Path) -> str:
    """What a command prints for people, as one line."""
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        main([*map(str, words)])
    return " ".join(out.getvalue().split())


def start(*words: str | Path) -> "subprocess.Popen[str]":
    """Start a command with `--json` as a process of its own, Python included."""
    command = [sys.executable, "-m", "cli", *map(str, words), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=_ROOT)


def fork(*words: str | Path) -> Forked:
    """The same in a fork, which begins at once."""
    return Forked(*words, "--json")


_ROOT = Path(__file__).resolve().parents[2]


def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that a database holds, by table, but for surrogate numbers, run IDs and the time of day."""
    engine = create_engine(parse_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return {
            "enrollments": _enrollments(connection),
            "employees": _lines(connection, select(employees), "employee_number", "email", "name", "origin"),
            "courses": _lines(connection, select(courses), "course_code", "name", "origin"),
            "sessions": _sessions(connection),
            "runs": _runs(connection),
            "files": _lines(connection, _placed(rollbook_files), "path", "sha256", "state", "code", "message", "plan"),
            "parts": _lines(connection, _placed(rollbook_parts), *_PART),
            "rows": _lines(connection, _placed(rollbook_rows), *_ROW),
            "failures": _lines(connection, _placed(rollbook_failures), *_FAILURE),
            "cases": _lines(connection, select(rollbook_cases), *_CASE),
            "changes": _changes(connection),
        }


def enrollments(url: str) -> list[dict[str, Any]]:
    """The enrollments alone."""
    return contents(url)["enrollments"]


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


_COUNTS = tuple(name for name in _names(rollbook_runs) if name.startswith(("rows_", "cases_")))
_RUN = ("command", "state", "destination", "exit_code", *_COUNTS)
_PART = ("command", *(name for name in _names(rollbook_parts) if name != "run_id"))
_ROW = ("command", *(name for name in _names(rollbook_rows) if name != "run_id"))
_FAILURE = ("command", *(name for name in _names(rollbook_failures) if name != "run_id"))
_OWN_TO_A_RUN = ("case_id", "first_seen", "last_seen", "first_run_id", "last_run_id", "fixed_at", "fixed_run_id")
_CASE = tuple(name for name in _names(rollbook_cases) if name not in _OWN_TO_A_RUN)
_FROM = ("source_file", "source_sheet", "source_row", "source_column")


def _placed(table: Any) -> Any:
    """The lines of runs that did not merely repeat another."""
    runs = rollbook_runs.c
    return select(table, runs.command, runs.state.label("run_state")).join(rollbook_runs, runs.run_id == table.c.run_id)


def _lines(connection: Connection, query: Any, *names: str) -> list[dict[str, Any]]:
    return _sorted({name: row[name] for name in names} for row in connection.execute(query).mappings())


def _sorted(lines: Any) -> list[dict[str, Any]]:
    return sorted(lines, key=repr)


def _sessions(connection: Connection) -> list[dict[str, Any]]:
    query = select(training_sessions, courses.c.course_code).outerjoin(
        courses, courses.c.id == training_sessions.c.course_id
    )
    names = ("session_code", "course_code", "title", "session_date", "session_start", "grade_type", "status", "origin")
    return _lines(connection, query, *names)


def _runs(connection: Connection) -> list[dict[str, Any]]:
    told = []
    for row in connection.execute(select(rollbook_runs)).mappings():
        summary = json.loads(row["summary"] or "{}")
        kept = {name: value for name, value in summary.items() if name != "seconds"}
        told.append({**{name: row[name] for name in _RUN}, **kept})
    return _sorted(told)


def _enrollments(connection: Connection) -> list[dict[str, Any]]:
    there, runs = training_enrollments, rollbook_runs.c
    query = (
        select(there, employees.c.employee_number, employees.c.email, training_sessions.c.session_code, runs.started_at)
        .join(employees, employees.c.id == there.c.employee_id)
        .join(training_sessions, training_sessions.c.id == there.c.training_session_id)
        .join(rollbook_runs, runs.run_id == there.c.run_id)
    )
    names = ("employee_number", "email", "session_code", "status", "attendance_confirmed", "score", "grade", "feedback")
    return _sorted(
        {name: row[name] for name in (*names, *_FROM)}
        | {name: _unless_now(row, row[name]) for name in ("enrolled_at", "completed_at")}
        for row in connection.execute(query).mappings()
    )


def _unless_now(row: RowMapping, moment: datetime | None) -> datetime | str | None:
    return NOW if moment == row["started_at"] else moment


def _changes(connection: Connection) -> list[dict[str, Any]]:
    changes = rollbook_changes.c
    names = ["changed_through", "source_column", "from_value", "to_value"]
    names += [
        name
        for name in _names(rollbook_changes)
        if name.startswith("replaced_") and not name.endswith(("_at", "run_id"))
    ]
    query = select(rollbook_changes, rollbook_cases.c.fingerprint).outerjoin(
        rollbook_cases, rollbook_cases.c.case_id == changes.case_id
    )
    return _lines(connection, query, *names, "fingerprint")

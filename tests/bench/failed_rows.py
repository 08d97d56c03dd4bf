"""A ledger with very many failed rows, as if they had been met over half a year."""

import json
import random
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Connection, text

from ledger.sql.bulk import insert_frame
from ledger.tables import (
    rollbook_case_groups,
    rollbook_case_labels,
    rollbook_case_members,
    rollbook_cases,
    rollbook_failures,
    rollbook_files,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
)

RUNS = 200
PART_ROWS = 50_000
_BEGUN = datetime(2026, 1, 2)  # noqa: DTZ001  moments of the ledger have no zone
# The first is in most rows, the last in one of a thousand: rare ones are the hard ones.
CODES = {"learner.unknown": 600, "date.invalid": 300, "grade.percentage": 250, "status.unknown": 50, "session.full": 1}
_HEADERS = {
    "learner.unknown": "E-mail",
    "date.invalid": "Date",
    "grade.percentage": "Grade",
    "status.unknown": "Status",
}
SENDERS = 60
_STATES = ("open", "fixed", "ignored")
_COLUMNS = ("Name", "E-mail", "Date", "Course", "Grade", "Status", "Group")
_PLAN = json.dumps(
    [{"sessions": [], "never": [], "columns": [], "cell": None, "headers": list(zip("ABCDEFG", _COLUMNS, strict=True))}]
)
_NAMES = ("Ann", "Björn", "سارة", "Zoë", "Li", "Dana", "Omar", "Eve")


def fill(connection: Connection, size: int) -> None:
    """`size` open cases of 200 runs and a quarter as many others; each has one or two failures, and is in a group."""
    draw = random.Random(1)
    size = size * 5 // 4
    counts: dict[tuple[int, str], int] = {}
    for run in range(RUNS):
        _begin(connection, run, size // RUNS)
    for first in range(0, size, PART_ROWS):
        lines = [_line(number, size, draw) for number in range(first, min(first + PART_ROWS, size))]
        cases = pd.DataFrame([line for line, _, _ in lines])
        insert_frame(connection, rollbook_cases, cases)
        insert_frame(connection, rollbook_rows, _rows(cases))
        insert_frame(connection, rollbook_failures, pd.DataFrame([one for _, told, _ in lines for one in told]))
        labels = pd.DataFrame([one for _, _, found in lines for one in found]).drop_duplicates()
        insert_frame(connection, rollbook_case_labels, labels)
        members = _members(pd.DataFrame([one for _, told, _ in lines for one in told]), cases)
        insert_frame(connection, rollbook_case_members, members[["group_id", "case_id", "value"]])
        for key, number in members.groupby(["group_id", "state"]).size().items():
            counts[key] = counts.get(key, 0) + number  # type: ignore[index,call-overload]  # pandas names no key
    _add_groups(connection, counts)
    _count_on(connection)


def _begin(connection: Connection, run: int, rows: int) -> None:
    known = {"command": "nightly", "state": "with_failures", "destination": "database", "request": "{}"}
    at = pd.Timestamp(_BEGUN + timedelta(days=run))
    line = {"run_id": f"run-{run:03}", "started_at": at, "finished_at": at, "rows_read": rows, "rows_rejected": rows}
    insert_frame(connection, rollbook_runs, pd.DataFrame([{**line, **known}]))
    part = {"run_id": f"run-{run:03}", "part_id": 1_000_001, "file_no": 1, "sheet_position": 0, "state": "judged"}
    place = {"source_file": f"export-{run:03}.xlsx", "source_sheet": "Sheet1", "first_row": 2, "last_row": rows + 1}
    insert_frame(connection, rollbook_parts, pd.DataFrame([{**part, **place}]))
    file = {"run_id": f"run-{run:03}", "file_no": 1, "path": f"export-{run:03}.xlsx", "state": "done", "plan": _PLAN}
    insert_frame(connection, rollbook_files, pd.DataFrame([file]))


def _line(
    number: int, size: int, draw: random.Random
) -> tuple[dict[str, object], list[dict[str, object]], list[dict[str, object]]]:
    """A case, its failures, and what it is found by."""
    run = number * RUNS // size
    name, grade = draw.choice(_NAMES), draw.randrange(999)
    met = {
        "case_id": number + 1,
        "fingerprint": f"{number:032x}",
        "state": "open"
        if draw.random() < (0.98 if run >= RUNS * 0.2 else 0.08)
        else "ignored"
        if draw.random() < 0.05
        else "fixed",
        "first_seen": pd.Timestamp(_BEGUN + timedelta(days=run)),
        "last_seen": pd.Timestamp(_BEGUN + timedelta(days=run)),
        "times": 1,
        "first_run_id": f"run-{run:03}",
        "last_run_id": f"run-{run:03}",
        "file_no": 1,
        "sheet_position": 0,
        "source_file": f"export-{run:03}.xlsx",
        "source_sheet": "Sheet1",
        "source_key": f"export-{run:03}.xlsx\nSheet1",
        "sender": f"region {number % SENDERS}",
        "row_no": number % (size // RUNS) + 2,
        "col_no": 0,
        "cells": f'{{"A": "{name} {number}", "B": "{name.lower()}.{number}@example.com", "C": "14/{grade}/2025", '
        f'"D": "Safety at heights and in confined spaces", "E": "{grade}", "F": "attended", "G": "Sales & Service"}}',
    }
    codes = draw.choices(list(CODES), weights=list(CODES.values()), k=draw.choice((1, 1, 2)))
    place = {"run_id": met["last_run_id"], "part_id": 1_000_001, "row_no": met["row_no"], "col_no": 0}
    told = [
        {
            **place,
            "failure_no": at,
            "source_column": "B",
            "header": _HEADERS.get(code),
            "field": "x",
            "value": str(grade),
            "code": code,
            "message": f"{grade} is not what it should be in a sheet like this one.",
            "remedy": "Correct it in the sheet and import it again.",
        }
        for at, code in enumerate(codes)
    ]
    labels = [{"case_id": number + 1, "label": "code", "name": code} for code in codes]
    labels += [{"case_id": number + 1, "label": "header", "name": _HEADERS[code]} for code in codes if code in _HEADERS]
    return met, told, labels


def _rows(cases: pd.DataFrame) -> pd.DataFrame:
    rows = cases[["row_no", "col_no", "fingerprint"]].assign(run_id=cases["last_run_id"], outcome="rejected")
    return rows.assign(part_id=1_000_001)


def _members(failures: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """group_id, case_id, value, state: each case once in the group of each of its codes."""
    whose = cases[["last_run_id", "row_no", "case_id", "state"]]
    joined = failures.merge(whose, left_on=["run_id", "row_no"], right_on=["last_run_id", "row_no"])
    code_no = joined["code"].map({code: at for at, code in enumerate(CODES)})
    joined = joined.assign(group_id=code_no * SENDERS + (joined["case_id"] - 1) % SENDERS + 1)
    return joined.drop_duplicates(["group_id", "case_id"]).sort_values(["group_id", "case_id"])


def _add_groups(connection: Connection, counts: dict[tuple[int, str], int]) -> None:
    """counts: (group_id, state) -> cases."""
    last = pd.Timestamp(_BEGUN + timedelta(days=RUNS - 1))
    lines = [
        {
            "group_id": at * SENDERS + number + 1,
            "code": code,
            "header": _HEADERS.get(code, ""),
            "sender": f"region {number}",
            "first_seen": pd.Timestamp(_BEGUN),
            "last_seen": last,
            **{f"{state}_cases": counts.get((at * SENDERS + number + 1, state), 0) for state in _STATES},
        }
        for at, code in enumerate(CODES)
        for number in range(SENDERS)
    ]
    insert_frame(connection, rollbook_case_groups, pd.DataFrame(lines))


def _count_on(connection: Connection) -> None:
    """The numbers that PostgreSQL gives begin behind those that were given here; the others see to it themselves."""
    if connection.dialect.name == "postgresql":
        for table, column in (("rollbook_cases", "case_id"), ("rollbook_case_groups", "group_id")):
            top = f"(SELECT max({column}) FROM {table})"
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {top})"))

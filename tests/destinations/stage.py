"""Stage tiny runs as the ledger does, and read back what became of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from destinations.protocol import Policy, RunTerms
from ledger.tables import (
    employees,
    rollbook_failures,
    rollbook_files,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
    training_enrollments,
    training_sessions,
)

NOW = datetime(2026, 3, 1, 12, 30, 15)  # noqa: DTZ001 - the database keeps UTC without zone
FIRST = NOW.replace(year=2020)
Row = dict[str, Any]


def row(mail: str = "", number: str = "", session: str = "S1", status: str = "attended", **more: Any) -> Row:
    """A canonical row; its place is given when it is staged, unless `part_id`, `row_no` or `col_no` say otherwise."""
    return {"learner_email": mail, "learner_employee_id": number, "session_id": session, "status": status, **more}


def terms(run_id: str = "r1", **policy: Any) -> RunTerms:
    """A run of one file, or of several with one policy."""
    return RunTerms(run_id, NOW, {number: Policy(**policy) for number in (1, 2, 3)} if policy else {}, by="tester")


def stage(connection: Connection, rows: Sequence[Row], run_id: str = "r1", outcome: str = "accepted") -> None:
    """Stage rows as one file each part of which is named by its number: rows 2, 3, 4, … of part 1000000."""
    placed = [
        {"run_id": run_id, "part_id": 1_000_000, "row_no": line, "col_no": 0, "outcome": outcome, **said}
        for line, said in enumerate(rows, start=2)
    ]
    started = {"run_id": run_id, "command": "import", "state": "running", "destination": "database"}
    connection.execute(insert(rollbook_runs), [{**started, "started_at": NOW, "request": "{}"}])
    for part_id in sorted({line["part_id"] for line in placed}):
        file_no = part_id // 1_000_000
        here = [line for line in placed if line["part_id"] == part_id]
        file = {"run_id": run_id, "file_no": file_no, "path": f"file{file_no}.xlsx", "state": "read"}
        if not connection.scalar(
            select(rollbook_files.c.path).where(rollbook_files.c.run_id == run_id, rollbook_files.c.file_no == file_no)
        ):
            connection.execute(insert(rollbook_files), [file])
        connection.execute(
            insert(rollbook_parts),
            [
                {
                    "run_id": run_id,
                    "part_id": part_id,
                    "file_no": file_no,
                    "sheet_position": 0,
                    "source_file": f"file{file_no}.xlsx",
                    "source_sheet": "History",
                    "first_row": 2,
                    "last_row": 9999,
                    "state": "staged",
                    "rows_read": len(here),
                }
            ],
        )
    for line in placed:
        connection.execute(insert(rollbook_rows), [line])


def outcomes(connection: Connection, run_id: str = "r1") -> list[str]:
    """The outcome of each staged row, in row order."""
    rows = rollbook_rows.c
    query = select(rows.outcome).where(rows.run_id == run_id).order_by(rows.part_id, rows.row_no, rows.col_no)
    return list(connection.scalars(query))


def failures(connection: Connection, run_id: str = "r1") -> list[tuple[int, str, str | None, str | None]]:
    """(row, code, field, value) of each failure, in row order."""
    told = rollbook_failures.c
    query = (
        select(told.row_no, told.code, told.field, told.value)
        .where(told.run_id == run_id)
        .order_by(told.part_id, told.row_no, told.col_no)
    )
    return [tuple(line) for line in connection.execute(query)]


def messages(connection: Connection, run_id: str = "r1") -> list[str]:
    """The message of each failure, in row order."""
    told = rollbook_failures.c
    query = select(told.message).where(told.run_id == run_id).order_by(told.part_id, told.row_no, told.col_no)
    return list(connection.scalars(query))


def duplicates(connection: Connection, run_id: str = "r1") -> list[str | None]:
    """The place that each staged row is a duplicate of, in row order."""
    rows = rollbook_rows.c
    query = select(rows.duplicate_of).where(rows.run_id == run_id).order_by(rows.part_id, rows.row_no, rows.col_no)
    return list(connection.scalars(query))


def enrolled(connection: Connection, *columns: str) -> list[tuple[Any, ...]]:
    """(number or e-mail, session, *columns) of each enrollment, in the order of the keys."""
    there, people = training_enrollments, employees
    query = select(
        people.c.employee_number,
        people.c.email,
        training_sessions.c.session_code,
        *(there.c[name] for name in columns),
    ).select_from(
        there.join(people, people.c.id == there.c.employee_id).join(
            training_sessions, training_sessions.c.id == there.c.training_session_id
        )
    )
    found = [(number or mail, code, *rest) for number, mail, code, *rest in connection.execute(query)]
    return sorted(found, key=lambda line: line[:2])


def learner(connection: Connection, origin: str = "reference", **values: Any) -> int:
    """An existing employee; returns its ID."""
    made = connection.execute(insert(employees).values(origin=origin, **values))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def session(connection: Connection, code: str, **values: Any) -> int:
    """An existing session; returns its ID."""
    made = connection.execute(insert(training_sessions).values(session_code=code, **{"origin": "reference", **values}))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def enrollment(connection: Connection, learner_id: int, session_id: int, **values: Any) -> int:
    """An existing enrollment; returns its ID."""
    usual: Mapping[str, Any] = {"status": "attended", "enrolled_at": FIRST, "run_id": "r0"}
    made = connection.execute(
        insert(training_enrollments).values(
            training_session_id=session_id, employee_id=learner_id, **{**usual, **values}
        )
    )
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def day(text: str) -> date:
    """A date from its ISO text."""
    return date.fromisoformat(text)

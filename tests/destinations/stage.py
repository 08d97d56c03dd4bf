"""Stage tiny runs as the ledger does, and read back what became of them."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from destinations.protocol import Policy, RunTerms, Tally
from destinations.registry import DESTINATIONS
from ledger.parts import add_parts, forget_rows, keep_failures, keep_rows
from ledger.tables import (
    employees,
    rollbook_failures,
    rollbook_files,
    rollbook_runs,
    training_enrollments,
    training_sessions,
)
from rollbook.rows.outcomes import ACCEPTED, PENDING
from stage.database import Stage, open_stage
from stage.part_files import PartFiles
from stage.parts import FAILURES, PART_STEP, ROWS, JudgedPart, Part
from stage.refusals import failures as stage_failures

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
    """Judge rows as one file each part of which is named by its number: rows 2, 3, 4, … of part 1000000."""
    placed = [
        {"part_id": 1_000_000, "row_no": line, "col_no": 0, "outcome": outcome, **_KEYS, **said}
        for line, said in enumerate(rows, start=2)
    ]
    started = {"run_id": run_id, "command": "import", "state": "running", "destination": "database"}
    connection.execute(insert(rollbook_runs), [{**started, "started_at": NOW, "request": "{}"}])
    parts = [_part(run_id, part_id) for part_id in sorted({line["part_id"] for line in placed})]
    for file_no in sorted({part.file_no for part in parts}):
        file = {"run_id": run_id, "file_no": file_no, "path": f"file{file_no}.xlsx", "state": "read"}
        connection.execute(insert(rollbook_files), [file])
    add_parts(connection, run_id, parts)
    if run_id in _STAGED:
        _STAGED[run_id].close()
    _STAGED[run_id] = _Staged(connection, run_id, parts, placed)


_KEYS = {"learner_email": "", "learner_employee_id": "", "session_id": ""}


def _part(run_id: str, part_id: int) -> Part:
    file_no = part_id // PART_STEP
    return Part(run_id, part_id, file_no, 0, f"file{file_no}.xlsx", "History", 2, 9999)


class _Staged:
    """The rows of a run, in files as they are judged, and the stage in which they are decided."""

    def __init__(self, connection: Connection, run_id: str, parts: Sequence[Part], rows: Sequence[Row]) -> None:
        self._connection = connection
        self._run_id = run_id
        self._parts = parts
        self._open = ExitStack()
        self._folder = TemporaryDirectory()
        self._files = PartFiles(self._folder.name)
        self.taken = ACCEPTED
        self.outcomes = "rows"
        self.tally = Tally({})
        for part in parts:
            here = [row for row in rows if row["part_id"] == part.part_id]
            assert all(set(row) <= set(ROWS.names) for row in here)
            table = pa.Table.from_pylist(here, ROWS)
            self._files.write(JudgedPart(part, table, FAILURES.empty_table(), {}))

    def begin(self) -> Stage:
        """The stage, with nothing decided."""
        self._open.close()
        opened = open_stage(self._files, self._parts, Path(self._folder.name), memory_mib=256)
        self.stage: Stage = self._open.enter_context(opened)
        self.outcomes = "decided"
        return self.stage

    def close(self) -> None:
        """Let go of the stage and its files."""
        self._open.close()
        self._folder.cleanup()

    def keep(self) -> None:
        """Keep what stays in the ledger, as a run does."""
        forget_rows(self._connection, self._run_id)
        keep_rows(
            self._connection, self._run_id, self.stage.table("FROM decided WHERE outcome IN ('rejected', 'duplicate')")
        )
        for some in stage_failures(self.stage, "database"):
            keep_failures(self._connection, self._run_id, some)


_STAGED: dict[str, _Staged] = {}


class Driven:
    """A destination that decides and loads runs which `stage` staged."""

    def __init__(self, name: str) -> None:
        self._destination = DESTINATIONS[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._destination, name)

    def decide(self, connection: Connection, run: RunTerms) -> Tally:
        """Decide anew."""
        staged = _STAGED[run.run_id]
        staged.tally = self._destination.decide(connection, staged.begin(), run)
        staged.keep()
        return staged.tally

    def rehearse(self, connection: Connection, run: RunTerms) -> Tally:
        """Decide anew, and tell what a load would do."""
        staged = _STAGED[run.run_id]
        tally = self._destination.rehearse(connection, staged.begin(), run)
        staged.keep()
        return tally

    def load(self, connection: Connection, run: RunTerms, decided: Tally | None = None) -> Tally:
        """Load what was decided last."""
        staged = _STAGED[run.run_id]
        if self._destination.is_outbox:
            staged.taken = PENDING
        return self._destination.load(connection, staged.stage, run, decided or staged.tally)


def staged(run_id: str = "r1") -> Stage:
    """The stage of a run, with nothing decided."""
    return _STAGED[run_id].begin()


def decided_stage(run_id: str = "r1") -> Stage:
    """The stage of a run, as it was decided last."""
    return _STAGED[run_id].stage


def outcomes(connection: Connection, run_id: str = "r1") -> list[str]:  # noqa: ARG001 - as its neighbors
    """The outcome of each staged row, in row order."""
    staged = _STAGED[run_id]
    if staged.outcomes == "rows":
        staged.begin()
        staged.outcomes = "rows"
    found = staged.stage.lines(f"SELECT outcome FROM {staged.outcomes} ORDER BY part_id, row_no, col_no")
    return [staged.taken if outcome == ACCEPTED else outcome for (outcome,) in found]


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


def duplicates(connection: Connection, run_id: str = "r1") -> list[str | None]:  # noqa: ARG001 - as its neighbors
    """The place that each staged row is a duplicate of, in row order."""
    found = _STAGED[run_id].stage.lines("SELECT duplicate_of FROM decided ORDER BY part_id, row_no, col_no")
    return [place for (place,) in found]


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

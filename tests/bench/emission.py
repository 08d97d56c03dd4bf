"""Emitting batches for SmarterU against bare lxml: `python -m tests.bench.emission WHAT DATABASE FOLDER ROWS`.

WHAT is fill, emit, idle or lxml. Each is a process of its own; `emit` and `lxml` print seconds.
"""

import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
from lxml.etree import CDATA, Element, SubElement, _Element, xmlfile

from destinations.smarteru import package
from destinations.smarteru.package import Removed, write_batch
from ledger import runs
from ledger.database import open_database
from ledger.sql.bulk import insert_frame
from ledger.tables import rollbook_batches, rollbook_deliveries, rollbook_parts, rollbook_rows
from pipeline.delivery import batch_files
from pipeline.run_context import RunContext
from rollbook.request import Request

RUN = "bench-emission"
BATCH = 100
PART_ROWS = 50_000
IDLE_SECONDS = 2.0
_BEGUN = datetime(2026, 1, 2)  # noqa: DTZ001  moments of the ledger have no zone
_DAY = date(2025, 3, 14)
_GROUPS = tuple(f"Sales & Service {number:02}" for number in range(40))
_STATUSES = ("completed", "attended", "no_show")
_WORDS = {"completed": "Completed", "attended": "Attended", "no_show": "NotAttended"}


def frame(first: int, last: int) -> pd.DataFrame:
    """Rows first..last-1: a session is one batch."""
    numbers = range(first, last)
    sessions = [number // BATCH for number in numbers]
    statuses = [_STATUSES[number % 3] for number in numbers]
    return pd.DataFrame(
        {
            "run_id": RUN,
            "part_id": 1_000_000 + first // PART_ROWS,
            "row_no": [number + 2 for number in numbers],
            "col_no": 0,
            "learner_email": [f"learner.{number:07}@example.com" for number in numbers],
            "learner_employee_id": "",
            "group_name": [_GROUPS[session % len(_GROUPS)] for session in sessions],
            "course_id": [f"COURSE-{session // 10:05}" for session in sessions],
            "session_id": [f"SESSION-{session:06}" for session in sessions],
            "status": statuses,
            "grade": [
                f"{number % 101}" if status == "completed" else None
                for number, status in zip(numbers, statuses, strict=True)
            ],
            "enrolled_on": _DAY,
            "outcome": "pending",
        }
    )


def fill(database: str, out: Path, size: int) -> None:
    """A run of `size` rows whose batches are recorded and not emitted."""
    engine = open_database(database, create=True)
    with engine.begin() as connection:
        request = Request(command="import", destination="smarteru-xml", out=str(out)).to_json()
        runs.begin(
            connection, run_id=RUN, command="import", destination="smarteru-xml", started_at=_BEGUN, request=request
        )
        for first in range(0, size, PART_ROWS):
            last = min(first + PART_ROWS, size)
            rows = frame(first, last)
            part = {
                "run_id": RUN,
                "part_id": rows["part_id"].iat[0],
                "file_no": 1,
                "sheet_position": 0,
                "state": "judged",
            }
            told = {
                "source_file": "history.xlsx",
                "source_sheet": "Sheet1",
                "first_row": first + 2,
                "last_row": last + 1,
            }
            insert_frame(connection, rollbook_parts, pd.DataFrame([{**part, **told}]))
            insert_frame(connection, rollbook_rows, rows)
            numbers = pd.Series(range(first, last))
            placed = rows[
                ["run_id", "part_id", "row_no", "col_no", "learner_email", "learner_employee_id", "session_id"]
            ]
            numbered = placed.assign(batch_no=numbers // BATCH + 1, block_no=numbers % BATCH + 1, state="pending")
            insert_frame(connection, rollbook_deliveries, numbered)
        batches = pd.DataFrame({"batch_no": range(1, size // BATCH + 1)})
        insert_frame(connection, rollbook_batches, batches.assign(run_id=RUN, state="recorded", block_count=BATCH))


def emitted(database: str, size: int) -> tuple[float, float]:
    """Seconds that making and writing the XML takes, and those of the whole step, from the ledger to the last file."""
    with open_database(database, create=False).connect() as connection:
        with connection.begin():
            run = runs.find(connection, RUN)
        work = RunContext(connection, RUN, Request.from_json(run.request), run.started_at)
        writing = 0.0

        def write(*args: Any, **options: Any) -> list[Removed]:
            nonlocal writing
            began = time.perf_counter()
            removed = write_batch(*args, **options)
            writing += time.perf_counter() - began
            return removed

        package.write_batch = write  # what writes the files imports it when it begins
        began = time.perf_counter()
        batch_files.emit(work)
        step = time.perf_counter() - began
        _check_files(len(list(work.folder.glob("*.xml"))), size)
        if not writing:
            raise RuntimeError("the XML was written by something else: nothing was measured")
        return writing, step


def _check_files(written: int, size: int) -> None:
    if written != size // BATCH:
        raise RuntimeError(f"{written} batches of {size // BATCH} were written: nothing was measured")


def idle(database: str) -> None:
    """The same process, with its database open and nothing to do."""
    with open_database(database, create=False).connect() as connection, connection.begin():
        run = runs.find(connection, RUN)
        RunContext(connection, RUN, Request.from_json(run.request), run.started_at)
        time.sleep(IDLE_SECONDS)


def written_bare(out: Path, size: int) -> float:
    """Seconds that lxml alone takes for the same elements in as many files; what stands in them is ready in memory."""
    out.mkdir(parents=True, exist_ok=True)
    seconds = 0.0
    for number, texts in enumerate(_batches(size), 1):
        began = time.perf_counter()
        with xmlfile(str(out / f"{number:04}.xml"), encoding="UTF-8") as file:
            file.write_declaration()
            with file.element("SmarterU"):
                method = Element("Method")
                method.text = CDATA("enrollSessionHistory")
                file.write(Element("AccountAPI"), Element("UserAPI"), method)
                with file.element("Parameters"), file.element("LearningModuleEnrollment"):
                    for text in texts:
                        file.write(_enrollment(*text))
        seconds += time.perf_counter() - began
    return seconds


def _enrollment(
    email: str, group: str, course: str, session: str, status: str, grade: str | None, day: str
) -> _Element:
    enrollment = Element("Enrollment")
    SubElement(SubElement(enrollment, "User"), "Email").text = CDATA(email)
    SubElement(SubElement(enrollment, "Group"), "GroupName").text = CDATA(group)
    SubElement(enrollment, "LearningModuleID").text = CDATA(course)
    SubElement(enrollment, "LearningModuleSessionID").text = CDATA(session)
    SubElement(enrollment, "EnrollmentStatus").text = CDATA(status)
    if grade is not None:
        SubElement(enrollment, "Grade").text = CDATA(grade)
    SubElement(enrollment, "EnrolledDate").text = CDATA(day)
    return enrollment


def _batches(size: int) -> Iterator[list[tuple[str, str, str, str, str, str | None, str]]]:
    columns = ["learner_email", "group_name", "course_id", "session_id", "status", "grade"]
    for first in range(0, size, PART_ROWS):
        rows = frame(first, min(first + PART_ROWS, size))[columns]
        lines = (
            (email, group, course, session, _WORDS[status], grade if status == "completed" else None, _DAY.isoformat())
            for email, group, course, session, status, grade in rows.itertuples(index=False, name=None)
        )
        while batch := list(islice(lines, BATCH)):
            yield batch


def main() -> None:
    """Do what the first argument says and print the seconds."""
    what, database, out, size = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    match what:
        case "fill":
            fill(database, out, size)
        case "emit":
            print(*emitted(database, size))
        case "lxml":
            print(written_bare(out, size))
        case _:
            idle(database)


if __name__ == "__main__":
    main()

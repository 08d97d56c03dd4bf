"""A run at work: its files opened, its parts judged and staged. Every step takes numbers only and may be done again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import runs
from ledger.database import reading
from pipeline.parallel.scheduler import Ahead
from pipeline.work_folder import WORK
from rollbook.profile import Profile, parse_profile
from rollbook.request import Request
from sources.paths import sha256

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import RunFile
    from pipeline.sheets import OpenSheet
    from sources.process.reader import Reading
    from sources.raw_sheets import Limits, ReadFile
    from transforms.planning.plan import SheetPlan
    from validators.context import Context, References

# A file below this size is read ahead while the one before it is judged; from it on, a process judges beside the stage.
LARGE_FILE_BYTES = 16 * 2**20
CHANGED = "The file changed since the run began. Import it again."


def now() -> datetime:
    """This moment, in UTC and without zone, as the ledger keeps moments."""
    return datetime.now(UTC).replace(tzinfo=None)


def content_of(path: Path) -> str | None:
    """The SHA-256 of a file's content; None where it cannot be read, of which reading it tells more."""
    try:
        return sha256(path)
    except OSError:
        return None


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """One transaction on a connection, or the one that is open already."""
    if connection.in_transaction():
        yield connection
        return
    with connection.begin():
        yield connection


class Work:
    """One run on one connection: what the steps of pipeline/steps.py stand on.

    rehearsal: it only checks; nothing outlives its connection but the reports.
    folder: where the run's reports go, and while it is at work, under `work/`, the sheets as read.
    """

    def __init__(
        self, connection: Connection, run_id: str, request: Request, started_at: datetime, *, rehearsal: bool = False
    ) -> None:
        self.connection = connection
        self.rehearsal = rehearsal
        self.run_id = run_id
        self.request = request
        self.started_at = started_at
        self.folder = request.out_folder / run_id
        self._sheets: dict[int, list[OpenSheet]] = {}
        self._readings: dict[int, Reading] = {}
        self._contexts: dict[str, Context] = {}
        self.ahead = Ahead(self)
        # Of a repair: case_id -> {letter: text, None for a blank cell}, where it is not read from the ledger.
        self.mended: Mapping[int, Mapping[str, str | None]] | None = None
        # A migration's files are told a runner in groups of so many.
        self.files_a_step = 1

    @property
    def today(self) -> date:
        """The day, here, of the run's recorded start: no step asks the clock."""
        return self.started_at.replace(tzinfo=UTC).astimezone().date()

    @property
    def work_folder(self) -> Path:
        """Where the sheets lie as read, until the run ends."""
        return self.folder / WORK

    def transaction(self) -> AbstractContextManager[Connection]:
        """One transaction on the run's connection, or the one that is open already."""
        return transaction(self.connection)

    @cached_property
    def files(self) -> dict[int, RunFile]:
        """The run's files by number, as recorded at its begin."""
        with self.transaction() as connection:
            return {file.file_no: file for file in runs.list_files(connection, self.run_id)}

    def files_of(self, run_id: str) -> list[RunFile]:
        """The files of an earlier run; a rehearsal, whose own tables hide those of all others, looks past them."""
        if not self.rehearsal:
            with self.transaction() as connection:
                return runs.list_files(connection, run_id)
        with reading(self.connection.engine) as other:
            return runs.list_files(other, run_id)

    def sheets(self, file_no: int) -> list[OpenSheet]:
        """The file's sheets with their plans: opened now if they were not yet in this process."""
        if file_no not in self._sheets:
            from pipeline.open_files import open_file

            self._sheets[file_no] = open_file(self, self.files[file_no])
        return self._sheets[file_no]

    def keep(self, file_no: int, sheets: list[OpenSheet]) -> None:
        """Take over a file's sheets that were opened beside."""
        self._sheets[file_no] = sheets

    def replan(self, file_no: int) -> None:
        """Open a file that was recorded before; where the ledger's cases changed since, it is recorded anew."""
        from pipeline.open_files import record_anew

        record_anew(self, file_no, self.sheets(file_no))

    def plans(self, file_no: int) -> list[SheetPlan]:
        """The recorded plans of a file's sheets."""
        from transforms.planning.plan import SheetPlan

        return [SheetPlan.from_json(json.dumps(plan)) for plan in json.loads(self.files[file_no].plan or "[]")]

    def release(self, file_no: int) -> None:
        """Let go of a file that is staged; it is opened again where deciding rejects some of its rows."""
        for sheet in self._sheets.pop(file_no, []):
            if sheet.raw is not None:
                shutil.rmtree(sheet.raw.arrow.parent, ignore_errors=True)

    def profile(self, file_no: int) -> Profile:
        """The profile that the file is read under."""
        return parse_profile(self.files[file_no].profile or "")

    def context(self, file_no: int) -> Context:
        """What the file's rows are judged against; made once for all files of one profile."""
        from validators.context import Context
        from validators.outcome_codes import NATIONAL_OUTCOMES

        settings = self.request.settings
        text = self.files[file_no].profile or ""
        if text not in self._contexts:
            self._contexts[text] = Context(
                destination=self.request.destination,
                today=self.today,
                oldest=settings.rules.oldest,
                outcome_codes=frozenset((*NATIONAL_OUTCOMES, *settings.axcelerate.outcome_codes)),
                reference=parse_profile(text).reference,
                references=self._references,
            )
        return self._contexts[text]

    @cached_property
    def _references(self) -> References:
        from ledger.reference.load import load_references

        with self.transaction() as connection:
            return load_references(connection)

    def read(self, file: RunFile) -> ReadFile:
        """Wait for the child that reads the file; meanwhile the next one, when small, is begun."""
        from sources.raw_sheets import ReadFile

        reading = self._readings.pop(file.file_no, None) or self.start_reading(file)
        following = None if self.request.migrates else self.files.get(file.file_no + 1)
        if following is not None and following.state == "found" and (following.size_bytes or 0) < LARGE_FILE_BYTES:
            self._readings[following.file_no] = self.start_reading(following)
        found = reading.result()
        if found.code is None and content_of(self.request.place(file.path)) != file.sha256:
            return ReadFile(code="file.changed", message=CHANGED)
        return found

    def read_ahead(self) -> None:
        """Begin to read the first file: a child does, while this process imports what judges its rows."""
        if self.request.migrates:
            if any(file.state in ("found", "read") for file in self.files.values()):
                self.ahead.start(self.request.workers or os.cpu_count() or 1)
            return
        first = min(self.files, default=0)
        if first and self.files[first].state == "found" and self.request.reads_files:
            self._readings[first] = self.start_reading(self.files[first])
        if any((file.size_bytes or 0) >= LARGE_FILE_BYTES for file in self.files.values()):
            self.ahead.start()

    def close(self) -> None:
        """End the children that still read, and what was judged ahead."""
        self.ahead.close()
        for begun in self._readings.values():
            begun.cancel()
        self._readings.clear()

    def start_reading(self, file: RunFile) -> Reading:
        """Start the child process that reads a file."""
        from sources.process.reader import start_reading

        form = self.profile(file.file_no).file.form
        return start_reading(self.request.place(file.path), self.work_folder, self.reading_limits, form)

    @property
    def reading_limits(self) -> Limits:
        """What reading one file may take."""
        from sources.raw_sheets import Limits

        reading = self.request.settings.reading
        return Limits(reading.memory_mib, reading.seconds)

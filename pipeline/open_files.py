"""The open files of a run: read apart, their sheets planned, their parts judged, here or beside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.parallel.scheduler import Scheduler
from sources.errors import CHANGED
from sources.paths import content_of

if TYPE_CHECKING:
    from ledger.runs import RunFile
    from pipeline.run_context import RunContext
    from pipeline.sheets import OpenSheet
    from sources.process.reader import FileReading
    from sources.raw_sheets import ReadFile
    from stage.parts import Part, StagedPart

# A file below this size is read ahead while the one before it is judged; of a larger one, every other part is judged by
# another process.
LARGE_FILE_BYTES = 16 * 2**20


class OpenFiles:
    """The files of one run that are open, and who reads and judges them.

    work: the run. What it records of a file is recorded before any part of it is judged.
    What judges is imported by the methods that need it: the first file is read meanwhile.
    """

    def __init__(self, work: RunContext) -> None:
        self.work = work
        self.scheduler = Scheduler(work)
        self._sheets: dict[int, list[OpenSheet]] = {}
        self._readings: dict[int, FileReading] = {}

    def begin(self, file_no: int) -> None:
        """Open a file for the first time, here or beside, and record its plans and parts, or why it failed."""
        from pipeline.record import fail_file, record_file

        file = self.work.files[file_no]
        judged = self.scheduler.open(file)
        if judged is None:
            self.sheets(file_no)
        elif judged.code is not None:
            fail_file(self.work, file, judged.code, judged.message)
        else:
            if judged.opened:
                self._sheets[file_no] = list(judged.opened)
            record_file(self.work, file, judged.plans, judged.parts)

    def sheets(self, file_no: int) -> list[OpenSheet]:
        """The file's sheets with their plans: opened now if they were not yet in this process."""
        if file_no not in self._sheets:
            self._sheets[file_no] = self._open(self.work.files[file_no])
        return self._sheets[file_no]

    def replan(self, file_no: int) -> None:
        """Open a file that was recorded before; where the ledger's cases changed since, it is recorded anew."""
        from pipeline.record import forget_file, plans_to_json

        sheets = self.sheets(file_no)
        if sheets and plans_to_json([sheet.plan for sheet in sheets]) != self.work.files[file_no].plan:
            with self.work.transaction() as connection:
                forget_file(self.work, connection, file_no)
            self._record(self.work.files[file_no], sheets)

    def judge(self, part: Part, following: Iterator[Part]) -> StagedPart | None:
        """Judge a part, and begin those that follow it in its file; None where the file fails as a whole.

        following: those that are not judged yet, in their order.
        """
        from pipeline.judge import judge_part

        staged = self.scheduler.taken(part)
        if staged is not None:
            return staged
        sheets = self.sheets(part.file_no)
        if not sheets:  # it could not be read again
            return None
        if self.scheduler.judges(sheets[part.sheet_position]):
            if self.work.request.migrates:
                return self.scheduler.judge(part, following, sheets)
            staged = self.scheduler.judged_meanwhile(part, following, sheets)
            if staged is not None:
                return staged
        judged = judge_part(sheets[part.sheet_position], part, self.work.context(part.file_no))
        return self.work.part_files.write(judged)

    def release(self, file_no: int) -> None:
        """Let go of a file that is staged; it is opened again where deciding rejects some of its rows."""
        for sheet in self._sheets.pop(file_no, []):
            if sheet.raw is not None:
                shutil.rmtree(sheet.raw.arrow.parent, ignore_errors=True)

    def read_ahead(self) -> None:
        """Begin to read the first file: a child does, while this process imports what judges its rows."""
        files, request = self.work.files, self.work.request
        if request.migrates:
            if any(file.state in ("found", "read") for file in files.values()):
                self.scheduler.start(request.workers or os.cpu_count() or 1)
            return
        first = min(files, default=0)
        if first and files[first].state == "found" and request.reads_files:
            self._readings[first] = self._start_reading(files[first])
        if any((file.size_bytes or 0) >= LARGE_FILE_BYTES for file in files.values()):
            self.scheduler.start()

    def close(self) -> None:
        """End the children that still read, and what was judged ahead."""
        self.scheduler.close()
        for begun in self._readings.values():
            begun.cancel()
        self._readings.clear()

    def _open(self, file: RunFile) -> list[OpenSheet]:
        """Read a file and plan its sheets; none of one that cannot be read, which is recorded as its failure."""
        from pipeline.record import fail_file
        from pipeline.returned import stored_cases
        from pipeline.returned.workbook import WorkbookRefused

        work = self.work
        if file.state == "failed":
            return []
        if work.request.repairs:
            sheets = stored_cases.repaired_sheets(work, file)
        elif work.request.retries is not None:
            sheets = stored_cases.retried_sheets(work, file)
        else:
            found = self._read(file)
            if found.code is not None:
                fail_file(work, file, found.code, found.message or "")
                return []
            try:
                sheets = self._planned(file, found)
            except WorkbookRefused as error:
                fail_file(work, file, error.code, error.message)
                return []
        if file.state == "found":
            self._record(work.files[file.file_no], sheets)
        return sheets

    def _planned(self, file: RunFile, found: ReadFile) -> list[OpenSheet]:
        from pipeline.returned.recognition import is_returned
        from pipeline.returned.workbook import open_returned
        from pipeline.sheets import planned_sheets

        if is_returned(found):
            return open_returned(self.work, file, found)
        given, context = self.work.profile(file.file_no), self.work.context(file.file_no)
        return planned_sheets(file.path, given, context, found.sheets)

    def _record(self, file: RunFile, sheets: list[OpenSheet]) -> None:
        from pipeline.record import record_file
        from pipeline.sheets import parts_of

        parts = parts_of(self.work.run_id, file.file_no, sheets, self.work.request.settings.reading.part_rows)
        changes = [sheet.changes for sheet in sheets if sheet.changes is not None and len(sheet.changes)]
        record_file(self.work, file, [sheet.plan for sheet in sheets], parts, changes)

    def _read(self, file: RunFile) -> ReadFile:
        """Wait for the child that reads the file; meanwhile the next one, when small, is begun."""
        from sources.raw_sheets import ReadFile

        work = self.work
        reading = self._readings.pop(file.file_no, None) or self._start_reading(file)
        following = None if work.request.migrates else work.files.get(file.file_no + 1)
        if following is not None and following.state == "found" and (following.size_bytes or 0) < LARGE_FILE_BYTES:
            self._readings[following.file_no] = self._start_reading(following)
        found = reading.result()
        if found.code is None and (found.sha256 or content_of(work.request.place(file.path))) != file.sha256:
            return ReadFile(code="file.changed", message=CHANGED)
        return found

    def _start_reading(self, file: RunFile) -> FileReading:
        """Start the child process that reads a file."""
        from sources.process.reader import start_reading

        work = self.work
        form = work.profile(file.file_no).file.form
        return start_reading(work.request.place(file.path), work.work_folder, work.reading_limits, form)

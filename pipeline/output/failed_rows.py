"""The failed-rows workbooks of a run: written by child processes beside the load, published after the commit."""

from __future__ import annotations

import os
import shutil
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Self

from destinations.codes import MEANINGS
from ledger.cases import failures
from ledger.database import address
from ledger.identity import ledger_id
from pipeline.output.suggestions import suggester_of, with_suggestions
from pipeline.output.writers import Writer, keep, ready_writer
from reports.workbook.job import PROBLEM_COLUMNS, ROW_COLUMNS, failed_rows_job
from reports.workbook.layout import sheet_form
from rollbook.errors import Stopped
from rollbook.returned import Origin
from validators.rules import RULES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import RunFile
    from pipeline.run_context import RunContext
    from validators.suggestions import Suggester


class Workbooks:
    """One workbook per source file with failed rows. Unless published, nothing of them stays."""

    def __init__(self, work: RunContext) -> None:
        self._work = work
        # A name of its own: a child that outlived its killed parent writes elsewhere.
        self._folder = work.work_folder / f"failed-rows-{os.getpid()}"
        # So many at most write at once: a migration has hundreds of workbooks.
        self._at_once = work.request.workers or os.cpu_count() or 1
        self._writers: list[Writer] = []
        self._begun: list[tuple[Path, RunFile]] = []

    def __enter__(self) -> Self:
        """Start a first writer: it makes itself ready while it is decided which rows fail."""
        self._writers.append(ready_writer())
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers:
            keep(writer)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, connection: Connection) -> None:
        """Begin to write the workbooks of the rows that are failed now; their cases must be recorded."""
        run_id = self._work.run_id
        suggesters: dict[str | None, Suggester] = {}
        origin = self._origin()
        for number, file in sorted(self._work.files.items()):
            # Before the connection is busy with the rows.
            references = self._work.context(number).references
            rows = failures.failed_record_batches(connection, run_id, number, list(ROW_COLUMNS))
            first = next(rows, None)
            if first is None:
                continue
            if file.profile not in suggesters:
                suggesters[file.profile] = suggester_of(references, [file.profile])
            problems = failures.problem_batches(connection, run_id, number, [*PROBLEM_COLUMNS, "field", "value"])
            job = failed_rows_job(
                self._folder / str(number),
                chain([first], rows),
                with_suggestions(problems, suggesters[file.profile]),
                [sheet_form(plan, place) for place, plan in enumerate(self._work.plans(number))],
                origin=origin,
                source_file=file.path,
                meanings={
                    **{code: rule.checks for code, rule in RULES.items()},
                    **MEANINGS,
                },
            )
            self._write(job, file)

    def _origin(self) -> Origin:
        with self._work.looking() as connection:
            ledger, at = ledger_id(connection), address(connection.engine.url)
        return Origin((self._work.run_id,), ledger, at if ledger else None, is_check=self._work.rehearsal)

    def publish(self) -> list[Path]:
        """Wait for the writers and put the workbooks in their place; those of an earlier attempt go."""
        for writer in self._writers:
            writer.wait()
        alone = len(self._begun) == 1
        written = [(done, self._name(file, alone=alone)) for done, file in self._begun if done.exists()]
        lacking = len(self._begun) - len(written)
        self._begun.clear()
        for stale in self._work.folder.glob("failed-rows*.xlsx"):
            stale.unlink()
        for done, out in written:
            done.replace(out)
        if lacking:
            told = f"{lacking} failed-rows workbooks could not be written. Check the disk space of {self._work.folder}."
            raise Stopped(f"{told} The run itself has ended. To write them: rollbook resume {self._work.run_id}")
        return sorted(out for _, out in written)

    def _write(self, job: Path, file: RunFile) -> None:
        done = job / "done.xlsx"
        place = len(self._begun) % self._at_once
        if place == len(self._writers):
            self._writers.append(ready_writer())
        self._writers[place].give(job, done)
        self._begun.append((done, file))

    def _name(self, file: RunFile, *, alone: bool) -> Path:
        folder = self._work.folder
        return folder / ("failed-rows.xlsx" if alone else f"failed-rows-{file.file_no:04}-{Path(file.path).stem}.xlsx")


def write_reports(work: RunContext) -> None:
    """Write the workbooks of a run that ended without them; everything they hold stands in the ledger."""
    with Workbooks(work) as workbooks:
        with work.transaction() as connection:
            workbooks.start(connection)
        workbooks.publish()

"""A run at work: on which connection, under which request and profiles, since when. It opens nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import runs
from ledger.database import transaction
from pipeline.work_folder import PARTS, WORK
from rollbook.profile import Profile, parse_profile
from rollbook.request import Request

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import RunFile
    from sources.raw_sheets import ReadingLimits
    from stage.part_files import PartFiles
    from transforms.planning.plan import SheetPlan
    from validators.context import Context, References


class RunContext:
    """One run on one connection: the facts that its steps stand on.

    connection: to the ledger in which the run is written down.
    existing: of a rehearsal, which only checks, the connection to the database as it is; else the ledger's.
    folder: where the run's reports go, and while it is at work, under `work/`, the sheets as read.
    """

    def __init__(
        self,
        connection: Connection,
        run_id: str,
        request: Request,
        started_at: datetime,
        *,
        existing: Connection | None = None,
    ) -> None:
        self.connection = connection
        self.existing = existing or connection
        self.rehearsal = existing is not None
        self.run_id = run_id
        self.request = request
        self.started_at = started_at
        self.folder = request.out_folder / run_id
        self._contexts: dict[str, Context] = {}
        # Of a repair: case_id -> {letter: text, None for a blank cell}, where it is not read from the ledger.
        self.repairs: Mapping[int, Mapping[str, str | None]] | None = None
        # A migration's files are told a runner in groups of so many.
        self.files_a_step = 1

    @property
    def today(self) -> date:
        """The day, here, of the run's recorded start: no step asks the clock."""
        return self.started_at.replace(tzinfo=UTC).astimezone().date()

    @property
    def work_folder(self) -> Path:
        """Where the sheets as read and the judged parts are."""
        return self.folder / WORK

    def transaction(self) -> AbstractContextManager[Connection]:
        """One transaction on the run's connection, or the one that is open already."""
        return transaction(self.connection)

    def looking(self) -> AbstractContextManager[Connection]:
        """A transaction on the database as it is, in which other runs, cases and reference data stand."""
        return transaction(self.existing)

    @cached_property
    def part_files(self) -> PartFiles:
        """The judged parts of the run: where all who judge reach them, else in its work folder."""
        from stage.part_files import PartFiles

        shared = self.request.settings.stage.folder
        return PartFiles(
            f"{shared.rstrip('/')}/{self.run_id}" if shared else str((self.work_folder / PARTS).absolute())
        )

    @cached_property
    def files(self) -> dict[int, RunFile]:
        """The run's files by number, as recorded at its begin."""
        with self.transaction() as connection:
            return {file.file_no: file for file in runs.list_files(connection, self.run_id)}

    def files_of(self, run_id: str) -> list[RunFile]:
        """The files of an earlier run."""
        with self.looking() as connection:
            return runs.list_files(connection, run_id)

    def plans(self, file_no: int) -> list[SheetPlan]:
        """The recorded plans of a file's sheets."""
        from transforms.planning.plan import SheetPlan

        return [SheetPlan.from_json(json.dumps(plan)) for plan in json.loads(self.files[file_no].plan or "[]")]

    def profile(self, file_no: int) -> Profile:
        """The profile that the file is read under."""
        return parse_profile(self.files[file_no].profile or "")

    def context(self, file_no: int) -> Context:
        """What the file's rows are judged against; files with the same profile share it."""
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

        with self.looking() as connection:
            return load_references(connection)

    @property
    def reading_limits(self) -> ReadingLimits:
        """What reading one file may take."""
        from sources.raw_sheets import ReadingLimits

        reading = self.request.settings.reading
        return ReadingLimits(reading.memory_mib, reading.seconds)

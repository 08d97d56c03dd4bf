"""What the rows of files name, as a check reads them: a sync asks for that alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ledger.dry_run import open_for_rehearsal, rehearsal
from pipeline.intake.fetch import named_files
from pipeline.intake.found_files import silent
from pipeline.lifecycle import beginning, new_work, run_files
from pipeline.load import stage_of
from pipeline.open_files import OpenFiles
from pipeline.steps import judge_files
from pipeline.work_folder import work_folder
from rollbook.profile import load_profiles
from rollbook.request import Request
from transforms.values.normalize import comparable

if TYPE_CHECKING:
    from rollbook.settings import Settings

Record = dict[str, Any]
_NAMED = """SELECT DISTINCT learner_email, learner_employee_id, group_id, group_name, course_id, course_name
    FROM rows ORDER BY ALL"""


def lines_in(
    files: Sequence[str], settings: Settings, profile: Path | None, destination: str, query: str
) -> tuple[list[tuple[Any, ...]], list[str]]:
    """What a query finds in the judged rows of files; nothing is written. And the files that could not be read.

    query: over the table `rows` of the stage.
    """
    with (
        TemporaryDirectory(prefix="rollbook-") as out,
        rehearsal(open_for_rehearsal(settings.database)) as (ledger, existing),
    ):
        profiles = tuple(load_profiles(profile or settings.profile))
        request = Request("check", tuple(files), destination, out=out, profiles=profiles, settings=settings)
        work = new_work(ledger, request, existing=existing)
        with work_folder(work.folder):
            beginning(run_files(named_files(files, request, silent), request))(work)
            judge_files(OpenFiles(work), list(work.files))
            with work.transaction() as connection, stage_of(work, connection) as stage:
                lines = stage.lines(query)
        unread = [f"{file.path}: {file.message}" for file in work.files.values() if file.state == "failed"]
        return lines, unread


@dataclass(frozen=True)
class Named:
    """What sheets name: e-mails and employee IDs of learners; IDs and names, as they are compared, of the others."""

    emails: frozenset[str]
    employee_ids: frozenset[str]
    groups: frozenset[str]
    courses: frozenset[str]

    @property
    def step(self) -> str:
        """What tells a sync of this from others."""
        parts = (self.emails, self.employee_ids, self.groups, self.courses)
        return sha256(repr([sorted(part) for part in parts]).encode()).hexdigest()[:16]

    def has_group(self, group: Record) -> bool:
        """Whether sheets name the group."""
        return group["group_id"] in self.groups or comparable(group["name"] or "") in self.groups

    def has_course(self, course: Record) -> bool:
        """Whether sheets name the course."""
        return course["course_id"] in self.courses or comparable(course["name"] or "") in self.courses


def named_for_smarteru(files: Sequence[str], settings: Settings, profile: Path | None) -> tuple[Named, list[str]]:
    """What the rows of files name for SmarterU, and which files could not be read."""
    lines, unread = lines_in(files, settings, profile, "smarteru", _NAMED)
    emails, employee_ids, group_ids, group_names, course_ids, course_names = (
        zip(*lines, strict=True) if lines else [()] * 6
    )
    return Named(
        emails=frozenset(filter(None, emails)),
        employee_ids=frozenset(filter(None, employee_ids)),
        groups=frozenset(filter(None, group_ids)) | {comparable(name) for name in group_names if name},
        courses=frozenset(filter(None, course_ids)) | {comparable(name) for name in course_names if name},
    ), unread

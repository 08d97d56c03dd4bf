"""What is done beside the run's own process: a file read, its sheets planned, its parts judged. It knows no ledger."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline.faults import raising_faults
from pipeline.judge import judge_part
from pipeline.parallel.executors import shared
from pipeline.returned.recognition import is_returned
from pipeline.sheets import OpenSheet, parts_of, planned_sheets
from rollbook.profile import Profile, parse_profile
from sources.errors import CHANGED
from sources.paths import content_of
from sources.process.reader import read_file
from sources.raw_sheets import ReadFile, ReadingLimits
from stage.part_files import PartFiles
from stage.parts import JudgedPart, StagedPart

if TYPE_CHECKING:
    from stage.parts import Part
    from transforms.planning.plan import SheetPlan
    from validators.context import Context

# A file of more parts is read by one task, and its parts are judged by others.
PARTS_AT_ONCE = 4


@dataclass(frozen=True)
class Common:
    """What all files of a run have in common.

    kinds: the text of each profile, and what is judged against under it. parts: the folder of the run's judged parts,
    where it can be reached: what is judged is written there.
    """

    run_id: str
    part_rows: int
    limits: ReadingLimits
    kinds: Sequence[tuple[str, Context]]
    parts: str | None

    @cached_property
    def profiles(self) -> list[Profile]:
        """The profiles of the kinds."""
        return [parse_profile(text) for text, _ in self.kinds]

    def hand_in(self, judged: JudgedPart) -> JudgedPart | StagedPart:
        """Write a part, or hand it back where its folder cannot be reached."""
        return judged if self.parts is None else PartFiles(self.parts).write(judged)


@dataclass(frozen=True)
class FileJob:
    """A file to be judged.

    path: as it is recorded; place: where it lies. kind: which of the run's kinds. into: the run's work folder, where it
    can be reached; then a file of many parts is only opened.
    """

    file_no: int
    path: str
    place: Path
    sha256: str | None
    kind: int
    into: Path | None


@dataclass(frozen=True)
class JudgedFile:
    """A file that was judged, or why it was not.

    code, message: why it failed as a whole. is_returned: the ledger is needed to open it. plans, parts: of its sheets.
    judged: its parts; none where they are many, then `opened` holds its sheets.
    """

    code: str | None = None
    message: str = ""
    is_returned: bool = False
    plans: Sequence[SheetPlan] = ()
    parts: Sequence[Part] = ()
    judged: Sequence[JudgedPart | StagedPart] = ()
    opened: Sequence[OpenSheet] = field(default=())


def judge_file(name: str, job: FileJob) -> JudgedFile:
    """Read a file and judge its parts. name: that under which `Common` was shared."""
    common: Common = shared(name)
    with raising_faults(), _folder(job) as folder:
        found = read_file(job.place, folder, common.limits, common.profiles[job.kind].file.form)
        if found.code is None and (found.sha256 or content_of(job.place)) != job.sha256:
            found = ReadFile(code="file.changed", message=CHANGED)
        if found.code is not None:
            return JudgedFile(found.code, found.message or "")
        if is_returned(found):
            return _let_go(found, JudgedFile(is_returned=True))
        return _judged(common, job, found)


def _judged(common: Common, job: FileJob, found: ReadFile) -> JudgedFile:
    profile, (_, context) = common.profiles[job.kind], common.kinds[job.kind]
    sheets = planned_sheets(job.path, profile, context, found.sheets)
    plans = [sheet.plan for sheet in sheets]
    parts = parts_of(common.run_id, job.file_no, sheets, common.part_rows)
    if job.into is not None and len(parts) > PARTS_AT_ONCE:
        return JudgedFile(plans=plans, parts=parts, opened=sheets)
    judged = [common.hand_in(judge_part(sheets[part.sheet_position], part, context)) for part in parts]
    return _let_go(found, JudgedFile(plans=plans, parts=parts, judged=judged))


def judge_part_of(name: str, kind: int, sheet: bytes, part: Part) -> JudgedPart | StagedPart:
    """Judge a part of a file that was opened elsewhere. sheet: pickled, the same for all parts of the sheet."""
    common: Common = shared(name)
    with raising_faults():
        return common.hand_in(judge_part(_understood(sheet), part, common.kinds[kind][1]))


@lru_cache(maxsize=1)
def _understood(sheet: bytes) -> OpenSheet:
    opened: OpenSheet = pickle.loads(sheet)  # noqa: S301 - the run's own words
    return opened


@contextmanager
def _folder(job: FileJob) -> Iterator[Path]:
    if job.into is not None:
        yield job.into
        return
    with TemporaryDirectory(prefix="rollbook-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _let_go(found: ReadFile, judged: JudgedFile) -> JudgedFile:
    """The sheets as read are needed no more."""
    for folder in {sheet.arrow.parent for sheet in found.sheets}:
        shutil.rmtree(folder, ignore_errors=True)
    return judged

"""What the summary of a run tells, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from rollbook.rows.outcomes import Counts
from rollbook.text_form import TextForm

if TYPE_CHECKING:
    from ledger.returned import HeldBack


@dataclass(frozen=True)
class SheetReport:
    """One sheet. state: read | skipped | failed. message: why not read, or what else is to know.

    unused: the headers of the columns that feed no field, the fullest first; kept: whether their cells are kept beside
        the records. left_out: the headers of those that the profile says to leave out.
    """

    name: str
    state: str
    header_row: int | None = None
    rows: int = 0
    message: str | None = None
    unused: tuple[str, ...] = ()
    kept: bool = False
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileReport:
    """One file. state: done | unchanged | failed; code and message say why it failed. form: of a text file, as read."""

    path: str
    sha256: str | None
    state: str
    code: str | None = None
    message: str | None = None
    failed_rows: int = 0
    sheets: tuple[SheetReport, ...] = ()
    form: TextForm | None = None


@dataclass(frozen=True)
class ChangedEnrollment:
    """An enrollment that is unusual: a field of it as it was and as it is now; `missing` where it is not there."""

    learner: str
    session: str
    field: str
    was: str
    now: str


@dataclass(frozen=True)
class FeedReport:
    """What one feed sent: enrollments that are missing in it, that came back, and that were cancelled as missing.

    complete: whether all of its files are. held: enrollments in its import before. doubtful: those that are not counted
    as missing, for a row that cannot be read may be about them. not_compared: why it was not found out what is missing.
    not_checked: limits that somebody set and that cannot be checked, and why; name: None of files without a feed.
    absences: the first of the missing ones.
    """

    name: str | None
    missing: int = 0
    back: int = 0
    cancelled: int = 0
    changed: int = 0
    held: int = 0
    complete: bool = False
    doubtful: int = 0
    not_compared: str | None = None
    not_checked: str | None = None
    absences: tuple[ChangedEnrollment, ...] = ()


# The sheet was read; what its columns are is not clear without a profile.
NEED_A_PROFILE = frozenset({"file.missing_columns", "file.ambiguous_columns", "file.no_header"})


@dataclass(frozen=True)
class DropReport:
    """The drop folder that a run's file came from, and where its failed rows are next to that file: paths or URLs."""

    folder: str
    workbooks: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunReport:
    """Everything that the summary tells.

    failures: {code: problems}. created and not_kept: {what: how many}. reports: {kind: path}; `failed_rows` is the
        workbook, or the folder of several.
    alike: groups of created courses that look like one, each with the spelling to keep first.
    disputed: (session, field that its rows differ in, what they say …) of created sessions.
    doubtful_people: (e-mail or employee ID, name, name …) of learners whose names may be of several people.
    feeds: what its feeds sent. examples: the first enrollments for which its limits stopped the run.
    held_back: the runs that their limits stopped and of which failed rows came back here: their other rows wait.
    For people only: remedies {code: what to do}, ignored {reason: rows}, repeats (run ID and start of the run that
        had the same file), stopped_by (why a run was stopped), raised_limits (the options of `resume` with which the
        limits that stopped it let it pass), covered (cases of rows that failed here and need no correction: another row
        or run loaded the same learner and session), command, by, started_at, drop (of a nightly import), and
        asked (the words by which a command asks a database what this run asked it).
    """

    run: str
    state: str
    destination: str
    exit: int
    counts: Counts
    files: tuple[FileReport, ...] = ()
    cases: Mapping[str, int] = field(default_factory=dict)
    created: Mapping[str, int] = field(default_factory=dict)
    alike: tuple[tuple[str, ...], ...] = ()
    disputed: tuple[tuple[str, ...], ...] = ()
    doubtful_people: tuple[tuple[str, ...], ...] = ()
    not_kept: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    not_checked: tuple[str, ...] = ()
    reports: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    remedies: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    repeats: tuple[str, datetime] | None = None
    stopped_by: str | None = None
    raised_limits: str | None = None
    covered: int = 0
    command: str = "import"
    by: str | None = None
    started_at: datetime | None = None
    drop: DropReport | None = None
    feeds: tuple[FeedReport, ...] = ()
    examples: tuple[ChangedEnrollment, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def only_checked(self) -> bool:
        """Whether it says what an import would do."""
        return self.command == "check" or self.state == "checked"

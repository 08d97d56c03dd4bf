"""The page on which somebody confirms a run: what was read, what became of it, what the database holds of it now."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reports.text import count_noun, day_and_time, listed
from rollbook import __version__
from rollbook.rows.outcomes import OUTCOMES
from rollbook.rows.statuses import STATUSES
from rollbook.systems import SYSTEM_NAMES

if TYPE_CHECKING:
    from jinja2 import Environment

    from ledger.accounts.recount import CourseYear, Recount
    from ledger.activity import Activity
    from ledger.runs import Run, RunFile
    from reports.run_report import RunReport

# More courses are told as one line.
_SHOWN_COURSES = 60
_MEANINGS = {
    "loaded": "new in the destination",
    "updated": "changed what was there",
    "unchanged": "there already, with the same content",
    "duplicate": "copies of another row of the run",
    "rejected": "broke a rule: not loaded",
    "failed": "refused by the destination: not loaded",
    "pending": "not yet confirmed by the destination",
}


@dataclass(frozen=True)
class SignedFile:
    """A file as the page names it. profile: its name, if it is known, and the SHA-256 of its text; None without one."""

    path: str
    sha256: str | None
    size_bytes: int | None
    rows: int
    failed_rows: int
    code: str | None
    profile: str | None


def signed_files(files: Sequence[RunFile], report: RunReport, profiles: Sequence[tuple[str, str]]) -> list[SignedFile]:
    """The files of a run as the page names them. profiles: (name, text) of those that were given."""
    names = {text: name for name, text in profiles}
    return [
        SignedFile(
            file.path,
            file.sha256,
            file.size_bytes,
            sum(sheet.rows for sheet in told.sheets if sheet.state == "read"),
            told.failed_rows,
            file.code,
            _signed_profile(names.get(file.profile, ""), file.profile) if file.profile else None,
        )
        for file, told in zip(files, report.files, strict=True)
    ]


def _signed_profile(name: str, text: str) -> str:
    sha256 = f"SHA-256 {hashlib.sha256(text.encode()).hexdigest()}"
    return f"{name}, {sha256}" if name else sha256


def sign_off_page(
    run: Run,
    report: RunReport,
    files: Sequence[SignedFile],
    recounted: Recount | None,
    *,
    database: str,
    limits: Mapping[str, float | None],
    resumed: Sequence[Activity],
    meanings: Mapping[str, str],
    at: datetime,
) -> str:
    """The page as HTML that stands by itself.

    recounted: None where the rows went to a system outside. database: its address, without the password. limits: those
    of the command line. resumed: who continued it, in order. meanings: code -> what its rule checks.
    at: when it was recounted, in UTC.
    """
    counts = asdict(report.counts)
    courses = _some_courses(recounted.courses) if recounted else []
    return (
        _templates()
        .get_template("sign_off.html")
        .render(
            run=run,
            report=report,
            files=files,
            recounted=recounted,
            differences=differences(run, recounted) if recounted else [],
            courses=courses,
            statuses=[status for status in STATUSES if any(line.statuses.get(status) for line in courses)],
            years=_by_year(recounted.courses) if recounted else [],
            outcomes=[(name, counts[name], _MEANINGS[name]) for name in OUTCOMES],
            ignored=sorted(report.ignored.items(), key=lambda pair: (-pair[1], pair[0])),
            failures=sorted(report.failures.items(), key=lambda pair: (-pair[1], pair[0])),
            limits=_limits(limits),
            resumed=[f"{day_and_time(one.at)} by {one.who or 'somebody not recorded'}" for one in resumed],
            not_loaded=_not_loaded(report),
            meanings=meanings,
            destination=SYSTEM_NAMES.get(report.destination.removesuffix("-xml"), "the database"),
            feeds=run.summary.get("feeds", ()),
            judged_by=run.summary.get("judged_by", {}),
            not_checked=listed(list(report.not_checked)),
            database=database,
            version=__version__,
            at=at,
        )
    )


def differences(run: Run, recounted: Recount) -> list[str]:
    """Where the database differs from what the run loaded, in sentences."""
    told = [
        f"{count_noun(number, 'enrollment')} {'was' if number == 1 else 'were'} changed later by run {later}."
        for later, number in recounted.later.items()
    ]
    missing = recounted.missing
    if missing > 0 and run.state == "undone":
        told.append(f"The run was undone: {count_noun(missing, 'enrollment')} {_are(missing)} no longer there.")
    elif missing > 0:
        gone = f"{count_noun(missing, 'enrollment')} {_are(missing)} missing, and no later run changed {_them(missing)}"
        why = "an undo of one file of the run, reference data that joined two learners or sessions, or somebody by hand"
        told.append(f"{gone}. What can remove enrollments: {why}.")
    elif missing < 0:
        told.append(f"{count_noun(-missing, 'enrollment')} more than the run loaded bear its ID: added by hand.")
    return told


def _not_loaded(report: RunReport) -> str:
    """What the files hold that was not loaded; nothing where all was."""
    failed, unread = report.counts.rejected + report.counts.failed, sum(f.state == "failed" for f in report.files)
    told = [(failed, "row", "failed"), (unread, "file", "could not be imported")]
    return listed([f"{count_noun(number, noun)} that {what}" for number, noun, what in told if number])


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _some_courses(courses: Sequence[CourseYear]) -> Sequence[CourseYear]:
    """The courses with the most enrollments; those that differ always."""
    differing = [line for line in courses if line.loaded not in (None, line.standing)]
    rest = [line for line in courses if line not in differing]
    most = sorted(rest, key=lambda line: -line.standing)[: max(_SHOWN_COURSES - len(differing), 0)]
    return [line for line in courses if line in differing or line in most]


def _by_year(courses: Sequence[CourseYear]) -> list[tuple[int | None, int | None, int]]:
    """(year, loaded or updated, standing)."""
    standing, loaded = Counter[int | None](), Counter[int | None]()
    for line in courses:
        standing[line.year] += line.standing
        loaded[line.year] += line.loaded or 0
    known = all(line.loaded is not None for line in courses)
    return [(year, loaded[year] if known else None, standing[year]) for year in sorted(standing, key=lambda y: y or 0)]


def _limits(limits: Mapping[str, float | None]) -> list[str]:
    return [f"--{name.replace('_', '-')} {value:g}" for name, value in limits.items() if value is not None]


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"when": day_and_time, "number": lambda number: f"{number:,}"}
    return made

"""What a run loaded and updated against what the database holds of it now, by course and year."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, func, select

from ledger.accounts import kept_accounts
from ledger.runs import Run
from ledger.tables import courses, rollbook_changes, training_enrollments, training_sessions
from rollbook.rows.outcomes import LOADED, UPDATED

_SESSIONS_AT_ONCE = 500
Place = tuple[str | None, int | None]


@dataclass(frozen=True)
class CourseYear:
    """Rows that the run loaded or updated (None where that was not kept), and enrollments that are its now.

    course: its name, else its code; None where no row names one. year: of the session. statuses: those of what stands.
    """

    course: str | None
    year: int | None
    loaded: int | None
    standing: int
    statuses: Mapping[str, int]


@dataclass(frozen=True)
class Recount:
    """Enrollments: that the run loaded or updated; that are its now; that later runs updated since, by run.

    missing: the rest, which nobody recorded as changed; negative where there are more than it loaded.
    """

    expected: int
    standing: int
    later: Mapping[str, int]
    courses: tuple[CourseYear, ...]

    @property
    def missing(self) -> int:
        """What neither stands nor was updated by a later run."""
        return self.expected - self.standing - sum(self.later.values())


def recount(connection: Connection, run: Run, folder: Path) -> Recount:
    """Count what the database holds of a run. folder: on a disk, the user's alone."""
    loaded = _loaded_by_session(connection, run.run_id, folder)
    standing = _standing_by_session(connection, run.run_id)
    places = _places(connection, {*(loaded or ()), *standing})
    total = sum(sum(statuses.values()) for statuses in standing.values())
    lines = tuple(_by_place(loaded, standing, places))
    return Recount(run.counts.loaded + run.counts.updated, total, _updated_later(connection, run.run_id), lines)


def _loaded_by_session(connection: Connection, run_id: str, folder: Path) -> Counter[str] | None:
    """Rows that were loaded or updated, by the session's code; None where that was not kept."""
    if not kept_accounts.are_kept(connection, run_id):
        return None
    accounts = pq.ParquetFile(kept_accounts.fetch(connection, run_id, folder / "recounted.parquet"))
    counts = Counter[str]()
    for number in range(accounts.num_row_groups):
        lines = accounts.read_row_group(number, columns=["outcome", "session"])
        taken = lines.filter(pc.is_in(lines["outcome"], pa.array([LOADED, UPDATED])))
        counts.update({line["values"]: line["counts"] for line in taken["session"].value_counts().to_pylist()})
    return counts


def _standing_by_session(connection: Connection, run_id: str) -> dict[str, Counter[str]]:
    """Session's code -> status -> enrollments that are the run's."""
    there, sessions = training_enrollments.c, training_sessions.c
    query = (
        select(sessions.session_code, there.status, func.count())
        .join(training_sessions, sessions.id == there.training_session_id)
        .where(there.run_id == run_id, there.source_row.is_not(None))  # no row made what a feed cancelled
        .group_by(sessions.session_code, there.status)
    )
    standing: dict[str, Counter[str]] = defaultdict(Counter)
    for code, status, number in connection.execute(query):
        standing[code][status] = number
    return standing


def _places(connection: Connection, codes: Iterable[str]) -> dict[str, Place]:
    """Session's code -> its course and its year."""
    sessions = training_sessions.c
    query = select(sessions.session_code, func.coalesce(courses.c.name, courses.c.course_code), sessions.session_date)
    query = query.outerjoin(courses, courses.c.id == sessions.course_id)
    found: dict[str, Place] = {}
    ordered = sorted(codes)
    for start in range(0, len(ordered), _SESSIONS_AT_ONCE):
        some = ordered[start : start + _SESSIONS_AT_ONCE]
        for code, course, day in connection.execute(query.where(sessions.session_code.in_(some))):
            found[code] = (course, day.year if day else None)
    return found


def _updated_later(connection: Connection, run_id: str) -> dict[str, int]:
    """Later run -> enrollments of this one that it updated."""
    journal = rollbook_changes.c
    ours = (journal.replaced_run_id == run_id, journal.run_id != run_id, journal.replaced_source_row.is_not(None))
    query = select(journal.run_id, func.count()).where(*ours).group_by(journal.run_id).order_by(journal.run_id)
    return dict(connection.execute(query).tuples().all())


def _by_place(
    loaded: Mapping[str, int] | None, standing: Mapping[str, Counter[str]], places: Mapping[str, Place]
) -> Iterator[CourseYear]:
    was, statuses = Counter[Place](), defaultdict[Place, Counter[str]](Counter)
    for code, number in (loaded or {}).items():
        was[places.get(code, (None, None))] += number
    for code, found in standing.items():
        statuses[places[code]].update(found)
    for place in sorted({*was, *statuses}, key=lambda one: (one[0] or "", one[1] or 0)):
        found = statuses[place]
        yield CourseYear(*place, None if loaded is None else was[place], sum(found.values()), dict(found))

"""Runs and their files: begun, marked, ended, found again. Neither pandas nor pyarrow is imported here."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    distinct,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from ledger.activity import Activity, record
from ledger.tables import (
    FIXED,
    rollbook_cases,
    rollbook_failures,
    rollbook_feed_imports,
    rollbook_files,
    rollbook_parts,
    rollbook_references,
    rollbook_rows,
    rollbook_runs,
    training_enrollments,
)
from rollbook.errors import CannotBegin
from rollbook.rows.outcomes import FAILED, LOADED, REJECTED, UPDATED, Counts

_RUNS_A_QUERY = 500

RUNNING, COMPLETED, WITH_FAILURES, STOPPED, PENDING, UNDONE, CHECKED = STATES = (
    "running",
    "completed",
    "with_failures",
    "stopped",
    "pending",
    "undone",
    "checked",
)
UNFINISHED = (RUNNING, STOPPED)
# A fact of the summary: the run ended, and its workbooks are not written yet.
REPORTS_DUE = "reports_due"
# Another: the run was stopped by its limits.
BY_LIMITS = "by_limits"
# Another: the options of `resume` that raise those limits far enough.
RAISED_LIMITS = "raised_limits"
# Another: the run was stopped because the system that it sends to did not answer.
BY_SILENCE = "by_silence"
# Another: what its feeds sent, a mapping each: name, missing, back, cancelled, and more (docs/feeds.md).
FEEDS = "feeds"
# Another: some of the enrollments for which its limits stopped it: learner, session, field, was, now.
EXAMPLES = "examples"
# Another: when the cells of its rows were taken out.
PURGED = "purged_at"
# No letter that is read as another: i l o u, 0 1.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
# Verdicts that hang on what other runs left in the database, so that the same file may fare better today.
_CODES_OF_EXISTING = ("enrollment.exists", "session.full", "row.two_learners", "learner.ambiguous")
# What kept a file from being read may have gone since: a program that held it, a right, a limit, a bug of ours.
_CODES_OF_READING = ("file.locked", "file.changed", "file.unreadable", "file.too_large", "file.fault")


@dataclass(frozen=True)
class Run:
    """A line of rollbook_runs; `counts` and `cases` (new, known, closed) are its accounts, `request` JSON text."""

    run_id: str
    command: str
    state: str
    destination: str
    started_at: datetime
    finished_at: datetime | None
    started_by: str | None
    request: str
    signature: str | None
    repeats_run_id: str | None
    retries_run_id: str | None
    exit_code: int | None
    counts: Counts
    cases: dict[str, int]
    summary: dict[str, Any]

    @property
    def rows_run_id(self) -> str:
        """The run that holds the rows and failures: the first one where this run only repeats it."""
        return self.repeats_run_id or self.run_id

    @property
    def reports_due(self) -> bool:
        """Whether the run ended and a crash left it without its reports."""
        return self.state in (COMPLETED, WITH_FAILURES) and bool(self.summary.get(REPORTS_DUE))

    @property
    def is_over_limits(self) -> bool:
        """Whether its limits stopped the run."""
        return self.state == STOPPED and bool(self.summary.get(BY_LIMITS))

    @property
    def is_unanswered(self) -> bool:
        """Whether the run was stopped because the system that it sends to did not answer: a later try may succeed."""
        return self.state == STOPPED and bool(self.summary.get(BY_SILENCE))

    @property
    def is_unfinished(self) -> bool:
        """Whether `resume` has something left to do."""
        return self.state in UNFINISHED or self.reports_due


@dataclass(frozen=True)
class RunFile:
    """A line of rollbook_files. `profile` is the profile's TOML text, `plan` the JSON list of its sheets' plans.

    sender: whose file it is, where its profile says so.
    """

    run_id: str
    file_no: int
    path: str
    sha256: str | None = None
    size_bytes: int | None = None
    state: str = "found"
    code: str | None = None
    message: str | None = None
    profile: str | None = None
    plan: str | None = None
    sender: str | None = None


def new_run_id(now: datetime) -> str:
    """A readable name such as `261121-k3f8q`: the day, then five characters at random."""
    return f"{now:%y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(5))}"


def begin(
    connection: Connection,
    *,
    run_id: str,
    command: str,
    destination: str,
    started_at: datetime,
    request: str,
    started_by: str | None = None,
    signature: str | None = None,
    retries_run_id: str | None = None,
) -> None:
    """Write down a new run in state `running`. `started_at` is UTC without zone, `request` JSON text."""
    connection.execute(
        insert(rollbook_runs).values(
            run_id=run_id,
            command=command,
            state=RUNNING,
            destination=destination,
            started_at=started_at,
            started_by=started_by,
            request=request,
            signature=signature,
            retries_run_id=retries_run_id,
        )
    )
    record(connection, Activity(command, started_at, started_by, run_id))


def finish(
    connection: Connection,
    run_id: str,
    *,
    state: str,
    exit_code: int,
    finished_at: datetime,
    counts: Counts | None = None,
    cases: Mapping[str, int] | None = None,
    summary: Mapping[str, Any] | None = None,
) -> None:
    """End a run: its state, its accounts (checked: AccountsError), `cases` (new, known, closed) and the summary."""
    values: dict[str, Any] = {"state": state, "exit_code": exit_code, "finished_at": finished_at}
    if counts is not None:
        counts.check()
        values |= {f"rows_{field.name}": getattr(counts, field.name) for field in fields(Counts)}
    values |= {f"cases_{name}": number for name, number in (cases or {}).items()}
    if summary is not None:
        values["summary"] = _json(summary)
    mark(connection, run_id, **values)


def mark(connection: Connection, run_id: str, **values: Any) -> None:
    """Set columns of a run, such as `state`, `request`, `signature` or `cases_closed`."""
    connection.execute(update(rollbook_runs).where(rollbook_runs.c.run_id == run_id).values(**values))


def add_to_summary(connection: Connection, run_id: str, **facts: Any) -> None:
    """Put facts (reports, seconds, …) into the run's summary beside what stands there."""
    runs = rollbook_runs.c
    known = connection.scalar(select(runs.summary).where(runs.run_id == run_id))
    mark(connection, run_id, summary=_json({**json.loads(known or "{}"), **facts}))


def find(connection: Connection, name: str) -> Run:
    """The run of an ID, of the unique beginning of one, or `last`; CannotBegin when there is none or more than one."""
    runs = rollbook_runs.c
    if not name:
        raise CannotBegin("Name a run: its ID, the beginning of one, or last. `rollbook runs` lists them.")
    if name == "last":
        last = _runs(connection, select(rollbook_runs).order_by(runs.started_at.desc(), runs.run_id.desc()).limit(1))
        if not last:
            raise CannotBegin("There are no runs yet. Import a spreadsheet to begin (rollbook import --help).")
        return last[0]
    like = runs.run_id.startswith(name.lower(), autoescape=True)
    found = _runs(connection, select(rollbook_runs).where(like).order_by(runs.run_id).limit(6))
    exact = [run for run in found if run.run_id == name.lower()]
    if exact or len(found) == 1:
        return (exact or found)[0]
    if not found:
        raise CannotBegin(f"There is no run '{name}'. `rollbook runs` lists them.")
    named = ", ".join(run.run_id for run in found[:5]) + (", …" if len(found) > 5 else "")
    raise CannotBegin(f"More than one run begins with “{name}”: {named}. Give more of its ID.")


def retries_of(connection: Connection, run_id: str) -> set[str]:
    """The runs that retried the rows of a run."""
    return set(connection.scalars(select(rollbook_runs.c.run_id).where(rollbook_runs.c.retries_run_id == run_id)))


def is_known(connection: Connection, name: str) -> bool:
    """Whether `find` finds a run of this name, or more than one."""
    runs = rollbook_runs.c
    named = true() if name == "last" else runs.run_id.startswith(name.lower(), autoescape=True)
    return bool(connection.scalar(select(exists(select(runs.run_id).where(named)))))


def list_runs(connection: Connection, limit: int | None = None) -> list[Run]:
    """All runs, the latest first."""
    runs = rollbook_runs.c
    query = select(rollbook_runs).order_by(runs.started_at.desc(), runs.run_id.desc())
    return _runs(connection, query.limit(limit) if limit is not None else query)


def count_runs(connection: Connection) -> int:
    """How many runs there are."""
    return connection.scalar(select(func.count()).select_from(rollbook_runs)) or 0


def paths_by_run(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[str]]:
    """run_id -> the paths of its files, in their order."""
    files = rollbook_files.c
    found: dict[str, list[str]] = {run_id: [] for run_id in run_ids}
    for start in range(0, len(run_ids), _RUNS_A_QUERY):
        some = run_ids[start : start + _RUNS_A_QUERY]
        query = select(files.run_id, files.path).where(files.run_id.in_(some)).order_by(files.run_id, files.file_no)
        for run_id, path in connection.execute(query):
            found[run_id].append(path)
    return found


def find_each(connection: Connection, run_ids: Sequence[str]) -> list[Run]:
    """The runs of these IDs, the latest first; unknown ones are simply not there."""
    runs = rollbook_runs.c
    query = select(rollbook_runs).where(runs.run_id.in_(run_ids))
    return _runs(connection, query.order_by(runs.started_at.desc(), runs.run_id.desc()))


def unfinished(connection: Connection) -> list[Run]:
    """What a crash or a stop left, the oldest first: what `resume` takes."""
    runs = rollbook_runs.c
    due = and_(runs.state.in_([COMPLETED, WITH_FAILURES]), runs.summary.contains(f'"{REPORTS_DUE}": true'))
    left = or_(runs.state.in_(UNFINISHED), due)
    return _runs(connection, select(rollbook_runs).where(left).order_by(runs.started_at, runs.run_id))


def find_begun(connection: Connection, signature: str, paths: Sequence[str]) -> Run | None:
    """The latest unfinished run that was asked for the same, of files in the same places; None when there is none."""
    runs = rollbook_runs.c
    same = and_(runs.signature == signature, runs.state.in_(UNFINISHED))
    query = select(rollbook_runs).where(same).order_by(runs.started_at.desc(), runs.run_id.desc())
    for run in _runs(connection, query):
        if [file.path for file in list_files(connection, run.run_id)] == list(paths):
            return run
    return None


def find_of_file(connection: Connection, path: str, sha256: str, since: datetime) -> Run | None:
    """The latest run, begun since then, of just this file with this content, or of the archive's files; else None."""
    runs, files = rollbook_runs.c, rollbook_files.c
    of_it = or_(and_(files.path == path, files.sha256 == sha256), files.path.startswith(f"{path}/", autoescape=True))
    same = and_(files.run_id == runs.run_id, files.file_no == 1, of_it)
    query = select(rollbook_runs).where(exists().where(same), runs.started_at >= since)
    found = _runs(connection, query.order_by(runs.started_at.desc(), runs.run_id.desc()).limit(1))
    return found[0] if found else None


def _runs(connection: Connection, query: Select[Any]) -> list[Run]:
    return [_run(row) for row in connection.execute(query).mappings()]


def _run(row: RowMapping) -> Run:
    plain = {field.name: row[field.name] for field in fields(Run) if field.name in row}
    plain["summary"] = json.loads(row["summary"] or "{}")
    counts = Counts(**{field.name: row[f"rows_{field.name}"] for field in fields(Counts)})
    cases = {name: row[f"cases_{name}"] for name in ("new", "known", "closed")}
    return Run(**plain, counts=counts, cases=cases)


def add_file(connection: Connection, file: RunFile) -> None:
    """Write down a file of a run."""
    values = {field.name: getattr(file, field.name) for field in fields(RunFile)}
    connection.execute(insert(rollbook_files).values(**values))


def mark_file(connection: Connection, run_id: str, file_no: int, **values: Any) -> None:
    """Set columns of a file, such as `state`, `code`, `message`, `sha256` or `plan`."""
    files = rollbook_files.c
    here = and_(files.run_id == run_id, files.file_no == file_no)
    connection.execute(update(rollbook_files).where(here).values(**values))


def list_files(connection: Connection, run_id: str) -> list[RunFile]:
    """The files of a run in their order."""
    query = select(rollbook_files).where(rollbook_files.c.run_id == run_id).order_by(rollbook_files.c.file_no)
    return [RunFile(**row) for row in connection.execute(query).mappings()]


def rows_by_sheet(connection: Connection, run_id: str) -> dict[tuple[int, int], tuple[int, dict[str, int]]]:
    """{(file_no, sheet_position): (rows read, {reason: rows ignored})} of a run's parts."""
    parts = rollbook_parts.c
    query = select(parts.file_no, parts.sheet_position, parts.rows_read, parts.ignored)
    sheets: dict[tuple[int, int], tuple[int, dict[str, int]]] = {}
    for file_no, position, read, told in connection.execute(query.where(parts.run_id == run_id)):
        before, ignored = sheets.get((file_no, position), (0, {}))
        for reason, number in json.loads(told or "{}").items():
            ignored[reason] = ignored.get(reason, 0) + number
        sheets[file_no, position] = (before + read, ignored)
    return sheets


def failures_by_code(connection: Connection, run_id: str) -> dict[str, int]:
    """{code: failures} of a run, the most frequent first."""
    failures = rollbook_failures.c
    number = func.count()
    query = select(failures.code, number).where(failures.run_id == run_id).group_by(failures.code)
    return dict(connection.execute(query.order_by(number.desc(), failures.code)).tuples().all())


def count_covered(connection: Connection, run_id: str) -> int:
    """How many cases of rows that failed in a run are fixed: corrected since, or loaded by another row or run."""
    cases, rows = rollbook_cases.c, rollbook_rows.c
    # A join from the rows: an EXISTS for each case reads all rows of the run again.
    query = (
        select(func.count(distinct(cases.case_id)))
        .select_from(rollbook_rows)
        .join(rollbook_cases, and_(cases.fingerprint == rows.fingerprint, cases.state == FIXED))
        .where(rows.run_id == run_id, rows.outcome.in_([REJECTED, FAILED]))
    )
    return connection.scalar(query) or 0


def remedies_by_code(connection: Connection, run_id: str) -> dict[str, str]:
    """{code: what to do} of a run's failures, worded as for one of them."""
    failures = rollbook_failures.c
    query = select(failures.code, func.min(failures.remedy)).where(failures.run_id == run_id).group_by(failures.code)
    return dict(connection.execute(query).tuples().all())


def reference_generation(connection: Connection) -> dict[str, int]:
    """{kind: generation} of the reference data that was loaded or synced, and not forgotten since."""
    references = rollbook_references.c
    query = select(references.kind, references.generation).where(references.forgotten_at.is_(None))
    return dict(connection.execute(query).tuples().all())


def is_of_file(run_id: str, file: str | None, source_file: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a source is a file of the run, by its path; of any where none is given.

    Rows are counted by the file that they came from originally; a corrected workbook names it for each of its sheets.
    """
    if file is None:
        return true()
    parts, files = rollbook_parts.c, rollbook_files.c
    sources = select(parts.source_file).where(
        parts.run_id == run_id, files.run_id == run_id, files.file_no == parts.file_no, files.path == file
    )
    return or_(source_file == file, source_file.in_(sources))


def signature_of(facts: Mapping[str, Any] | Sequence[Any]) -> str:
    """The signature of all that decides a run's result: contents, profiles, rules, references, options."""
    return hashlib.sha256(_json(facts).encode()).hexdigest()


def find_repeat(connection: Connection, signature: str) -> Run | None:
    """The ended run that answers for the same request, or None where the answer might differ today.

    It must still stand: as many enrollments bear its ID as it loaded and updated (a later run, an undo or anybody else
    who touched one changes that). Where its verdicts hang on rows of other runs, no other run may have loaded since.
    """
    runs = rollbook_runs.c
    ended = and_(runs.state.in_([COMPLETED, WITH_FAILURES]), runs.repeats_run_id.is_(None))
    query = select(rollbook_runs).where(runs.signature == signature, ended).order_by(runs.started_at.desc()).limit(1)
    found = _runs(connection, query)
    if not found or not _still_stands(connection, found[0]):
        return None
    return found[0]


def _still_stands(connection: Connection, run: Run) -> bool:
    if run.counts.failed or run.counts.pending or _was_not_readable(connection, run):
        return False
    if run.destination == "database":
        enrollments = select(func.count()).where(training_enrollments.c.run_id == run.run_id)
        cancelled = sum(feed["cancelled"] for feed in run.summary.get(FEEDS, ()))
        if connection.scalar(enrollments) != run.counts.loaded + run.counts.updated + cancelled:
            return False
    if _feeds_went_on(connection, run):
        return False
    return not (_hangs_on_others(connection, run) and _others_changed(connection, run))


def _feeds_went_on(connection: Connection, run: Run) -> bool:
    """Whether a feed of the run was imported again since: what was missing then may be there now."""
    own, later = rollbook_feed_imports.c, rollbook_feed_imports.alias("later").c
    since = exists().where(own.run_id == run.run_id, later.feed_id == own.feed_id, later.import_id > own.import_id)
    return bool(connection.scalar(select(since)))


def _was_not_readable(connection: Connection, run: Run) -> bool:
    files = rollbook_files.c
    query = select(exists().where(files.run_id == run.run_id, files.code.in_(_CODES_OF_READING)))
    return bool(connection.scalar(query))


def _hangs_on_others(connection: Connection, run: Run) -> bool:
    failures = rollbook_failures.c
    blamed = exists().where(failures.run_id == run.run_id, failures.code.in_(_CODES_OF_EXISTING))
    return run.counts.unchanged > 0 or bool(connection.scalar(select(blamed)))


def _others_changed(connection: Connection, run: Run) -> bool:
    """Whether enrollments may have come, changed or gone since: a later run loaded, or some run was undone."""
    runs = rollbook_runs.c
    loaded = and_(runs.finished_at >= run.finished_at, runs.rows_loaded + runs.rows_updated > 0)
    others = exists().where(runs.run_id != run.run_id, or_(loaded, runs.state == UNDONE, runs.command == "undo"))
    return bool(connection.scalar(select(others)))


def record_repeat(
    connection: Connection, first: Run, *, run_id: str, started_at: datetime, finished_at: datetime, **also: Any
) -> Run:
    """Write down a run that only repeats `first`, ended; its cases were met once more. `also`: further columns.

    Loaded and updated became unchanged, the rest stays; no case is new; the exit is that of the first.
    """
    counts = repeated(first.counts)
    known = first.cases["new"] + first.cases["known"]
    took = round((finished_at - started_at).total_seconds(), 3)
    connection.execute(
        insert(rollbook_runs).values(
            **{
                "run_id": run_id,
                "command": first.command,
                "state": first.state,
                "destination": first.destination,
                "started_at": started_at,
                "finished_at": finished_at,
                "request": first.request,
                "exit_code": first.exit_code,
                "repeats_run_id": first.run_id,
                "cases_known": known,
                "summary": _json({**_nothing_new(first.summary), REPORTS_DUE: False, "seconds": took}),
                **{f"rows_{field.name}": getattr(counts, field.name) for field in fields(Counts)},
                **also,
            }
        )
    )
    record(connection, Activity(str(also.get("command", first.command)), started_at, also.get("started_by"), run_id))
    _repeat_files(connection, first.run_id, run_id)
    _meet_again(connection, first.run_id, run_id, started_at)
    return find(connection, run_id)


def _nothing_new(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The summary of a run that only repeats another: nothing was created, and nothing is missing that was not then."""
    news = {"missing": 0, "back": 0, "cancelled": 0, "changed": 0, "doubtful": 0, "absences": []}
    return {**summary, "created": {}, FEEDS: [{**feed, **news} for feed in summary.get(FEEDS, ())]}


def repeated(counts: Counts) -> Counts:
    """The accounts of a run whose file came again: what was loaded or updated is unchanged now."""
    plain = {field.name: getattr(counts, field.name) for field in fields(Counts)}
    moved = plain[LOADED] + plain[UPDATED]
    return Counts(**{**plain, LOADED: 0, UPDATED: 0, "unchanged": plain["unchanged"] + moved})


def _repeat_files(connection: Connection, first: str, run_id: str) -> None:
    for file in list_files(connection, first):
        state = file.state if file.state == "failed" else "unchanged"
        add_file(connection, RunFile(**{**vars(file), "run_id": run_id, "state": state}))
    parts = select(rollbook_parts).where(rollbook_parts.c.run_id == first)
    for part in connection.execute(parts).mappings().all():
        connection.execute(insert(rollbook_parts).values(**{**part, "run_id": run_id}))


def _meet_again(connection: Connection, first: str, run_id: str, now: datetime) -> None:
    cases, rows = rollbook_cases.c, rollbook_rows.c
    # A join, which changes a case once however many rows are it: MariaDB reads all of an IN for each case.
    connection.execute(
        update(rollbook_cases)
        .where(rows.run_id == first, cases.fingerprint == rows.fingerprint)
        .values(times=cases.times + 1, last_seen=now, last_run_id=run_id)
    )


def _json(facts: Any) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)

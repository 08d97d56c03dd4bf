"""What the page of a run needs beside it: what this person can do with it, how far it is, what was done with it."""

from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from dashboard.rendering import desk_of, who
from dashboard.roles import covers, role_of
from dashboard.wording import count, number, say
from ledger.activity import ActivityFilter, activities
from ledger.browse.cases import Filter, Sort, page
from ledger.runs import COMPLETED, RUNNING, WITH_FAILURES, Run
from pipeline.progress import Progress, progress_of
from reports.activity import ACTIVITY_NAMES

# Where what was delivered can be taken back.
_TAKES_BACK = ("database", "moon", "axcelerate")
_LINES = 20


def facts_of(request: Request, connection: Connection, run: Run) -> dict[str, Any]:
    """The facts for the templates. run: as it stands, see `ledger.alive`."""
    may = desk_of(request).actions is not None and (
        covers(role_of(request), "repair") or (covers(role_of(request), "import") and run.started_by == who(request))
    )
    ended = run.state in (COMPLETED, WITH_FAILURES)
    loaded = run.counts.loaded + run.counts.updated
    takes_back = bool(loaded) and not run.repeats_run_id and run.destination in _TAKES_BACK
    return {
        "progress": progress_of(connection, run) if run.state == RUNNING else None,
        "described": described,
        "can_resume": may and run.is_unfinished and run.state != RUNNING,
        "can_retry": may and ended and _has_open_rows(connection, run),
        "can_undo": may and ended and takes_back,
        "loaded": loaded,
        "history": activities(connection, ActivityFilter(run_id=run.run_id), size=_LINES),
        "activity_names": ACTIVITY_NAMES,
    }


def _has_open_rows(connection: Connection, run: Run) -> bool:
    failed = run.counts.rejected + run.counts.failed
    return bool(failed and page(connection, Filter(run=run.run_id), Sort(), size=1).lines)


def described(progress: Progress) -> str:
    """How far it is, in words."""
    if progress.step == "deliver":
        return count("{done} of {n} rows delivered", progress.of, done=number(progress.rows))
    if progress.step == "load":
        return count("{n} rows checked, now being loaded", progress.of)
    told = say("reading")
    if progress.of:
        told = count("{done} of {n} rows checked", progress.of, done=number(progress.rows))
    if progress.all_files > 1:
        return say(
            "file {file} of {files}, {progress}",
            file=number(progress.files),
            files=number(progress.all_files),
            progress=told,
        )
    return told

"""A run begun or taken up, and its steps done: what every command that judges rows goes through."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.main import swift_imports
from ledger import runs
from ledger.lock import hold
from pipeline import idempotency
from pipeline.faults import FAULT
from pipeline.run_context import CHANGED, Work, content_of, now
from pipeline.work_folder import work_folder
from rollbook.errors import CannotBegin, DatabaseGone, RunIsLive, Stopped
from rollbook.profile import Limits, choose_profile
from rollbook.request import Request
from sources.paths import sha256

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile
    from reports.console import Teller
    from rollbook.settings import Settings

# A task of Prefect's costs more than a small file: a migration's files are told it in groups.
FILES_A_TASK = 25


@dataclass(frozen=True)
class Way:
    """How a run is performed.

    prefect: its steps as tasks of Prefect, in the flow run that is at work or in one of its own.
    settings: today's, of which a run that goes on takes how systems are reached; None: as when it began.
    workers, dask: who judges the files of a migration that goes on; neither: as when it began.
    """

    teller: Teller
    prefect: bool = False
    settings: Settings | None = None
    workers: int | None = None
    dask: str | None = None


def import_found(connection: Connection, request: Request, found: Sequence[RunFile], way: Way) -> Run:
    """Import files: a known request is answered from the ledger, one that was broken off is finished."""
    with connection.begin():
        sign = idempotency.signature(connection, request, found)
        repeated = idempotency.answer(connection, request, sign)
        begun = None if repeated else runs.find_begun(connection, sign, [file.path for file in found])
    if repeated is not None:
        _write_due_reports(connection, repeated, way.teller)
        return repeated
    if begun is not None:
        with suppress(RunIsLive):  # then somebody imports the same just now: this is one more import
            told = f"Run {begun.run_id} was started for the same files and did not end. It is finished now."
            return resume_run(connection, begun, replace(way, settings=request.settings), told=told)
    return perform(new_work(connection, request), way, beginning(found, sign))


def resume_run(
    connection: Connection, run: Run, way: Way, *, limits: Limits | None = None, told: str | None = None
) -> Run:
    """Take up a run that nobody else works on. limits: those that are raised. Raises RunIsLive.

    told: what is said when it is sure that nobody else does.
    """

    def begin(work: Work) -> None:
        if told:
            way.teller.say(told)
        _take_up(work)

    request = Request.from_json(run.request)
    raised = {name: value for name, value in (limits or Limits()).model_dump().items() if value is not None}
    request = replace(request, limits=request.limits.model_copy(update=raised))
    if way.settings is not None:
        request = _reaching(request, way.settings)
    if request.migrates and (way.workers is not None or way.dask is not None):
        request = replace(request, workers=way.workers, dask=way.dask)
    return perform(Work(connection, run.run_id, request, run.started_at), way, begin)


def send_run(connection: Connection, run: Run, settings: Settings, way: Way) -> Run:
    """Send what a run emitted, under today's settings of the wire: from now on it is a run to the system itself."""

    def begin(work: Work) -> None:
        with work.transaction() as begun:
            facts = {"state": runs.RUNNING, "destination": work.request.destination, "request": work.request.to_json()}
            runs.mark(begun, work.run_id, exit_code=None, finished_at=None, **facts)

    from destinations.registry import DESTINATIONS

    request = _reaching(Request.from_json(run.request), settings)
    request = replace(request, destination=DESTINATIONS[request.destination].holder)
    return perform(Work(connection, run.run_id, request, run.started_at), way, begin)


def _reaching(request: Request, settings: Settings) -> Request:
    """The request with the systems reached as today's settings say: a wrong address is no fate."""
    today = {"smarteru": settings.smarteru, "moon": settings.moon, "axcelerate": settings.axcelerate}
    return replace(request, settings=request.settings.model_copy(update=today))


def perform(work: Work, way: Way, begin: Callable[[Work], None]) -> Run:
    """Begin the run or take it up, and do its steps, under its own lock; how it ended."""
    started = time.monotonic()
    if work.request.destination != "database" and not work.rehearsal:
        from pipeline.delivery.send import check_target

        check_target(work.request)  # what it needs is there, or nothing begins
    # Who clicks waits for it, and a flow run has nothing to add to one row.
    by_prefect = is_by_prefect(way.prefect) and not work.rehearsal and not work.request.repairs
    if by_prefect:
        from flows.deployments import check_server

        check_server()
    with _own(work), work_folder(work.folder), _told_plainly(work):
        try:
            work.ahead.prepare()
            begin(work)
            _do_steps(work, way, prefect=by_prefect)
            with work.transaction() as connection:
                facts = {"seconds": round(time.monotonic() - started, 3), runs.REPORTS_DUE: False}
                runs.add_to_summary(connection, work.run_id, **facts)
                return runs.find(connection, work.run_id)
        finally:
            work.close()


def is_by_prefect(asked: bool) -> bool:
    """Whether runs go as Prefect flows: where that is asked for, or a server is named."""
    return asked or bool(os.environ.get("PREFECT_API_URL"))


def new_work(connection: Connection, request: Request, *, rehearsal: bool = False) -> Work:
    """A run that is not written down yet, with an ID of its own."""
    moment = now()
    return Work(connection, runs.new_run_id(moment), request, moment, rehearsal=rehearsal)


def beginning(files: Sequence[RunFile], signature: str | None = None) -> Callable[[Work], None]:
    """Write a new run and its files down, in one transaction."""

    def begin(work: Work) -> None:
        request = work.request
        with work.transaction() as connection:
            runs.begin(
                connection,
                run_id=work.run_id,
                command=request.command,
                destination=request.destination,
                started_at=work.started_at,
                request=request.to_json(),
                started_by=request.by,
                signature=signature,
                retries_run_id=request.retries,
            )
            for file in files:
                runs.add_file(connection, replace(file, run_id=work.run_id))

    return begin


def run_files(paths: Sequence[Path], request: Request) -> list[RunFile]:
    """The files of a run, each with the profile that it is read under and its hash; raises CannotBegin without any."""
    if not paths:
        raise CannotBegin("No spreadsheet was found there. Name files, or a folder that contains some.")
    return [_run_file(number, path, request) for number, path in enumerate(paths, 1)]


def _run_file(number: int, path: Path, request: Request) -> RunFile:
    profile = choose_profile(path, list(request.profiles))
    content = content_of(path)
    size = path.stat().st_size if content else None
    return runs.RunFile("", number, str(path), content, size, profile=profile or None)


def _write_due_reports(connection: Connection, repeated: Run, teller: Teller) -> None:
    """A crash may have left the run that is repeated without its workbooks."""
    with connection.begin():
        first = runs.find(connection, repeated.rows_run_id)
    if first.reports_due:
        resume_run(connection, first, Way(teller))


def _take_up(work: Work) -> None:
    """Make ready what a crash or a stop left; files that changed or went since are failed as a whole."""
    from ledger.remote import outbox

    with work.transaction() as connection:
        if runs.find(connection, work.run_id).state not in runs.UNFINISHED:
            return
        decided = outbox.is_recorded(connection, work.run_id)
    for file in [] if decided else list(work.files.values()):
        if file.code == FAULT:  # Rollbook may be another one today
            _begin_anew(work, file)
        elif file.state != "failed" and file.sha256 is not None and work.request.reads_files:
            _fail_if_changed(work, file)
    with work.transaction() as connection:
        # What deciding found out stays told: it is not done again.
        forgotten = {} if decided else {"summary": None}
        runs.mark(connection, work.run_id, state=runs.RUNNING, exit_code=None, finished_at=None, **forgotten)


def _begin_anew(work: Work, file: RunFile) -> None:
    with work.transaction() as connection:
        runs.mark_file(connection, work.run_id, file.file_no, state="found", code=None, message=None)
    work.files[file.file_no] = replace(file, state="found", code=None, message=None)


def _fail_if_changed(work: Work, file: RunFile) -> None:
    from pipeline.open_files import fail_file

    try:
        same = sha256(work.request.place(file.path)) == file.sha256
    except FileNotFoundError:
        same = False
    except OSError as error:
        raise CannotBegin(
            f"{file.path} cannot be read ({error.strerror}). Then: rollbook resume {work.run_id}"
        ) from None
    if not same:
        fail_file(work, file, "file.changed", CHANGED)


def _do_steps(work: Work, way: Way, *, prefect: bool) -> None:
    """The steps of the run; only its reports, where it has ended without them."""
    if prefect:
        work.files_a_step = FILES_A_TASK
    work.read_ahead()
    with swift_imports():
        from pipeline.failed_rows import write_reports
        from pipeline.import_history import import_history
        from pipeline.runner import plain, with_bars
    with work.transaction() as connection:
        ended = runs.find(connection, work.run_id).state not in runs.UNFINISHED
    if ended:
        write_reports(work)
    elif prefect:
        from flows.deployments import run_as_flow

        run_as_flow(work)
    elif way.teller.shows_bars:
        with with_bars() as runner:
            import_history(work, runner)
    else:
        import_history(work, plain)


@contextmanager
def _own(work: Work) -> Iterator[None]:
    """Nobody else works on the run meanwhile; a run that is only rehearsed is nobody else's anyway."""
    if work.rehearsal:
        yield
        return
    with hold(work.connection.engine, f"run:{work.run_id}"):
        yield


@contextmanager
def _told_plainly(work: Work) -> Iterator[None]:
    """What the database or the disk refuses ends the run, in one line that says how it goes on."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        from pipeline.load import refused

        if work.rehearsal:
            raise DatabaseGone(
                f"The database did not answer: {str(error.orig).splitlines()[0]}. Check again."
            ) from error
        raise refused(work, error) from error
    except OSError as error:
        told = f"{error.filename or 'The disk'}: {error.strerror or error}."
        raise Stopped(f"{told} `rollbook resume {work.run_id}` continues when that is fixed.") from error

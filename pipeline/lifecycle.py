"""A run begun or taken up, and its steps done: what every command that judges rows goes through."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import runs
from ledger.accounts import kept_accounts
from ledger.activity import RESUME, Activity, record
from ledger.lock import hold
from pipeline import idempotency
from pipeline.execution import ExecutionOptions
from pipeline.faults import FAULT
from pipeline.intake.fetch import forget_copies, move_copies
from pipeline.intake.found_files import Contents, FoundFile, found_files, silent
from pipeline.open_files import OpenFiles
from pipeline.run_context import RunContext
from pipeline.work_folder import move_parts, work_folder
from rollbook.clock import now
from rollbook.errors import CannotBegin, DatabaseGone, RunIsLive, Stopped
from rollbook.imports import swift_imports
from rollbook.profile import Limits, choose_profile, sender_by_profile
from rollbook.request import Request
from sources.errors import CHANGED

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile
    from pipeline.execution import Orchestrator
    from reports.terminal.console import Console
    from rollbook.settings import Settings

# A task of an orchestrator's costs more than a small file: a migration's files are told it in groups.
FILES_A_TASK = 25


def import_found(
    connection: Connection,
    request: Request,
    found: Sequence[RunFile],
    way: ExecutionOptions,
    run_id: str | None = None,
) -> Run:
    """Import files: a known request is answered from the ledger, one that was broken off is finished.

    run_id: of the run that begins, where somebody was told it already.
    """
    with connection.begin():
        sign = idempotency.signature(connection, request, found)
        repeated = idempotency.answer(connection, request, sign, run_id)
        begun = None if repeated else runs.find_begun(connection, sign, [file.path for file in found])
    if repeated is not None:
        forget_copies(request, [file.path for file in found])
        _write_due_reports(connection, repeated, way.console)
        return repeated
    if begun is not None:
        with suppress(RunIsLive):  # then somebody imports the same just now: this is one more import
            told = f"Run {begun.run_id} was started for the same files and did not end. It is finished now."
            return resume_run(connection, begun, replace(way, settings=request.settings), told=told)
    return perform(new_work(connection, request, run_id=run_id), way, beginning(found, sign))


def resume_run(
    connection: Connection,
    run: Run,
    way: ExecutionOptions,
    *,
    limits: Limits | None = None,
    out: Path | None = None,
    told: str | None = None,
    by: str | None = None,
) -> Run:
    """Take up a run that nobody else works on. limits: those that are raised. by: who does. Raises RunIsLive.

    out: where its reports go from now on, and what was judged so far. told: what is said when it is sure that nobody
    else works on it.
    """

    def begin(work: RunContext) -> None:
        if told:
            way.console.say(told)
        with work.transaction() as known:
            record(known, Activity(RESUME, now(), by or request.by, work.run_id))
        kept = replace(former, out=work.request.out, limits=work.request.limits)
        if kept != former:
            with work.transaction() as known:
                runs.mark(known, work.run_id, request=kept.to_json())
        if out is not None:
            move_copies(former, work.request, [file.path for file in work.files.values()])
        _take_up(work)

    request = former = Request.from_json(run.request)
    if out is not None:
        request = replace(request, out=str(out.absolute()))
    raised = {name: value for name, value in (limits or Limits()).model_dump().items() if value is not None}
    request = replace(request, limits=request.limits.model_copy(update=raised))
    if way.settings is not None:
        request = _reaching(request, way.settings)
    if request.migrates and (way.workers is not None or way.dask is not None):
        request = replace(request, workers=way.workers, dask=way.dask)
    work = RunContext(connection, run.run_id, request, run.started_at)
    return perform(work, way, begin, former.out_folder / run.run_id)


def send_run(connection: Connection, run: Run, settings: Settings, way: ExecutionOptions) -> Run:
    """Send what a run emitted, under today's settings of the wire: from now on it is a run to the system itself."""

    def begin(work: RunContext) -> None:
        with work.transaction() as begun:
            facts = {"state": runs.RUNNING, "destination": work.request.destination, "request": work.request.to_json()}
            runs.mark(begun, work.run_id, exit_code=None, finished_at=None, **facts)

    from destinations.registry import DESTINATIONS

    request = _reaching(Request.from_json(run.request), settings)
    request = replace(request, destination=DESTINATIONS[request.destination].holder)
    return perform(RunContext(connection, run.run_id, request, run.started_at), way, begin)


def _reaching(request: Request, settings: Settings) -> Request:
    """The request with systems and people reached as today's settings say: a wrong address is no fate."""
    today = {name: getattr(settings, name) for name in ("smarteru", "moon", "axcelerate", "notify")}
    return replace(request, settings=request.settings.model_copy(update=today))


def perform(
    work: RunContext, way: ExecutionOptions, begin: Callable[[RunContext], None], former_folder: Path | None = None
) -> Run:
    """Begin the run or take it up, and do its steps, under its own lock; how it ended.

    former_folder: where a run that is taken up had its reports and its work until now.
    """
    started = time.monotonic()
    if work.request.destination != "database" and not work.rehearsal:
        from pipeline.delivery.send import check_target

        check_target(work.request)  # what it needs is there, or nothing begins
    orchestrator = None
    # Who clicks waits for it, and a flow run has nothing to add to one row.
    if way.orchestrate is not None and not work.rehearsal and not work.request.repairs:
        orchestrator = way.orchestrate()
        orchestrator.check()
    files = OpenFiles(work)
    with _own(work), _moved(work, former_folder), work_folder(work.folder), _plain_errors(work):
        try:
            files.scheduler.prepare()
            begin(work)
            _do_steps(files, way, orchestrator)
            with work.transaction() as connection:
                facts = {"seconds": round(time.monotonic() - started, 3), runs.REPORTS_DUE: False}
                runs.add_to_summary(connection, work.run_id, **facts)
                ended = runs.find(connection, work.run_id)
            if ended.state not in runs.UNFINISHED:  # a crash may have left them after the commit
                work.part_files.forget_all()
                forget_copies(work.request, [file.path for file in work.files.values()])
            return ended
        finally:
            files.close()
            if work.rehearsal:  # which nobody resumes
                work.part_files.forget_all()
                forget_copies(work.request, [file.path for file in work.files.values()])


def new_work(
    connection: Connection, request: Request, *, existing: Connection | None = None, run_id: str | None = None
) -> RunContext:
    """A run that is not written down yet, with an ID of its own. existing: see RunContext. run_id: if it has one."""
    moment = now()
    return RunContext(connection, run_id or runs.new_run_id(moment), request, moment, existing=existing)


def beginning(files: Sequence[RunFile], signature: str | None = None) -> Callable[[RunContext], None]:
    """Write a new run and its files down, in one transaction."""

    def begin(work: RunContext) -> None:
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


def run_files(paths: Sequence[str | Path], request: Request, say: Callable[[str], None] = silent) -> list[RunFile]:
    """The files of a run, each with the profile that it is read under and its hash; raises CannotBegin without any.

    Those of an archive stand in its place, and addresses are fetched already. say: is told what archives hold beside
    their spreadsheets.
    """
    if not paths:
        raise CannotBegin("No spreadsheet was found there. Name files, or a folder that contains some.")
    found = found_files(paths, request.settings.reading, say, request.place)
    return [_run_file(number, file, request) for number, file in enumerate(found, 1)]


def _run_file(number: int, file: FoundFile, request: Request) -> RunFile:
    profile = choose_profile(Path(file.path), list(request.profiles))
    sender = sender_by_profile(profile, request.profiles)
    return runs.RunFile("", number, file.path, file.sha256, file.size, profile=profile or None, sender=sender)


def _write_due_reports(connection: Connection, repeated: Run, console: Console) -> None:
    """A crash may have left the run that is repeated without its workbooks."""
    with connection.begin():
        first = runs.find(connection, repeated.rows_run_id)
    if first.reports_due:
        resume_run(connection, first, ExecutionOptions(console))


def _take_up(work: RunContext) -> None:
    """Make ready what a crash or a stop left; files that changed or went since are failed as a whole."""
    from ledger.remote import outbox

    with work.transaction() as connection:
        if runs.find(connection, work.run_id).state not in runs.UNFINISHED:
            return
        decided = outbox.is_recorded(connection, work.run_id)
    contents = Contents(work.request.settings.reading)
    for file in [] if decided else list(work.files.values()):
        if file.code == FAULT:  # Rollbook may be another one today
            _begin_anew(work, file)
        elif file.state != "failed" and file.sha256 is not None and work.request.reads_files:
            _fail_if_changed(work, file, contents)
    with work.transaction() as connection:
        # What deciding found out stays told: it is not done again.
        forgotten = {} if decided else {"summary": None}
        if not decided:
            kept_accounts.forget(connection, work.run_id)
        runs.mark(connection, work.run_id, state=runs.RUNNING, exit_code=None, finished_at=None, **forgotten)


def _begin_anew(work: RunContext, file: RunFile) -> None:
    with work.transaction() as connection:
        runs.mark_file(connection, work.run_id, file.file_no, state="found", code=None, message=None)
    work.files[file.file_no] = replace(file, state="found", code=None, message=None)


def _fail_if_changed(work: RunContext, file: RunFile, contents: Contents) -> None:
    from pipeline.record import fail_file

    try:
        same = contents.at(work.request.place(file.path)) == file.sha256
    except (FileNotFoundError, NotADirectoryError):
        same = False
    except OSError as error:
        raise CannotBegin(
            f"{file.path} cannot be read ({error.strerror}). Then: rollbook resume {work.run_id}"
        ) from None
    if not same:
        fail_file(work, file, "file.changed", CHANGED)


def _do_steps(files: OpenFiles, way: ExecutionOptions, orchestrator: Orchestrator | None) -> None:
    """The steps of the run; only its reports, where it has ended without them."""
    work = files.work
    if orchestrator is not None:
        work.files_a_step = FILES_A_TASK
    files.read_ahead()
    with swift_imports():
        from pipeline.import_history import import_history
        from pipeline.output.changes_workbook import write_changes
        from pipeline.output.failed_rows import write_reports
        from pipeline.runner import plain, watched, with_bars
    with work.transaction() as connection:
        ended = runs.find(connection, work.run_id).state not in runs.UNFINISHED
    if ended:
        write_reports(work)
        write_changes(work)
    elif orchestrator is not None:
        orchestrator.perform(files)
    elif way.console.shows_bars:
        with with_bars() as runner:
            import_history(files, runner)
    else:
        import_history(files, watched(way.watch) if way.watch else plain)


@contextmanager
def _own(work: RunContext) -> Iterator[None]:
    """Nobody else works on the run meanwhile; a run that is only rehearsed is nobody else's anyway."""
    if work.rehearsal:
        yield
        return
    with hold(work.connection.engine, f"run:{work.run_id}"):
        yield


@contextmanager
def _moved(work: RunContext, former_folder: Path | None) -> Iterator[None]:
    if former_folder is not None:
        move_parts(former_folder, work.folder)
    yield


@contextmanager
def _plain_errors(work: RunContext) -> Iterator[None]:
    """What the database or the disk refuses ends the run, in one line that says how it goes on."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        from pipeline.refusal import refused

        if work.rehearsal:
            raise DatabaseGone(
                f"The database cannot be used: {str(error.orig).splitlines()[0]}. Check again when that is fixed."
            ) from error
        raise refused(work, error) from error
    except OSError as error:
        told = f"{error.filename or 'The disk'}: {error.strerror or error}."
        raise Stopped(f"{told} `rollbook resume {work.run_id}` continues when that is fixed.") from error

"""The commands that judge rows: check, import, resume, retry."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import repeating
from flows.cli import Invocation, swift_imports
from flows.options import limits_given, request_of, settings_of
from flows.request import Request
from flows.telling import Teller
from flows.work import CHANGED, Work, content_of, now
from flows.work_folders import work_folder
from ledger import outbox, runs
from ledger.database import open_database, told
from ledger.lock import hold
from ledger.rehearsal import open_for_rehearsal, rehearsal
from rollbook.errors import CannotBegin, DatabaseGone, RunIsLive, Stopped
from rollbook.profile import Limits, choose_profile
from sources.finding import find_files, sha256

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ledger.runs import Run, RunFile
    from rollbook.settings import Settings


def check(invocation: Invocation, **given: Any) -> int:
    """`rollbook check`: an import in temporary tables, without its load."""
    request = request_of("check", settings_of(invocation), given)
    files = _run_files(find_files(given["files"], out=request.out_folder), request)
    teller = Teller(invocation)
    with rehearsal(open_for_rehearsal(request.settings.database)) as connection:
        work = _new_work(connection, request, rehearsal=True)
        return teller.tell(connection, _perform(work, teller, _beginning(files)))


def import_files(invocation: Invocation, *, prefect: bool, **given: Any) -> int:
    """`rollbook import`: a known request is answered from the ledger, one that was broken off is finished."""
    request = request_of("import", settings_of(invocation), given)
    found = _run_files(find_files(given["files"], out=request.out_folder), request)
    teller = Teller(invocation)
    engine = _open(request.settings.database, teller)
    with engine.connect() as connection:
        with connection.begin():
            sign = repeating.signature(connection, request, found)
            repeated = repeating.answer(connection, request, sign)
            begun = None if repeated else runs.find_begun(connection, sign, [file.path for file in found])
        if repeated is not None:
            _write_due_reports(connection, repeated, teller)
            return teller.tell(connection, repeated)
        if begun is not None:
            with suppress(RunIsLive):  # then somebody imports the same just now: this is one more import
                told = f"Run {begun.run_id} was to do the same and did not end: it is finished now."
                return teller.tell(connection, _resume(connection, begun, Limits(), teller, prefect=prefect, told=told))
        work = _new_work(connection, request)
        return teller.tell(connection, _perform(work, teller, _beginning(found, sign), prefect=prefect))


def retry(invocation: Invocation, *, run: str, prefect: bool, **given: Any) -> int:
    """`rollbook retry`: a new run over the rows of a run that are still open."""
    settings = settings_of(invocation)
    teller = Teller(invocation)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        with connection.begin():
            former = runs.find(connection, run)
            files = runs.list_files(connection, former.rows_run_id)
        destination = given["to"] or former.destination
        request = request_of("retry", settings, {**given, "to": destination})
        request = replace(request, retries=former.rows_run_id)
        again = [_as_new(file, request) for file in files if file.state != "failed" or file.plan]
        work = _new_work(connection, request)
        return teller.tell(connection, _perform(work, teller, _beginning(again), prefect=prefect))


def resume(invocation: Invocation, *, run: str | None, prefect: bool, **given: Any) -> int:
    """`rollbook resume`: one run, or all that a crash or a stop left; the worst exit code of them."""
    settings = settings_of(invocation)
    limits = limits_given(given)
    teller = Teller(invocation)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        with connection.begin():
            left = [runs.find(connection, run)] if run else runs.unfinished(connection)
        if run and not left[0].is_unfinished:
            raise CannotBegin(f"Run {left[0].run_id} is {left[0].state}: there is nothing to resume.")
        if not left:
            teller.say("There is nothing to resume.")
        return teller.tell_each(connection, _resume_each(connection, left, limits, teller, prefect=prefect))


def _resume_each(
    connection: Connection, left: Sequence[Run], limits: Limits, teller: Teller, *, prefect: bool
) -> Iterator[Run]:
    """Resume runs one after the other; a live one is passed over, unless there are no others."""
    live: list[RunIsLive] = []
    for run in left:
        try:
            ended = _resume(connection, run, limits, teller, prefect=prefect)
        except RunIsLive as error:
            live.append(error)
        else:
            yield ended
    if live and len(live) == len(left):
        raise live[0]
    for passed_over in live:
        teller.say(str(passed_over))


def _resume(
    connection: Connection, run: Run, limits: Limits, teller: Teller, *, prefect: bool, told: str | None = None
) -> Run:
    """Take up a run that nobody else works on; `told` is said when that is sure. Raises RunIsLive."""

    def begin(work: Work) -> None:
        if told:
            teller.say(told)
        _take_up(work)

    request = Request.from_json(run.request)
    raised = {name: value for name, value in limits.model_dump().items() if value is not None}
    request = replace(request, limits=request.limits.model_copy(update=raised))
    work = Work(connection, run.run_id, request, run.started_at)
    return _perform(work, teller, begin, prefect=prefect)


def send_run(connection: Connection, run: Run, settings: Settings, teller: Teller) -> Run:
    """Send what a run emitted, under today's settings of the wire: from now on it is a run to `smarteru`."""

    def begin(work: Work) -> None:
        with work.transaction() as begun:
            facts = {"state": runs.RUNNING, "destination": "smarteru", "request": work.request.to_json()}
            runs.mark(begun, work.run_id, exit_code=None, finished_at=None, **facts)

    former = Request.from_json(run.request)
    wire = former.settings.model_copy(update={"smarteru": settings.smarteru})
    request = replace(former, destination="smarteru", settings=wire)
    return _perform(Work(connection, run.run_id, request, run.started_at), teller, begin)


def _write_due_reports(connection: Connection, repeated: Run, teller: Teller) -> None:
    """A crash may have left the run that is repeated without its workbooks."""
    with connection.begin():
        first = runs.find(connection, repeated.rows_run_id)
    if first.reports_due:
        _resume(connection, first, Limits(), teller, prefect=False)


def _take_up(work: Work) -> None:
    """Make ready what a crash or a stop left; files that changed or went since are failed as a whole."""
    with work.transaction() as connection:
        if runs.find(connection, work.run_id).state not in runs.UNFINISHED:
            return
        decided = outbox.is_recorded(connection, work.run_id)
    for file in [] if decided else list(work.files.values()):
        if file.state != "failed" and file.sha256 is not None and work.request.retries is None:
            _fail_if_changed(work, file)
    with work.transaction() as connection:
        runs.mark(connection, work.run_id, state=runs.RUNNING, exit_code=None, finished_at=None, summary=None)


def _fail_if_changed(work: Work, file: RunFile) -> None:
    from flows.opening import fail_file

    try:
        same = sha256(Path(file.path)) == file.sha256
    except FileNotFoundError:
        same = False
    except OSError as error:
        raise CannotBegin(
            f"{file.path} cannot be read ({error.strerror}). Then: rollbook resume {work.run_id}"
        ) from None
    if not same:
        fail_file(work, file, "file.changed", CHANGED)


def _perform(work: Work, teller: Teller, begin: Callable[[Work], None], *, prefect: bool = False) -> Run:
    """Begin the run or take it up, and do its steps, under its own lock; how it ended."""
    started = time.monotonic()
    if work.request.destination == "smarteru" and not work.rehearsal:
        from flows.sending import wire_of

        wire_of(work.request.settings.smarteru)  # what it needs is there, or nothing begins
    by_prefect = prefect or (bool(os.environ.get("PREFECT_API_URL")) and not work.rehearsal)
    if by_prefect:
        from flows.deployed import check_server

        check_server()
    with _own(work), work_folder(work.folder), _told_plainly(work):
        try:
            begin(work)
            _do_steps(work, teller, prefect=by_prefect)
            with work.transaction() as connection:
                facts = {"seconds": round(time.monotonic() - started, 3), runs.REPORTS_DUE: False}
                runs.add_to_summary(connection, work.run_id, **facts)
                return runs.find(connection, work.run_id)
        finally:
            work.close()


def _do_steps(work: Work, teller: Teller, *, prefect: bool) -> None:
    """The steps of the run; only its reports, where it has ended without them."""
    work.read_ahead()
    with swift_imports():
        from flows.failed_rows import write_reports
        from flows.import_history import import_history
        from flows.runner import plain, with_bars
    with work.transaction() as connection:
        ended = runs.find(connection, work.run_id).state not in runs.UNFINISHED
    if ended:
        write_reports(work)
    elif prefect:
        from flows.deployed import run_as_flow

        run_as_flow(work)
    elif teller.shows_bars:
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
        from flows.settling import refused

        if work.rehearsal:
            raise DatabaseGone(
                f"The database did not answer: {str(error.orig).splitlines()[0]}. Check again."
            ) from error
        raise refused(work, error) from error
    except OSError as error:
        told = f"{error.filename or 'The disk'}: {error.strerror or error}."
        raise Stopped(f"{told} `rollbook resume {work.run_id}` goes on when that is mended.") from error


def _new_work(connection: Connection, request: Request, *, rehearsal: bool = False) -> Work:
    moment = now()
    return Work(connection, runs.new_run_id(moment), request, moment, rehearsal=rehearsal)


def _beginning(files: Sequence[RunFile], signature: str | None = None) -> Callable[[Work], None]:
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


def _run_files(paths: Sequence[Path], request: Request) -> list[RunFile]:
    if not paths:
        raise CannotBegin("No spreadsheet was found there. Name files, or a folder that holds some.")
    return [_run_file(number, path, request) for number, path in enumerate(paths, 1)]


def _run_file(number: int, path: Path, request: Request) -> RunFile:
    profile = choose_profile(path, list(request.profiles))
    content = content_of(path)
    size = path.stat().st_size if content else None
    return runs.RunFile("", number, str(path), content, size, profile=profile or None)


def _as_new(file: RunFile, request: Request) -> RunFile:
    """A former run's file as a retry takes it: under today's profile where one is given, else its own."""
    profile = choose_profile(Path(file.path), list(request.profiles)) if request.profiles else file.profile
    return replace(file, state="found", code=None, message=None, profile=profile)


def _open(url: str, teller: Teller) -> Engine:
    engine = open_database(url, create=True)
    if engine.get_execution_options().get("rollbook_created"):
        teller.say(f"Made a new database: {told(url)}")
    return engine

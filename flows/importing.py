"""The commands that judge rows: check, import, resume, retry."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import repeating
from flows.cli import Invocation
from flows.options import limits_given, request_of, settings_of
from flows.request import Request
from flows.telling import Teller
from flows.work import Work, now
from ledger import runs
from ledger.database import open_database, told
from ledger.lock import hold
from ledger.rehearsal import open_for_rehearsal, rehearsal
from rollbook.errors import CannotBegin
from rollbook.profile import Limits, choose_profile
from sources.finding import find_files, sha256

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ledger.runs import Run, RunFile


def check(invocation: Invocation, **given: Any) -> int:
    """`rollbook check`: an import in temporary tables, without its load."""
    request = request_of("check", settings_of(invocation), given)
    files = find_files(given["files"])
    teller = Teller(invocation)
    with rehearsal(open_for_rehearsal(request.settings.database)) as connection:
        work = _begin(connection, request, _run_files(files, request), rehearsal=True)
        return _perform(work, teller, prefect=False)


def import_files(invocation: Invocation, *, prefect: bool, **given: Any) -> int:
    """`rollbook import`: a known request is answered from the ledger, anything else is run."""
    request = request_of("import", settings_of(invocation), given)
    found = _run_files(find_files(given["files"]), request)
    teller = Teller(invocation)
    engine = _open(request.settings.database, teller)
    with engine.connect() as connection:
        with connection.begin():
            sign = repeating.signature(connection, request, found)
            repeated = repeating.answer(connection, request, sign)
        if repeated is not None:
            return teller.tell(connection, repeated)
        work = _begin(connection, request, found, signature=sign)
        return _perform(work, teller, prefect=prefect)


def retry(invocation: Invocation, *, run: str, prefect: bool, **given: Any) -> int:
    """`rollbook retry`: a new run over the rows of a run that are still open."""
    settings = settings_of(invocation)
    teller = Teller(invocation)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        with connection.begin():
            former = runs.find(connection, run)
            files = runs.list_files(connection, former.rows_run_id)
        request = replace(request_of("retry", settings, given), retries=former.rows_run_id)
        again = [_as_new(file, request) for file in files if file.state != "failed" or file.plan]
        work = _begin(connection, request, again)
        return _perform(work, teller, prefect=prefect)


def resume(invocation: Invocation, *, run: str | None, prefect: bool, **given: Any) -> int:
    """`rollbook resume`: one run, or all that a crash or a stop left; the worst exit code of them."""
    settings = settings_of(invocation)
    limits = limits_given(given)
    teller = Teller(invocation)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        with connection.begin():
            left = [runs.find(connection, run)] if run else runs.unfinished(connection)
        for one in left:
            if one.state not in runs.UNFINISHED:
                raise CannotBegin(f"Run {one.run_id} is {one.state}: there is nothing to resume.")
        if not left:
            teller.say("There is nothing to resume.")
        return max((_resume(connection, one, limits, teller, prefect=prefect) for one in left), default=0)


def _resume(connection: Connection, run: Run, limits: Limits, teller: Teller, *, prefect: bool) -> int:
    request = Request.from_json(run.request)
    raised = {name: value for name, value in limits.model_dump().items() if value is not None}
    request = replace(request, limits=request.limits.model_copy(update=raised))
    work = Work(connection, run.run_id, request, run.started_at)
    return _perform(work, teller, prefect=prefect, before=_check_unchanged)


def _check_unchanged(work: Work) -> None:
    """Files that changed or went since the run began are failed as a whole: what was staged of them is void."""
    from flows.opening import fail_file

    shutil.rmtree(work.work_folder, ignore_errors=True)
    for file in list(work.files.values()):
        if file.state == "failed" or work.request.retries is not None:
            continue
        if not Path(file.path).is_file() or sha256(Path(file.path)) != file.sha256:
            fail_file(work, file, "file.changed", "The file changed since the run began. Import it again.")
    with work.transaction() as connection:
        runs.mark(connection, work.run_id, state=runs.RUNNING)


def _perform(
    work: Work, teller: Teller, *, prefect: bool, before: Callable[[Work], None] | None = None
) -> int:
    """Run the steps under the run's own lock, then tell how it ended."""
    from flows.import_history import import_history
    from flows.runner import plain, with_bars

    started = time.monotonic()
    with _own(work):
        if before is not None:
            before(work)
        if prefect or os.environ.get("PREFECT_API_URL"):
            from flows.deployed import run_as_flow

            run_as_flow(work)
        elif teller.shows_bars:
            with with_bars() as runner:
                import_history(work, runner)
        else:
            import_history(work, plain)
    with work.transaction() as connection:
        runs.add_to_summary(connection, work.run_id, seconds=round(time.monotonic() - started, 3))
        ended = runs.find(connection, work.run_id)
    return teller.tell(work.connection, ended)


@contextmanager
def _own(work: Work) -> Iterator[None]:
    """Nobody else works on the run meanwhile; a run that is only rehearsed is nobody else's anyway."""
    if work.rehearsal:
        yield
        return
    with hold(work.connection.engine, f"run:{work.run_id}"):
        yield


def _begin(
    connection: Connection,
    request: Request,
    files: Sequence[RunFile],
    *,
    signature: str | None = None,
    rehearsal: bool = False,
) -> Work:
    moment = now()
    work = Work(connection, runs.new_run_id(moment), request, moment, rehearsal=rehearsal)
    with work.transaction():
        runs.begin(
            connection,
            run_id=work.run_id,
            command=request.command,
            destination=request.destination,
            started_at=moment,
            request=request.to_json(),
            started_by=request.by,
            signature=signature,
            retries_run_id=request.retries,
        )
        for file in files:
            runs.add_file(connection, replace(file, run_id=work.run_id))
    return work


def _run_files(paths: Sequence[Path], request: Request) -> list[RunFile]:
    if not paths:
        raise CannotBegin("No spreadsheet was found there. Name files, or a folder that holds some.")
    return [_run_file(number, path, request) for number, path in enumerate(paths, 1)]


def _run_file(number: int, path: Path, request: Request) -> RunFile:
    profile = choose_profile(path, list(request.profiles))
    try:
        content, size = sha256(path), path.stat().st_size
    except OSError:
        content, size = None, None  # reading tells what is wrong with it
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

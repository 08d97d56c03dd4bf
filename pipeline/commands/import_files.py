"""The commands that judge rows: check, import, resume, retry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import runs
from ledger.database import database_exists, mask_url, open_database
from ledger.dry_run import open_for_rehearsal, rehearsal
from pipeline.execution import ExecutionOptions
from pipeline.intake.fetch import beginning_with, named_files
from pipeline.lifecycle import beginning, import_found, new_work, perform, resume_run, run_files
from pipeline.notifying.send import sending
from pipeline.options import console_of, limits_given, request_of, settings_of, who, with_query
from pipeline.parallel.executors import reach
from reports.terminal.console import Console
from rollbook.errors import CannotBegin, RunIsLive
from rollbook.options import NO_QUERY, EngineOptions, Invocation, JudgingOptions, QueryOptions
from rollbook.profile import Limits, choose_profile, matching_nothing
from rollbook.request import Request
from sources.our_signs import may_be_ours

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ledger.runs import Run, RunFile
    from pipeline.execution import Orchestrate
    from rollbook.settings import ReadingSettings, Settings


def check(invocation: Invocation, files: Sequence[str], judging: JudgingOptions, query: QueryOptions = NO_QUERY) -> int:
    """`rollbook check`: an import without its load."""
    request = with_query(request_of("check", settings_of(invocation), files, judging), query)
    console = console_of(invocation)
    paths = named_files(files, request, console.say)
    with beginning_with(request, paths):
        found = run_files(paths, request, console.say)
        _tell_idle_profiles(found, request, console)
    with rehearsal(open_for_rehearsal(request.settings.database)) as (ledger, existing):
        work = new_work(ledger, request, existing=existing)
        ended = perform(work, ExecutionOptions(console), beginning(found))
        from pipeline.output.checked_lines import keep_checked  # what it needs is loaded by now

        keep_checked(ledger, ended, work.folder)
        return console.show(ledger, ended)


def import_files(
    invocation: Invocation,
    files: Sequence[str],
    judging: JudgingOptions,
    orchestrate: Orchestrate,
    query: QueryOptions = NO_QUERY,
) -> int:
    """`rollbook import`: a known request is answered from the ledger, one that was broken off is finished."""
    request = with_query(request_of("import", settings_of(invocation), files, judging), query)
    return _import(invocation, request, orchestrate)


def retry(invocation: Invocation, run: str, judging: JudgingOptions, orchestrate: Orchestrate) -> int:
    """`rollbook retry`: a new run over the rows of a run that are still open."""
    from ledger.cases.failures import count_purged, open_rows_by_file
    from ledger.remote.waiting import waiting_cases
    from reports.text import count_noun as counted

    settings = settings_of(invocation)
    console = console_of(invocation)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        with connection.begin():
            former = runs.find(connection, run)
            files = runs.list_files(connection, former.rows_run_id)
            open_rows = open_rows_by_file(connection, former.rows_run_id)
            waiting = waiting_cases(connection)
            purged = count_purged(connection, former.rows_run_id)
        still_open = {file_no for file_no, wanted in open_rows.items() if wanted - waiting.keys()}
        on_the_way = set().union(*open_rows.values()) & waiting.keys()
        if on_the_way:
            are = "is" if len(on_the_way) == 1 else "are"
            deliveries = "; ".join(sorted({waiting[case_id].delivery for case_id in on_the_way}))
            left = f"{counted(len(on_the_way), 'row')} of run {former.run_id} {are} on the way and not confirmed yet"
            left = f"{left} ({deliveries})"
            if not still_open:
                raise CannotBegin(f"{left}: there is nothing to retry. To finish deliveries: rollbook resume")
            console.say(f"{left}: left out, so that nothing is delivered twice.")
        if purged:
            gone = f"The cells of {counted(purged, 'open row')} of run {former.run_id} were removed by `rollbook purge`"
            if not still_open:
                raise CannotBegin(f"{gone}: there is nothing to retry. Import the file again instead.")
            console.say(f"{gone}, so they are left out. To load them, import the file again.")
        if not still_open:
            raise CannotBegin(f"No failed row of run {former.run_id} is open: there is nothing to retry.")
        destination = judging.to or former.destination
        request = replace(request_of("retry", settings, (), judging), destination=destination)
        request = replace(request, retries=former.rows_run_id)
        again = [_as_new(file, request) for file in files if file.file_no in still_open]
        work = new_work(connection, request)
        with sending(settings, console, notify=request.notify):
            return console.show(connection, perform(work, ExecutionOptions(console, orchestrate), beginning(again)))


def resume(
    invocation: Invocation,
    run: str | None,
    judging: JudgingOptions,
    engine: EngineOptions,
    orchestrate: Orchestrate,
) -> int:
    """`rollbook resume`: one run, or all that a crash or a stop left; the worst exit code of them."""
    settings = settings_of(invocation)
    limits = limits_given(judging)
    console = console_of(invocation)
    with open_database(settings.database, create=False).connect() as connection:
        with connection.begin():
            left = [runs.find(connection, run)] if run else runs.unfinished(connection)
        if run and not left[0].is_unfinished:
            raise CannotBegin(f"Run {left[0].run_id} is {left[0].state}: there is nothing to resume.")
        if not left:
            console.say("There is nothing to resume.")
        way = ExecutionOptions(console, orchestrate, settings=settings, workers=engine.workers, dask=engine.dask)
        with sending(settings, console, notify=False):
            return console.show_each(connection, _resume_each(connection, left, limits, judging, way))


def migrate(
    invocation: Invocation,
    files: Sequence[str],
    judging: JudgingOptions,
    engine: EngineOptions,
    orchestrate: Orchestrate,
) -> int:
    """`rollbook migrate`: many files in one run, read and judged by processes here or by a Dask cluster.

    As `rollbook import` does: a known request is answered from the ledger, one that was broken off is finished.
    """
    if engine.dask is None:
        engine = replace(engine, workers=engine.workers or 0)
    return _import(invocation, request_of("migrate", settings_of(invocation), files, judging, engine), orchestrate)


def _import(invocation: Invocation, request: Request, orchestrate: Orchestrate) -> int:
    console = console_of(invocation)
    paths = named_files(request.files, request, console.say)
    with beginning_with(request, paths):
        found = run_files(paths, request, console.say)
        _tell_idle_profiles(found, request, console)
        if request.dask is not None:
            reach(request.dask)
        database = open_or_create(request.settings, [request.place(file.path) for file in found], console)
    with sending(request.settings, console, notify=request.notify), database.connect() as connection:
        way = ExecutionOptions(console, orchestrate, workers=request.workers, dask=request.dask)
        return console.show(connection, import_found(connection, request, found, way))


def _tell_idle_profiles(found: Sequence[RunFile], request: Request, console: Console) -> None:
    if idle := matching_nothing([Path(file.path) for file in found], request.profiles):
        console.say(idle)


def _resume_each(
    connection: Connection, left: Sequence[Run], limits: Limits, judging: JudgingOptions, way: ExecutionOptions
) -> Iterator[Run]:
    """Resume runs one after the other; a live one is passed over, unless there are no others."""
    live: list[RunIsLive] = []
    for run in left:
        try:
            ended = resume_run(connection, run, way, limits=limits, out=judging.out, by=who(judging.by))
        except RunIsLive as error:
            live.append(error)
        else:
            yield ended
    if live and len(live) == len(left):
        raise live[0]
    for passed_over in live:
        way.console.say(str(passed_over))


def _as_new(file: RunFile, request: Request) -> RunFile:
    """A former run's file as a retry takes it: under today's profile where one is given, else its own."""
    profile = choose_profile(Path(file.path), list(request.profiles)) if request.profiles else file.profile
    return replace(file, state="found", code=None, message=None, profile=profile)


def open_or_create(settings: Settings, paths: Iterable[Path], console: Console) -> Engine:
    """The database of an import, made where it is not there yet, which is told. None is made for failed rows alone.

    paths: of the files to be imported; they are looked at only where there is no database.
    """
    url = settings.database
    if not database_exists(url):
        refuse_returned(paths, settings.reading)
    engine = open_database(url, create=True)
    if engine.get_execution_options().get("rollbook_created"):
        console.say(f"Created a new database: {mask_url(url)}")
    return engine


def refuse_returned(paths: Iterable[Path], limits: ReadingSettings) -> None:
    """Raise CannotBegin where all files are failed-rows workbooks of a database: it is not the one to be made now."""
    refusals = []
    for path in paths:
        refusal = _refusal(path, limits)
        if refusal is None:
            return
        refusals.append(refusal)
    if refusals:
        raise CannotBegin(refusals[0])


def _refusal(path: Path, limits: ReadingSettings) -> str | None:
    if not may_be_ours(path):
        return None
    from pipeline.returned.recognition import origin_of_file
    from pipeline.returned.workbook import refusal

    said = origin_of_file(path, limits)
    return None if said is None or (said.is_check and said.ledger is None) else refusal(str(path), said)

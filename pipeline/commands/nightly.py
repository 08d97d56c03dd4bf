"""`rollbook nightly`: one pass over a drop folder. Each file is a run of its own, and is moved when that has ended.

"Once" is the ledger's business: what is taken from a folder is written down before it is imported, and where it goes
before it is moved, so that a pass that was killed is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ledger import drops, runs
from ledger.database import open_database
from ledger.feeds.feeds import later_import
from ledger.lock import hold
from pipeline.commands.import_files import open_or_create
from pipeline.execution import ExecutionOptions
from pipeline.faults import fault_of, write_report
from pipeline.feeds.identify import count_beside
from pipeline.intake.fetch import forget_copies
from pipeline.intake.night_sources import open_source, request_for, sources_of
from pipeline.intake.placing import Placing
from pipeline.lifecycle import import_found, resume_run, run_files
from pipeline.notifying.record import (
    record_arrived,
    record_left,
    record_overdue,
    record_reached,
    record_unreached,
)
from pipeline.notifying.send import sending
from pipeline.options import console_of, settings_of
from pipeline.replies.reply_folder import ReplyFolder
from pipeline.runner import StepLabel, plain
from reports.terminal.console import Console
from reports.text import left_alone, span
from rollbook.clock import now
from rollbook.commands import command
from rollbook.errors import Bug, CannotBegin, RollbookError, RunIsLive, Stopped
from rollbook.rows.outcomes import LOADED_ALL_THE_SAME
from sources.drop_folder import DONE, FAILED
from sources.paths import content_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ledger.drops import Drop
    from ledger.runs import Run
    from pipeline.execution import Orchestrate, Orchestrator
    from pipeline.intake.night_sources import NightFolder, NightSource
    from pipeline.runner import Runner
    from reports.run_report import RunReport
    from rollbook.options import Invocation, JudgingOptions
    from rollbook.request import Request
    from rollbook.settings import Settings
    from sources.drop_folder import Dropped

# The file is as it should be; who holds or writes it is done by the next pass.
_LEFT = frozenset({"file.locked", "file.changed"})


def nightly(
    invocation: Invocation, named: str | None, judging: JudgingOptions, orchestrate: Orchestrate, *, create: bool
) -> int:
    """`rollbook nightly`: import what is in a folder, a source or all of them; the worst exit code of what happened."""
    settings, console = settings_of(invocation), console_of(invocation)
    sources = sources_of(named, settings)
    way = ExecutionOptions(console, orchestrate, settings=settings)
    requests = [replace(request_for(source, settings, judging), source=source.told_as) for source in sources]
    night = Night(way, requests, sources)
    with sending(settings, console):
        if orchestrate is not None:
            orchestrator = orchestrate()
            orchestrator.check()
            reports = night.orchestrated(orchestrator, create=create)
            return max(console.show_reports(reports, as_list=True), night.exit_code)
        with open_for(night.folders(), settings, console, create=create).connect() as connection:
            return max(console.show_each(connection, night.runs(connection), as_list=True), night.exit_code)


def open_for(folders: Iterable[NightFolder], settings: Settings, console: Console, *, create: bool) -> Engine:
    """The database of a pass; with `create` made where it is not there yet, but not for failed rows alone."""
    folders = list(folders)
    if not create:
        return open_database(settings.database, create=False)
    with TemporaryDirectory(prefix="rollbook-") as copies:
        files = (folder.fetch(name, Path(copies, name)) for folder in folders for name in folder.look())
        return open_or_create(settings, files, console)


@dataclass
class Night:
    """The passes over one source after the other; what keeps one from being read does not keep the others.

    requests: of each source, what its runs are asked to do. exit_code: the worst of what went wrong beside the runs.
    """

    way: ExecutionOptions
    requests: Sequence[Request]
    sources: Sequence[NightSource]
    exit_code: int = 0
    _opened: list[tuple[Request, NightFolder]] = field(default_factory=list)

    def folders(self) -> Iterator[NightFolder]:
        """The folders that can be opened; raises what keeps the only one from it."""
        for source, request in zip(self.sources, self.requests, strict=True):
            with self._noted(source.told_as, request):
                folder = open_source(source, request)
                self._opened.append((replace(request, drop_folder=folder.url, takes_files=folder.moves), folder))
                yield folder

    def runs(self, connection: Connection) -> Iterator[Run]:
        """Pass over what was opened; the runs as they end."""
        for request, folder in self._opened:
            with self._noted(folder.url, request):
                one = Pass(connection, folder, request, self.way)
                yield from one.runs()
                self.exit_code = max(self.exit_code, one.exit_code)

    def orchestrated(self, orchestrator: Orchestrator, *, create: bool) -> Iterator[RunReport]:
        """The same by another system."""
        for _ in self.folders():
            request, folder = self._opened[-1]
            reports, exit_code = orchestrator.pass_over(folder, request, self.way, create=create)
            self.exit_code = max(self.exit_code, exit_code)
            yield from reports

    @contextmanager
    def _noted(self, name: str, request: Request) -> Iterator[None]:
        try:
            yield
        except RollbookError as error:
            _record_unread(request, error)
            if len(self.sources) == 1:
                raise
            self.exit_code = max(self.exit_code, error.exit_code)
            told = str(error)
            self.way.console.complain(told if told.startswith(f"{name}: ") else f"{name}: {told}")


def _record_unread(request: Request, error: RollbookError) -> None:
    """Record who hears of a source that cannot be read; of a database that cannot be reached, the exit code tells."""
    with (
        suppress(DBAPIError, RollbookError),
        open_database(request.settings.database, create=False).begin() as connection,
    ):
        record_unreached(connection, request, error)


@dataclass
class Pass:
    """One pass over a folder.

    way: how each file's run is performed. do: what each file's import goes through. errors: what stopped single files,
    or the pass. silence: what to tell where nothing came for too long.
    """

    connection: Connection
    folder: NightFolder
    request: Request
    way: ExecutionOptions
    do: Runner = plain
    errors: list[RollbookError] = field(default_factory=list)
    silence: str | None = None
    _beside: list[str] = field(default_factory=list)
    _needs_attention: bool = False

    @property
    def exit_code(self) -> int:
        """That of the errors; 1 where nothing came for too long, an old file did, or a mail was refused; else 0."""
        return max(
            [int(self.silence is not None or self._needs_attention), *(error.exit_code for error in self.errors)]
        )

    @property
    def _placing(self) -> Placing:
        return Placing(self.connection, self.folder, self.request, self._say)

    def runs(self) -> Iterator[Run]:
        """Import and move file after file; the runs as they end. Nothing, where another pass is at work."""
        try:
            with hold(self.connection.engine, f"nightly:{self.folder.url}"):
                yield from self._runs()
        except RunIsLive as error:  # one that never ends holds up every night
            self.way.console.complain(str(error))
            return
        if not any(isinstance(error, Stopped) for error in self.errors):
            self._tell_silence()

    def _runs(self) -> Iterator[Run]:
        with self.connection.begin():
            at_work = drops.at_work(self.connection, self.folder.url)
        for drop in at_work:
            if drop.target is not None:
                self._placing.finish(drop, anew=True)
        taken = {drop.name: drop for drop in at_work if drop.target is None}
        files, moving = self.folder.settled(self.request.settings.nightly.settled_seconds)
        self._let_go(list(taken.values()), files)
        with self.connection.begin():
            record_reached(self.connection, self.request)
        if isinstance(self.folder, ReplyFolder):
            self._refuse(self.folder.refused)
        self._beside = [file.name for file in files]
        for name in moving:
            self._leave(name, "it is still being written")
        self._tell_others(nothing=not files and not moving)
        for number, file in enumerate(files, 1):
            step = StepLabel("import", file.name, number, len(files))
            try:
                run = self._attempt(step, file, taken.get(file.name))
            except Stopped as error:  # whatever stopped it stops the others too
                self._fail(file.name, error)
                return
            except RollbookError as error:
                self._fail(file.name, error)
                continue
            if run is not None:
                yield run
                if run.state == runs.STOPPED and not run.is_over_limits:
                    return

    def _tell_others(self, *, nothing: bool) -> None:
        """Say what is in the folder beside spreadsheets, and whether there are none."""
        if others := self.folder.left_out():
            self._say(f"{left_alone(others)} in {self.folder.url}.")
        for line in self.folder.told() if isinstance(self.folder, ReplyFolder) else ():
            self._say(line)
        if nothing:
            self._say(f"There is nothing to import in {self.folder.url}.")

    def _refuse(self, told: Sequence[str]) -> None:
        """Complain of mails that were refused. told: which, and why."""
        for line in told:
            self.way.console.complain(line)
        self._needs_attention |= bool(told)

    def _let_go(self, taken: list[Drop], files: list[Dropped]) -> None:
        """Files that somebody took away again are at work no longer; their runs are `resume`'s."""
        there = {file.name for file in files}
        with self.connection.begin():
            for drop in taken:
                if drop.name not in there:
                    drops.settle(self.connection, drop, now(), state=drops.LEFT)

    def _attempt(self, step: StepLabel, file: Dropped, begun: Drop | None) -> Run | None:
        """Import one file; raises Bug for a fault beside its own steps: the next pass takes its run up."""
        try:
            return self.do(step, self._import, file, begun)
        except Exception as error:  # noqa: BLE001 - what is no fault, fault_of raises again
            fault = fault_of(error)
            place = self.request.out_folder / "nightly" / f"fault-{file.name}.txt"
            report = write_report(fault, place, f"nightly {self.folder.url}, {file.name}")
            told = f"Rollbook failed ({fault.kind} in {fault.place}). This is a bug. Report it and attach {report}."
            raise Bug(told) from None

    def _import(self, file: Dropped, begun: Drop | None) -> Run | None:
        """Import one file and move it; None where there is nothing to import."""
        path = self.folder.address(file.name)
        content = content_of(self.folder.fetch(file.name, self.request.place(path)))
        if content is None:
            raise CannotBegin("It cannot be read. Give the user who runs the import permission to read it.")
        if begun is not None and begun.sha256 != content:  # another file of that name
            self._let_go([begun], [])
            begun = None
        drop = begun or self._taken(file.name, content)
        if drop is None:
            forget_copies(self.request, [path])
            return None
        run = self._run_of(drop, path)
        self._settle(drop, run)
        return run

    def _taken(self, name: str, content: str) -> Drop | None:
        """The file taken; None for content that is done already, which goes where its like is."""
        with self.connection.begin():
            done = self._done_before(content)
            drop = drops.take(self.connection, self.folder.url, name, content, now())
        if done is None:
            return drop
        if self.folder.moves:
            with self.connection.begin():
                record_arrived(self.connection, self.request, Path(name).name)
        moved = f"it is moved to {DONE}/ and" if self.folder.moves else "it is"
        self._say(f"{name} holds what was imported before: {moved} not imported again.")
        skipped = self._placing.place(drop, drops.SKIPPED, DONE, None)
        self._tell_age(name, done, skipped.target if self.folder.moves and skipped.target else name)
        return None

    def _done_before(self, content: str) -> Drop | None:
        """The file that was imported with this content; of a place that holds one file, what it held last alone."""
        if isinstance(self.folder, ReplyFolder):  # who sends it again is answered again
            return None
        if self.folder.moves:
            return drops.done_before(self.connection, self.folder.url, content)
        last = drops.last_imported(self.connection, self.folder.url)
        return last if last is not None and (last.sha256, last.state) == (content, drops.DONE) else None

    def _tell_age(self, name: str, done: Drop, place: str) -> None:
        """Say when a file came before, and complain if its feed sent newer ones since. place: where it is now."""
        with self.connection.begin():
            since = later_import(self.connection, done.run_id) if done.run_id else None
        same = f"{name} is the same file as on {done.taken_at:%Y-%m-%d %H:%M} UTC (run {done.run_id})"
        if since is None:
            self._say(f"{same}.")
            return
        again = command("import", self.folder.address(place))
        newer = f"its feed sent newer ones since, the last in run {since.run_id}. Nothing was imported"
        self._needs_attention = True
        self.way.console.complain(f"{same}, and {newer}. If it holds what is right: {again}")

    def _run_of(self, drop: Drop, path: str) -> Run:
        """The run of a file that was taken: begun now, or the one that a crash or a stop left."""
        with self.connection.begin():
            run = runs.find_of_file(self.connection, path, drop.sha256, drop.taken_at)
        if run is None:
            others = [name for name in self._beside if name != drop.name]
            request = replace(self.request, drop_folder=self.folder.url)
            request = replace(request, beside=count_beside(request, drop.name, others))
            if isinstance(self.folder, ReplyFolder):
                request = replace(request, reply=self.folder.reply(drop.name))
            return import_found(self.connection, request, run_files([path], request, self._say), self.way)
        return resume_run(self.connection, run, self.way) if run.is_unfinished else run

    def _settle(self, drop: Drop, run: Run) -> None:
        with self.connection.begin():
            files = runs.list_files(self.connection, run.run_id)
        held = next((file for file in files if file.code in _LEFT), None)
        if run.state == runs.STOPPED and not run.is_over_limits:
            self._leave(drop.name, "the run was stopped")
        elif held is not None:
            with self.connection.begin():
                drops.decide(self.connection, drop, state=drops.LEFT, target=drop.name, run_id=run.run_id)
                drops.settle(self.connection, drop, now())
            self._leave(drop.name, held.message or "it is held by another program")
        else:
            unread = any(file.code not in LOADED_ALL_THE_SAME for file in files)
            failed = unread or run.is_over_limits or _all_failed(run)
            self._placing.place(drop, FAILED if failed else DONE, FAILED if failed else DONE, run.run_id)

    def _tell_silence(self) -> None:
        """Say so when nothing new came for longer than it should."""
        within = self.request.settings.nightly.expect_within
        if within is None or isinstance(self.folder, ReplyFolder):  # nobody has to reply
            return
        with self.connection.begin():
            # What is read where it is, and not moved, comes every night.
            last = drops.last_taken(self.connection, self.folder.url, also_known=self.folder.moves)
        if last is None or now() - last > within:
            came = f"the last file arrived on {last:%Y-%m-%d %H:%M} UTC" if last else "no file has ever arrived"
            nothing = f"Nothing new in {self.folder.url} within {span(within)}: {came}."
            self.silence = f"{nothing} Ask the sender."
            self.way.console.complain(self.silence)
            with self.connection.begin():
                record_overdue(self.connection, self.request, round(within.total_seconds() / 60), last)

    def _leave(self, name: str, why: str) -> None:
        self._say(f"{name} is left where it is: {why.rstrip('.')}.")

    def _fail(self, name: str, error: RollbookError) -> None:
        self.errors.append(error)
        self.way.console.complain(f"{name} is left where it is: {error}")
        with suppress(DBAPIError), self.connection.begin():  # of a database that went, the exit code tells
            record_left(self.connection, self.request, name, error)

    def _say(self, line: str) -> None:
        self.way.console.say(line)


def _all_failed(run: Run) -> bool:
    return run.counts.read > 0 and run.counts.rejected + run.counts.failed == run.counts.read

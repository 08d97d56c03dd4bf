"""The Prefect flows. Nothing of Prefect is imported before one of them runs; the steps know nothing of it.

A run goes as a flow in one of two ways: a command that is told to opens a flow run around its steps, and a deployment
runs one of the flows at the end of this module, which call the same commands. These find themselves in a flow run then
and open none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from prefect import flow, get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError

from cli.main import Invocation
from flows.artifacts import Showing, why_failed
from ledger import runs
from ledger.database import is_away
from pipeline.import_history import import_history as import_steps
from pipeline.options import settings_of
from pipeline.runner import Told
from reports.console import Teller
from rollbook.errors import CannotBegin, DatabaseGone, DatabaseRefused, RollbookError, Stopped, Unavailable

if TYPE_CHECKING:
    from pipeline.lifecycle import Way
    from pipeline.run_context import Work
    from reports.run_report import RunReport
    from rollbook.request import Request
    from rollbook.settings import PrefectSettings
    from sources.drop_folder import DropFolder

T = TypeVar("T")
# Prefect's own settings must not make a step run twice, keep what it returns, or log what it prints.
_PLAIN: dict[str, Any] = {"retries": 0, "persist_result": False, "log_prints": False}
# What the flow run shows that is at work in this thread.
_AT_WORK: ContextVar[Showing | None] = ContextVar("at_work", default=None)


class Tasks:
    """A runner that makes each step a Prefect task.

    retries, pause: how often, and after how many seconds, a step is tried again whose error says that what it needs did
    not answer; no other error is.
    Prefect sees a failed state with the kind of an error, and no exception whose text, traceback or context it could
    log or send. The caller gets the error itself.
    """

    def __init__(self, shown: Showing, retries: int = 0, pause: float = 0.0) -> None:
        self._shown = shown
        self._options = {**_PLAIN, "retries": retries, "retry_delay_seconds": pause}

    def __call__(self, told: Told, step: Callable[..., T], *arguments: Any) -> T:
        """Run the step as a task; nothing is cached, for the ledger knows what is done."""
        results: list[T] = []
        errors: list[Exception] = []

        def attempt() -> State[Any] | None:
            try:
                # Neither arguments nor results pass through Prefect: it would look into them for futures.
                results.append(step(*arguments))
            except Exception as error:  # noqa: BLE001 - it is raised again where Prefect does not see it
                errors.append(error)
                return Failed(message=why_failed(error))
            return None

        def may_be_mended(*_: object) -> bool:
            return isinstance(errors[-1], Unavailable)

        self._shown.step(told)
        as_task = task(
            name=str(told),
            task_run_name=lambda: str(told),  # as text it would be a template
            cache_policy=NO_CACHE,
            retry_condition_fn=may_be_mended,
            **self._options,
        )
        as_task(attempt)(return_state=True)
        if results:
            return results[0]
        raise errors[-1] if errors else Stopped(f"Prefect did not run the step {told}.")


def in_flow(name: str, of: str, settings: PrefectSettings, body: Callable[[Showing], T]) -> T:
    """Do something in the flow run that is at work, else in one of its own; gives and raises what the body does.

    name: the flow's. of: what its run is about, for its name and its one parameter.
    """
    shown = _AT_WORK.get()
    if shown is not None:
        shown.settings = settings
        return body(shown)
    done: list[T] = []
    errors: list[Exception] = []

    def as_flow(of: str) -> State[Any]:  # noqa: ARG001 - for Prefect to show
        return _ended(Showing(settings), lambda showing: done.append(body(showing)), errors)

    lost = "no state"
    try:
        flow(name=name, flow_run_name=lambda: f"{name} {of}", **_PLAIN)(as_flow)(of, return_state=True)
    except Exception as error:  # noqa: BLE001 - where all is done, its server may go when it likes
        lost = type(error).__name__
    if done:
        return done[0]
    raise errors[0] if errors else Stopped(f"Prefect did not run the steps ({lost}). Then: rollbook resume")


def _ended(shown: Showing, body: Callable[[Showing], object], errors: list[Exception]) -> State[Any]:
    """The state of a flow run after its body; what the body raised goes to the errors, past Prefect."""
    before = _AT_WORK.set(shown)
    try:
        body(shown)
    except Exception as error:  # noqa: BLE001 - it is raised again where Prefect does not see it
        errors.append(error)
        shown.fail(error)
    finally:
        _AT_WORK.reset(before)
    shown.publish(str(flow_run.name))
    return (Failed if shown.stops else Completed)(message=shown.outcome())


def run_as_flow(work: Work) -> None:
    """Do the steps of one run in a flow run; raises what the steps raise."""

    def steps(shown: Showing) -> None:
        import_steps(work, Tasks(shown))
        with work.transaction() as connection:
            ended = runs.find(connection, work.run_id)
        shown.add(work.connection, ended)

    name = "migrate" if work.request.migrates else "import-history"
    in_flow(name, work.run_id, work.request.settings.prefect, steps)


def pass_as_flow(folder: DropFolder, request: Request, way: Way, *, create: bool) -> tuple[list[RunReport], int]:
    """One pass over a drop folder in a flow run; how its runs ended, and the exit code of what stopped single files."""
    from pipeline.nightly import Pass, open_for

    def one_pass(shown: Showing) -> tuple[list[RunReport], int]:
        with open_for(folder, request.settings, way.teller, create=create).connect() as connection:
            one = Pass(connection, folder, request, way, Tasks(shown))
            for run in one.runs():
                shown.add(connection, run)
        shown.silence = one.silence
        for error in one.errors:
            shown.fail(error)
        return list(shown.reports.values()), one.exit_code

    return in_flow("nightly-import", folder.url, request.settings.prefect, one_pass)


def check_server() -> None:
    """Raise CannotBegin where a Prefect server is named and does not answer; without a name Prefect starts its own."""
    address = PREFECT_API_URL.value()
    if not address or _AT_WORK.get() is not None:
        return
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        told = f"The Prefect server at {address} does not answer ({type(error).__name__})."
        raise CannotBegin(f"{told} Start it, or unset PREFECT_API_URL and leave --prefect out.")


# What the flows of deployments take. Prefect stores and shows it: no secret and no cell of a row is ever among it.
# What it shows of a parameter stands in the docstring; a description beside the type would be lost.
_Files = Annotated[list[str], Field(min_length=1)]
_Folder = Annotated[str, Field(min_length=1)]
_Workers = Annotated[int | None, Field(ge=1)]


class Judging(BaseModel):
    """How rows are judged: what the command line takes as options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Literal["database", "smarteru-xml", "smarteru", "moon", "axcelerate"] = Field(
        "database", description="Where the rows go."
    )
    profile: Path | None = Field(None, description="A profile, or a folder of profiles.")
    on_conflict: Literal["reject", "first", "last", "best"] | None = Field(
        None, description="Copies of an enrollment in the sheets that differ (default reject)."
    )
    on_existing: Literal["reject", "update", "best"] | None = Field(
        None, description="Enrollments that exist and differ (default reject)."
    )
    max_rejected: int | None = Field(None, ge=0, description="Load nothing of a run if more rows are rejected.")
    max_rejected_percent: float | None = Field(None, ge=0, le=100, description="The same, as a percentage of rows.")
    max_failed_files: int | None = Field(None, ge=0, description="Load nothing of a run if more files fail.")
    validate_batches: bool = Field(False, description="Validate each SmarterU batch against its XML schema.")

    def given(self) -> dict[str, Any]:
        """The same as the commands take it."""
        plain = self.model_dump()
        return plain | {"validate": plain.pop("validate_batches"), "out": None, "by": None}


JUDGING = Judging()


def _deployed(told: Told, settings: str | None, command: Callable[[Invocation], object]) -> State[Any]:
    """A command in a deployed flow run, tried again as long as what it needs does not answer."""
    invocation = Invocation(settings=Path(settings) if settings else None)
    errors: list[Exception] = []

    def attempt(shown: Showing) -> None:
        shown.begin_try()
        try:
            command(invocation)
        except DBAPIError as error:
            kind = DatabaseGone if is_away(error) else DatabaseRefused
            raise kind(f"The database did not answer or refused: {type(error.orig).__name__}.") from error
        if shown.unanswered:
            raise Unavailable("What a run needs did not answer.")

    def body(shown: Showing) -> None:
        shown.settings = chosen = settings_of(invocation).prefect
        Tasks(shown, chosen.retries, chosen.retry_seconds)(told, attempt, shown)

    state = _ended(Showing(), body, errors)
    for error in errors:
        Teller(invocation).complain(str(error) if isinstance(error, RollbookError) else type(error).__name__)
    return state


def _files_name() -> str:
    files = flow_run.parameters.get("files") or [""]
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"{flow_run.flow_name} {Path(files[0]).name}{more}"


@flow(name="import-history", flow_run_name=_files_name, **_PLAIN)
def import_history(
    files: _Files,
    settings: str | None = None,
    judging: Judging = JUDGING,
) -> State[Any]:
    """Read, judge and load files in one run of Rollbook.

    Args:
        files: Files, folders or patterns, as the worker finds them.
        settings: The settings file; without it rollbook.toml in the working directory, if there.
        judging: How the rows are judged.
    """
    from pipeline.commands import import_files

    told = Told("import files")
    return _deployed(
        told, settings, lambda invocation: import_files(invocation, prefect=True, files=files, **judging.given())
    )


@flow(name="nightly-import", flow_run_name="nightly-import {folder}", **_PLAIN)
def nightly_import(
    folder: _Folder,
    settings: str | None = None,
    judging: Judging = JUDGING,
) -> State[Any]:
    """Import what lies in a drop folder, each file in a run of its own, and move it to done/ or failed/.

    Args:
        folder: The drop folder: a path or an fsspec URL (s3://…), without a password in it.
        settings: The settings file; without it rollbook.toml in the working directory, if there.
        judging: How the rows are judged.
    """
    from pipeline.nightly import nightly

    def command(invocation: Invocation) -> int:
        return nightly(invocation, folder=folder, create=False, prefect=True, **judging.given())

    return _deployed(Told("look into", folder), settings, command)


@flow(name="migrate", flow_run_name=_files_name, **_PLAIN)
def migrate(
    files: _Files,
    settings: str | None = None,
    workers: _Workers = None,
    dask: str | None = None,
    judging: Judging = JUDGING,
) -> State[Any]:
    """Import many files in one run of Rollbook, on several processes or on a Dask cluster.

    Args:
        files: Files, folders or patterns, as the worker finds them.
        settings: The settings file; without it rollbook.toml in the working directory, if there.
        workers: Processes here that judge (default: one a core).
        dask: The address of a Dask scheduler, such as tcp://scheduler:8786.
        judging: How the rows are judged.
    """
    from pipeline.migrate import migrate as migrate_files

    def command(invocation: Invocation) -> int:
        return migrate_files(invocation, files=files, workers=workers, dask=dask, prefect=True, **judging.given())

    return _deployed(Told("migrate"), settings, command)


@flow(name="deliver", flow_run_name="deliver", **_PLAIN)
def deliver(
    settings: str | None = None,
    emitted: bool = False,
) -> State[Any]:
    """Send what waits in the outbox, one run after the other.

    Args:
        settings: The settings file; without it rollbook.toml in the working directory, if there.
        emitted: Send also what --to smarteru-xml only emitted.
    """

    def command(invocation: Invocation) -> None:
        from pipeline.delivery.round import deliver_waiting

        deliver_waiting(invocation, emitted=emitted, do=Tasks(_AT_WORK.get() or Showing()))

    return _deployed(Told("look into the outbox"), settings, command)

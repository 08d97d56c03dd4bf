"""The flows that deployments run: each calls the command of its name, whose steps become tasks of the flow run.

Each is tried again as long as what it needs does not answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from pydantic import Field
from sqlalchemy.exc import DBAPIError

from flows.artifacts import Showing
from flows.blocks import notify_by_block, secret_of_block
from flows.tasks import AT_WORK, PLAIN, Prefect, Tasks, ended
from ledger.database import is_away
from pipeline.notifying.block import notify_through
from pipeline.options import console_of, settings_of
from pipeline.runner import StepLabel
from rollbook.errors import DatabaseGone, DatabaseRefused, RollbookError, Unavailable
from rollbook.options import EngineOptions, Invocation, JudgingOptions
from rollbook.secrets import ask_also

# What the flows of deployments take. Prefect stores and shows it: no secret and no cell of a row is ever among it.
# What it shows of a parameter stands in the docstring; a description beside the type would be lost.
_Files = Annotated[list[str], Field(min_length=1)]
_ALL_SOURCES = "all sources"
_Folder = Annotated[str, Field(min_length=1)]
_Workers = Annotated[int | None, Field(ge=1)]


JUDGING = JudgingOptions()

ask_also(secret_of_block)
notify_through(notify_by_block)


def _deployed(told: StepLabel, settings: str | None, command: Callable[[Invocation], object]) -> State[Any]:
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

    state = ended(Showing(), body, errors)
    for error in errors:
        console_of(invocation).complain(str(error) if isinstance(error, RollbookError) else type(error).__name__)
    return state


def _files_name() -> str:
    files = flow_run.parameters.get("files") or [""]
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"{flow_run.flow_name} {Path(files[0]).name}{more}"


@flow(name="import-history", flow_run_name=_files_name, **PLAIN)
def import_history(
    files: _Files,
    settings: str | None = None,
    judging: JudgingOptions = JUDGING,
) -> State[Any]:
    """Read, judge and load files in one run of Rollbook.

    Args:
        files: Files, folders or patterns, as the worker finds them.
        settings: The settings file; without it rollbook.toml in the working directory, if there.
        judging: How the rows are judged.
    """
    from pipeline.commands.import_files import import_files

    told = StepLabel("import files")
    told_of = replace(judging, notify=True)
    return _deployed(told, settings, lambda invocation: import_files(invocation, files, told_of, Prefect))


def _nightly_name() -> str:
    return " ".join([flow_run.flow_name or "", flow_run.parameters.get("folder") or _ALL_SOURCES])


@flow(name="nightly-import", flow_run_name=_nightly_name, **PLAIN)
def nightly_import(
    folder: _Folder | None = None,
    settings: str | None = None,
    judging: JudgingOptions = JUDGING,
) -> State[Any]:
    """Import the files in a drop folder, each in a run of its own, and move them to done/ or failed/.

    Args:
        folder: The drop folder: a path, an address (s3://…) without a password in it, or the name of a source of the
            settings. Without it, the folder and all sources of the settings.
        settings: The settings file; without it rollbook.toml in the working directory, if there.
        judging: How the rows are judged.
    """
    from pipeline.commands.nightly import nightly

    def command(invocation: Invocation) -> int:
        return nightly(invocation, folder, judging, Prefect, create=False)

    return _deployed(StepLabel("look into", folder or _ALL_SOURCES), settings, command)


@flow(name="migrate", flow_run_name=_files_name, **PLAIN)
def migrate(
    files: _Files,
    settings: str | None = None,
    workers: _Workers = None,
    dask: str | None = None,
    judging: JudgingOptions = JUDGING,
) -> State[Any]:
    """Import many files in one run of Rollbook, on several processes or on a Dask cluster.

    Args:
        files: Files, folders or patterns, as the worker finds them.
        settings: The settings file; without it rollbook.toml in the working directory, if there.
        workers: Processes here that judge (default: one a core).
        dask: The address of a Dask scheduler, such as tcp://scheduler:8786.
        judging: How the rows are judged.
    """
    from pipeline.commands.import_files import migrate as migrate_files

    def command(invocation: Invocation) -> int:
        return migrate_files(invocation, files, judging, EngineOptions(workers, dask), Prefect)

    return _deployed(StepLabel("migrate"), settings, command)


@flow(name="deliver", flow_run_name="deliver", **PLAIN)
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
        from pipeline.commands.deliver_waiting import deliver_waiting

        deliver_waiting(invocation, emitted=emitted, do=Tasks(AT_WORK.get() or Showing()), orchestrate=Prefect)

    return _deployed(StepLabel("look into the outbox"), settings, command)

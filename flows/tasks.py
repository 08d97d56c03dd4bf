"""Steps as Prefect tasks, in the flow run that is at work or in one of their own. The steps know nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import flow, get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed

from flows.artifacts import Showing, why_failed
from ledger import runs
from ledger.database import open_database
from pipeline.commands.nightly import Pass
from pipeline.import_history import import_history
from pipeline.runner import StepLabel
from rollbook.errors import CannotBegin, Stopped, Unavailable

if TYPE_CHECKING:
    from pipeline.execution import ExecutionOptions
    from pipeline.intake.night_sources import NightFolder
    from pipeline.open_files import OpenFiles
    from reports.run_report import RunReport
    from rollbook.request import Request
    from rollbook.settings import PrefectSettings

T = TypeVar("T")
# Prefect's own settings must not make a step run twice, keep what it returns, or log what it prints.
PLAIN: dict[str, Any] = {"retries": 0, "persist_result": False, "log_prints": False}
# What the flow run shows that is at work in this thread.
AT_WORK: ContextVar[Showing | None] = ContextVar("at_work", default=None)


class Tasks:
    """A runner that makes each step a Prefect task.

    retries, pause: how often, and after how many seconds, a step is tried again whose error says that what it needs did
    not answer; no other error is.
    Prefect sees a failed state with the kind of an error, and no exception whose text, traceback or context it could
    log or send. The caller gets the error itself.
    """

    def __init__(self, shown: Showing, retries: int = 0, pause: float = 0.0) -> None:
        self._shown = shown
        self._options = {**PLAIN, "retries": retries, "retry_delay_seconds": pause}

    def __call__(self, told: StepLabel, step: Callable[..., T], *arguments: Any) -> T:
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

        def may_be_retried(*_: object) -> bool:
            return isinstance(errors[-1], Unavailable)

        self._shown.step(told)
        as_task = task(
            name=str(told),
            task_run_name=lambda: str(told),  # as text it would be a template
            cache_policy=NO_CACHE,
            retry_condition_fn=may_be_retried,
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
    shown = AT_WORK.get()
    if shown is not None:
        shown.settings = settings
        return body(shown)
    done: list[T] = []
    errors: list[Exception] = []

    def as_flow(of: str) -> State[Any]:  # noqa: ARG001 - for Prefect to show
        return ended(Showing(settings), lambda showing: done.append(body(showing)), errors)

    lost = "no state"
    try:
        flow(name=name, flow_run_name=lambda: f"{name} {of}", **PLAIN)(as_flow)(of, return_state=True)
    except Exception as error:  # noqa: BLE001 - where all is done, its server may go when it likes
        lost = type(error).__name__
    if done:
        return done[0]
    raise errors[0] if errors else Stopped(f"Prefect did not run the steps ({lost}). Then: rollbook resume")


def ended(shown: Showing, body: Callable[[Showing], object], errors: list[Exception]) -> State[Any]:
    """The state of a flow run after its body; what the body raised goes to the errors, past Prefect."""
    before = AT_WORK.set(shown)
    try:
        body(shown)
    except Exception as error:  # noqa: BLE001 - it is raised again where Prefect does not see it
        errors.append(error)
        shown.fail(error)
    finally:
        AT_WORK.reset(before)
    shown.publish()
    return (Failed if shown.stops else Completed)(message=shown.outcome())


class Prefect:
    """The orchestrator of `pipeline.runner`: runs and passes as flow runs, their steps as tasks."""

    def check(self) -> None:
        """Raise CannotBegin where a server is named and does not answer; without a name Prefect starts its own."""
        address = PREFECT_API_URL.value()
        if not address or AT_WORK.get() is not None:
            return
        with get_client(sync_client=True) as client:
            error = client.api_healthcheck()
        if error is not None:
            told = f"The Prefect server at {address} does not answer ({type(error).__name__})."
            raise CannotBegin(f"{told} Start it, or unset PREFECT_API_URL and leave --prefect out.")

    def perform(self, files: OpenFiles) -> None:
        """Do the steps of one run in a flow run; raises what the steps raise."""
        work = files.work

        def steps(shown: Showing) -> None:
            import_history(files, Tasks(shown))
            with work.transaction() as connection:
                run = runs.find(connection, work.run_id)
            shown.add(work.connection, run)

        name = "migrate" if work.request.migrates else "import-history"
        in_flow(name, work.run_id, work.request.settings.prefect, steps)

    def pass_over(
        self, folder: NightFolder, request: Request, way: ExecutionOptions, *, create: bool
    ) -> tuple[list[RunReport], int]:
        """One pass over a drop folder: how its runs ended, and the exit code of what stopped single files."""

        def one_pass(shown: Showing) -> tuple[list[RunReport], int]:
            engine = open_database(request.settings.database, create=create)
            with engine.connect() as connection:
                one = Pass(connection, folder, request, way, Tasks(shown))
                for run in one.runs():
                    shown.add(connection, run)
            for error in one.errors:
                shown.fail(error)
            return list(shown.reports.values()), one.exit_code

        return in_flow("nightly-import", folder.url, request.settings.prefect, one_pass)

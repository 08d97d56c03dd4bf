"""The Prefect flows. Prefect stands in this module only; the steps know nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import flow, get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL
from prefect.states import Failed

from flows.import_history import import_history
from flows.runner import Told
from rollbook.errors import CannotBegin, Stopped

if TYPE_CHECKING:
    from flows.work import Work

T = TypeVar("T")
# Prefect's own settings must not make a step run twice, keep what it returns, or log what it prints.
_PLAIN: dict[str, Any] = {"retries": 0, "persist_result": False, "log_prints": False}


class _StepFailed(Exception):
    """Ends the flow after a step that failed; Prefect never gets to see it."""


class Tasks:
    """A runner that makes each step a Prefect task.

    error: what a step raised; its text may hold people's data. done: all steps were done.
    Prefect sees a failed state with the kind of the error, and no exception whose text, traceback or context it could
    log or send.
    """

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.done = False

    def __call__(self, told: Told, step: Callable[..., T], *arguments: Any) -> T:
        """Run the step as a task; nothing is cached, for the ledger knows what is done."""
        results: list[T] = []

        def attempt() -> State[Any] | None:
            try:
                # Neither arguments nor results pass through Prefect: it would look into them for futures.
                results.append(step(*arguments))
            except Exception as error:  # noqa: BLE001 - it is raised again where Prefect does not see it
                self.error = error
                return failed_for(error)
            return None

        task(name=str(told), cache_policy=NO_CACHE, **_PLAIN)(attempt)(return_state=True)
        if not results:
            raise _StepFailed
        return results[0]


def failed_for(error: BaseException) -> State[Any]:
    """The state of what failed with this error."""
    return Failed(message=f"{type(error).__name__}: see what rollbook itself says")


def run_as_flow(work: Work) -> None:
    """Run the steps of one import as the flow `import-history`; raises what the steps raise."""
    tasks = Tasks()

    @flow(name="import-history", flow_run_name=f"import-history {work.run_id}", **_PLAIN)
    def as_flow(run_id: str) -> State[Any] | None:  # noqa: ARG001 - for Prefect to show
        """Read, judge and load the files of one run of Rollbook.

        Args:
            run_id: the run as Rollbook's ledger names it
        """
        try:
            import_history(work, tasks)
            tasks.done = True
        except _StepFailed:
            return failed_for(tasks.error or Stopped())
        return None

    try:
        as_flow(work.run_id, return_state=True)
    except Exception as error:
        if tasks.done:  # its server may go when it likes: the run has ended
            return
        told = f"Prefect did not run the steps ({type(error).__name__}). Is its server up?"
        raise tasks.error or Stopped(f"{told} Then: rollbook resume {work.run_id}") from error
    if tasks.error is not None:
        raise tasks.error


def check_server() -> None:
    """Raise CannotBegin where a Prefect server is named and does not answer; without a name Prefect starts its own."""
    address = PREFECT_API_URL.value()
    if not address:
        return
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        told = f"The Prefect server at {address} does not answer ({type(error).__name__})."
        raise CannotBegin(f"{told} Start it, or unset PREFECT_API_URL and leave --prefect out.")

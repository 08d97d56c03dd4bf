"""The Prefect flows. Prefect stands in this module only; the steps know nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.import_history import import_history
from flows.runner import Told
from rollbook.errors import RollbookError, Stopped

if TYPE_CHECKING:
    from flows.work import Work

T = TypeVar("T")


class StepFailed(Exception):
    """What Prefect gets to see of a step's error: its kind, for the text may hold personal data."""


class Tasks:
    """A runner that makes each step a Prefect task; `error` is what a step really raised."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __call__(self, told: Told, step: Callable[..., T], *arguments: Any) -> T:
        """Run the step as a task; nothing is cached, for the ledger knows what is done."""
        # The arguments are bound here: Prefect would look into them for futures.
        return task(self._guarded(step, arguments), name=str(told), cache_policy=NO_CACHE)()

    def _guarded(self, step: Callable[..., T], arguments: tuple[Any, ...]) -> Callable[[], T]:
        def attempt() -> T:
            try:
                return step(*arguments)
            except Exception as error:
                self.error = error
                raise StepFailed(type(error).__name__) from None

        return attempt


def run_as_flow(work: Work) -> None:
    """Run the steps of one import as the flow `import-history`; raises what the steps raise."""
    tasks = Tasks()

    @flow(name="import-history", flow_run_name=f"import-history {work.run_id}", persist_result=False)
    def as_flow(run_id: str) -> None:
        """Read, judge and load the files of one run of Rollbook.

        Args:
            run_id: the run as Rollbook's ledger names it
        """
        import_history(work, tasks)

    try:
        as_flow(work.run_id)
    except StepFailed:
        assert tasks.error is not None
        raise tasks.error from None
    except RollbookError:
        raise
    except Exception as error:
        raise Stopped(f"Prefect did not run the steps ({type(error).__name__}). Is its server up? Then: rollbook resume {work.run_id}") from error

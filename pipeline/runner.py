"""The seam between the steps and what runs them: plain calls here, Prefect tasks in flows/tasks.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from pipeline.lifecycle import Way
    from pipeline.open_files import OpenFiles
    from reports.run_report import RunReport
    from rollbook.request import Request
    from sources.drop_folder import DropFolder

T = TypeVar("T")


@dataclass(frozen=True)
class Told:
    """A step's name for whoever watches: what is done, to which file, as which of how many."""

    verb: str
    file: str = ""
    number: int = 1
    total: int = 1

    def __str__(self) -> str:
        of = f" ({self.number} of {self.total})" if self.total > 1 else ""
        return f"{self.verb} {self.file}".strip() + of


class Runner(Protocol):
    """Runs one step and gives back what it gives back."""

    def __call__(self, told: Told, step: Callable[..., T], *arguments: Any) -> T:
        """Run the step."""


class Orchestrator(Protocol):
    """A system that shows and schedules runs, and does their steps in runs of its own."""

    def check(self) -> None:
        """Raise CannotBegin where it does not answer."""

    def perform(self, files: OpenFiles) -> None:
        """Do the steps of one run; raises what they raise."""

    def pass_over(self, folder: DropFolder, request: Request, way: Way, *, create: bool) -> tuple[list[RunReport], int]:
        """Do one pass over a drop folder: how its runs ended, and the exit code of what stopped single files."""


# Gives the orchestrator that is asked for, imported only then; None where there is none.
Orchestrate: TypeAlias = Callable[[], Orchestrator] | None


def plain(told: Told, step: Callable[..., T], *arguments: Any) -> T:
    """Run the step here and now; nothing is imported, no server is started."""
    return step(*arguments)


@contextmanager
def with_bars() -> Iterator[Runner]:
    """A runner that shows a progress bar on standard error; only for a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("starting", total=None)

        def run(told: Told, step: Callable[..., T], *arguments: Any) -> T:
            progress.update(bar, description=f"{told.verb} {told.file}", completed=told.number - 1, total=told.total)
            result = step(*arguments)
            progress.update(bar, completed=told.number)
            return result

        yield run


@contextmanager
def watching(*, shown: bool) -> Iterator[Callable[[str, int], None]]:
    """What is told each step and page of a long reading; it shows them on standard error, if at all."""
    if not shown:
        yield lambda _step, _page: None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield lambda step, page: status.update(f"reading {step}, page {page}")

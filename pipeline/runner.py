"""The seam between the steps and what runs them: plain calls here, Prefect tasks in flows/tasks.py."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class StepLabel:
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

    def __call__(self, told: StepLabel, step: Callable[..., T], *arguments: Any) -> T:
        """Run the step."""


def plain(told: StepLabel, step: Callable[..., T], *arguments: Any) -> T:
    """Run the step here and now; nothing is imported, no server is started."""
    return step(*arguments)


def watched(tell: Callable[[StepLabel], None]) -> Runner:
    """A runner that tells each step before it runs it."""

    def run(told: StepLabel, step: Callable[..., T], *arguments: Any) -> T:
        tell(told)
        return step(*arguments)

    return run


@contextmanager
def with_bars() -> Iterator[Runner]:
    """A runner that shows a progress bar on standard error; only for a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("starting", total=None)

        def run(told: StepLabel, step: Callable[..., T], *arguments: Any) -> T:
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

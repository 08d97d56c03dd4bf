"""How runs are performed: by whom, and where they say how they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from pipeline.intake.night_sources import NightFolder
    from pipeline.open_files import OpenFiles
    from pipeline.runner import StepLabel
    from reports.run_report import RunReport
    from reports.terminal.console import Console
    from rollbook.request import Request
    from rollbook.settings import Settings


class Orchestrator(Protocol):
    """A system that shows and schedules runs, and does their steps in runs of its own."""

    def check(self) -> None:
        """Raise CannotBegin where it does not answer."""

    def perform(self, files: OpenFiles) -> None:
        """Do the steps of one run; raises what they raise."""

    def pass_over(
        self, folder: NightFolder, request: Request, way: ExecutionOptions, *, create: bool
    ) -> tuple[list[RunReport], int]:
        """Do one pass over a drop folder: how its runs ended, and the exit code of what stopped single files."""


# Gives the orchestrator that is asked for, imported only then; None where there is none.
Orchestrate: TypeAlias = Callable[[], Orchestrator] | None


@dataclass(frozen=True)
class ExecutionOptions:
    """How a run is performed.

    orchestrate: gives the orchestrator that does its steps, imported only then; None: they are done here.
    settings: today's, of which a run that goes on takes how systems are reached; None: as when it began.
    workers, dask: who judges the files of a migration that goes on; neither: as when it began.
    watch: is told each step before it begins.
    """

    console: Console
    orchestrate: Orchestrate = None
    settings: Settings | None = None
    workers: int | None = None
    dask: str | None = None
    watch: Callable[[StepLabel], None] | None = None

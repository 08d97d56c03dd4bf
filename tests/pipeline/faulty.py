"""Faults in each step of a file, where a cell or the file's name asks for one by `fault-plan`, `fault-part` and so on.

Whatever is raised has a cell of the file in its text. Processes and workers of a migration install them too.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pandas as pd

import pipeline.parallel.executors

STEPS = ("plan", "part", "clean", "judge")
CELL = "zoe.secret@example.com"
_begin_process = pipeline.parallel.executors._begin_process


def begin_process(warm: str) -> None:
    """What a process of `pipeline.parallel.executors.Processes` does first, and the faults."""
    _begin_process(warm)
    install(setattr)


def install(replace: Callable[[Any, str, Any], None]) -> None:
    """Put the faults in their places. replace: `setattr`, or what takes them away again after a test."""
    plan, sheets = import_module("transforms.planning.plan")._Work, import_module("sources.raw_sheets").RawSheet
    judging, settling = import_module("pipeline.judge"), import_module("pipeline.load")
    replace(plan, "plan", _faulty("plan", plan.plan, lambda work: str(work.file_name)))
    replace(sheets, "part", _faulty("part", sheets.part, lambda sheet: " ".join(_cells(sheet.table().to_pandas()))))
    for module, name, step in (
        (judging, "canonical_rows", "clean"),
        (judging, "judge", "judge"),
        (settling, "kept_records", "keep"),
    ):
        replace(module, name, _faulty(step, getattr(module, name), lambda rows: " ".join(_cells(rows))))


def _cells(frame: pd.DataFrame) -> list[str]:
    return [cell for column in frame for cell in frame[column] if isinstance(cell, str)]


def _faulty(step: str, function: Callable[..., Any], seen: Callable[[Any], str]) -> Callable[..., Any]:
    def faulty(first: Any, *others: Any, **named: Any) -> Any:
        if f"fault-{step}" in seen(first):
            raise ValueError(f"no reading of '{CELL}'\nin two lines")
        return function(first, *others, **named)

    return faulty

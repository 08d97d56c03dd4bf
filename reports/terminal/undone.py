"""What `rollbook undo` tells."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console

from reports.terminal.terminal_tables import heading, lines, table
from reports.text import count_noun, listed
from rollbook.commands import BARE, CommandLine

if TYPE_CHECKING:
    from destinations.protocol import Place, Undone

_SHOWN = 50
_SHOWN_RUNS = 5
# What undoing does, in a system, to what the run had made there.
_TAKEN_BACK = {"moon": "cancelled", "axcelerate": "set back"}


def undone_object(run: str, undone: "Undone") -> dict[str, Any]:
    """`undo --json`: run, exit, deleted, restored, removed, reopened, learners_restored, left (enrollments' places)."""
    return {"run": run, "exit": int(bool(undone.left)), **asdict(undone)}


def left_lines(undone: "Undone") -> Iterator[tuple[object, ...]]:
    """What stays, a line each, as `reports.files.batch_csv.LEFT_COLUMNS`."""
    for place in undone.left:
        whose = (place.source_file, place.source_sheet, place.source_row, place.source_column)
        yield *whose, place.learner, place.session_code, _reason(place)


def _reason(place: "Place") -> str:
    return place.reason or f"changed by run {place.changed_by_run}"


def print_undone(
    run: str, undone: "Undone", console: Console, commands: CommandLine = BARE, destination: str = "database"
) -> None:
    """The same for people; the first enrollments that stay, and the runs that are to be undone before this one."""
    removed = [count_noun(number, what.removesuffix("s")) for what, number in undone.removed.items() if number]
    taken = _TAKEN_BACK.get(destination, "removed")
    facts = [f"{count_noun(undone.deleted, 'enrollment')} {taken}", f"{undone.restored:,} restored"]
    if undone.learners_restored:
        facts.append(f"{count_noun(undone.learners_restored, 'learner')} without what the run had added")
    lines(console, [f"Run {run} undone: {listed(facts + [f'{text} removed' for text in removed])}."], indent=0)
    if undone.reopened:
        lines(console, [f"{count_noun(undone.reopened, 'case')} open again."])
    if undone.left:
        heading(console, f"Left: {count_noun(len(undone.left), 'enrollment')}.")
        headers = ("Session", "Learner", "Why", "From")
        table(console, headers, [_left_line(left) for left in undone.left[:_SHOWN]])
        if (more := len(undone.left) - _SHOWN) > 0:
            lines(console, [commands.complete(f"… and {more:,} more. All of them: rollbook undo {run} --json")])
        lines(console, map(commands.complete, _later_runs(run, undone)))


def _left_line(left: "Place") -> tuple[str, ...]:
    return left.session_code, left.learner, _reason(left), f"{left.source_file} {left.source_row}"


def _later_runs(run: str, undone: "Undone") -> list[str]:
    """The commands that undo the runs which changed what stays, then this one again."""
    later = list(dict.fromkeys(left.changed_by_run for left in undone.left if left.changed_by_run))
    if not later:
        return []
    shown = [f"rollbook undo {name}" for name in (*later[:_SHOWN_RUNS], run)]
    more = f" (and {count_noun(len(later) - _SHOWN_RUNS, 'other')})" if len(later) > _SHOWN_RUNS else ""
    return [f"Undo the later runs that changed them{more}, the latest first, then this one again:", *shown]

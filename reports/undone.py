"""What `rollbook undo` tells."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console

from reports.terminal_tables import heading, lines, table
from reports.text import count_noun, listed

if TYPE_CHECKING:
    from destinations.protocol import Place, Undone

_SHOWN = 50


def undone_object(run: str, undone: "Undone") -> dict[str, Any]:
    """`undo --json`: run, exit, deleted, restored, removed, reopened, learners_restored, left (enrollments' places)."""
    return {"run": run, "exit": int(bool(undone.left)), **asdict(undone)}


def left_lines(undone: "Undone") -> Iterator[tuple[object, ...]]:
    """What stays, a line each, as `reports.batch_csv.LEFT_COLUMNS`."""
    for place in undone.left:
        whose = (place.source_file, place.source_sheet, place.source_row, place.source_column)
        yield *whose, place.learner, place.session_code, _reason(place)


def _reason(place: "Place") -> str:
    return place.reason or f"changed by run {place.changed_by_run}"


def print_undone(run: str, undone: "Undone", console: Console) -> None:
    """The same for people; enrollments that a later run changed are listed."""
    removed = [count_noun(number, what.removesuffix("s")) for what, number in undone.removed.items() if number]
    facts = [f"{count_noun(undone.deleted, 'enrollment')} removed", f"{undone.restored:,} restored"]
    if undone.learners_restored:
        facts.append(f"{count_noun(undone.learners_restored, 'learner')} without what the run had added")
    lines(console, [f"Run {run} undone: {listed(facts + [f'{text} removed' for text in removed])}."], indent=0)
    if undone.reopened:
        lines(console, [f"{count_noun(undone.reopened, 'case')} open again."])
    if undone.left:
        left = count_noun(len(undone.left), "enrollment")
        is_later = any(place.changed_by_run for place in undone.left)
        advice = " Undo the later runs that changed them, then this one again." if is_later else ""
        heading(console, f"Left: {left}.{advice}")
        headers = ("Session", "Learner", "Why", "From")
        places = [
            (
                left.session_code,
                left.learner,
                _reason(left),
                f"{left.source_file} {left.source_row}",
            )
            for left in undone.left[:_SHOWN]
        ]
        table(console, headers, places)

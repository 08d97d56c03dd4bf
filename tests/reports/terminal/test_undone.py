"""What `undo` tells of what stays."""

import io
from dataclasses import replace

from destinations.protocol import Place, Undone
from reports.terminal.terminal_tables import console_for
from reports.terminal.undone import print_undone

STAYS = Place("march.csv", "march", 4, None, "501/9001", "1004", reason="outcome_code stays: it cannot be blank")


def told(*left: Place, destination: str = "database") -> str:
    """What is printed, as one line."""
    out = io.StringIO()
    print_undone("261121-k3f8q", Undone(1, 0, {}, 0, left), console_for(out), destination=destination)
    return " ".join(out.getvalue().split())


def test_undoing_later_runs_is_advised_only_where_one_changed_what_stays() -> None:
    """What the system itself does not take back, no other undo takes back."""
    alone = told(STAYS)
    assert "Left: 1 enrollment. Session" in alone
    assert "outcome_code stays: it cannot be blank" in alone
    page = told(STAYS, replace(STAYS, reason=None, changed_by_run="261122-aaaaa"))
    assert "then this one again: rollbook undo 261122-aaaaa rollbook undo 261121-k3f8q" in page


def test_what_is_not_shown_of_what_stays_is_counted() -> None:
    """With the command that lists all of it; so are runs beyond the first ones."""
    page = told(*(replace(STAYS, reason=None, changed_by_run=f"261122-{number:05}") for number in range(60)))
    assert "… and 10 more. All of them: rollbook undo 261121-k3f8q --json" in page
    assert "Undo the later runs that changed them (and 55 others), " in page
    assert page.count("rollbook undo 261122-") == 5


def test_what_is_done_to_enrollments_is_said_as_the_system_does_it() -> None:
    """Only a database removes them."""
    assert [told(destination=system) for system in ("database", "moon", "axcelerate")] == [
        f"Run 261121-k3f8q undone: 1 enrollment {what} and 0 restored." for what in ("removed", "cancelled", "set back")
    ]

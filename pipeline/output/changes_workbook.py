"""The workbook of what a run changed of enrollments that were there before it, field by field."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ledger.accounts.change_lines import CHANGE_LINES, UPDATES_AT_ONCE, change_lines, count_updates
from reports.files.line_exports import export_lines
from reports.ledger_report import CHANGES

if TYPE_CHECKING:
    from pipeline.run_context import RunContext

# More would hold a large run up; `rollbook changes` exports all of them.
SHOWN_UPDATES = 20_000


def write_changes(work: RunContext) -> None:
    """Write it where the run updated something; that of an earlier attempt goes otherwise."""
    path = work.folder / CHANGES
    with work.transaction() as connection:
        updates = count_updates(connection, work.run_id)
        if not updates:
            path.unlink(missing_ok=True)
            return
        some = updates > SHOWN_UPDATES
        lines = islice(change_lines(connection, work.run_id), SHOWN_UPDATES // UPDATES_AT_ONCE)
        export_lines(lines, CHANGE_LINES, path, title="First changes" if some else "Changes")

"""Cancelling what is missing in a complete feed: updates that no row makes, with their lines in the journal."""

import pyarrow as pa
from sqlalchemy import Connection, update

from destinations.database.load import journal
from destinations.protocol import RunTerms
from ledger.feeds.feeds import numbered
from ledger.tables import training_enrollments
from rollbook.rows.statuses import CANCELLED


def cancel_enrollments(connection: Connection, run: RunTerms, enrollments: pa.Array, file: str) -> None:
    """Cancel these enrollments. file: the path of the file in which they are missing; no row of it is theirs."""
    values = {
        "status": CANCELLED,
        "completed_at": None,
        "completed_at_is_default": False,
        "run_id": run.run_id,
        "source_file": file,
        **dict.fromkeys(("source_sheet", "source_row", "source_column")),
    }
    with numbered(connection, enrollments) as wanted:
        journal(connection, wanted, run)
        here = training_enrollments.c.id == wanted.c.enrollment_id
        connection.execute(update(training_enrollments).where(here).values(values))

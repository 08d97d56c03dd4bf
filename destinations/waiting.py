"""Rows whose case is on its way already, by another run: they are not sent a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Column, Connection, String, select

from destinations.verdicts import reject
from ledger.bulk import insert_frame
from ledger.tables import PLACE, key, rollbook_rows
from ledger.temporary import temporary
from rollbook.outcomes import ACCEPTED

if TYPE_CHECKING:
    from destinations.protocol import RunTerms

WAITING = "delivery.waiting"


def reject_waiting(connection: Connection, run: RunTerms) -> None:
    """Reject the accepted rows that stand for a case in `run.waiting`; their failure says which run delivers it."""
    if not run.waiting:
        return
    frame = pd.DataFrame(run.waiting.items(), columns=["fingerprint", "detail"], dtype="str")
    columns = (Column("fingerprint", key(32), primary_key=True), Column("detail", String(100), nullable=False))
    rows = rollbook_rows.c
    with temporary(connection, "rollbook_waiting", *columns) as waiting:
        insert_frame(connection, waiting, frame)
        here = (rows.run_id == run.run_id, rows.outcome == ACCEPTED, rows.fingerprint.is_not(None))
        query = select(*(rows[name] for name in PLACE[1:]), waiting.c.detail)
        query = query.join(waiting, waiting.c.fingerprint == rows.fingerprint).where(*here)
        reject(connection, run, query, lambda found: found.assign(field=None, value=None, code=WAITING))

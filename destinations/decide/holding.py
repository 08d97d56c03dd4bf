"""Rows of cases of which another run has the say: on their way by it, or corrected otherwise meanwhile."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Column, Connection, String, select

from destinations.decide.reject import reject
from ledger.bulk import insert_frame
from ledger.cases import CORRECTED_ELSEWHERE
from ledger.tables import PLACE, key, long_text, rollbook_rows
from ledger.temporary_tables import temporary
from rollbook.outcomes import ACCEPTED, REJECTED

if TYPE_CHECKING:
    from destinations.protocol import RunTerms

WAITING = "delivery.waiting"
_TEXTS = ("detail", "source_column", "header", "value")


def reject_held(connection: Connection, run: RunTerms, *, only_if_new: bool) -> None:
    """Reject the rows that stand for a case in `run.held`, each with its reason.

    only_if_new: those that would be loaded as new ones. Else the others: also where a rule refused the row already, so
    that its case does not take over what it says.
    """
    held = {name: why for name, why in run.held.items() if why.only_if_new == only_if_new}
    if not held:
        return
    frame = pd.DataFrame([{"fingerprint": name, **asdict(why)} for name, why in held.items()])
    frame = frame.astype(dict.fromkeys(("fingerprint", "code", *_TEXTS), "str"))
    columns = [Column("fingerprint", key(32), primary_key=True), Column("code", String(32), nullable=False)]
    columns += [Column(name, long_text()) for name in _TEXTS]
    rows = rollbook_rows.c
    with temporary(connection, "rollbook_held_cases", *columns) as table:
        insert_frame(connection, table, frame[[column.name for column in columns]])
        refused = (rows.outcome == ACCEPTED) | ((rows.outcome == REJECTED) & (table.c.code == CORRECTED_ELSEWHERE))
        query = select(*(rows[name] for name in PLACE[1:]), *(table.c[name] for name in ("code", *_TEXTS)))
        query = query.join(table, table.c.fingerprint == rows.fingerprint)
        here = (rows.run_id == run.run_id, rows.fingerprint.is_not(None), refused)
        reject(connection, run, query.where(*here), lambda found: found.assign(field=None))

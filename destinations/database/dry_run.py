"""What a check would update, journaled in the ledger of the check: on copies of the enrollments, by the same code."""

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BigInteger, Column, Connection, Select, Table, insert, select

from destinations.database.load import CREATED_LEARNERS, CREATED_SESSIONS, update_enrollments
from destinations.protocol import RunTerms
from ledger.sql.keys import keyed
from ledger.tables import employees, training_enrollments, training_sessions
from stage.database import Stage

_COPIED_AT_ONCE = 10_000


def rehearse_updates(existing: Connection, ledger: Connection, stage: Stage, run: RunTerms, others: pa.Array) -> None:
    """Copy what the run would update into the ledger, and update it there.

    existing: the database as it is, which is only read. others: enrollments that are copied as well.
    """
    stage.put("created_learners", CREATED_LEARNERS.empty_table())
    stage.put("created_sessions", CREATED_SESSIONS.empty_table())
    stage.run("enrollments")
    number = Column("id", BigInteger, primary_key=True, autoincrement=False)
    updated = stage.column("SELECT enrollment_id FROM updates")
    numbers = pa.table({"id": pc.unique(pa.chunked_array([updated, others]))})
    with keyed(existing, "rollbook_updated", numbers, number) as wanted:
        of_run = training_enrollments.join(wanted, wanted.c.id == training_enrollments.c.id)
        for table, key in (
            (training_enrollments, training_enrollments.c.id),
            (employees, training_enrollments.c.employee_id),
            (training_sessions, training_enrollments.c.training_session_id),
        ):
            named = select(key).select_from(of_run)
            _copy(existing, ledger, table, select(table).where(table.c.id.in_(named)))
    update_enrollments(ledger, stage, run)


def _copy(existing: Connection, ledger: Connection, table: Table, query: Select[tuple[object, ...]]) -> None:
    with existing.execute(query, execution_options={"yield_per": _COPIED_AT_ONCE}) as found:
        for lines in found.mappings().partitions():
            ledger.execute(insert(table), [dict(line) for line in lines])

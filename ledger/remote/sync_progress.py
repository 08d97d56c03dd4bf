"""How far reading a system's reference data came, so that what was broken off goes on behind the last page stored."""

from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, select

from ledger.tables import rollbook_syncs


def pages_stored(connection: Connection, system: str) -> dict[str, tuple[int, bool]]:
    """step -> (the last page stored, whether it was the last) of a sync that was broken off; empty where none was."""
    lines = rollbook_syncs.c
    query = select(lines.step, lines.page, lines.is_done).where(lines.destination == system)
    return {step: (page, done) for step, page, done in connection.execute(query)}


def note_page(connection: Connection, system: str, step: str, page: int, at: datetime, *, is_done: bool) -> None:
    """A page is stored; in the transaction that stored it."""
    lines = rollbook_syncs.c
    connection.execute(delete(rollbook_syncs).where(and_(lines.destination == system, lines.step == step)))
    values = {"destination": system, "step": step, "page": page, "is_done": is_done, "stored_at": at}
    connection.execute(insert(rollbook_syncs).values(**values))


def forget(connection: Connection, system: str) -> int:
    """The sync is complete; how many steps it had."""
    ours = rollbook_syncs.c.destination == system
    steps = connection.scalar(select(func.count()).select_from(rollbook_syncs).where(ours)) or 0
    connection.execute(delete(rollbook_syncs).where(ours))
    return steps

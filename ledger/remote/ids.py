"""The IDs that systems outside have for learners and other things, kept from one run to the next."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, and_, delete, insert, or_, select

from ledger.tables import rollbook_target_ids

# (kind, code), as a system's own module names them.
Name = tuple[str, str]
_ASKED_AT_ONCE = 500


def find(connection: Connection, destination: str, names: Iterable[Name]) -> dict[Name, str]:
    """Name -> ID, of those that are known."""
    wanted = sorted(set(names))
    lines = rollbook_target_ids.c
    found: dict[Name, str] = {}
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        asked = set(wanted[start : start + _ASKED_AT_ONCE])
        query = select(lines.kind, lines.code, lines.target_id).where(
            lines.destination == destination, lines.code.in_([code for _, code in asked])
        )
        found |= {(kind, code): known for kind, code, known in connection.execute(query) if (kind, code) in asked}
    return found


def every(connection: Connection, destination: str) -> dict[Name, str]:
    """Name -> ID, of all that are known."""
    lines = rollbook_target_ids.c
    query = select(lines.kind, lines.code, lines.target_id).where(lines.destination == destination)
    return {(kind, code): known for kind, code, known in connection.execute(query)}


def keep(connection: Connection, destination: str, found: Mapping[Name, str]) -> None:
    """Write down what was found, in place of what was known by the same names."""
    if not found:
        return
    forget(connection, destination, found.keys())
    connection.execute(
        insert(rollbook_target_ids),
        [
            {"destination": destination, "kind": kind, "code": code, "target_id": known}
            for (kind, code), known in sorted(found.items())
        ],
    )


def forget(connection: Connection, destination: str, names: Collection[Name]) -> None:
    """Take out what is wrong."""
    lines = rollbook_target_ids.c
    wrong = sorted(names)
    for start in range(0, len(wrong), _ASKED_AT_ONCE):
        some = [and_(lines.kind == kind, lines.code == code) for kind, code in wrong[start : start + _ASKED_AT_ONCE]]
        connection.execute(delete(rollbook_target_ids).where(lines.destination == destination, or_(*some)))

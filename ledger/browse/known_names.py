"""What is loaded of a kind, by name: what the values of a group may be meant to be."""

from sqlalchemy import Connection, select

from ledger.reference.upserts import REFERENCE
from ledger.tables import courses, groups, training_sessions

# More are no list to pick from.
MOST = 500
_NAMES = {
    "course_id": courses.c.course_code,
    "course_name": courses.c.name,
    "group_id": groups.c.group_code,
    "group_name": groups.c.name,
    "session_id": training_sessions.c.session_code,
}


def known_names(connection: Connection, field: str | None, most: int = MOST) -> list[str]:
    """The reference data's values of a field, in order; none where there are more than `most`.

    A session without a code of its own is not named: its course and day tell it.
    """
    name = _NAMES.get(field or "")
    if name is None:
        return []
    loaded = name.table.c.origin == REFERENCE
    query = select(name).where(loaded, name.is_not(None), name.not_like("%|%")).distinct()
    found = list(connection.scalars(query.order_by(name).limit(most + 1)))
    return found if len(found) <= most else []

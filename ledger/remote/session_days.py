"""The days of sessions that SmarterU told when rows had none, kept among its IDs."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection

from ledger.remote import ids

_HOLDER, _KIND = "smarteru", "session day"


def known_days(connection: Connection, session_ids: Collection[str]) -> dict[str, date]:
    """Session ID -> its day, of those that are known."""
    found = ids.find(connection, _HOLDER, [(_KIND, session_id) for session_id in session_ids])
    return {session_id: date.fromisoformat(day) for (_, session_id), day in found.items()}


def keep_days(connection: Connection, days: Mapping[str, date]) -> None:
    """Write down days, in place of what was known of the same sessions."""
    ids.keep(connection, _HOLDER, {(_KIND, session_id): day.isoformat() for session_id, day in days.items()})

"""What people and programs did: a line for each run that began, each change of cases, each login and download.

No line holds a cell of a row: what was changed in which cell stands in rollbook_changes.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from ledger.tables import rollbook_activity

LOGIN, LOGIN_FAILED, LOGOUT, DOWNLOAD = "login", "login_failed", "logout", "download"
IGNORE, REOPEN, ASSIGN, PROFILE = "ignore", "reopen", "assign", "profile"
UNDO, RESUME, REFERENCE, PURGE = "undo", "resume", "reference", "purge"
# The commands whose runs begin.
RUNS = ("import", "nightly", "migrate", "retry", "repair")
KINDS = (*RUNS, RESUME, UNDO, IGNORE, REOPEN, ASSIGN, PROFILE, REFERENCE, PURGE, LOGIN, LOGIN_FAILED, LOGOUT, DOWNLOAD)
_LONGEST = 1_000


@dataclass(frozen=True)
class Activity:
    """A line. at: UTC without zone. who: None where nobody is known. rows: how many rows it was about.

    detail: a reason, a file's name, who looks after a group now; never what a cell holds. address: of a browser.
    """

    kind: str
    at: datetime
    who: str | None = None
    run_id: str | None = None
    case_id: int | None = None
    group_id: int | None = None
    rows: int | None = None
    detail: str | None = None
    address: str | None = None
    activity_id: int | None = None


@dataclass(frozen=True)
class ActivityFilter:
    """Which lines: those for which all that is given holds. since, until: days in UTC, both included."""

    kind: str | None = None
    who: str | None = None
    run_id: str | None = None
    since: date | None = None
    until: date | None = None


_EVERY = ActivityFilter()
_COLUMNS = {
    "kind": "kind",
    "at": "acted_at",
    "who": "acted_by",
    "run_id": "run_id",
    "case_id": "case_id",
    "group_id": "group_id",
    "rows": "row_count",
    "detail": "detail",
    "address": "address",
}
assert set(_COLUMNS) == {field.name for field in fields(Activity)} - {"activity_id"}


def record(connection: Connection, done: Activity) -> None:
    """Write down what somebody did, in the transaction that does it."""
    values = {column: getattr(done, name) for name, column in _COLUMNS.items()}
    values["detail"] = None if done.detail is None else done.detail[:_LONGEST]
    connection.execute(insert(rollbook_activity).values(values))


def activities(
    connection: Connection, wanted: ActivityFilter = _EVERY, *, before: int | None = None, size: int = 50
) -> list[Activity]:
    """The latest lines first, at most `size`. before: only those older than the one of that number."""
    known = rollbook_activity.c
    columns = [known[column].label(name) for name, column in _COLUMNS.items()]
    query = select(*columns, known.activity_id).where(*_conditions(wanted))
    if before is not None:
        query = query.where(known.activity_id < before)
    lines = connection.execute(query.order_by(known.activity_id.desc()).limit(size)).mappings()
    return [Activity(**line) for line in lines]


def people(connection: Connection, most: int = 200) -> list[str]:
    """Who did something, by name; each is one look-up in an index."""
    known = rollbook_activity.c
    query = select(known.acted_by).where(known.acted_by.is_not(None)).order_by(known.acted_by).limit(1)
    found: list[str] = []
    name = connection.scalar(query)
    while name is not None and len(found) < most:
        found.append(name)
        name = connection.scalar(query.where(known.acted_by > name))
    return found


def forget_details(connection: Connection, before: datetime) -> int:
    """Take out reasons, names of files and addresses of browsers of older lines; of how many lines."""
    known = rollbook_activity.c
    old = (known.acted_at < before) & (known.detail.is_not(None) | known.address.is_not(None))
    return connection.execute(update(rollbook_activity).where(old).values(detail=None, address=None)).rowcount


def _conditions(wanted: ActivityFilter) -> list[ColumnElement[bool]]:
    known = rollbook_activity.c
    pairs: tuple[tuple[ColumnElement[Any], Any], ...] = (
        (known.kind, wanted.kind),
        (known.acted_by, wanted.who),
        (known.run_id, wanted.run_id),
    )
    found = [column == value for column, value in pairs if value is not None]
    if wanted.since is not None:
        found.append(known.acted_at >= datetime.combine(wanted.since, time()))
    if wanted.until is not None:
        found.append(known.acted_at < datetime.combine(wanted.until, time()) + timedelta(days=1))
    return found

"""Groups of failed rows as people browse them: what is wrong with whose rows, how many, since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select

from ledger.remote.waiting import waiting_cases
from ledger.tables import (
    rollbook_case_group_days,
    rollbook_case_groups,
    rollbook_case_members,
    rollbook_cases,
)
from rollbook.errors import CannotBegin

TABS = ("new", "open", "waiting", "ignored", "fixed")
# For how long a group is new after its first row.
NEW_FOR = timedelta(days=3)
NIGHTS = 14
# So many rows of a group are looked at for its values: of more, a page says that it counted these.
LOOKED_AT = 5_000
# So many rows tell the values that a line of the list shows: a group with more may hold others.
GLANCE = 200


@dataclass(frozen=True)
class GroupLine:
    """A group; moments are UTC without zone.

    waiting_cases: how many of the open ones a run delivers. values: the most frequent values, the blank one as None.
    trend: new rows a night, the last NIGHTS nights, the oldest first.
    """

    group_id: int
    code: str
    header: str
    sender: str
    first_seen: datetime
    last_seen: datetime
    open_cases: int
    fixed_cases: int
    ignored_cases: int
    assignee: str | None
    waiting_cases: int = 0
    is_new: bool = False
    values: tuple["Value", ...] = ()
    trend: tuple[int, ...] = ()


@dataclass(frozen=True)
class Value:
    """A value that is blamed (its first 190 characters; None: blank), and in how many of the rows looked at."""

    text: str | None
    cases: int


@dataclass(frozen=True)
class GroupPage:
    """Groups of a tab. tabs: how many groups each tab holds; total: of this one; senders: of all open groups."""

    lines: tuple[GroupLine, ...]
    tabs: dict[str, int]
    total: int


@dataclass(frozen=True)
class GroupValues:
    """The values of a group's open rows, the most frequent first. looked_at: of how many rows, when not of all."""

    values: tuple[Value, ...]
    looked_at: int | None = None


def group_page(
    connection: Connection,
    tab: str,
    now: datetime,
    *,
    sender: str | None = None,
    assignee: str | None = None,
    start: int = 0,
    size: int = 50,
) -> GroupPage:
    """The groups of a tab (one of TABS), the largest first; raises CannotBegin where there is no such tab."""
    if tab not in TABS:
        raise CannotBegin(f"The groups are listed as {', '.join(TABS)}.")
    groups = rollbook_case_groups.c
    waiting = _waiting(connection)
    wheres = _tabs(now, waiting)
    narrowed: list[ColumnElement[bool]] = [] if sender is None else [groups.sender == sender]
    narrowed += [] if assignee is None else [groups.assignee == assignee]
    numbers = {
        name: connection.scalar(select(func.count()).where(where, *narrowed)) or 0 for name, where in wheres.items()
    }
    counted = groups[f"{tab}_cases"] if tab in ("fixed", "ignored") else groups.open_cases
    query = select(*_columns()).where(wheres[tab], *narrowed).order_by(counted.desc(), groups.group_id)
    found = [dict(line) for line in connection.execute(query.offset(start).limit(size)).mappings()]
    state = tab if tab in ("fixed", "ignored") else "open"
    return GroupPage(tuple(_lines(connection, found, waiting, now, state)), numbers, numbers[tab])


def group(connection: Connection, group_id: int, now: datetime) -> GroupLine:
    """One group; CannotBegin where there is none."""
    query = select(*_columns()).where(rollbook_case_groups.c.group_id == group_id)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise CannotBegin(f"There is no group {group_id}.")
    return _lines(connection, [dict(found)], _waiting(connection), now, "open")[0]


def senders(connection: Connection) -> list[str]:
    """Those with open cases, by name."""
    groups = rollbook_case_groups.c
    return list(
        connection.scalars(select(groups.sender).where(groups.open_cases > 0).distinct().order_by(groups.sender))
    )


def group_values(connection: Connection, group_id: int, state: str = "open") -> GroupValues:
    """The values of a group's cases in a state, of at most LOOKED_AT of them."""
    looked = _some_members(group_id, state).subquery()
    query = select(looked.c.value, func.count().label("number")).group_by(looked.c.value)
    lines = connection.execute(query.order_by(func.count().desc(), looked.c.value)).all()
    number = sum(line[1] for line in lines)
    return GroupValues(tuple(Value(*line) for line in lines), number if number == LOOKED_AT else None)


def _columns() -> list[ColumnElement[Any]]:
    groups = rollbook_case_groups.c
    names = ("group_id", "code", "header", "sender", "first_seen", "last_seen")
    return [groups[name] for name in (*names, "open_cases", "fixed_cases", "ignored_cases", "assignee")]


def _tabs(now: datetime, waiting: dict[int, int]) -> dict[str, ColumnElement[bool]]:
    groups = rollbook_case_groups.c
    return {
        "new": (groups.open_cases > 0) & (groups.first_seen >= now - NEW_FOR),
        "open": groups.open_cases > 0,
        "waiting": groups.group_id.in_(list(waiting)),
        "ignored": groups.ignored_cases > 0,
        "fixed": groups.fixed_cases > 0,
    }


def _waiting(connection: Connection) -> dict[int, int]:
    """group_id -> how many of its cases wait in the outbox."""
    members = rollbook_case_members.c
    found: dict[int, int] = {}
    ids = sorted(waiting_cases(connection))
    for at in range(0, len(ids), 500):
        query = select(members.group_id, func.count()).where(members.case_id.in_(ids[at : at + 500]))
        for group_id, number in connection.execute(query.group_by(members.group_id)):
            found[group_id] = found.get(group_id, 0) + number
    return found


def _lines(
    connection: Connection, found: Sequence[dict[str, Any]], waiting: dict[int, int], now: datetime, state: str
) -> list[GroupLine]:
    ids = [line["group_id"] for line in found]
    trends = _trends(connection, ids, now)
    return [
        GroupLine(
            **line,
            waiting_cases=waiting.get(line["group_id"], 0),
            is_new=line["first_seen"] >= now - NEW_FOR,
            values=_most_frequent(connection, line["group_id"], state),
            trend=trends[line["group_id"]],
        )
        for line in found
    ]


def _trends(connection: Connection, ids: Sequence[int], now: datetime) -> dict[int, tuple[int, ...]]:
    days = rollbook_case_group_days.c
    nights = [now.date() - timedelta(days=ago) for ago in range(NIGHTS - 1, -1, -1)]
    query = select(days.group_id, days.met_on, days.new_cases).where(days.group_id.in_(ids), days.met_on >= nights[0])
    found = {(group_id, day): number for group_id, day, number in connection.execute(query)}
    return {group_id: tuple(found.get((group_id, night), 0) for night in nights) for group_id in ids}


def _most_frequent(connection: Connection, group_id: int, state: str) -> tuple[Value, ...]:
    looked = _some_members(group_id, state).limit(GLANCE).subquery()
    query = select(looked.c.value, func.count()).group_by(looked.c.value)
    return tuple(
        Value(*line) for line in connection.execute(query.order_by(func.count().desc(), looked.c.value).limit(4))
    )


def _some_members(group_id: int, state: str) -> Any:
    members, cases = rollbook_case_members.c, rollbook_cases.c
    # The state is not looked up by its index: a planner would begin with all cases of that state.
    here = func.coalesce(cases.state, literal("")) == state
    query = select(members.value).join(rollbook_cases, cases.case_id == members.case_id)
    return query.where(members.group_id == group_id, here).limit(LOOKED_AT)

"""Groups of failed rows as people browse them: what is wrong with whose rows, how many, since when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.browse.search import Filter, Sort, search
from ledger.cases.cases import chosen_cases
from ledger.remote.waiting import is_delivering, waiting_ids
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
# So many of the newest rows, in whatever state, tell the values that a line of the list shows.
GLANCE = 200


@dataclass(frozen=True)
class GroupLine:
    """A group; moments are UTC without zone.

    waiting_cases: how many of the open ones a run delivers. values: the most frequent values, the blank one as None,
    as far as the newest rows tell. trend: new rows a night, the last NIGHTS nights, the oldest first.
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

    def cases_in(self, state: str) -> int:
        """How many of its cases are in a state."""
        return {"open": self.open_cases, "fixed": self.fixed_cases, "ignored": self.ignored_cases}[state]


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
    """The values of a group's rows, the most frequent first. looked_at: of how many rows, when not of all."""

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
    trends = _trends(connection, [line["group_id"] for line in found], now)
    lines = (_line(line, waiting, now, trends) for line in found)
    told = tuple(replace(line, values=_most_frequent(connection, line.group_id, state)) for line in lines)
    return GroupPage(told, numbers, numbers[tab])


def group(connection: Connection, group_id: int, now: datetime) -> GroupLine:
    """One group, without its values, which `group_values` tells; CannotBegin where there is none."""
    query = select(*_columns()).where(rollbook_case_groups.c.group_id == group_id)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise CannotBegin(f"There is no group {group_id}.")
    return _line(dict(found), _waiting(connection, group_id), now, _trends(connection, [group_id], now))


def senders(connection: Connection) -> list[str]:
    """Those with open cases, by name."""
    groups = rollbook_case_groups.c
    return list(
        connection.scalars(select(groups.sender).where(groups.open_cases > 0).distinct().order_by(groups.sender))
    )


def first_cases(connection: Connection, group_id: int, state: str = "open", most: int = LOOKED_AT) -> list[int]:
    """The first cases of a group in a state, as far as a search finds them soon."""
    wanted = Filter(state=state, group=group_id)
    return [case_id for _, case_id in search(connection, wanted, Sort("case", descending=False), None, most).hits]


def group_values(connection: Connection, line: GroupLine, case_ids: Sequence[int], state: str = "open") -> GroupValues:
    """The values of some of a group's cases in a state."""
    members = rollbook_case_members.c
    with chosen_cases(connection, case_ids) as chosen:
        query = select(members.value, func.count()).join(chosen, chosen.c.case_id == members.case_id)
        query = query.where(members.group_id == line.group_id).group_by(members.value)
        lines = connection.execute(query.order_by(func.count().desc(), members.value)).all()
    number = sum(told[1] for told in lines)
    return GroupValues(tuple(Value(*told) for told in lines), None if number == line.cases_in(state) else number)


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


def _waiting(connection: Connection, group_id: int | None = None) -> dict[int, int]:
    """group_id -> how many of its cases wait in the outbox; of one group, or of all that have some."""
    if not is_delivering(connection):
        return {}
    members = rollbook_case_members.c
    query = select(members.group_id, func.count()).where(members.case_id.in_(waiting_ids()))
    query = query if group_id is None else query.where(members.group_id == group_id)
    return dict(connection.execute(query.group_by(members.group_id)).tuples().all())


def _line(
    found: dict[str, Any], waiting: dict[int, int], now: datetime, trends: dict[int, tuple[int, ...]]
) -> GroupLine:
    group_id = found["group_id"]
    is_new = found["first_seen"] >= now - NEW_FOR
    return GroupLine(**found, waiting_cases=waiting.get(group_id, 0), is_new=is_new, trend=trends[group_id])


def _trends(connection: Connection, ids: Sequence[int], now: datetime) -> dict[int, tuple[int, ...]]:
    days = rollbook_case_group_days.c
    nights = [now.date() - timedelta(days=ago) for ago in range(NIGHTS - 1, -1, -1)]
    query = select(days.group_id, days.met_on, days.new_cases).where(days.group_id.in_(ids), days.met_on >= nights[0])
    found = {(group_id, day): number for group_id, day, number in connection.execute(query)}
    return {group_id: tuple(found.get((group_id, night), 0) for night in nights) for group_id in ids}


def _most_frequent(connection: Connection, group_id: int, state: str) -> tuple[Value, ...]:
    members, cases = rollbook_case_members.c, rollbook_cases.c
    newest = select(members.case_id, members.value).where(members.group_id == group_id)
    looked = newest.order_by(members.case_id.desc()).limit(GLANCE).subquery()
    query = select(looked.c.value, func.count()).join(rollbook_cases, cases.case_id == looked.c.case_id)
    # The state is not looked up by its index: a planner would begin with all cases of that state.
    query = query.where(func.coalesce(cases.state, "") == state).group_by(looked.c.value)
    ordered = query.order_by(func.count().desc(), looked.c.value).limit(4)
    return tuple(Value(*told) for told in connection.execute(ordered))

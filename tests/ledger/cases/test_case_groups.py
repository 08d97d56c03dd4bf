"""Cases by groups: the counts are what a recount gives, whatever happened to the cases."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from ledger.cases import cases
from ledger.cases.case_groups import sender_of
from ledger.cases.cases import record_cases
from ledger.purge import purge_cases
from ledger.tables import (
    CASE_STATES,
    rollbook_case_group_days,
    rollbook_case_groups,
    rollbook_case_members,
    rollbook_cases,
)
from tests.ledger.judged import NOON, a_part, a_run, failures_of, kept_of, rows_of, stage_part

FILES = ("hr_2026-01-07.xlsx", "hr_2026-01-08.xlsx", "lms export (3).csv")
CODES, HEADERS = ("date.invalid", "status.unknown", "learner.unknown"), ("Date", "Status", None)


@pytest.mark.parametrize(
    ("file", "sender"),
    [
        ("/drop/hr_2026-01-07.xlsx", "hr"),
        ("C:\\drop\\Attendance 12.03.2024 (2).csv", "Attendance"),
        ("march.zip/north/register-7b.xlsx", "register b"),
        ("2024.csv", "2024"),
        ("7_week_course.csv", "week_course"),
    ],
)
def test_a_sender_is_a_file_name_without_dates_and_numbers(file: str, sender: str) -> None:
    assert sender_of(file) == sender


def met(
    connection: Connection, run: str, day: int, file: str, rows: dict[int, list[tuple[str, str | None, str]]]
) -> None:
    """A run of a file in which these rows failed: number of the fingerprint -> code, header, value of its problems."""
    a_run(connection, run, NOON + timedelta(days=day))
    part = a_part(connection, run, source_file=file)
    told = [
        {"row": place, "column": "B", "header": header, "code": code, "value": value}
        for place, number in enumerate(rows, 2)
        for code, header, value in rows[number]
    ]
    kept = kept_of(*((place, f"{number:032x}", "{}") for place, number in enumerate(rows, 2)))
    bad = rows_of(*({"outcome": "rejected", "row": place} for place in range(2, len(rows) + 2)))
    stage_part(connection, part, bad, failures_of(*told), {}, kept)
    record_cases(connection, run)


def counted(connection: Connection) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    groups = rollbook_case_groups.c
    names = (groups.code, groups.header, groups.sender, groups.open_cases, groups.fixed_cases, groups.ignored_cases)
    return {tuple(line[:3]): tuple(line[3:]) for line in connection.execute(select(*names)) if any(line[3:])}


def recounted(connection: Connection) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    groups, members, known = rollbook_case_groups.c, rollbook_case_members.c, rollbook_cases.c
    query = (
        select(groups.code, groups.header, groups.sender, known.state)
        .join(rollbook_case_members, members.group_id == groups.group_id)
        .join(rollbook_cases, known.case_id == members.case_id)
    )
    found: dict[tuple[str, str, str], Counter[str]] = {}
    for code, header, sender, state in connection.execute(query):
        found.setdefault((code, header, sender), Counter())[state] += 1
    return {group: (states["open"], states["fixed"], states["ignored"]) for group, states in found.items()}


def test_counts_are_what_a_recount_gives(connection: Connection) -> None:
    """Runs meet rows with other problems, and cases are fixed, ignored, reopened and opened again, in any order."""
    draw = random.Random(11)
    last: dict[int, set[tuple[str, str]]] = {}
    for day in range(12):
        file = draw.choice(FILES)
        problems = {
            number: [
                (draw.choice(CODES), draw.choice(HEADERS), draw.choice("xyz")) for _ in range(draw.choice([1, 1, 3]))
            ]
            for number in draw.sample(range(60), 20)
        }
        met(connection, f"r{day}", day, file, problems)
        last |= {number: {(code, header or "") for code, header, _ in told} for number, told in problems.items()}
        assert counted(connection) == recounted(connection)
        known = {state: _ids(connection, state) for state in CASE_STATES}
        some = draw.sample(known["open"], min(6, len(known["open"])))
        at = NOON + timedelta(days=day)
        cases.close(connection, some[:3], run_id=f"r{day}", fixed_at=at, fixed_by="ann")
        if some[3:]:
            cases.ignore(connection, some[3:], "left out", by="ann", at=at)
        if known["ignored"]:
            cases.reopen(connection, known["ignored"][:1], None, by="bo", at=at)
        cases.reopen_fixed(connection, f"r{draw.randrange(day + 1)}")
        assert counted(connection) == recounted(connection)
    members, groups = rollbook_case_members.c, rollbook_case_groups.c
    query = select(rollbook_cases.c.fingerprint, groups.code, groups.header)
    query = query.join(rollbook_case_members, members.case_id == rollbook_cases.c.case_id)
    found: dict[int, set[tuple[str, str]]] = {}
    for print_, code, header in connection.execute(
        query.join(rollbook_case_groups, groups.group_id == members.group_id)
    ):
        found.setdefault(int(print_, 16), set()).add((code, header))
    assert found == last


def _ids(connection: Connection, state: str) -> list[int]:
    here = rollbook_cases.c.state == state
    return list(connection.scalars(select(rollbook_cases.c.case_id).where(here).order_by(rollbook_cases.c.case_id)))


def test_a_group_is_of_every_nights_file_of_a_sender(connection: Connection) -> None:
    one, two = ("status.unknown", "Status", "DNA"), ("date.invalid", "Date", "soon")
    met(connection, "r1", 0, "hr_2026-01-07.xlsx", {1: [one], 2: [one, two]})
    met(connection, "r2", 1, "hr_2026-01-08.xlsx", {1: [one], 3: [one]})
    assert counted(connection) == {
        ("status.unknown", "Status", "hr"): (3, 0, 0),
        ("date.invalid", "Date", "hr"): (1, 0, 0),
    }
    days, groups = rollbook_case_group_days.c, rollbook_case_groups.c
    query = select(groups.code, days.met_on, days.new_cases).join(
        rollbook_case_groups, groups.group_id == days.group_id
    )
    assert sorted(connection.execute(query).tuples().all()) == [
        ("date.invalid", NOON.date(), 1),
        ("status.unknown", NOON.date(), 2),
        ("status.unknown", (NOON + timedelta(days=1)).date(), 1),
    ]
    seen = select(groups.code, groups.first_seen, groups.last_seen).order_by(groups.code)
    assert connection.execute(seen).tuples().all() == [
        ("date.invalid", NOON, NOON),
        ("status.unknown", NOON, NOON + timedelta(days=1)),
    ]


def test_doing_it_again_changes_nothing(connection: Connection) -> None:
    met(connection, "r1", 0, "a.csv", {1: [("status.unknown", "Status", "DNA")]})
    before = [connection.execute(select(table)).all() for table in _TABLES]
    record_cases(connection, "r1")
    assert [connection.execute(select(table)).all() for table in _TABLES] == before


_TABLES: tuple[Any, ...] = (rollbook_case_groups, rollbook_case_members, rollbook_case_group_days)


def test_purged_cases_leave_no_value_in_their_groups(connection: Connection) -> None:
    met(connection, "r1", 0, "a.csv", {1: [("learner.email", "E-mail", "ann@")]})
    later = NOON + timedelta(days=400)
    assert len(purge_cases(connection, later, later)) == 1
    assert connection.scalar(select(func.count()).where(rollbook_case_members.c.value.is_not(None))) == 0
    assert counted(connection) == {("learner.email", "E-mail", "a"): (1, 0, 0)}

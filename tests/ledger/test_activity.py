"""What was done is on record, on each database: the latest first, filtered, and without cells."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from ledger.activity import Activity, ActivityFilter, activities, forget_details, people, record
from ledger.cases import cases
from ledger.database import open_database
from tests.ledger.judged import NOON, a_run


@pytest.fixture
def ledger(prepared_url: str) -> Iterator[Connection]:
    """A ledger in which nothing was done."""
    with open_database(prepared_url, create=False).connect() as connection, connection.begin():
        yield connection


def _kinds(ledger: Connection, **wanted: Any) -> list[str]:
    return [one.kind for one in activities(ledger, ActivityFilter(**wanted))]


def test_lines_are_filtered_by_all_that_is_given(ledger: Connection) -> None:
    for days, (kind, who) in enumerate(
        [("login", "pat"), ("download", "pat"), ("login", "Zoë"), ("login_failed", None)]
    ):
        record(ledger, Activity(kind, NOON + timedelta(days=days), who, run_id="261121-aaaaa", address="192.0.2.1"))
    assert _kinds(ledger) == ["login_failed", "login", "download", "login"]
    assert _kinds(ledger, who="pat") == ["download", "login"]
    assert _kinds(ledger, who="Pat") == []
    assert _kinds(ledger, kind="login", who="Zoë") == ["login"]
    assert _kinds(ledger, since=date(2026, 11, 22), until=date(2026, 11, 23)) == ["login", "download"]
    assert _kinds(ledger, run_id="261121-aaaaa") == _kinds(ledger)
    assert _kinds(ledger, run_id="other") == []
    assert people(ledger) == ["Zoë", "pat"]


def test_a_page_begins_behind_the_line_before(ledger: Connection) -> None:
    for number in range(5):
        record(ledger, Activity("ignore", NOON, "pat", rows=number, detail="x" * 2_000))
    first = activities(ledger, size=2)
    rest = activities(ledger, before=first[-1].activity_id)
    assert [one.rows for one in (*first, *rest)] == [4, 3, 2, 1, 0]
    assert len(first[0].detail or "") == 1_000


def test_a_run_that_begins_is_a_line(ledger: Connection) -> None:
    run_id = a_run(ledger, command="retry", started_by="pat")
    (line,) = activities(ledger)
    assert (line.kind, line.who, line.run_id, line.at) == ("retry", "pat", run_id, NOON)


def test_cases_that_are_ignored_are_one_line_with_the_reason(ledger: Connection) -> None:
    """And none where nothing was done."""
    with pytest.raises(Exception, match="no case"):
        cases.ignore(ledger, [1], "left", by="pat", at=NOON)
    assert activities(ledger) == []


def test_old_details_are_forgotten(ledger: Connection) -> None:
    """Who did what, and when, stays."""
    record(ledger, Activity("ignore", NOON, "pat", detail="Ann left", address="192.0.2.1"))
    record(ledger, Activity("ignore", NOON + timedelta(days=1), "pat", detail="Ben left"))
    assert forget_details(ledger, NOON + timedelta(hours=1)) == 1
    assert [(one.who, one.detail, one.address) for one in activities(ledger)] == [
        ("pat", "Ben left", None),
        ("pat", None, None),
    ]

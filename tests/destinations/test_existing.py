"""Rows whose enrollment exists: the same, refused, updated, or better."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from destinations.registry import DESTINATIONS
from ledger.tables import rollbook_changes
from tests.destinations.stage import (
    NOW,
    Row,
    day,
    enrolled,
    enrollment,
    failures,
    learner,
    messages,
    outcomes,
    row,
    session,
    stage,
    terms,
)

DATABASE = DESTINATIONS["database"]
THERE = {
    "status": "completed",
    "score": 90.0,
    "grade": "90",
    "attendance_confirmed": True,
    "feedback": "fine",
    "enrolled_at": datetime(2020, 1, 2, 9, 30),  # noqa: DTZ001 - the database keeps UTC without zone
    "completed_at": datetime(2020, 2, 3),  # noqa: DTZ001
    "source_file": "old.xlsx",
    "source_sheet": "Old",
    "source_row": 17,
}


def there(connection: Connection, **values: Any) -> None:
    enrollment(connection, learner(connection, email="a@x.org"), session(connection, "S1"), **{**THERE, **values})


def decide(connection: Connection, said: Row, **policy: Any) -> str:
    stage(connection, [said])
    DATABASE.decide(connection, terms(**policy))
    return outcomes(connection)[0]


SAME = {
    "score": 90.0,
    "grade": "90.0",
    "attendance_confirmed": True,
    "feedback": "fine",
    "enrolled_on": day("2020-01-02"),
    "completed_on": day("2020-02-03"),
}


@pytest.mark.parametrize("said", [SAME, {}, {"grade": "90", "score": 90.0}])
def test_the_same_or_blank_is_unchanged(connection: Connection, said: Row) -> None:
    there(connection)
    assert decide(connection, row("a@x.org", status="completed", **said)) == "unchanged"


@pytest.mark.parametrize(
    ("field", "said", "told"),
    [
        ("status", {"status": "attended"}, "status is completed there, attended here"),
        ("grade", {"grade": "91", "score": 91.0}, "grade is 90 there, 91 here"),
        ("grade", {"grade": "A"}, "grade is 90 there, A here"),
        ("enrolled_on", {"enrolled_on": day("2020-01-03")}, "enrolled_on is 2020-01-02 there, 2020-01-03 here"),
        ("completed_on", {"completed_on": day("2020-02-04")}, "completed_on is 2020-02-03 there, 2020-02-04 here"),
        ("attendance_confirmed", {"attendance_confirmed": False}, "attendance_confirmed is yes there, no here"),
        ("feedback", {"feedback": "late"}, "feedback is fine there, late here"),
    ],
)
def test_what_differs_is_refused_and_named_with_its_origin(
    connection: Connection, field: str, said: Row, told: str
) -> None:
    there(connection)
    assert decide(connection, row("a@x.org", **{"status": "completed", **said})) == "rejected"
    assert [(failure[1], failure[2]) for failure in failures(connection)] == [("enrollment.exists", field)]
    assert told in messages(connection)[0]
    assert "it came from old.xlsx, sheet Old, row 17 in run r0" in messages(connection)[0]


def test_a_day_of_completion_says_nothing_with_another_status(connection: Connection) -> None:
    there(connection, status="attended", completed_at=None)
    assert decide(connection, row("a@x.org", status="attended", completed_on=day("2020-02-04"))) == "unchanged"


def test_an_update_overwrites_what_the_row_says_and_journals_what_was_there(connection: Connection) -> None:
    there(connection)
    said = row("a@x.org", status="attended", feedback="better", completed_on=day("2021-01-01"))
    assert decide(connection, said, on_existing="update") == "updated"
    tally = DATABASE.load(connection, terms(on_existing="update"))
    assert (tally.outcomes["updated"], tally.outcomes["loaded"]) == (1, 0)
    assert tally.not_kept == {"completed_on": 1}
    columns = ["status", "grade", "score", "attendance_confirmed", "feedback", "enrolled_at", "completed_at"]
    columns += ["run_id", "source_file", "source_row"]
    kept = ("90", 90.0, True, "better", THERE["enrolled_at"])
    assert enrolled(connection, *columns) == [("a@x.org", "S1", "attended", *kept, None, "r1", "file1.xlsx", 2)]
    journal = rollbook_changes.c
    line = connection.execute(
        select(
            journal.run_id,
            journal.changed_at,
            journal.changed_by,
            journal.changed_through,
            journal.replaced_status,
            journal.replaced_feedback,
            journal.replaced_completed_at,
            journal.replaced_run_id,
            journal.replaced_source_file,
        )
    ).one()
    expected = ("r1", NOW, "tester", "import", "completed", "fine", THERE["completed_at"], "r0", "old.xlsx")
    assert tuple(line) == expected


@pytest.mark.parametrize(
    ("known", "said", "completed_at"),
    [
        ({"status": "attended", "completed_at": None}, {}, NOW),
        ({"status": "attended", "completed_at": None}, {"session_date": day("2019-05-06")}, "2019-05-06"),
        ({}, {"grade": "95", "score": 95.0}, "2020-02-03"),
        ({}, {"completed_on": day("2020-02-09")}, "2020-02-09"),
    ],
)
def test_an_update_to_completed_has_a_day_of_completion(
    connection: Connection, known: Row, said: Row, completed_at: str | datetime
) -> None:
    there(connection, **known)
    assert decide(connection, row("a@x.org", status="completed", **said), on_existing="update") == "updated"
    DATABASE.load(connection, terms(on_existing="update"))
    when = completed_at if isinstance(completed_at, datetime) else datetime.fromisoformat(completed_at)
    assert enrolled(connection, "completed_at") == [("a@x.org", "S1", when)]


@pytest.mark.parametrize(
    ("known", "said", "outcome"),
    [
        ("attended", {"status": "completed"}, "updated"),
        ("completed", {"status": "attended"}, "unchanged"),
        ("completed", {"status": "completed", "completed_on": day("2020-02-04")}, "updated"),
        ("completed", {"status": "completed", "completed_on": day("2020-02-02")}, "unchanged"),
        ("attended", {"status": "attended", "enrolled_on": day("2020-01-03")}, "updated"),
        ("attended", {"status": "attended", "enrolled_on": day("2020-01-01")}, "unchanged"),
        ("attended", {"status": "attended", "feedback": "other"}, "unchanged"),
    ],
)
def test_best_takes_the_further_status_then_the_later_date(
    connection: Connection, known: str, said: Row, outcome: str
) -> None:
    there(connection, status=known)
    assert decide(connection, row("a@x.org", **said), on_existing="best") == outcome


def test_each_file_has_its_own_rule(connection: Connection) -> None:
    from destinations.protocol import Policy, RunTerms

    for mail in ("a@x.org", "b@x.org"):
        enrollment(connection, learner(connection, email=mail), session(connection, mail), status="attended")
    rows = [row("a@x.org", "", "a@x.org", "completed"), row("b@x.org", "", "b@x.org", "completed", part_id=2_000_000)]
    stage(connection, rows)
    DATABASE.decide(connection, RunTerms("r1", NOW, {2: Policy(on_existing="update")}))
    assert outcomes(connection) == ["rejected", "updated"]

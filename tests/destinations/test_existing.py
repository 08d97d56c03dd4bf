"""Rows whose enrollment exists: the same, refused, updated, or better."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from ledger.tables import rollbook_changes
from tests.destinations.stage import (
    NOW,
    Driven,
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

DATABASE = Driven("database")
THERE = {
    "status": "completed",
    "score": 90.0,
    "grade": "90",
    "attendance_confirmed": True,
    "feedback": "fine",
    "expires_on": date(2025, 2, 3),
    "certificate_number": "C-0071",
    "hours": 7.5,
    "credits": 3.0,
    "extra": '{"Site": "Ulm"}',
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
    "expires_on": day("2025-02-03"),
    "certificate_number": "C-0071",
    "hours": 7.5,
    "credits": 3.0,
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
        ("expires_on", {"expires_on": day("2026-02-03")}, "expires_on is 2025-02-03 there, 2026-02-03 here"),
        ("certificate_number", {"certificate_number": "71"}, "certificate_number is C-0071 there, 71 here"),
        ("hours", {"hours": 8.0}, "hours is 7.5 there, 8 here"),
        ("credits", {"credits": 2.25}, "credits is 3 there, 2.25 here"),
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


BESIDE = ("expires_on", "certificate_number", "hours", "credits")


def test_other_columns_are_no_content_and_an_update_replaces_them_whole(connection: Connection) -> None:
    """What stands beside a record stays where the row's cell is blank; the cells of other columns go with the row."""
    there(connection)
    other = row("a@x.org", status="completed", other_columns='{"Site": "Bonn"}')
    assert decide(connection, other, on_existing="update") == "unchanged"
    stage(connection, [row("a@x.org", status="completed", hours=8.0)], "r2")
    DATABASE.decide(connection, terms("r2", on_existing="update"))
    DATABASE.load(connection, terms("r2", on_existing="update"))
    kept = (THERE["expires_on"], "C-0071", 8.0, 3.0)
    assert enrolled(connection, *BESIDE, "extra") == [("a@x.org", "S1", *kept, None)]
    journal = rollbook_changes.c
    replaced = connection.execute(select(*(journal[f"replaced_{name}"] for name in (*BESIDE, "extra")))).one()
    assert tuple(replaced) == (THERE["expires_on"], "C-0071", 7.5, 3.0, '{"Site": "Ulm"}')
    DATABASE.undo(connection, terms("r2"))
    assert enrolled(connection, *BESIDE, "extra") == [
        ("a@x.org", "S1", THERE["expires_on"], "C-0071", 7.5, 3.0, '{"Site": "Ulm"}')
    ]


def test_a_new_enrollment_has_what_stands_beside_it(connection: Connection) -> None:
    beside: Row = {"expires_on": day("2031-01-31"), "certificate_number": "0042", "hours": 1.25, "credits": 0.0}
    stage(connection, [row("a@x.org", **beside, other_columns='{"Näme": "ß"}'), row("b@x.org")])
    DATABASE.decide(connection, terms())
    DATABASE.load(connection, terms())
    assert enrolled(connection, *BESIDE, "extra") == [
        ("a@x.org", "S1", *beside.values(), '{"Näme": "ß"}'),
        ("b@x.org", "S1", None, None, None, None, None),
    ]


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


DATED: dict[str, Any] = {"status": "completed", "completed_on": day("2021-05-01"), "enrolled_on": day("2021-04-01")}


@pytest.mark.parametrize(("policy", "outcome"), [("reject", "unchanged"), ("update", "updated"), ("best", "updated")])
def test_a_default_date_is_never_compared_and_gives_way(connection: Connection, policy: str, outcome: str) -> None:
    """Neither where the sheet had no date, nor as later than one that a sheet has."""
    _load(connection, row("a@x.org", status="completed"), run_id="r0")
    stage(connection, [row("a@x.org", **DATED)])
    DATABASE.decide(connection, terms(on_existing=policy))
    assert outcomes(connection) == [outcome]
    DATABASE.load(connection, terms(on_existing=policy))
    columns = ("enrolled_at", "completed_at", "enrolled_at_is_default", "completed_at_is_default")
    (found,) = enrolled(connection, *columns)
    real = (datetime(2021, 4, 1), datetime(2021, 5, 1), False, False)  # noqa: DTZ001 - as the database keeps them
    assert found[2:] == ((NOW, NOW, True, True) if policy == "reject" else real)


@pytest.mark.parametrize("policy", ["update", "best"])
def test_a_default_date_takes_the_place_of_none(connection: Connection, policy: str) -> None:
    _load(connection, row("a@x.org", **DATED), run_id="r0")
    stage(connection, [row("a@x.org", status="completed", grade="A")])
    DATABASE.decide(connection, terms(on_existing=policy))
    DATABASE.load(connection, terms(on_existing=policy))
    (found,) = enrolled(connection, "completed_at", "enrolled_at_is_default", "completed_at_is_default")
    assert found[2:] == (datetime(2021, 5, 1), False, False)  # noqa: DTZ001 - as the database keeps them


def test_a_refused_row_is_told_of_no_default_date(connection: Connection) -> None:
    _load(connection, row("a@x.org", status="completed", grade="A"), run_id="r0")
    stage(connection, [row("a@x.org", grade="B", **DATED)])
    DATABASE.decide(connection, terms())
    (message,) = messages(connection)
    assert "grade is A there, B here" in message
    assert "_on is" not in message


def test_who_is_completed_by_an_update_without_a_date_has_a_default(connection: Connection) -> None:
    _load(connection, row("a@x.org"), run_id="r0")
    stage(connection, [row("a@x.org", status="completed")])
    DATABASE.decide(connection, terms(on_existing="update"))
    DATABASE.load(connection, terms(on_existing="update"))
    assert enrolled(connection, "completed_at_is_default") == [("a@x.org", "S1", True)]


def _load(connection: Connection, *rows: Row, run_id: str) -> None:
    stage(connection, rows, run_id)
    DATABASE.decide(connection, terms(run_id))
    DATABASE.load(connection, terms(run_id))

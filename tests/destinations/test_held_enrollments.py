"""Rows whose enrollment SmarterU is known to hold: unchanged, or refused with what differs, on all three databases."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from ledger.parts import keep_rows
from ledger.remote import outbox
from ledger.tables import held_enrollments, rollbook_runs
from tests.destinations.stage import (
    Driven,
    Row,
    day,
    failures,
    learner,
    messages,
    outcomes,
    row,
    session,
    stage,
    staged,
    terms,
)

SMARTERU = Driven("smarteru")
DAY = date(2023, 5, 4)


def holds(connection: Connection, mail: str = "", number: str = "", session: str = "S1", **more: Any) -> None:
    """SmarterU holds an enrollment: attended, unless more says otherwise."""
    who = {"learner_email": mail, "learner_employee_id": number, "session_id": session}
    connection.execute(
        insert(held_enrollments).values(**{"destination": "smarteru", "status": "attended", **who, **more})
    )


def decide(connection: Connection, *said: Row, **policy: Any) -> list[str]:
    """The outcomes of a run of these rows, whose sessions have a day to be sent as that of enrollment."""
    stage(connection, [{"session_date": day("2023-05-03"), **one} for one in said])
    SMARTERU.decide(connection, terms(**policy))
    return outcomes(connection)


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ({}, {}),
        ({"grade": "92.5"}, {"grade": "92.5"}),
        ({"status": None}, {}),
        ({"enrolled_on": DAY, "grade": "80"}, {}),
        ({}, {"enrolled_on": DAY, "grade": "80"}),
        ({"grade": "Pass"}, {"grade": "PASS"}),
        ({"completed_on": DAY}, {"completed_on": day("2020-01-01"), "feedback": "fine"}),
    ],
)
def test_the_same_is_unchanged(connection: Connection, there: Row, here: Row) -> None:
    """A blank says nothing, on either side; what SmarterU has no place for is not compared."""
    holds(connection, "a@x.org", **there)
    assert decide(connection, row("a@x.org", **here)) == ["unchanged"]
    assert failures(connection) == []


@pytest.mark.parametrize(
    ("there", "here", "blamed"),
    [
        ({}, {"status": "completed"}, ("status", "completed")),
        ({"grade": "80"}, {"grade": "81"}, ("grade", "81")),
        ({"enrolled_on": DAY}, {"enrolled_on": day("2023-05-05")}, ("enrolled_on", "2023-05-05")),
        ({"grade": "80"}, {"status": "completed", "grade": "81"}, ("status", "completed")),
    ],
)
def test_what_differs_is_refused_at_its_cell(
    connection: Connection, there: Row, here: Row, blamed: tuple[str, str]
) -> None:
    holds(connection, "a@x.org", **there)
    assert decide(connection, row("a@x.org", **here)) == ["rejected"]
    assert failures(connection) == [(2, "enrollment.exists", *blamed)]


@pytest.mark.parametrize("on_existing", ["reject", "update", "best"])
def test_no_policy_changes_what_smarteru_holds(connection: Connection, on_existing: str) -> None:
    holds(connection, "a@x.org")
    assert decide(connection, row("a@x.org", status="completed"), on_existing=on_existing) == ["rejected"]


def test_it_is_told_what_differs_and_how_it_is_known(connection: Connection) -> None:
    holds(connection, "a@x.org", grade="80", run_id="261121-aaaaa")
    holds(connection, "b@x.org")
    decide(connection, row("a@x.org", status="completed", grade="81"), row("b@x.org", status="completed"))
    delivered, read = messages(connection)
    assert "status is attended there, completed here" in delivered
    assert "grade is 80 there, 81 here" in delivered
    assert "run 261121-aaaaa delivered it" in delivered
    assert "it was read from smarteru" in read


def test_it_is_known_by_the_other_key_too(connection: Connection) -> None:
    """By what reference data, or another row of the run, say of the learner."""
    learner(connection, email="a@x.org", employee_number="007")
    holds(connection, "", "007")
    holds(connection, "b@x.org", "", "S1")
    assert decide(
        connection, row("a@x.org"), row("", "8"), row("b@x.org", "8", "S2"), row("c@x.org"), row("", "7")
    ) == ["unchanged", "unchanged", "accepted", "accepted", "accepted"]


def test_blank_keys_are_nobodys(connection: Connection) -> None:
    """Two learners without an e-mail are two."""
    holds(connection, "", "1")
    holds(connection, "z@x.org", "")
    assert decide(connection, row("", "2"), row("y@x.org")) == ["accepted", "accepted"]


def test_only_the_same_session_of_the_same_system(connection: Connection) -> None:
    holds(connection, "a@x.org", session="S2")
    holds(connection, "a@x.org", destination="moon")
    assert decide(connection, row("a@x.org"), row("a@x.org", session="s2")) == ["accepted", "accepted"]


def test_of_several_lines_about_one_enrollment_one_that_is_the_same_suffices(connection: Connection) -> None:
    holds(connection, "a@x.org", "", status="completed")
    holds(connection, "a@x.org", "1", status="attended")
    assert decide(connection, row("a@x.org", "1")) == ["unchanged"]


def test_a_row_that_differs_from_several_lines_is_told_once(connection: Connection) -> None:
    holds(connection, "a@x.org", "", status="completed")
    holds(connection, "", "1", status="completed")
    assert decide(connection, row("a@x.org", "1")) == ["rejected"]
    assert len(failures(connection)) == 1


def test_what_a_crash_left_confirmed_is_held(connection: Connection) -> None:
    """The run before was killed between SmarterU's answer and its own end."""
    stage(connection, [row("a@x.org", grade="80"), row("b@x.org")], run_id="r0", outcome="accepted")
    connection.execute(update(rollbook_runs).values(destination="smarteru-xml"))
    keep_rows(connection, "r0", staged("r0").table("SELECT * REPLACE ('pending' AS outcome) FROM rows"))
    outbox.record(connection, "r0", [(1, 1, 1_000_000, 2, 0), (1, 2, 1_000_000, 3, 0)])
    outbox.confirm(connection, "r0", 1, [1])
    assert decide(connection, row("a@x.org"), row("b@x.org"), row("a@x.org", session="S2")) == [
        "unchanged",
        "accepted",
        "accepted",
    ]
    assert connection.scalars(select(held_enrollments.c.run_id)).all() == ["r0"]


def _half_full(connection: Connection, system: str) -> list[Row]:
    """A session of four seats of which a system holds two, and rows of six learners, two of whom are held."""
    learner(connection, email="a@x.org", employee_number="1")
    session(connection, "S1", max_participants=4)
    for mail, number in (("a@x.org", ""), ("a@x.org", "1"), ("", "1"), ("b@x.org", "")):
        holds(connection, mail, number, destination=system)
    holds(connection, "z@x.org", status="cancelled", destination=system)
    holds(connection, "y@x.org", session="S2", destination=system)
    return [row(f"{name}@x.org") for name in "acdefb"]


def test_seats_that_are_held_are_taken(connection: Connection) -> None:
    """By learners, not by lines; who is held already takes no further seat, and who cancelled none."""
    stage(connection, _half_full(connection, "moon"))
    Driven("moon").rehearse(connection, terms())
    found = outcomes(connection)
    assert found == ["unchanged", "accepted", "accepted", "rejected", "rejected", "unchanged"]
    assert [told[:2] for told in failures(connection)] == [(5, "session.full"), (6, "session.full")]


def test_the_history_of_smarteru_may_be_overbooked(connection: Connection) -> None:
    """It has no error for a full session."""
    said = _half_full(connection, "smarteru")
    assert decide(connection, *said) == ["unchanged", *["accepted"] * 4, "unchanged"]
    assert failures(connection) == []


def test_a_session_without_a_limit_is_never_full(connection: Connection) -> None:
    session(connection, "S1")
    for number in range(3):
        holds(connection, f"u{number}@x.org")
    assert decide(connection, row("a@x.org"), row("b@x.org")) == ["accepted", "accepted"]


def test_rejected_rows_and_duplicates_stay_what_they_are(connection: Connection) -> None:
    holds(connection, "a@x.org")
    assert decide(connection, row("a@x.org"), row("a@x.org"), row("a@x.org", status="no_show", session="S2")) == [
        "unchanged",
        "duplicate",
        "accepted",
    ]

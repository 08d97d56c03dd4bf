"""Which open cases a load closes."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from destinations.database.close_cases import foresee_closed
from ledger.tables import rollbook_case_labels, rollbook_cases
from tests.destinations.stage import NOW, Driven, decided_stage, enrollment, learner, row, session, stage, terms

DATABASE = Driven("database")


def case(connection: Connection, mail: str = "", number: str = "", code: str = "S1", **values: Any) -> int:
    count = len(connection.execute(select(rollbook_cases.c.case_id)).all())
    usual = {
        "fingerprint": f"f{count}",
        "state": "open",
        "first_seen": NOW,
        "last_seen": NOW,
        "times": 1,
        "first_run_id": "r0",
        "last_run_id": "r0",
        "file_no": 1,
        "sheet_position": 0,
        "source_file": "old.xlsx",
        "source_sheet": "Old",
        "row_no": 2,
        "col_no": 0,
        "cells": "{}",
    }
    key = {"learner_email": mail, "learner_employee_id": number, "session_id": code}
    made = connection.execute(insert(rollbook_cases).values({**usual, **key, **values}))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def states(connection: Connection) -> list[str]:
    return list(connection.scalars(select(rollbook_cases.c.state).order_by(rollbook_cases.c.case_id)))


def load(connection: Connection, *rows: dict[str, Any], **policy: Any) -> int:
    stage(connection, rows)
    DATABASE.decide(connection, terms(**policy))
    foreseen = foresee_closed(connection, decided_stage())
    closed = DATABASE.load(connection, terms(**policy)).closed
    assert foreseen == closed, "a check says the same"
    return closed


def test_loading_an_enrollment_closes_all_cases_about_it(connection: Connection) -> None:
    for key in (("a@x.org", ""), ("", "1"), ("a@x.org", "1")):
        case(connection, *key)
    case(connection, "a@x.org", "", "S2")
    case(connection, "b@x.org")
    case(connection, "", "", "S1")
    assert load(connection, row("a@x.org", "1")) == 3
    assert states(connection) == ["fixed", "fixed", "fixed", "open", "open", "open"]
    line = connection.execute(
        select(rollbook_cases.c.fixed_at, rollbook_cases.c.fixed_by, rollbook_cases.c.fixed_run_id).where(
            rollbook_cases.c.state == "fixed"
        )
    ).first()
    assert line is not None
    assert tuple(line) == (NOW, "tester", "r1")


def test_a_case_whose_email_and_id_are_two_learners_stays_open(connection: Connection) -> None:
    case(connection, "a@x.org", "2")
    assert load(connection, row("a@x.org", "1")) == 0


def test_a_mended_row_closes_its_own_case_even_where_its_key_was_wrong(connection: Connection) -> None:
    wrong, other = "1" * 32, "2" * 32
    case(connection, "z@x.org", fingerprint=wrong)
    case(connection, "z@x.org", "", "S2", fingerprint=other)
    enrollment(connection, learner(connection, email="b@x.org"), session(connection, "S1"))
    case(connection, "y@x.org", state="ignored")
    assert load(connection, row("a@x.org", fingerprint=wrong), row("b@x.org", fingerprint=other)) == 2
    assert states(connection) == ["fixed", "fixed", "ignored"]


def test_a_rejected_row_closes_nothing(connection: Connection) -> None:
    case(connection, "a@x.org", fingerprint="1" * 32)
    enrollment(connection, learner(connection, email="a@x.org"), session(connection, "S1"))
    assert load(connection, row("a@x.org", status="completed", fingerprint="1" * 32)) == 0
    assert states(connection) == ["open"]


def test_an_update_closes_what_was_in_its_way(connection: Connection) -> None:
    case(connection, "a@x.org")
    enrollment(connection, learner(connection, email="a@x.org"), session(connection, "S1"))
    assert load(connection, row("a@x.org", status="completed"), on_existing="update") == 1


def test_a_row_that_finds_its_enrollment_as_it_says_closes_its_cases(connection: Connection) -> None:
    case(connection, "a@x.org")
    enrollment(connection, learner(connection, email="a@x.org"), session(connection, "S1"))
    assert load(connection, row("a@x.org")) == 1


def test_what_was_refused_for_saying_something_else_is_not_closed_by_what_is_there(connection: Connection) -> None:
    """But by its own row, once that is what is there: its cells tell that it is."""
    refused, others = case(connection, "a@x.org"), case(connection, "a@x.org")
    for case_id, code in ((refused, "enrollment.exists"), (others, "enrollment.conflict")):
        connection.execute(insert(rollbook_case_labels).values(case_id=case_id, label="code", name=code))
    enrollment(connection, learner(connection, email="a@x.org"), session(connection, "S1"))
    stage(connection, [row("a@x.org"), row("b@x.org")])
    DATABASE.decide(connection, terms())
    wanted = decided_stage().frame("lacking_cells")
    assert wanted["row_no"].tolist() == [2]
    decided_stage().add("kept_cells", wanted.assign(fingerprint="f0", cells="{}"))
    assert foresee_closed(connection, decided_stage()) == DATABASE.load(connection, terms()).closed == 1
    assert states(connection) == ["fixed", "open"]


@pytest.mark.parametrize(("mail", "number"), [("a@x.org", ""), ("a@x.org", "3")])
def test_a_case_is_not_closed_by_the_enrollment_of_another_person(
    connection: Connection, mail: str, number: str
) -> None:
    """Two numbers with one e-mail are two learners, and who has no number yet may be either."""
    learner(connection, email="a@x.org", employee_number="1")
    learner(connection, email="a@x.org" if number == "" else None, employee_number="2" if number == "" else "3")
    case(connection, mail, number)
    assert load(connection, row("", "1")) == 0


def test_a_case_with_the_number_of_one_and_the_email_of_another_stays_open(connection: Connection) -> None:
    learner(connection, "import", email="a@x.org")
    learner(connection, "import", employee_number="1")
    case(connection, "a@x.org", "1")
    assert load(connection, row("a@x.org"), row("", "1")) == 0


def test_a_session_with_a_long_code(connection: Connection) -> None:
    """A made code has the course's whole name."""
    code = f"{'safe work at heights ' * 12}|2023-04-05"
    case(connection, "a@x.org", code=code)
    assert load(connection, row("a@x.org", session=code)) == 1

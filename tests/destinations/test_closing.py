"""Which open cases a load closes."""

from typing import Any

from sqlalchemy import Connection, insert, select

from destinations.registry import DESTINATIONS
from ledger.tables import rollbook_cases
from tests.destinations.stage import NOW, enrollment, learner, row, session, stage, terms

DATABASE = DESTINATIONS["database"]


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
    return DATABASE.load(connection, terms(**policy)).closed


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

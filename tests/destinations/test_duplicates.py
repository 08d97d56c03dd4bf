"""Copies within a run: the same content, different content, and who wins under which rule."""

from typing import Any

import pytest
from sqlalchemy import Connection

from destinations.protocol import Policy, RunTerms
from tests.destinations.stage import (
    NOW,
    Driven,
    Row,
    day,
    duplicates,
    enrolled,
    failures,
    messages,
    outcomes,
    row,
    stage,
    terms,
)

DATABASE = Driven("database")
KEPT, COPY, REJECTED = "accepted", "duplicate", "rejected"


def decide(connection: Connection, *rows: Row, **policy: Any) -> list[str]:
    stage(connection, rows)
    DATABASE.decide(connection, terms(**policy))
    return outcomes(connection)


def test_of_the_same_content_the_first_in_row_order_is_kept(connection: Connection) -> None:
    later: Row = {"part_id": 2_000_000}
    rows = [row("a@x.org", **later), row("a@x.org", part_id=1_000_001), row("a@x.org", part_id=1_000_000, row_no=99)]
    assert decide(connection, *rows) == [KEPT, COPY, COPY]
    assert duplicates(connection) == [None, "1000000:99:0", "1000000:99:0"]


@pytest.mark.parametrize(
    "other",
    [
        {"status": "completed"},
        {"grade": "90"},
        {"score": 90.0},
        {"enrolled_on": day("2020-01-02")},
        {"completed_on": day("2020-01-02")},
        {"attendance_confirmed": False},
        {"feedback": "late"},
        {"expires_on": day("2031-01-02")},
        {"certificate_number": "C-1"},
        {"hours": 2.5},
        {"credits": 1.0},
    ],
)
def test_copies_that_differ_in_a_stored_column_are_all_rejected(connection: Connection, other: Row) -> None:
    rows = [row("a@x.org"), row("a@x.org"), row("a@x.org", **other), row("b@x.org")]
    assert decide(connection, *rows) == [REJECTED, REJECTED, REJECTED, KEPT]
    assert [failure[1] for failure in failures(connection)] == ["enrollment.conflict"] * 3


def test_what_is_not_stored_makes_no_difference(connection: Connection) -> None:
    rows = [row("a@x.org", learner_name="Ann"), row("a@x.org", learner_name="Anne", other_columns="{}")]
    assert decide(connection, *rows) == [KEPT, COPY]


def test_a_conflict_names_up_to_three_others_by_file_sheet_and_row(connection: Connection) -> None:
    rows = [row("a@x.org", status=status) for status in ("attended", "completed", "no_show", "enrolled", "cancelled")]
    decide(connection, *rows)
    told = messages(connection)
    assert [number for number in range(2, 7) if f"sheet History, row {number}" in told[0]] == [3, 4, 5]
    assert [number for number in range(2, 7) if f"sheet History, row {number}" in told[1]] == [2, 4, 5]
    assert [number for number in range(2, 7) if f"sheet History, row {number}" in told[4]] == [2, 3, 4]
    assert "file1.xlsx" in told[0]


@pytest.mark.parametrize(("rule", "kept"), [("first", 0), ("last", 2), ("best", 1)])
def test_a_rule_chooses_one_and_the_others_are_its_duplicates(connection: Connection, rule: str, kept: int) -> None:
    rows = [row("a@x.org", status=status) for status in ("attended", "completed", "no_show")]
    found = decide(connection, *rows, on_conflict=rule)
    assert found == [KEPT if number == kept else COPY for number in range(3)]
    assert duplicates(connection) == [None if number == kept else f"1000000:{kept + 2}:0" for number in range(3)]


def test_best_of_equal_status_is_the_latest_completion_then_enrollment_then_the_first(connection: Connection) -> None:
    early, late = day("2020-01-01"), day("2020-06-01")
    rows = [
        row("a@x.org", status="completed", enrolled_on=late),
        row("a@x.org", status="completed", completed_on=early),
        row("a@x.org", status="completed", completed_on=early, enrolled_on=early),
        row("b@x.org", feedback="x"),
        row("b@x.org", feedback="y"),
    ]
    assert decide(connection, *rows, on_conflict="best") == [COPY, COPY, KEPT, KEPT, COPY]


def test_of_the_same_content_the_first_is_kept_under_any_rule(connection: Connection) -> None:
    assert decide(connection, row("a@x.org"), row("a@x.org"), on_conflict="last") == [KEPT, COPY]


def test_files_that_disagree_about_the_rule_choose_none(connection: Connection) -> None:
    stage(connection, [row("a@x.org"), row("a@x.org", status="completed", part_id=2_000_000)])
    policies = {1: Policy("first"), 2: Policy("last")}
    DATABASE.decide(connection, RunTerms("r1", NOW, policies))
    assert outcomes(connection) == [REJECTED, REJECTED]
    DATABASE.decide(connection, RunTerms("r1", NOW, {1: Policy("last"), 2: Policy("last")}))
    assert outcomes(connection) == [COPY, KEPT]
    assert failures(connection) == []


def test_copies_are_found_across_the_names_of_one_learner(connection: Connection) -> None:
    assert decide(connection, row("a@x.org", "1"), row("a@x.org"), row("", "1")) == [KEPT, COPY, COPY]


def test_the_columns_of_a_wide_row_follow_in_their_order(connection: Connection) -> None:
    rows = [row("a@x.org", row_no=2, col_no=5), row("a@x.org", row_no=2, col_no=4), row("a@x.org", row_no=2, col_no=30)]
    assert decide(connection, *rows) == [KEPT, COPY, COPY]
    assert duplicates(connection) == [None, "1000000:2:4", "1000000:2:4"]
    DATABASE.load(connection, terms())
    assert enrolled(connection, "source_row", "source_column") == [("a@x.org", "S1", 2, "D")]

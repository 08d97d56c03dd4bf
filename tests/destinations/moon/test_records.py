"""Enrollments are compared as what they mean, and told as people read them."""

from decimal import Decimal
from typing import Any

import pytest

from destinations.moon.records import (
    Held,
    Pair,
    body,
    describe_differences,
    differing,
    held_of,
    id_of,
    pair_of,
    said,
    score_text,
)
from tests.destinations.moon.driving import row


@pytest.mark.parametrize("pair", [Pair(301, 1001), Pair("se-12d", 'em:"1":2'), Pair(1, "1"), Pair("ü", 2)])
def test_a_key_leads_back_to_its_pair(pair: Pair) -> None:
    assert pair_of(pair.key) == pair
    assert Pair("1", 1).key != Pair(1, 1).key


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (92.5, "92.5"),
        ("92.50", "92.5"),
        (100, "100"),
        ("100.00", "100"),
        (0.0, "0"),
        (Decimal("1E+2"), "100"),
        ("A", "A"),
    ],
)
def test_a_score_is_plain_text(value: Any, text: str) -> None:
    assert score_text(value) == text


@pytest.mark.parametrize(
    ("name", "shown", "wanted", "is_same"),
    [
        ("score", "92.50", "92.5", True),
        ("score", 92.5, "92.5", True),
        ("score", "66.67", "66.666", True),
        ("score", "66.67", "66.66", False),
        ("score", "0.00", "0", True),
        ("score", None, "0", False),
        ("score", "A", "5", False),
        ("score", [], "5", False),
        ("attendance_confirmed", 1, "true", True),
        ("attendance_confirmed", "0", "false", True),
        ("attendance_confirmed", None, "false", False),
        ("feedback", "a\r\nb ", "a\nb", True),
        ("feedback", "", "a", False),
        ("feedback", "", None, True),
        ("feedback", "A", "a", False),
        ("status", "attended", "attended", True),
    ],
)
def test_what_is_shown_is_compared_as_what_it_means(name: str, shown: Any, wanted: str | None, is_same: bool) -> None:
    assert (differing(Held("1", {name: shown}), {name: wanted}) == []) is is_same


def test_a_put_sends_all_fields_those_that_are_not_said_as_they_are_held() -> None:
    held = Held("1", {"status": "attended", "attendance_confirmed": True, "score": "70.00", "feedback": None})
    assert body(held, {"status": "completed", "score": "92.5"}) == {
        "status": "completed",
        "attendance_confirmed": True,
        "score": 92.5,
        "feedback": None,
    }
    assert body(held, {"score": "93", "feedback": None})["score"] == 93
    assert "attendance_confirmed" not in body(Held("1", {"attendance_confirmed": None}), {"score": None})


def test_differences_are_told_in_our_words() -> None:
    held = Held("1", {"status": "attended", "attendance_confirmed": False, "score": None, "feedback": "x" * 500})
    wanted = {"status": "attended", "attendance_confirmed": "true", "score": "5", "feedback": None}
    assert describe_differences(held, wanted) == (
        f"attendance_confirmed is no there, yes here; grade is blank there, 5 here; feedback is {'x' * 80} there, "
        "blank here"
    )


def test_what_is_no_enrollment_is_none() -> None:
    assert held_of({"id": 1, "status": "enrolled"}) == Held("1", dict.fromkeys(CONTENT) | {"status": "enrolled"})
    assert held_of({"id": True, "status": "enrolled"}) is None
    assert held_of({"id": 1}) is None
    assert id_of({"id": ""}) is None


def test_a_score_that_is_no_number_is_not_said() -> None:
    assert said(row(score=float("nan"))) == {"status": "attended", "attendance_confirmed": "true"}
    assert said(row(status="enrolled", grade="A", feedback=None)) == {"status": "enrolled"}


def test_what_is_to_be_blank_differs_from_what_is_not_and_is_sent_as_null() -> None:
    wanted = said(row(status="enrolled", grade="", feedback=""))
    assert wanted == {"status": "enrolled", "score": "", "feedback": ""}
    held = Held("1", {"status": "enrolled", "attendance_confirmed": False, "score": "80.00", "feedback": "x"})
    assert differing(held, wanted) == ["score", "feedback"]
    assert describe_differences(held, wanted) == "grade is 80 there, blank here; feedback is x there, blank here"
    assert body(held, wanted) | {"score": None, "feedback": None} == body(held, wanted)
    assert not differing(Held("1", {"status": "enrolled", "score": None, "feedback": ""}), wanted)


CONTENT = ("status", "attendance_confirmed", "score", "feedback")

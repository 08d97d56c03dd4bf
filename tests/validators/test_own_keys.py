"""What a row names is sent by keys that SmarterU has of it, whatever else the sheet says."""

from typing import Any

import pytest

from tests.validators.tables import GOOD_FOR_SMARTERU, canonical, context, failed, problems, reference
from validators.judge import judge

LEARNERS = reference(
    "learners",
    {"email": "ann@example.org", "employee_number": "E1"},
    {"employee_number": "E2"},
    {"email": "cy@example.org"},
)
GROUPS = reference("groups", {"group_id": "G1", "name": "Sales & Service"}, {"group_id": "G2"}, {"name": "Night Shift"})
COURSES = reference(
    "courses", {"course_id": "C1", "name": "Fire Safety"}, {"course_id": "C2", "name": "Twice"},
    {"course_id": "C3", "name": "Twice"},
)  # fmt: skip
KNOWN: dict[str, Any] = {"learners": LEARNERS, "groups": GROUPS, "courses": COURSES}


def keys(destination: str = "smarteru", **said: str | None) -> dict[str, str | None]:
    """The keys of a row after judging, without those that are missing."""
    row = canonical({**GOOD_FOR_SMARTERU, "group_name": "Sales & Service", **said})
    judged = judge(row, failed(), context(destination, **KNOWN))
    names = ("learner_email", "learner_employee_id", "group_name", "group_id", "course_id")
    return {name: cell for name in names if isinstance(cell := judged.rows[name].iloc[0], str)}


@pytest.mark.parametrize(
    ("email", "number", "expected"),
    [
        ("ann@example.org", None, {"learner_email": "ann@example.org"}),
        (None, "E1", {"learner_employee_id": "E1"}),
        ("bo@example.org", "E2", {"learner_employee_id": "E2"}),
        (None, "E2", {"learner_employee_id": "E2"}),
        ("cy@example.org", "E99", {"learner_email": "cy@example.org"}),
        ("dan@example.org", None, {"learner_email": "dan@example.org"}),
        ("ann@example.org", "E1", {"learner_email": "ann@example.org", "learner_employee_id": "E1"}),
    ],
)
def test_a_learner_is_named_by_a_key_that_the_user_has(
    email: str | None, number: str | None, expected: dict[str, str]
) -> None:
    found = keys(learner_email=email, learner_employee_id=number)
    assert {name: key for name, key in found.items() if name.startswith("learner")} == expected


@pytest.mark.parametrize(
    ("name", "group_id", "expected"),
    [
        ("sales  & SERVICE", None, {"group_name": "Sales & Service"}),
        (None, "G1", {"group_id": "G1"}),
        ("Another name", "G1", {"group_name": "Sales & Service", "group_id": "G1"}),
        ("Labs", "G2", {"group_id": "G2"}),
        ("night shift", None, {"group_name": "Night Shift"}),
        ("Nowhere", None, {"group_name": "Nowhere"}),
    ],
)
def test_a_group_is_named_by_a_key_that_it_has(
    name: str | None, group_id: str | None, expected: dict[str, str]
) -> None:
    found = keys(group_name=name, group_id=group_id)
    assert {name: key for name, key in found.items() if name.startswith("group")} == expected


def test_a_course_that_is_named_gets_its_id() -> None:
    assert keys(course_id=None, course_name="fire safety")["course_id"] == "C1"


def test_a_course_name_that_stands_for_no_id_is_told() -> None:
    row = canonical({**GOOD_FOR_SMARTERU, "course_id": None, "course_name": "Fire Safety"})
    (told,) = problems(judge(row, failed(), context("smarteru")))
    assert told[1:4] == ("course_name", "Fire Safety", "course.missing")
    row = canonical({**GOOD_FOR_SMARTERU, "course_id": None, "course_name": "Twice"})
    (told,) = problems(judge(row, failed(), context("smarteru", courses=COURSES)))
    assert told[1:4] == ("course_name", "Twice", "course.missing")


def test_elsewhere_the_sheets_keys_stay() -> None:
    found = keys("database", learner_email="bo@example.org", learner_employee_id="E2", group_name="sales & service")
    assert (found["learner_email"], found["group_name"]) == ("bo@example.org", "sales & service")

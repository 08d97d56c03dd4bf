"""What was meant is suggested where one candidate alone is near, and nothing where it would be a guess."""

import string
import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.context import References
from validators.suggestions import Suggester, source_of

PEOPLE = pd.DataFrame(
    {
        "email": [
            "dana.brown@example.com",
            "anna2@example.com",
            "jan.meyer@example.com",
            "jan.meier@example.com",
            None,
        ],
        "employee_number": ["E-10482", "007", "E-20931", "E-20932", "55"],
        "name": ["Dana Brown", "Anna Two", "Jan Meyer", "Jan Meier", "سارة محمد"],
    }
).astype("str")
COURSES = pd.DataFrame({"course_id": ["FIRE-01", "FORK-LIFT"], "name": ["Fire Safety Level 1", "Fork lift"]}).astype(
    "str"
)
REFERENCES = References(learners=PEOPLE, courses=COURSES)


def suggested(code: str, field: str | None, value: str, words: dict[str, str] | None = None) -> str | None:
    failures = pd.DataFrame({"code": [code], "field": [field], "value": [value]}, dtype=object)
    (one,) = Suggester(REFERENCES, words or {}).suggest(failures)
    return one


@pytest.mark.parametrize(
    ("code", "field", "value", "meant"),
    [
        ("learner.unknown", "learner_email", "dana.bron@example.com", "dana.brown@example.com"),
        ("learner.unknown", "learner_email", "dana.borwn@exmaple.com", "dana.brown@example.com"),
        ("learner.unknown", "learner_email", "dana.brown@mail.example", "dana.brown@example.com"),
        ("learner.email", "learner_email", "Dana.Brown(at)example,com", "dana.brown@example.com"),
        ("learner.email", "learner_email", "Dana Brown <dana.brown@example.com>", "dana.brown@example.com"),
        ("moon.employee_unknown", None, "dana.brown@exmple.com", "dana.brown@example.com"),
        ("moon.employee_unknown", None, "E-1482", "E-10482"),
        ("learner.unknown", "learner_employee_id", "e10482", "E-10482"),
        ("learner.unknown", "learner_employee_id", "7", "007"),
        ("learner.unknown", "learner_name", "Brown, Dana", "Dana Brown"),
        ("learner.unknown", "learner_name", "Danna Brown", "Dana Brown"),
        ("learner.unknown", "learner_name", "ساره محمد", "سارة محمد"),
        ("course.unknown", "course_name", "Fire Saftey Level 1", "Fire Safety Level 1"),
        ("course.unknown", "course_id", "FRIE-01", "FIRE-01"),
        ("status.unknown", "status", "Presnt", "attended"),
        ("status.unknown", "status", "complted", "completed"),
        ("outcome.unknown", "outcome_code", "competant", "20 (competent)"),
    ],
)
def test_one_slip_and_one_candidate(code: str, field: str | None, value: str, meant: str) -> None:
    assert suggested(code, field, value) == meant


@pytest.mark.parametrize(
    ("code", "field", "value"),
    [
        # Two are equally near.
        ("learner.unknown", "learner_email", "jan.meer@example.com"),
        ("learner.unknown", "learner_employee_id", "E-20933"),
        # Digits make another person, another course.
        ("learner.unknown", "learner_email", "anna3@example.com"),
        ("course.unknown", "course_name", "Fire Safety Level 2"),
        # Not near at all, or too short to say anything.
        ("learner.unknown", "learner_email", "peter.white@example.com"),
        ("learner.unknown", "learner_employee_id", "56"),
        ("course.unknown", "course_id", "FIRE-99"),
        # Words in two senses, of which the message says what they may be.
        ("status.unknown", "status", "failed"),
        ("status.unknown", "status", "Excused"),
        # No rule of those.
        ("learner.ambiguous", "learner_email", "dana.bron@example.com"),
        ("session.unknown", "session_date", "2025-01-02"),
        # Nothing of the kind is loaded.
        ("group.unknown", "group_name", "Sale"),
        ("learner.unknown", "learner_email", "  "),
    ],
)
def test_nothing_where_it_would_be_a_guess(code: str, field: str, value: str) -> None:
    assert suggested(code, field, value) is None


def test_words_of_the_profile_count() -> None:
    assert suggested("status.unknown", "status", "mitgemaht") is None
    assert suggested("status.unknown", "status", "mitgemaht", words={"mitgemacht": "attended"}) == "attended"


def test_values_and_time_are_bounded() -> None:
    values = [f"nobody{number}@example.org" for number in range(500)]
    failures = pd.DataFrame({"code": "learner.unknown", "field": "learner_email", "value": values})
    few = Suggester(REFERENCES, most=10)
    few.suggest(failures)
    assert len(few._known) == 10
    late = Suggester(REFERENCES, seconds=-1.0)
    began = time.monotonic()
    assert late.suggest(failures) == [None] * 500
    assert time.monotonic() - began < 1.0


def test_missing_values_have_no_suggestion() -> None:
    failures = pd.DataFrame(
        {"code": ["learner.unknown"] * 2, "field": ["learner_email"] * 2, "value": [None, float("nan")]}
    )
    assert Suggester(REFERENCES).suggest(failures) == [None, None]


def test_what_is_asked_of_which_rule() -> None:
    assert source_of("ESH:15", "session_id", "X") == "session_id"
    assert source_of("grade.percentage", "grade", "105") is None


NAMES = st.text(string.ascii_lowercase, min_size=8, max_size=20)


@given(st.lists(NAMES, min_size=1, max_size=30, unique=True), st.data())
def test_a_suggestion_is_one_of_the_candidates_and_the_nearest_to_a_slip(names: list[str], data: st.DataObject) -> None:
    """One character left out, not the first: found where no other name is as near."""
    frame = pd.DataFrame({"email": [f"{name}@example.com" for name in names], "employee_number": None, "name": None})
    true = data.draw(st.sampled_from(names))
    at = data.draw(st.integers(1, len(true) - 1))
    value = f"{true[:at]}{true[at + 1 :]}@example.com"
    failures = pd.DataFrame({"code": ["learner.unknown"], "field": ["learner_email"], "value": [value]})
    (one,) = Suggester(References(learners=frame.astype("str"))).suggest(failures)
    assert one is None or one in set(frame["email"])
    if one is not None:
        assert abs(len(one) - len(value)) <= 2
    if len(names) == 1:
        assert one == f"{true}@example.com"

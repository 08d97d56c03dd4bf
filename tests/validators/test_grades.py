"""Grade types are known by many spellings, and grades are judged by them only where one is known."""

import pandas as pd
import pytest

from rollbook.failures import no_failures
from tests.validators.tables import GOOD, canonical, context
from validators.grades import normalise_grade_types
from validators.judge import judge


def test_grade_types_are_normalised() -> None:
    """SmarterU writes them in two ways, sheets in more."""
    words = ["Letter Grade", "LetterGrade", "Pass/Fail", "PassFail", "percentage", "%", "Not graded", "points", None]
    assert list(normalise_grade_types(pd.Series(words, dtype="str")).fillna("-")) == [
        "LetterGrade",
        "LetterGrade",
        "PassFail",
        "PassFail",
        "Percentage",
        "Percentage",
        "NotGraded",
        "-",
        "-",
    ]


@pytest.mark.parametrize("grade", ["109.09", "A16000000", "Distinction"])
def test_without_a_known_grade_type_any_grade_will_do(grade: str) -> None:
    """Only the status speaks then."""
    rows = canonical({**GOOD, "status": "completed", "grade": grade, "grade_type": "points"})
    assert judge(rows, no_failures(), context()).failures.empty


@pytest.mark.parametrize("status", ["enrolled", "attended", "completed", "cancelled"])
@pytest.mark.parametrize("destination", ["database", "moon"])
def test_the_database_and_moon_keep_a_score_beside_any_status_but_no_show(destination: str, status: str) -> None:
    """Their table has room for it; SmarterU's history has not."""
    rows = canonical({**GOOD, "status": status, "grade": "61"})
    assert judge(rows, no_failures(), context(destination)).failures.empty


def test_a_blank_grade_breaks_no_rule_of_grades() -> None:
    """A session that is graded may have rows without a grade."""
    rows = canonical({**GOOD, "grade_type": "Percentage"}, {**GOOD, "status": "no_show"})
    assert judge(rows, no_failures(), context()).failures.empty

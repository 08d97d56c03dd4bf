"""Grade types are known by many spellings, and grades are judged by them only where one is known."""

from datetime import date

import pandas as pd
import pytest

from rollbook.rows.failures import no_failures
from tests.validators.tables import GOOD, GOOD_FOR_SMARTERU, canonical, context, failed, problems
from transforms.values.grades import clean_grades
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


COMPLETED = {**GOOD_FOR_SMARTERU, "status": "completed", "enrolled_on": date(2024, 5, 1)}


def graded(
    text: str, grade_type: str | None, destination: str = "smarteru"
) -> tuple[str | None, list[str], list[str | None]]:
    """What becomes of a cell in a session of this type: the grade, the codes, and their details."""
    cleaned = clean_grades(pd.Series([text], dtype="str"))
    code, detail = cleaned.code.iloc[0], cleaned.detail.iloc[0]
    value = cleaned.values.iloc[0]
    row = canonical({**COMPLETED, "grade": value if isinstance(value, str) else None, "grade_type": grade_type})
    row = row.assign(score=cleaned.score)
    line = {"row": 2, "field": "grade", "value": text, "code": code, "detail": detail}
    judged = judge(row, failed(line) if isinstance(code, str) else no_failures(), context(destination))
    kept = judged.rows["grade"].iloc[0]
    told = judged.failures[["code", "detail"]].astype(object).where(judged.failures[["code", "detail"]].notna(), None)
    return kept if isinstance(kept, str) else None, list(told["code"]), list(told["detail"])


@pytest.mark.parametrize("text", ["Dist", "2:1", "A/B", "u5", "Ä", "b+", "9/10", "yes", "1e5", "two", "92.5"])
def test_a_letter_grade_is_any_text_of_five_characters_as_the_sheet_has_it(text: str) -> None:
    assert graded(text, "LetterGrade") == (text, [], [])


@pytest.mark.parametrize(
    ("text", "grade_type", "code"),
    [
        ("Distinction", "LetterGrade", "grade.letter"),
        ("Excellent", "LetterGrade", "grade.letter"),
        ("Excellent", "PassFail", "grade.pass_fail"),
        ("Dist", "PassFail", "grade.pass_fail"),
        ("92", "PassFail", "grade.pass_fail"),
        ("2:1", "Percentage", "grade.percentage"),
        ("18 of 20", "Percentage", "grade.percentage"),
        ("A", "Percentage", "grade.percentage"),
        ("Excellent", None, "grade.unknown"),
        ("Distinction", None, "grade.letter"),
        ("Excellent", "NotGraded", "grade.unknown"),
    ],
)
def test_a_known_grade_type_decides_what_is_wrong(text: str, grade_type: str | None, code: str) -> None:
    assert graded(text, grade_type)[1] == [code]


@pytest.mark.parametrize(
    ("text", "meant"), [("P", "Pass"), ("f", "Fail"), ("passed", "Pass"), ("FAILED", "Fail"), ("Pass", "Pass")]
)
def test_in_a_session_that_is_passed_or_failed_p_and_f_mean_so(text: str, meant: str) -> None:
    assert graded(text, "PassFail") == (meant, [], [])


@pytest.mark.parametrize("text", ["P", "Dist", "U5", "2:1", "109.09"])
def test_without_a_grade_type_a_number_or_five_characters_go(text: str) -> None:
    assert graded(text, None) == (text, [], [])
    assert graded(text, None, "database") == (text, [], [])


def test_a_letter_grade_that_could_not_be_read_is_judged_by_its_status_too() -> None:
    row = canonical({**COMPLETED, "status": "no_show", "grade_type": "Letter Grade"})
    line = {"row": 2, "field": "grade", "value": "9/10", "code": "grade.unknown"}
    assert [told[3] for told in problems(judge(row, failed(line), context("smarteru")))] == ["grade.not_attended"]

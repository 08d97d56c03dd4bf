"""Grades against the session's grade type and the row's status."""

from collections.abc import Callable, Iterator

import pandas as pd

from rollbook.statuses import ATTENDED, NO_SHOW
from validators.findings import Finding
from validators.lookups import Mask, present, text_at

LETTER, PASS_FAIL, PERCENTAGE, NOT_GRADED = GRADE_TYPES = ("LetterGrade", "PassFail", "Percentage", "NotGraded")

# What systems and sheets call them, compared without case and anything but letters.
_SPELLINGS = {
    "lettergrade": LETTER,
    "letter": LETTER,
    "letters": LETTER,
    "passfail": PASS_FAIL,
    "passorfail": PASS_FAIL,
    "percentage": PERCENTAGE,
    "percent": PERCENTAGE,
    "percentagegrade": PERCENTAGE,
    "%": PERCENTAGE,
    "notgraded": NOT_GRADED,
    "ungraded": NOT_GRADED,
    "none": NOT_GRADED,
    "nograde": NOT_GRADED,
}
_LONGEST_LETTER = 5
_PASS_FAIL = ("pass", "fail")


def normalise_grade_types(words: pd.Series) -> pd.Series:
    """Each spelling as one of GRADE_TYPES; missing where it is none of them; dtype `str`."""
    places, distinct = pd.factorize(words)
    return text_at([_grade_type(str(word)) for word in distinct], places, words.index)


def _grade_type(word: str) -> str | None:
    return _SPELLINGS.get("".join(letter for letter in word.casefold() if letter.isalpha() or letter == "%"))


def judge_grades(rows: pd.DataFrame, destination_takes_attended: bool) -> Iterator[Finding]:
    """Grades against the grade type (`grade_type` normalised; missing: nothing is known) and the status.

    destination_takes_attended: a grade may stand beside `attended`, as in Moon ERP's table; SmarterU takes none.
    """
    grade, grade_type, status = rows["grade"], rows["grade_type"], rows["status"]
    given = present(grade) & (grade != "").to_numpy(bool)  # '': the destination is to hold none

    def graded(kind: str) -> Mask:
        return given & (grade_type == kind).to_numpy(bool)

    yield Finding("grade.not_attended", "grade", ~(given & (status == NO_SHOW).to_numpy(bool)))
    if not destination_takes_attended:
        uncompleted = given & (status == ATTENDED).to_numpy(bool)
        yield Finding("grade.not_completed", "grade", ~uncompleted, lambda at: status.iloc[at])
    if not grade_type.notna().any():
        return
    yield Finding("grade.letter", "grade", _unless(graded(LETTER), grade, _is_letter))
    yield Finding("grade.pass_fail", "grade", _unless(graded(PASS_FAIL), grade, _is_pass_or_fail))
    yield Finding("grade.percentage", "grade", _unless(graded(PERCENTAGE), rows["score"], _is_percentage))
    yield Finding("grade.not_graded", "grade", ~graded(NOT_GRADED))


def _unless(judged: Mask, cells: pd.Series, fits: Callable[[pd.Series], pd.Series]) -> Mask:
    """True where the rule does not apply or the cell fits; only cells to which it applies are looked at."""
    holds = ~judged
    holds[judged] = fits(cells[judged]).to_numpy(bool)
    return holds


def _is_letter(grades: pd.Series) -> pd.Series:
    return grades.str.len() <= _LONGEST_LETTER


def _is_pass_or_fail(grades: pd.Series) -> pd.Series:
    return grades.str.lower().isin(_PASS_FAIL)


def _is_percentage(scores: pd.Series) -> pd.Series:
    return scores.between(0, 100)

"""Grades against the session's grade type and the row's status."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from rollbook.rows.statuses import ATTENDED, NO_SHOW
from transforms.values.grades import LONGEST_LETTER
from transforms.values.normalize import trim
from validators.findings import Finding
from validators.lookups import Mask, present, text_at

UNKNOWN = "grade.unknown"
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
# What the words mean in a session that is passed or failed.
_PASS_FAIL = {"pass": "Pass", "passed": "Pass", "p": "Pass", "fail": "Fail", "failed": "Fail", "f": "Fail"}
# The rule of each grade type: what an unreadable grade breaks where the type is known.
_RULES = {LETTER: "grade.letter", PASS_FAIL: "grade.pass_fail", PERCENTAGE: "grade.percentage"}


def normalise_grade_types(words: pd.Series) -> pd.Series:
    """Each spelling as one of GRADE_TYPES; missing where it matches none; dtype `str`."""
    places, distinct = pd.factorize(words)
    return text_at([_grade_type(str(word)) for word in distinct], places, words.index)


def _grade_type(word: str) -> str | None:
    return _SPELLINGS.get("".join(letter for letter in word.casefold() if letter.isalpha() or letter == "%"))


def judge_grades(rows: pd.DataFrame, destination_takes_attended: bool) -> Iterator[Finding]:
    """Grades against the grade type (`grade_type` normalised; missing: nothing is known) and the status.

    destination_takes_attended: a grade may stand beside `attended`, as in Moon ERP's table; SmarterU takes none, and
        where the type is not known nothing but a number or a letter grade.
    """
    grade, grade_type, status = rows["grade"], rows["grade_type"], rows["status"]
    given = present(grade) & (grade != "").to_numpy(bool)  # '': the destination is to hold none

    def graded(kind: str) -> Mask:
        return given & (grade_type == kind).to_numpy(bool)

    yield Finding("grade.not_attended", "grade", ~(given & (status == NO_SHOW).to_numpy(bool)))
    if not destination_takes_attended:
        uncompleted = given & (status == ATTENDED).to_numpy(bool)
        yield Finding("grade.not_completed", "grade", ~uncompleted, lambda at: status.iloc[at])
    untyped = given & (grade_type.isna() & rows["score"].isna()).to_numpy(bool) & (not destination_takes_attended)
    yield Finding("grade.letter", "grade", _unless(graded(LETTER) | untyped, grade, _is_letter))
    if not grade_type.notna().any():
        return
    yield Finding("grade.pass_fail", "grade", _unless(graded(PASS_FAIL), grade, _is_pass_or_fail))
    yield Finding("grade.percentage", "grade", _unless(graded(PERCENTAGE), rows["score"], _is_percentage))
    yield Finding("grade.not_graded", "grade", ~graded(NOT_GRADED))


def _unless(judged: Mask, cells: pd.Series, fits: Callable[[pd.Series], pd.Series]) -> Mask:
    """True where the rule does not apply or the cell fits; only cells to which it applies are looked at."""
    holds = ~judged
    holds[judged] = fits(cells[judged]).to_numpy(bool)
    return holds


def _is_letter(grades: pd.Series) -> pd.Series:
    return grades.str.len() <= LONGEST_LETTER


def _is_pass_or_fail(grades: pd.Series) -> pd.Series:
    return grades.isin(("Pass", "Fail"))


def _is_percentage(scores: pd.Series) -> pd.Series:
    return scores.between(0, 100)


def with_passes(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, where a session is passed or failed with `P`, `F` and the like as Pass and Fail."""
    passed = (rows["grade_type"] == PASS_FAIL).to_numpy(bool) & present(rows["grade"])
    if not passed.any():
        return rows
    meant = rows["grade"][passed].str.lower().map(_PASS_FAIL)
    return rows.assign(grade=rows["grade"].where(~passed, meant.reindex(rows.index).fillna(rows["grade"])))


def by_grade_type(
    rows: pd.DataFrame, grade_types: pd.Series, failures: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows and the failures of cleaning, where a known grade type decides about a grade that could not be read.

    In a session with letter grades a text of at most 5 characters is one, whatever else it may be; any other grade
    breaks the type's own rule. Where no type decides, both are returned as they came.
    """
    unread = failures[(failures["code"] == UNKNOWN) & (failures["field"] == "grade")]
    places = pd.MultiIndex.from_frame(rows[["row", "col"]])
    at = places.get_indexer(pd.MultiIndex.from_frame(unread[["row", "col"]])) if len(unread) else np.empty(0, int)
    types = text_at(grade_types, at, unread.index)
    if not types.isin(_RULES).any():
        return rows, failures
    texts = unread["value"].map(trim, na_action="ignore")
    is_letter = ((types == LETTER) & (texts.str.len() <= LONGEST_LETTER)).to_numpy(bool)
    grade = rows["grade"].copy()
    grade.iloc[at[is_letter]] = texts[is_letter]
    decided = types.map(_RULES).dropna()
    told = failures.copy()
    told.loc[decided.index, "code"] = decided
    told.loc[decided.index, "detail"] = None
    return rows.assign(grade=grade), told.drop(index=unread.index[is_letter]).reset_index(drop=True)

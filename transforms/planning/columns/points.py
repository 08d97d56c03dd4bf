"""Grades of points: `18` beside `Max score` 20 is not loaded as a percentage; under `Score /20` it is 90 %."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd

from transforms.planning.table.below import Below
from transforms.planning.table.headers import OUT_OF, header_key
from transforms.planning.table.ignored_rows import PSEUDO_LEARNERS
from transforms.planning.table.table_detection import rows_of
from transforms.values.grades import (
    CleanedGrades,
    GradeReading,
    clean_grades,
    is_number,
    judge_grade,
    points_or_percent,
    spelled,
)
from transforms.values.text import fold

POINTS = "grade.points"
_POSSIBLE = (
    "max score | maximum score | score max | max points | maximum points | max mark | max marks | maximum marks | "
    "max grade | maximum grade | grade max | out of | score out of | marks out of | points possible | "
    "possible points | possible score | possible marks | points available | available points | marks available | "
    "available marks | total possible | total points possible | total possible points | full marks | full score | "
    "max | maximum | highest possible score | max possible score | maximum possible score"
)
# Points that were reached are different in most rows; those that are possible are not.
_TOTALS = "total points | total marks | total score | total"
_REACHED = "score | final score | mark | marks | points | points earned | earned points | raw score | marks obtained"
_PERCENT = re.compile(r"%|per\s?cent|[\s_]pct\b", re.IGNORECASE)
_OUT_OF = re.compile(rf"{OUT_OF}\s*[)\]]?\s*$", re.IGNORECASE)
# What the possible and the reached points are both called.
_NOUN = re.compile("score|point|mark")
_FEW_LINES = 3
_ALL = "100"
# Before points that are surely meant by the grades.
SURELY = "/"


@cache
def _keys(spellings: str) -> frozenset[str]:
    return frozenset(map(header_key, spellings.split(" | ")))


def is_reached(header: str) -> bool:
    """Is it a header of the points that were reached, or of a percentage?"""
    return header_key(header) in _keys(_REACHED)


def possible_column(below: Below, never: Collection[str]) -> str | None:
    """The letter of the column with the points that were possible, if the sheet has one.

    never: letters that the profile leaves out.
    """
    keys = {letter: header_key(header) for letter, header in below.headers.items() if header and letter not in never}
    certain = [letter for letter, key in keys.items() if key in _keys(_POSSIBLE) and below.filled(letter)]
    totals = [letter for letter, key in keys.items() if key in _keys(_TOTALS) and _is_alike(below, letter)]
    return next(iter([*certain, *totals]), None)


def _is_alike(below: Below, letter: str) -> bool:
    return len(below.distinct(letter)) > 0 and (2 * len(below.distinct(letter)) <= below.filled(letter) + 1)


def points_of(below: Below, letters: Sequence[str], column: str | None) -> tuple[tuple[str, str], ...]:
    """(letter of grades, where their possible points are: `@G`, or the number itself) of those that have them.

    column: that of the possible points; they may also be in a line under the header, or in it (`Score (out of 40)`):
    then the grades are surely points, `/40`, unless one of them is more. A column beside another one of points
    (`Grade` beside `Score` and `Max score`) is not of points.
    """
    under = _line_of_points(below)
    said = {letter: _in_header(below, letter) or under.get(letter, _ALL) for letter in letters}
    found = {letter: points for letter, points in said.items() if points.lstrip(SURELY) != _ALL}
    if column and column not in letters and not _is_of_another(below, letters, column):
        found |= dict.fromkeys(letters, f"@{column}")
    return tuple((x, said) for x, said in found.items() if not _PERCENT.search(below.headers[x]))


def _in_header(below: Below, letter: str) -> str | None:
    found = _OUT_OF.search(below.headers[letter])
    most = _number(found["points"]) if found else None
    if most is None:
        return None
    bare = [text for text in below.distinct(letter).to_pylist() if not _PERCENT.search(str(text))]
    beyond = clean_grades(pd.Series(bare, dtype="str"), decimal_comma=True).score > float(most)
    return most if beyond.any() else f"{SURELY}{most}"


def _is_of_another(below: Below, letters: Sequence[str], column: str) -> bool:
    """Whether the possible points are those of another column: `Points earned` beside `Total points` and `Score`."""
    reached = [x for x, header in below.headers.items() if is_reached(header) and below.filled(x)]
    named = [x for x in reached if _nouns(below.headers[x]) == _nouns(below.headers[column])]
    return bool(reached) and not set(letters) & set(named or reached)


def _nouns(header: str) -> list[str]:
    return _NOUN.findall(header.lower())


def _line_of_points(below: Below) -> Mapping[str, str]:
    """Letter -> points, of a line such as `Points possible` directly under the header."""
    for _, cells in rows_of(below.table.slice(0, _FEW_LINES)):
        if any(fold(text) in PSEUDO_LEARNERS for text in cells.values()):
            return {x: value for x, text in cells.items() if (value := _number(text))}
    return {}


def _number(text: str) -> str | None:
    value = judge_grade(text, GradeReading()).value
    return value if value and is_number(value) else None


def read_points(cells: pd.Series, cleaned: CleanedGrades, possible: pd.Series) -> CleanedGrades:
    """The cleaned grades, numbers without a per-cent sign as percentages of the points, refused where they may be both.

    possible: the points that were possible (texts, on any index; `/40`: surely). Of 100 points, and of nothing, both
    readings agree.
    """
    surely = possible.str.startswith(SURELY).fillna(value=False).to_numpy(bool)
    most = clean_grades(possible.str.removeprefix(SURELY)).score.fillna(0).to_numpy()
    score = cleaned.score.to_numpy()
    bare = ~cells.str.contains("[%\u066a]", regex=True).fillna(value=False).to_numpy(bool)
    doubtful = np.flatnonzero(bare & ~np.isnan(score) & (score != 0) & (most != float(_ALL)))
    if not len(doubtful):
        return cleaned
    values, scores = cleaned.values.copy(), cleaned.score.copy()
    code, detail = cleaned.code.copy(), cleaned.detail.copy()
    certain = doubtful[surely[doubtful] & (score[doubtful] > 0) & (score[doubtful] <= most[doubtful])]
    doubtful = np.setdiff1d(doubtful, certain)
    percents = [spelled(Decimal(str(score[n])) * 100 / Decimal(str(most[n]))) for n in certain]
    values.iloc[certain], scores.iloc[certain] = percents, [float(percent) for percent in percents]
    pairs = zip(score[doubtful].tolist(), most[doubtful].tolist(), strict=True)
    values.iloc[doubtful], scores.iloc[doubtful], code.iloc[doubtful] = None, np.nan, POINTS
    detail.iloc[doubtful] = [points_or_percent(*pair) for pair in pairs]
    return replace(cleaned, values=values, score=scores, code=code, detail=detail)

"""Grades: numbers with or without a per-cent sign, letters, Pass and Fail."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judged, spread, texts
from transforms.values.normalize import plain, trim
from transforms.values.text import ERROR_TEXTS, NO_VALUE, fold
from transforms.vocabulary.languages import listed, plain_letters

# Word, as compared -> `Pass`, `Fail`, `Distinction` or `Merit`.
WORDS = {plain_letters(fold(word)): grade for grade, words in listed("grades").items() for word in words}
# As short as a letter grade, and none.
NO_LETTERS = frozenset("yes no ok dna fta abs tba tbc tbd true false done nil late left sick away leave".split())
# Systems take any text of this length as a letter grade: `Dist`, `2:1`, `A/B`, `U5`, `Ä`.
LONGEST_LETTER = 5
# Their letters look like Latin ones: an `А` of these is no `A`.
_LOOKALIKE_SCRIPTS = ("CYRILLIC", "GREEK")
SPELLED_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"
).split()


@dataclass(frozen=True)
class CleanedGrades(Cleaned):
    """Cleaned grades; `score`: float64, the number where the grade is one (a percentage or points), else NaN."""

    score: pd.Series


@dataclass(frozen=True)
class GradeReading:
    """How a whole column of grades is read.

    decimal_comma: `92,125` has three decimals; without it, it may be 92125.
    fraction: a number from 0 to 1 without a per-cent sign may be a share: 0.81 may be 81 %, whether the other numbers
        are shares too or per cents. Among points of a short scale, up to 10, it is none.
    thousands: beside numbers over 100, where no decimal mark is certain, `1.000` may be a thousand.
    """

    decimal_comma: bool = False
    fraction: bool = False
    thousands: bool = False


def infer_numbers(distinct: pd.Series) -> GradeReading:
    """The reading of a column, from all of its distinct texts."""
    found = [number for text in distinct.dropna() if (number := _NUMBER.fullmatch(plain_number(text)))]
    certain = {mark for number in found if (mark := _certain_mark(number["digits"]))}
    comma = certain == {","}
    bare = [_read(number["digits"], comma) for number in found if not number["percent"]]
    values = [abs(value) for value in bare if isinstance(value, Decimal)]
    thousands = not certain and max(values, default=Decimal(0)) > 100
    return GradeReading(comma, _holds_fractions(values), thousands)


def _holds_fractions(values: Sequence[Decimal]) -> bool:
    highest = max(values, default=Decimal(0))
    if highest <= 1:
        return highest > 0
    return any(0 < value < 1 for value in values) and not _SHORT_SCALE[0] < highest <= _SHORT_SCALE[1]


def beyond_percentages(distinct: pd.Series) -> list[str]:
    """The numbers among a column's distinct texts that are beyond 0 to 100, as spelled, the furthest first."""
    odd = [(abs(value), text) for value, text in _numbers(distinct) if not 0 <= value <= _ALL]
    return [text for _, text in sorted(odd, reverse=True)]


def of_few_points(distinct: pd.Series) -> str | None:
    """The highest of a column's distinct numbers, as spelled, if none is above 20 and they are no fractions of 1."""
    numbers = _numbers(distinct)
    highest, text = max(numbers, default=(Decimal(0), None))
    signed = any("%" in text for _, text in numbers)
    return text if 1 < highest <= _FEW_POINTS and not signed else None


def _numbers(distinct: pd.Series) -> list[tuple[Decimal, str]]:
    comma = infer_numbers(distinct).decimal_comma
    found = [(number, text) for text in distinct.dropna() if (number := _NUMBER.fullmatch(plain_number(text)))]
    read = [(_read(number["digits"], comma), number["sign"] == "-", text) for number, text in found]
    return [(-value if below else value, text) for value, below, text in read if isinstance(value, Decimal)]


_ALL, _FEW_POINTS = 100, 20


def clean_grades(
    cells: pd.Series, decimal_comma: bool = False, fraction: bool = False, thousands: bool = False
) -> CleanedGrades:
    """Grades in one spelling: `92.50%` is `92.5`, `A -` is `A-`, `passed` is `Pass`; blanks, `?` and `N/A` are missing.

    Whether a grade suits its type, or a number is within 0 to 100, is for the rules to say. Codes: `grade.fraction` (a
    number of at most 1 in a column that holds fractions), `grade.unknown` (neither number nor grade), `cell.error`.
    """
    reading = GradeReading(decimal_comma, fraction, thousands)
    verdicts, places = judged(texts(cells), lambda text: judge_grade(text, reading))
    values, codes, details = zip(*verdicts, strict=True) if verdicts else ((), (), ())
    scores = [float(value) if value is not None and is_number(value) else None for value in values]
    return CleanedGrades(
        spread(values, places, cells.index),
        spread(codes, places, cells.index),
        spread(details, places, cells.index),
        spread(scores, places, cells.index, "float64"),
    )


def judge_grade(text: str, reading: GradeReading) -> CellVerdict:
    """The verdict on one cell."""
    text = plain_number(text)
    if text.lower() in NO_VALUE:
        return BLANK
    number = _NUMBER.fullmatch(text)
    if number:
        return _judge_number(number, reading)
    if text.upper() in ERROR_TEXTS or text.startswith("="):
        return CellVerdict(code="cell.error")
    return _judge_text(text, reading)


def _judge_text(text: str, reading: GradeReading) -> CellVerdict:
    if grade := WORDS.get(plain_letters(fold(text))):
        return CellVerdict(grade)
    if beside := _BESIDE_WORD.fullmatch(text):
        return _judge_beside(beside, reading)
    if _is_short(text):
        return CellVerdict(text.replace(" ", "") if _LETTERS.fullmatch(text) else text)
    return CellVerdict(code="grade.unknown", detail=_reason(text))


def _judge_beside(found: re.Match[str], reading: GradeReading) -> CellVerdict:
    """`Pass (85)` is 85; where the word is another grade, the cell may be either."""
    word = found["word"] or found["behind"] or found["behind_"]
    number = found["number"] or found["first"] or found["first_"]
    grade = WORDS.get(plain_letters(fold(word)))
    verdict = judge_grade(number, reading)
    if grade in ("Pass", "Fail") or verdict.value is None:
        return verdict if grade else CellVerdict(code="grade.unknown")
    said = grade or word.strip().upper() if grade or _LETTERS.fullmatch(word) else None
    return CellVerdict(code="grade.unknown", detail=f"it could be {said} or {verdict.value}" if said else None)


def _is_short(text: str) -> bool:
    """Is it as short as a letter grade, and neither another word nor what may be a number or points?"""
    if not (len(text) <= LONGEST_LETTER and text.isprintable() and any(map(str.isalnum, text))):
        return False
    if any(unicodedata.name(letter, "").startswith(_LOOKALIKE_SCRIPTS) for letter in text if letter > "\x7f"):
        return False
    return not (text.lower() in NO_LETTERS or is_spelled_number(text) or _LIKE_NUMBER.fullmatch(text))


def _reason(text: str) -> str | None:
    if is_spelled_number(text):
        return "write the number in digits"
    if (points := _POINTS.fullmatch(text)) and (of := Decimal(points["of"].replace(",", "."))):
        reached = Decimal(points["points"].replace(",", "."))
        return f"it could be {spelled(reached)} of {spelled(of)} points, which is {spelled(reached * 100 / of)} %"
    return None


@lru_cache(maxsize=1 << 14)
def points_or_percent(reached: float, possible: float) -> str:
    """What a number may be where so many points were possible; 0: nobody says how many."""
    number, most = Decimal(str(reached)), Decimal(str(possible))
    if most <= 0:
        return "the row does not say how many points are possible"
    if not 0 <= number <= most:
        return f"it is not within the {spelled(most)} possible points"
    percent = spelled(number * 100 / most)
    return f"{spelled(number)} of {spelled(most)} points, which is {percent} %, or {spelled(number)} %"


def is_grade(text: str) -> bool:
    """Is it a number, points, or a word or letter of a grade? Other short texts are grades only in a column of them."""
    verdict = judge_grade(text, GradeReading())
    if verdict.value is None:
        return verdict.code is None or bool(_POINTS.fullmatch(plain_number(text)))
    known = is_number(verdict.value) or verdict.value in WORDS.values()
    return known or bool(_LETTERS.fullmatch(verdict.value))


def is_number(grade: str) -> bool:
    """Whether a clean grade is a number: as `spelled` writes them."""
    return bool(_CLEAN_NUMBER.fullmatch(grade))


def is_spelled_number(text: str) -> bool:
    """Whether the text is a number in English words, as `ninety-five` or `Eighty percent`."""
    return bool(_SPELLED.fullmatch(fold(text)))


class _Doubt(NamedTuple):
    one: Decimal
    other: Decimal


_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9][0-9.,]*|[.,][0-9]+) ?(?P<percent>%|percent|per cent|pct\.?|)", re.IGNORECASE
)
# `Pass (85)`, `Passed - 85 %`, `85% (Pass)`
_BESIDE_WORD = re.compile(
    r"(?P<word>[^\W\d_][^\d()]*?)(?: ?\((?P<number>[0-9][0-9.,]* ?%?)\)| ?[-:,] ?(?P<first>[0-9][0-9.,]* ?%?))"
    r"|(?P<first_>[0-9][0-9.,]* ?%?)(?: ?\((?P<behind>[^\d()]+)\)| - (?P<behind_>[^\d()]+))"
)
# Digits that `_NUMBER` does not read, points, and powers of ten.
_CLEAN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# `92*`, `>9`, `1O0` and `9O` are meant for numbers; `2:1` and `U5` are grades.
_LIKE_NUMBER = re.compile(
    r"[0-9.,/%+ -]+|[0-9.,]+e[0-9+-]+|[0-9]+ ?(?:of|out).*"
    r"|.*[0-9]{2}.*|.*[0-9][^\W\d_][0-9].*|[<>~\u2248\u2264\u2265].*|[0-9.,]*[0-9][0-9.,]*(?-i:[OolS])+[0-9.,]*%?",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[A-Za-z]{1,3} ?[+*-]{0,2}")
_SPELLED = re.compile(f"(?:{'|'.join(SPELLED_NUMBERS)}|and)+(?:percent|points)?")
_GROUPED = {
    ".": re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?"),
    ",": re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?"),
}
# Three digits behind the only point.
_POINT = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_POINTS = re.compile(
    r"(?P<points>[0-9]{1,6}(?:[.,][0-9]{1,4})?) ?(?:/|of|out of) ?(?P<of>[0-9]{1,6}(?:[.,][0-9]{1,4})?)"
)
# Grades of 4, 5, 6 or 10: among them a number below 1 is no share of 100 per cent.
_SHORT_SCALE = (2, 10)
_DIGITS_KEPT = Decimal("1E-8")
_TOO_LARGE = Decimal(1_000_000)
# The marks of Arabic numbers.
_TO_PLAIN = str.maketrans({"\u066a": "%", "\u066b": ".", "\u066c": ","})


def plain_number(text: str) -> str:
    """The text with plain digits, marks and spaces, without leading and trailing spaces."""
    return trim(plain(text).translate(_TO_PLAIN))


def read_amount(digits: str, decimal_comma: bool) -> tuple[Decimal, ...]:
    """The number that the digits say, both numbers where they may say two, none where they say none."""
    found = _read(digits, decimal_comma)
    return found if isinstance(found, tuple) else () if found is None else (found,)


def _judge_number(number: re.Match[str], reading: GradeReading) -> CellVerdict:
    value = _read(number["digits"], reading.decimal_comma)
    if reading.thousands and isinstance(value, Decimal) and _POINT.fullmatch(number["digits"]):
        value = _Doubt(value, value * 1000)
    if isinstance(value, _Doubt):
        return CellVerdict(code="grade.unknown", detail=f"it could be {spelled(value.one)} or {spelled(value.other)}")
    if value is None or value >= _TOO_LARGE:
        return CellVerdict(code="grade.unknown", detail=None if value is None else "it is too large for a grade")
    if reading.fraction and not (number["percent"] or number["sign"] == "-") and 0 < value <= 1:
        return CellVerdict(code="grade.fraction", detail=f"{spelled(value * 100)} % or {spelled(value)} %")
    return CellVerdict(spelled(-value if number["sign"] == "-" else value))


def spelled(value: Decimal) -> str:
    """The number in plain digits, without trailing zeros."""
    text = f"{value.quantize(_DIGITS_KEPT):f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _read(digits: str, decimal_comma: bool) -> Decimal | _Doubt | None:
    """The number that the digits say, both numbers where they may say two, None where they say none."""
    decimal, grouping = (",", ".") if decimal_comma else (".", ",")
    for mark, other in ((decimal, grouping), (grouping, decimal)):
        if other not in digits and digits.count(mark) <= 1:
            value = Decimal("0" + digits.replace(mark, ".") + "0" if mark in digits else digits)
            if mark == grouping and _GROUPED[mark].fullmatch(digits):
                return _Doubt(value, Decimal(digits.replace(mark, "")))
            return value
    for mark, other in ((".", ","), (",", ".")):
        if _GROUPED[mark].fullmatch(digits):
            return Decimal(digits.replace(mark, "").replace(other, "."))
    return None


def _certain_mark(digits: str) -> str | None:
    """The decimal mark where no other reading is possible: `45,5`, `0,714`, `1.234,5`."""
    marks = [mark for mark in digits if mark in ".,"]
    if not marks or marks.count(marks[-1]) > 1 or _GROUPED[marks[-1]].fullmatch(digits):
        return None
    return marks[-1]

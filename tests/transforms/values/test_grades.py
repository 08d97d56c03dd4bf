"""Grades get one spelling; the decimal mark and fractions are read as the whole column says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import Said, cells, said
from transforms.values.grades import GradeReading, beyond_percentages, clean_grades, infer_numbers

FINE = None, None
UNREAD = (None, "grade.unknown", None)
SPELLED = (None, "grade.unknown", "write the number in digits")
TABLE: list[tuple[str | None, Said]] = [
    (None, (None, *FINE)),
    ("86", ("86", *FINE)),
    ("94.5", ("94.5", *FINE)),
    ("61.00", ("61", *FINE)),
    ("92%", ("92", *FINE)),
    ("92.50 %", ("92.5", *FINE)),
    ("９２％", ("92", *FINE)),
    (" 086 ", ("86", *FINE)),
    ("+5", ("5", *FINE)),
    (".5", ("0.5", *FINE)),
    ("5.", ("5", *FINE)),
    ("-0", ("0", *FINE)),
    ("-5", ("-5", *FINE)),
    ("−5", ("-5", *FINE)),
    ("109", ("109", *FINE)),
    ("94.30000000000001", ("94.3", *FINE)),
    ("0.81", ("0.81", *FINE)),
    ("45,45", ("45.45", *FINE)),
    ("109,09", ("109.09", *FINE)),
    ("0,714", ("0.714", *FINE)),
    ("1,234.5", ("1234.5", *FINE)),
    ("1.234,5", ("1234.5", *FINE)),
    ("92,125", (None, "grade.unknown", "it could be 92.125 or 92125")),
    ("92.125", ("92.125", *FINE)),
    ("1,2,3", UNREAD),
    ("1e5", UNREAD),
    ("9" * 400, (None, "grade.unknown", "it is too large for a grade")),
    ("A", ("A", *FINE)),
    ("a-", ("a-", *FINE)),
    ("a -", ("a-", *FINE)),
    ("Dist", ("Dist", *FINE)),
    ("2:1", ("2:1", *FINE)),
    ("A/B", ("A/B", *FINE)),
    ("U5", ("U5", *FINE)),
    (" Ä ", ("Ä", *FINE)),
    ("1st", ("1st", *FINE)),
    ("Credit", UNREAD),
    ("late", UNREAD),
    ("--+--", UNREAD),
    ("8/ 10", (None, "grade.unknown", "it could be 8 of 10 points, which is 80 %")),
    ("A –", ("A-", *FINE)),
    ("B+", ("B+", *FINE)),
    ("HD", ("HD", *FINE)),
    ("A16000000", UNREAD),
    ("Pass", ("Pass", *FINE)),
    ("PASSED", ("Pass", *FINE)),
    ("fail", ("Fail", *FINE)),
    ("Failed", ("Fail", *FINE)),
    ("distinction", ("Distinction", *FINE)),
    ("Merit", ("Merit", *FINE)),
    ("ninety", SPELLED),
    ("Eighty-five percent", SPELLED),
    ("Ten", SPELLED),
    ("yes", UNREAD),
    ("Withdrawn", UNREAD),
    ("Pass (85)", ("85", *FINE)),
    ("Passed - 92,5 %", ("92.5", *FINE)),
    ("41 (Fail)", ("41", *FINE)),
    ("Nicht bestanden (41)", ("41", *FINE)),
    ("85 percent", ("85", *FINE)),
    ("A (95)", (None, "grade.unknown", "it could be A or 95")),
    ("Distinction - 95", (None, "grade.unknown", "it could be Distinction or 95")),
    ("Score: 85", UNREAD),
    ("18/20", (None, "grade.unknown", "it could be 18 of 20 points, which is 90 %")),
    ("7,5 / 10", (None, "grade.unknown", "it could be 7.5 of 10 points, which is 75 %")),
    ("43 out of 50", (None, "grade.unknown", "it could be 43 of 50 points, which is 86 %")),
    ("3/0", UNREAD),
    ("٩٢٫٥٪", ("92.5", *FINE)),
    ("81,50", ("81.5", *FINE)),
    ("?", (None, *FINE)),
    ("NA", (None, *FINE)),
    ("n/a", (None, *FINE)),
    ("null", (None, *FINE)),
    ("#N/A", (None, *FINE)),
    ("-", (None, *FINE)),
    ("–", (None, *FINE)),
    ("92*", UNREAD),
    ("€92", UNREAD),
    (">9", UNREAD),
    ("1O0", UNREAD),
    ("8O", UNREAD),
    ("7.S", UNREAD),
    ("4l%", UNREAD),
    ("2i", ("2i", *FINE)),
    ("2:1", ("2:1", *FINE)),
    ("=B2", (None, "cell.error", None)),
    ("#DIV/0!", (None, "cell.error", None)),
    ("9\x002", UNREAD),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_grade_gets_one_spelling_or_is_told(text: str | None, expected: Said) -> None:
    """One cell at a time."""
    assert said(clean_grades(cells([text]))) == [expected]


def test_a_whole_column_says_the_same_with_its_scores() -> None:
    """The score is the number where the grade is one."""
    cleaned = clean_grades(cells(text for text, _ in TABLE))
    assert said(cleaned) == [expected for _, expected in TABLE]
    for value, score in zip(cleaned.values, cleaned.score, strict=True):
        is_number = isinstance(value, str) and value.lstrip("-").replace(".", "").isdigit()
        assert score == float(value) if is_number else math.isnan(score)


def test_a_point_among_points_of_a_long_scale_may_stand_between_thousands() -> None:
    """Both numbers are told."""
    found = said(clean_grades(cells(["850", "2.000", "2.000.000", "7.25"]), thousands=True))
    assert found[:2] == [("850", None, None), (None, "grade.unknown", "it could be 2 or 2000")]
    assert found[3] == ("7.25", None, None)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [(["850", "2.000"], "2.000"), (["85", "2.000"], None)],
)
def test_a_column_of_points_is_read_so(texts: list[str], expected: str | None) -> None:
    """As `infer_numbers` finds it."""
    refused = clean_grades(cells(texts), thousands=infer_numbers(cells(texts)).thousands).code.notna()
    assert [text for text, code in zip(texts, refused, strict=True) if code] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], GradeReading()),
        (["92.5", "A", None], GradeReading()),
        (["109,09", "92,125", "45"], GradeReading(decimal_comma=True)),
        (["0,714", "0,81"], GradeReading(decimal_comma=True, fraction=True)),
        (["92,125", "81,500"], GradeReading()),
        (["45,45", "92.5"], GradeReading()),
        (["0.81", "1", "0", "A"], GradeReading(fraction=True)),
        (["0.81", "1.01"], GradeReading(fraction=True)),
        (["0.77", "64", "81%"], GradeReading(fraction=True)),
        (["0,77", "64,5"], GradeReading(decimal_comma=True, fraction=True)),
        (["1", "64", "81"], GradeReading()),
        (["0.7", "3.3", "4"], GradeReading()),
        (["1"], GradeReading(fraction=True)),
        (["0", "0.0"], GradeReading()),
        (["0.5%", "1 %"], GradeReading()),
        (["92%", "0.81"], GradeReading(fraction=True)),
        (["Pass", "0"], GradeReading()),
        (["850", "2.000", "Pass"], GradeReading(thousands=True)),
        (["850", "2.000", "77.5"], GradeReading()),
        (["85", "2.000"], GradeReading()),
    ],
)
def test_the_column_says_how_its_numbers_are_read(texts: list[str | None], expected: GradeReading) -> None:
    """Decimal comma from the numbers that allow only one reading, fraction from those without a per-cent sign."""
    assert infer_numbers(cells(texts)) == expected


def test_a_decimal_comma_turns_the_doubt_over() -> None:
    """In such a column it is the point before three digits that may group thousands."""
    assert said(clean_grades(cells(["92,125", "92.5", "92.125"]), decimal_comma=True)) == [
        ("92.125", *FINE),
        ("92.5", *FINE),
        (None, "grade.unknown", "it could be 92.125 or 92125"),
    ]


def test_fractions_are_told_but_for_what_can_be_no_fraction() -> None:
    """0 is 0 either way; a per-cent sign, a minus and a corrected number above 1 leave no doubt."""
    assert said(clean_grades(cells(["-0.5", "0.81", "1", "0", "0.5%", "81", "A"]), fraction=True)) == [
        ("-0.5", *FINE),
        (None, "grade.fraction", "81 % or 0.81 %"),
        (None, "grade.fraction", "100 % or 1 %"),
        ("0", *FINE),
        ("0.5", *FINE),
        ("81", *FINE),
        ("A", *FINE),
    ]


NUMERIC = st.from_regex(r"[+-]?[0-9.,]{0,12} ?%?", fullmatch=True)


@given(st.lists(st.none() | st.text(max_size=12) | NUMERIC, max_size=6), st.booleans(), st.booleans())
def test_any_text_is_a_grade_a_blank_or_told(texts: list[str | None], decimal_comma: bool, fraction: bool) -> None:
    """Nothing raises; neighbours do not matter; a clean grade is its own clean grade."""
    infer_numbers(cells(texts))
    cleaned = clean_grades(cells(texts), decimal_comma, fraction)
    assert said(cleaned) == [said(clean_grades(cells([text]), decimal_comma, fraction))[0] for text in texts]
    again = clean_grades(cleaned.values)
    assert again.values.equals(cleaned.values)
    assert again.score.equals(cleaned.score)
    assert cleaned.values.str.len().max() <= 16 or cleaned.values.isna().all()


@pytest.mark.parametrize(
    ("column", "named"),
    [
        (["0", "100", "88,5", "Pass", None, "100 %"], None),
        (["88", "100,5", "99,9"], "100,5"),
        (["12", "-3", "Fail"], "-3"),
        (["640", "1.200,5", "90"], "1.200,5"),
        ([], None),
    ],
)
def test_the_number_furthest_beyond_a_percentage_is_named(column: list[str | None], named: str | None) -> None:
    """As the sheet spells it, by the decimal mark of its column."""
    assert next(iter(beyond_percentages(cells(column))), None) == named

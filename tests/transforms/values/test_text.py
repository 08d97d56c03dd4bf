"""Texts are trimmed and composed; control characters, errors' texts and what is too long are told."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import Said, cells, said
from transforms.values.cleaner import text_series
from transforms.values.normalize import shown
from transforms.values.text import clean_text, fold, judge_text

FINE = None, None
TABLE: list[tuple[str | None, Said]] = [
    (None, (None, *FINE)),
    ("", (None, *FINE)),
    (" \t\u00a0\u200b ", (None, *FINE)),
    ("  Well done ", ("Well done", *FINE)),
    ("\ufeffJo\u00a0", ("Jo", *FINE)),
    ("\u202aJo\u202c\u200e", ("Jo", *FINE)),
    ("Jo\u00a0Li", ("Jo Li", *FINE)),
    ("Zoe\u0308", ("Zoë", *FINE)),
    ("one\r\ntwo\rthree\n", ("one\ntwo\nthree", *FINE)),
    ("a\tb", ("a\tb", *FINE)),
    ("#1 of all", ("#1 of all", *FINE)),
    ("a\x00b", (None, "cell.control_character", "U+0000 (NUL) is character 2")),
    ("ab\x07", (None, "cell.control_character", "U+0007 (BEL) is character 3")),
    ("a\x7f", (None, "cell.control_character", "U+007F (DEL) is character 2")),
    ("it\x92s", (None, "cell.control_character", "U+0092 is character 3")),
    ("#REF!", (None, "cell.error", None)),
    ("#n/a", (None, "cell.error", None)),
    ("x" * 21, (None, "value.too_long", "21 characters, 20 fit")),
    ("é" * 20, ("é" * 20, *FINE)),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_text_is_trimmed_or_told(text: str | None, expected: Said) -> None:
    """One cell at a time."""
    assert said(clean_text(cells([text]), 20)) == [expected]


def test_all_cells_at_once_say_the_same_on_the_same_index() -> None:
    """What is done for a whole column equals what is done for one cell."""
    column = cells(text for text, _ in TABLE)
    cleaned = clean_text(column, 20)
    assert said(cleaned) == [expected for _, expected in TABLE]
    assert cleaned.values.dtype == "str"
    assert cleaned.code.index.equals(column.index)


def test_a_slice_of_a_larger_arrow_column_is_looked_at_alone() -> None:
    """A part is a slice of the sheet's column: what stands outside of it does not count."""
    whole = pa.array(["\x00", "fine", None, "\x00"], pa.large_string())
    part = text_series(whole.slice(1, 2), pd.RangeIndex(2))
    assert said(clean_text(part, 20)) == [("fine", None, None), (None, None, None)]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("EmployeeID", "employeeid"),
        ("employee_id", "employeeid"),
        ("Employee-Id (#):", "employeeid"),
        ("Présent", "present"),
        ("No\u2013Show", "noshow"),
        ("N/A", "na"),
        ("\u00a0Straße. ", "strasse"),
        ("-", ""),
    ],
)
def test_folding_takes_away_what_spellings_differ_in(text: str, folded: str) -> None:
    """Case, accents, blanks and `_ - . / ( ) : #` go."""
    assert fold(text) == folded


@given(st.lists(st.none() | st.text(max_size=25), max_size=6))
def test_any_text_is_cleaned_the_same_alone_and_twice(texts: list[str | None]) -> None:
    """Nothing raises; each cell's verdict is that of its trimmed text; cleaning again changes nothing."""
    column = cells(texts)
    cleaned = clean_text(column, 20)
    breaks = [shown(text or "").replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert said(cleaned) == [tuple(judge_text(text, 20, line_breaks=True)) for text in breaks]
    assert clean_text(cleaned.values, 20).values.equals(cleaned.values)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """A folded text is its own key."""
    assert fold(fold(text)) == fold(text)


def test_a_name_that_rows_are_matched_by_is_not_repeated_by_a_sign() -> None:
    """It would be a course of its own; a word for no course is a blank, and feedback may say anything."""
    cells = pd.Series(["First aid", '"', "Ditto", "TBC", "n/a", "Same"], dtype="str")
    matched = clean_text(cells, 200, matched=True)
    assert matched.code.dropna().index.tolist() == [1, 2]
    assert matched.values.dropna().tolist() == ["First aid", "Same"]
    assert clean_text(cells, 200).values.tolist() == cells.tolist()

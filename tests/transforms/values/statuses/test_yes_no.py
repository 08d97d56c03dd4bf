"""Yes and no are booleans; a cross may be either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import cells, said
from transforms.values.statuses.yes_no import clean_yes_no


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("yes Yes Y TRUE t 1 1.0 ✓ ✔️ √ ☑ •", (True, None, None)),
        ("no N False f 0 0.0 ✗ ☐", (False, None, None)),
        ("WAHR VRAI VERDADERO VERO Prawda SANT IGAZ DOĞRU ИСТИНА", (True, None, None)),
        ("FALSCH FAUX FALSO ONWAAR FAŁSZ EPÄTOSI HAMIS YANLIŞ yanlış ЛОЖЬ", (False, None, None)),
        ("? - n/a NA null #N/A", (None, None, None)),
        ("x X", (None, "value.unknown", "a cross may be yes or no")),
        ("maybe 2 ü", (None, "value.unknown", None)),
        ("#REF!", (None, "cell.error", None)),
    ],
)
def test_words_marks_and_numbers_are_read(texts: str, expected: tuple[bool | None, str | None, str | None]) -> None:
    """Every spelling of a kind says the same."""
    cleaned = clean_yes_no(cells(texts.split()))
    assert said(cleaned) == [expected] * len(texts.split())
    assert cleaned.values.dtype == "boolean"


@given(st.lists(st.none() | st.text(max_size=5) | st.sampled_from(["yes", "no", "x"]), max_size=6))
def test_any_text_is_yes_no_a_blank_or_told(texts: list[str | None]) -> None:
    """Nothing raises; neighbours do not matter."""
    assert said(clean_yes_no(cells(texts))) == [said(clean_yes_no(cells([text])))[0] for text in texts]

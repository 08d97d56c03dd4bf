"""How a text file was read, told in a line."""

import pytest

from reports.text_files import form_line, form_object, unusual_form
from rollbook.text_form import TextForm


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (TextForm("cp1250", ";", '"'), "text in cp1250 (Windows, Central European), cells separated by semicolons"),
        (TextForm("utf-8", "^", '"'), "text in utf-8, cells separated by “^”"),
        (TextForm("utf-8", "|", ""), "text in utf-8, cells separated by vertical bars, no quotation marks"),
        (TextForm("utf-16", "\t", "'"), "text in utf-16, cells separated by tabs, quotation mark '"),
    ],
)
def test_an_unusual_form_is_a_line_of_the_summary(form: TextForm, told: str) -> None:
    """Encoding, delimiter and quotation mark in plain words."""
    assert (form_line(form), unusual_form(form)) == (told, told)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_usual_form_is_not_worth_a_line(encoding: str, delimiter: str) -> None:
    """UTF-8 with commas, semicolons or tabs."""
    assert unusual_form(TextForm(encoding, delimiter, '"')) is None


def test_programs_are_always_told() -> None:
    """A file that is no text has nothing there."""
    assert form_object(TextForm("cp1252", ",", '"')) == {"encoding": "cp1252", "delimiter": ",", "quote": '"'}
    assert form_object(None) == {"encoding": None, "delimiter": None, "quote": None}

"""IDs stay text with their leading zeros; e-mail addresses lose case and wrapping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import Said, cells, said
from transforms.ids import clean_emails, clean_ids

FINE = None, None
SHORTENED = (None, "id.precision_lost", "a spreadsheet program shortened the number")
IDS: list[tuple[str | None, Said]] = [
    (None, (None, *FINE)),
    ("007", ("007", *FINE)),
    (" 007\u00a0", ("007", *FINE)),
    ("\u200b7\u200e", ("7", *FINE)),
    ("1001.0", ("1001", *FINE)),
    ("0.0", ("0", *FINE)),
    ("007.0", ("007.0", *FINE)),
    ("1.10", ("1.10", *FINE)),
    ("v2.0", ("v2.0", *FINE)),
    ("123456789012345.0", ("123456789012345", *FINE)),
    ("1234567890123456.0", (None, "id.precision_lost", "16 digits went through a number, which keeps 15")),
    ("1234567890123456789", ("1234567890123456789", *FINE)),
    ("1.23457E+11", SHORTENED),
    ("1,23457E+11", SHORTENED),
    ("1e+20", SHORTENED),
    ("1E5", ("1E5", *FINE)),
    ("+61 2 5550", ("+61 2 5550", *FINE)),
    ("A-1/b", ("A-1/b", *FINE)),
    ("NA", ("NA", *FINE)),
    ("N/A", (None, *FINE)),
    ("null", (None, *FINE)),
    ("NaN", (None, *FINE)),
    ("-", (None, *FINE)),
    ("?", (None, *FINE)),
    ("#N/A", (None, "cell.error", None)),
    ("A\nB", (None, "cell.control_character", "U+000A (line break) is character 2")),
    ("A\x00", (None, "cell.control_character", "U+0000 (NUL) is character 2")),
    ("9" * 65, (None, "value.too_long", "65 characters, 64 fit")),
]
EMAILS: list[tuple[str | None, Said]] = [
    (None, (None, *FINE)),
    (" Jo.Li@Example.ORG ", ("jo.li@example.org", *FINE)),
    ("\u200bjo@x.org\ufeff", ("jo@x.org", *FINE)),
    ("mailto:Jo@x.org", ("jo@x.org", *FINE)),
    ("MAILTO:jo@x.org?subject=Hi", ("jo@x.org", *FINE)),
    ("<jo@x.org>", ("jo@x.org", *FINE)),
    ("Li, Jo <Jo@X.org>", ("jo@x.org", *FINE)),
    ("Jo <mailto:jo@x.org>; ", ("jo@x.org", *FINE)),
    ("jo@x.org;", ("jo@x.org", *FINE)),
    ("jo@x.org; al@x.org", ("jo@x.org; al@x.org", *FINE)),
    ("JÖ@x.org", ("jö@x.org", *FINE)),
    ("no address", ("no address", *FINE)),
    ("n/a", (None, *FINE)),
    ("<N/A>", (None, *FINE)),
    ("#VALUE!", (None, "cell.error", None)),
    ("jo@\x00x.org", (None, "cell.control_character", "U+0000 (NUL) is character 4")),
    ("j" * 249 + "@x.org", (None, "value.too_long", "255 characters, 254 fit")),
]


@pytest.mark.parametrize(("text", "expected"), IDS)
def test_an_id_is_kept_as_text_or_told(text: str | None, expected: Said) -> None:
    """One cell at a time."""
    assert said(clean_ids(cells([text]), 64)) == [expected]


@pytest.mark.parametrize(("text", "expected"), EMAILS)
def test_an_address_is_bare_and_without_case(text: str | None, expected: Said) -> None:
    """One cell at a time; whether it is an address is for the rules to say."""
    assert said(clean_emails(cells([text]))) == [expected]


def test_whole_columns_say_the_same() -> None:
    """What is done for a whole column equals what is done for one cell."""
    assert said(clean_ids(cells(text for text, _ in IDS), 64)) == [expected for _, expected in IDS]
    assert said(clean_emails(cells(text for text, _ in EMAILS))) == [expected for _, expected in EMAILS]


WILD = st.lists(
    st.none()
    | st.text(max_size=12)
    | st.from_regex(r"[0-9]{1,18}(\.0|E\+[0-9]{1,2})?", fullmatch=True)
    | st.text(alphabet="aÀİß@.<>:; ;mailto?\u200b", max_size=12),
    max_size=6,
)


@given(WILD)
def test_cleaning_any_text_alone_or_again_gives_the_same(texts: list[str | None]) -> None:
    """Nothing raises; neighbours do not matter; a clean value is its own clean value."""
    for clean in (lambda column: clean_ids(column, 10), clean_emails):
        cleaned = clean(cells(texts))
        assert said(cleaned) == [said(clean(cells([text])))[0] for text in texts]
        assert clean(cleaned.values).values.equals(cleaned.values)

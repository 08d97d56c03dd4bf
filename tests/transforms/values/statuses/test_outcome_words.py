"""What sheets call outcomes is known by code, by the code in brackets, or from a closed table; nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.sheets import canonical_of, table_of
from tests.transforms.verdicts import cells, said
from transforms.values.statuses.outcome_words import clean_outcomes
from validators.outcome_codes import NATIONAL_OUTCOMES


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ("20 |  20 | 20.0 | 20.00 | Competency achieved/pass (20) | Pass in all (20) ", "20"),
        ("Competent | COMPETENT | competency achieved/pass | Competency Achieved", "20"),
        ("Competency not achieved/fail (30) | Not Yet Competent | NYC | nyc | not competent", "30"),
        ("Not yet competent (NYC)", "30"),
        ("Withdrawn | withdrawn/discontinued | 40", "40"),
        ("RPL | RPL granted | RPL - Granted | Recognition of Prior Learning – granted", "51"),
        ("RPL not granted | RPL – not granted (52)", "52"),
        ("CT | Credit transfer | credit transfer/national recognition", "60"),
        ("continuing | Continuing enrolment", "70"),
        ("not yet started", "85"),
        ("0 | 0.0", "0"),
        ("5n | 5N", "5N"),
        ("25", "25"),
    ],
)
def test_codes_and_known_words_are_codes(texts: str, code: str) -> None:
    """In any spelling; which codes are taken is for the rules to say."""
    spelled = texts.split("|")
    assert said(clean_outcomes(cells(spelled), {})) == [(code, None, None)] * len(spelled)


@pytest.mark.parametrize("text", [None, "", "  ", "Unmarked", "unmarked", "-", "?", "N/A", "#N/A", "null"])
def test_no_outcome_yet_is_a_blank(text: str | None) -> None:
    """A blank leaves alone what is there."""
    assert said(clean_outcomes(cells([text]), {})) == [(None, None, None)]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("Competant", "the nearest known word is competent (20)"),
        ("not yet compentent", "the nearest known word is not yet competent (30)"),
        ("Competency achieved/pass (30)", "its words mean 20, its code is 30"),
        ("banana", None),
        ("20 or 30", None),
        ("12345", None),
    ],
)
def test_other_words_are_refused_with_the_nearest(text: str, detail: str | None) -> None:
    assert said(clean_outcomes(cells([text]), {})) == [(None, "outcome.unknown", detail)]


def test_errors_are_errors() -> None:
    assert said(clean_outcomes(cells(["#REF!"]), {})) == [(None, "cell.error", None)]


def test_the_words_of_the_profile_come_first() -> None:
    """Before the closed table, spelled so or folded so."""
    words = {"Pass": "20", "CT": "66", "-": "85"}
    assert [code for code, _, _ in said(clean_outcomes(cells(["PASS", "ct", "-", "30"]), words))] == [
        *("20", "66", "85", "30")
    ]


def test_every_national_code_has_its_name() -> None:
    """As the rules list them."""
    assert [said(clean_outcomes(cells([name]), {}))[0][0] for name in NATIONAL_OUTCOMES.values()] == [
        *NATIONAL_OUTCOMES
    ]


@given(st.lists(st.none() | st.text(max_size=12) | st.sampled_from(["20", "NYC", "x (20)"]), max_size=6))
def test_any_text_is_a_code_a_blank_or_told(texts: list[str | None]) -> None:
    """Nothing raises; neighbours do not matter; a code is its own code."""
    cleaned = clean_outcomes(cells(texts), {})
    assert said(cleaned) == [said(clean_outcomes(cells([text]), {}))[0] for text in texts]
    assert clean_outcomes(cleaned.values, {}).values.equals(cleaned.values)


def test_a_sheet_for_axcelerate_is_read_by_its_usual_headers() -> None:
    """An export as it comes: words with codes, moments of the day, and columns that go nowhere."""
    rows = [
        ["Contact ID", "Name", "Class ID", "Unit Code", "Competency", "Start Date", "End Date", "Status", "Grade"],
        ["1001", "Ann", "501", "bsbwhs211", "Competent (20)", "17/10/2014 9:05 AM", "2015-01-02 00:00", "?", "zz top"],
        ["1002", "Bob", "501", "BSBWHS211", "NYC", "1/2/2015 12:00 PM", "", "Active", "ninety"],
    ]
    found = canonical_of(rows, destination="axcelerate")
    assert found.failures.empty
    fields = ("contact_id", "class_id", "unit_id", "outcome_code")
    assert table_of(found.rows, *fields) == [("1001", "501", "bsbwhs211", "20"), ("1002", "501", "BSBWHS211", "30")]
    days = found.rows[["started_on", "ended_on"]].astype("str").fillna("").to_numpy().tolist()
    assert days == [["2014-10-17", "2015-01-02"], ["2015-02-01", ""]]


@pytest.mark.parametrize(
    ("text", "code"), [("20 - Competency achieved/pass", "20"), ("40: Withdrawn", "40"), ("30 – Not competent", "30")]
)
def test_a_code_may_stand_before_its_words(text: str, code: str) -> None:
    """As systems of the same standard write it; other words make it unknown."""
    assert said(clean_outcomes(cells([text]), {})) == [(code, None, None)]
    assert said(clean_outcomes(cells(["20 - Withdrawn"]), {}))[0][1] == "outcome.unknown"

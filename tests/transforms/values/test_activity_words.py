"""The types of activity are four letters and a few words; a module is none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.rows.activities import ACTIVITIES
from tests.transforms.sheets import canonical_of, plan_of
from tests.transforms.verdicts import cells, said
from transforms.values.activity_words import clean_activities


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ("s|S| Unit |Unit of Competency|Subject", "s"),
        ("w|Workshop|WORKSHOPS", "w"),
        ("p|Class|Program|programme", "p"),
        ("el|EL|e-learning|eLearning|E Learning|E‑Learning", "el"),
        ("|-|N/A|?", None),
    ],
)
def test_words_are_types(texts: str, kind: str | None) -> None:
    spelled = texts.split("|")
    assert said(clean_activities(cells(spelled))) == [(kind, None, None)] * len(spelled)


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("Excursion", "activity.unknown", None),
        ("Module", "activity.unknown", "a module is identified by its enrolment's ID, not by a type"),
        ("#REF!", "cell.error", None),
    ],
)
def test_others_are_refused(text: str, code: str, detail: str | None) -> None:
    assert said(clean_activities(cells([text]))) == [(None, code, detail)]


@given(st.lists(st.none() | st.text(max_size=12) | st.sampled_from(["w", "Unit"]), max_size=6))
def test_any_text_is_a_type_a_blank_or_told(texts: list[str | None]) -> None:
    """Nothing raises; neighbours do not matter; a type is its own type."""
    cleaned = clean_activities(cells(texts))
    assert said(cleaned) == [said(clean_activities(cells([text])))[0] for text in texts]
    assert set(cleaned.values.dropna()) <= set(ACTIVITIES)
    assert clean_activities(cleaned.values).values.equals(cleaned.values)


def test_a_profile_says_what_a_word_means() -> None:
    rows = [["Contact ID", "Class ID", "Unit ID", "Outcome", "Type"], ["1", "2", "3", "20", "Excursion"]]
    told = canonical_of(rows, '[values.activity_type]\nexcursion = "w"', destination="axcelerate")
    assert told.rows["activity_type"].tolist() == ["w"]


LACKING = {
    "Class ID|Unit ID|Outcome": (
        "skipped",
        "There is no column of learners; the headers are Class ID, Unit ID, ",
    ),
    "Contact ID|Outcome": ("failed", "There is no column for the class, unit or module. "),
    "Contact ID|Class ID|Unit ID": ("failed", "There is no column for the outcome, date or override. "),
    "Email|Class ID|Unit ID|Outcome": ("failed", "There is no column for the contact. "),
    "Contact ID|Module Enrolment ID|Access Override": ("read", ""),
    "Contact ID|Unit ID|Activity Type|Finish Date": ("read", ""),
}


@pytest.mark.parametrize(("headers", "state", "message"), [(h, *told) for h, told in LACKING.items()], ids=LACKING)
def test_a_sheet_for_axcelerate_says_what_it_lacks(headers: str, state: str, message: str) -> None:
    """Neither session nor status is asked for there."""
    plan = plan_of([headers.split("|"), ["1"] * len(headers.split("|"))], destination="axcelerate")
    assert plan.state == state
    assert message in (plan.message or "")


@pytest.mark.parametrize(
    ("status", "field"),
    [(("Competency achieved/pass (20)", "Unmarked"), "outcome_code"), (("Active", "Active"), None)],
)
def test_a_status_is_an_outcome_where_its_values_end_in_a_code(status: tuple[str, str], field: str | None) -> None:
    rows = [["Contact ID", "Class ID", "Unit ID", "End Date", "Status"]]
    rows += [["1", "2", "3", "2024-01-31", text] for text in status]
    plan = plan_of(rows, destination="axcelerate")
    assert {column.headers[0]: column.field for column in plan.columns}.get("Status") == field

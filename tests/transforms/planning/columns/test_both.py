"""A column that says both a status and a grade."""

import pytest

from tests.transforms.sheets import canonical_of, table_of

DUTCH, ENGLISH = (
    ("Personeelsnummer", "Opleiding", "Datum", "Resultaat"),
    ("Employee ID", "Course", "Date", "Outcome of course"),
)


@pytest.mark.parametrize(
    ("head", "passed", "absent"), [(DUTCH, "Geslaagd", "Niet aanwezig"), (ENGLISH, "Passed", "Absent")]
)
def test_a_status_that_is_no_grade_leaves_the_grade_blank(head: tuple[str, ...], passed: str, absent: str) -> None:
    """It is not refused for being no grade; a word that is neither is."""
    texts = (passed, absent, f"{passed} (85)", "Zebra")
    rows = [list(head), *(["71", "Ropes", f"2023-05-1{n}", text] for n, text in enumerate(texts))]
    found = canonical_of(rows)
    assert table_of(found.rows.head(2), "status", "grade") == [("completed", "Pass"), ("no_show", None)]
    assert set(found.failures["row"]) == {5}

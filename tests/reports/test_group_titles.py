"""Groups have titles in words: the message of their one value, or what is wrong in general."""

import pytest

from reports.group_titles import TITLES, title
from validators.rules import RULES


@pytest.mark.parametrize(
    ("code", "values", "expected"),
    [
        ("status.unknown", ["Waived"], "“Waived” cannot be read as a status"),
        ("status.unknown", ["Waived", "Perhaps"], "Unknown statuses"),
        ("status.unknown", [None], "Unknown statuses"),
        ("status.unknown", [], "Unknown statuses"),
        ("date.in_future", ["2031-09-19 00:00:00"], "2031-09-19 is in the future"),
        ("enrollment.conflict", ["attended"], "Rows that contradict each other"),
        ("XY:9", ["a"], "The session is full there"),
    ],
)
def test_a_title_says_what_is_wrong(code: str, values: list[str | None], expected: str) -> None:
    """A typed date is its day; a code of a system is what is known of it."""
    assert title(code, values, "The session is full there") == expected


def test_every_rule_about_rows_has_a_title() -> None:
    assert [code for code in RULES if not code.startswith("file.") and code not in TITLES] == []

"""However a sheet is laid out and in whichever language its headers are, its records are the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.sheets import canonical_of
from transforms.vocabulary.languages import languages, words_in

# Header -> the classes of which its translations are made up.
HEADERS = {
    "Employee Number": ("employee", "id"),
    "Email": ("email",),
    "First Name": ("first_name",),
    "Last Name": ("last_name",),
    "Course": ("course",),
    "Session Date": ("session", "date"),
    "Status": ("status",),
    "Score": ("grade",),
    "Completion Date": ("completed", "date"),
    "Comments": ("comment",),
}
ROWS = [
    ["0042", "ann@x.org", "Ann", "Lee", "Rope access", "13/02/2024", "completed", "81.5", "14/02/2024", "well done"],
    ["0043", "bo@x.org", "Bo", "Ray", "Rope access", "13/02/2024", "no show", "", "", ""],
    ["0044", "cy@x.org", "Cy", "Orr", "First aid", "15/02/2024", "attended", "", "", "came late"],
]
COMPARED = ["learner_employee_id", "learner_email", "learner_name", "course_name", "session_date", "status", "grade"]
COMPARED += ["completed_on", "feedback"]


def records(headers: list[str], rows: list[list[str]]) -> list[tuple[object, ...]]:
    """What the sheet says, record by record."""
    found = canonical_of([headers, *rows])
    assert found.failures.empty, found.failures
    return [tuple(map(str, line)) for line in found.rows[COMPARED].itertuples(index=False)]


EXPECTED = records(list(HEADERS), ROWS)


def _respelled(header: str, way: int) -> str:
    ways = (str.lower, str.upper, str.title, lambda text: text.replace(" ", "_"), lambda text: text.replace(" ", ""))
    more = (lambda text: f"  {text}\u00a0", lambda text: f"{text}:", lambda text: text.replace(" ", "\n"), str)
    return str((*ways, *more)[way](header))


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(range(len(HEADERS) + 2)),
    ways=st.lists(st.integers(0, 8), min_size=len(HEADERS), max_size=len(HEADERS)),
)
def test_order_case_spaces_and_unknown_columns_change_nothing(order: list[int], ways: list[int]) -> None:
    """`EMPLOYEE NUMBER`, `employee_number` and `EmployeeNumber` are one header; a room and a tutor feed nothing."""
    headers = [*(_respelled(header, way) for header, way in zip(HEADERS, ways, strict=True)), "Room", "Tutor"]
    rows = [[*row, f"R{place}", "Iris Holt"] for place, row in enumerate(ROWS)]
    assert records([headers[n] for n in order], [[row[n] for n in order] for row in rows]) == EXPECTED


@pytest.mark.parametrize("code", sorted(languages()))
@pytest.mark.parametrize("which", [0, 1])
def test_a_sheet_translated_word_by_word_has_the_same_records(code: str, which: int) -> None:
    """Headers and statuses in each language, in the first and in another of its words; the dates stay as they are."""
    language = languages()[code].raw
    headers = [_translated(language["headers"], classes, which) for classes in HEADERS.values()]
    statuses = {name.replace("_", " "): words_in(words) for name, words in language["status"].items()}
    rows = [[*row[:6], statuses[row[6]][which % len(statuses[row[6]])], *row[7:]] for row in ROWS]
    assert records(headers, rows) == EXPECTED


def _translated(headers: dict[str, str], classes: tuple[str, ...], which: int) -> str:
    return " ".join(words_in(headers[name])[which % len(words_in(headers[name]))] for name in classes)

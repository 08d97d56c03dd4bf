"""What every column of a sheet feeds and why; of one that feeds nothing, what it may be."""

import pytest

from tests.transforms.planning.proposal.test_inspection import view
from transforms.planning.proposal.column_uses import ColumnUse

ANN = {
    "Employee e-mail": "ann@example.org",
    "Fecha de la sesión": "2023-03-14",
    "Asistencia": "presente",
    "Nombre del curso": "Cuerdas",
}


def uses(sheet: dict[str, str], profile: str = "", destination: str = "database") -> dict[str, ColumnUse]:
    """Header -> what is said of its column."""
    seen = view([list(sheet), list(sheet.values())], profile, destination=destination)
    return {use.header: use for use in seen.uses}


def test_how_a_field_is_known_is_said() -> None:
    """The header itself, its words with their language, and what is below it."""
    seen = view([list(ANN), list(ANN.values())])
    assert seen.languages == ("Spanish",)
    known = {use.header: dict(use.feeds) for use in seen.uses}
    assert known["Employee e-mail"] == {"learner_email": "usual header"}
    assert known["Fecha de la sesión"] == {"session_date": "Spanish words, dates"}
    assert known["Nombre del curso"] == {"course_name": "Spanish words"}
    assert uses(ANN, '[columns]\nstatus = "Asistencia"')["Asistencia"].feeds == (("status", "profile"),)


@pytest.mark.parametrize(
    ("cell", "note", "candidates"),
    [
        ("bo@example.org", "addresses", ()),
        ("2022-02-02", "dates", ("completed_on", "enrolled_on", "expires_on")),
        ("10:30", "times", ("session_start",)),
        ("no show", "status words", ()),
        ("12", "numbers", ()),
        ("1", "numbers", ()),
        ("0", "numbers", ()),
        ("✓", "status words", ()),
        ("X-17", "codes", ()),
        ("Bo Ray", "names", ("learner_name",)),
        ("red", "texts", ()),
        ("", "blank", ()),
    ],
)
def test_what_is_below_tells_what_a_column_could_be(cell: str, note: str, candidates: tuple[str, ...]) -> None:
    """Only fields that nothing feeds yet; numbers and texts alone say nothing of a sheet that is complete."""
    use = uses({**ANN, "Qwx": cell})["Qwx"]
    assert (use.feeds, use.note, use.candidates) == ((), note, candidates)


def test_what_the_sheet_is_missing_may_be_a_code_or_a_name() -> None:
    """Where nothing else identifies the learner, the session or the course."""
    found = uses({"Qwx": "X-17", "Vbn": "Rope", "Status": "attended"})
    assert found["Qwx"].candidates == ("learner_employee_id", "session_id")
    assert found["Vbn"].candidates == ("course_name",)
    assert uses({"Qwx": "1", "Vbn": "1"})["Qwx"].candidates == ("learner_employee_id", "session_id")
    of_axcelerate = uses({"Qwx": "X-17", "Status": "attended"}, destination="axcelerate")["Qwx"].candidates
    assert {"contact_id", "class_id"} < set(of_axcelerate)


def test_a_date_of_something_else_is_no_candidate() -> None:
    """A birthday is no session."""
    assert uses({**ANN, "Date of birth": "1990-02-02"})["Date of birth"].candidates == ()

"""A number beside the points that were possible may be points: it is refused with both readings, or the header says."""

import pytest

from tests.transforms.sheets import canonical_of, mapping, plan_of, table_of
from transforms.planning.sheet_plan import SheetPlan

HEAD = ["Email", "Session ID", "Status"]
ROW = ["a@x.org", "S1", "passed"]


def grades(headers: list[str], *cells: list[str], profile: str = "") -> list[tuple[str | None, str | None]]:
    """(grade, what is wrong with it) of rows with these columns."""
    found = canonical_of([[*HEAD, *headers], *([*ROW, *row] for row in cells)], profile)
    wrong = {row: f"{code}: {detail}" for row, code, detail in table_of(found.failures, "row", "code", "detail")}
    return [(grade, wrong.get(row)) for row, grade in table_of(found.rows, "row", "grade")]


@pytest.mark.parametrize(
    "header", ["Max score", "Max. Score", "Out of", "Points possible", "MaximumMarks", "Total Marks", "Max"]
)
def test_points_are_refused_with_both_readings(header: str) -> None:
    """Whatever the column of the possible points is called."""
    told = "grade.points: 12 of 16 points, which is 75 %, or 12 %"
    assert grades(["Score", header], ["12", "16"]) == [(None, told)]


@pytest.mark.parametrize(
    "header", ["Score (out of 16)", "Marks out of 16", "Score/16", "Mark [/ 16]", "Final score (max. 16 points)"]
)
def test_the_header_may_say_how_many_points_are_possible(header: str) -> None:
    """Its grades are these points: a percentage of them is loaded, unless one of them is more."""
    assert grades([header], ["12"], ["8"], [""], ["75%"]) == [("75", None), ("50", None), (None, None), ("75", None)]
    refused = "grade.points: 12 of 16 points, which is 75 %, or 12 %"
    assert grades([header], ["12"], ["61"])[0] == (None, refused)
    assert grades([header.replace("16", "100")], ["12"]) == [("12", None)]
    assert grades([header, "Percentage"], ["12", "75"]) == [("75", None)]


@pytest.mark.parametrize(
    "headers",
    [
        ["Correo", "Curso", "Fecha", "Asistencia", "Nota (sobre 16)"],
        ["Courriel", "Formation", "Date", "Présence", "Note sur 16"],
        ["E-Mail", "Kurs", "Datum", "Teilnahme", "Punktzahl (von 16)"],
        ["Indirizzo e-mail", "Corso", "Data", "Presenza", "Voto su 16"],
        ["E-mail", "Curso", "Data", "Presença", "Nota /16"],
    ],
)
def test_other_languages_say_so_too(headers: list[str]) -> None:
    """With or without brackets."""
    found = canonical_of([headers, ["a@x.org", "Rope", "2023-03-14", "present", "12"]])
    assert table_of(found.rows, "grade") == [("75",)]


@pytest.mark.parametrize("header", ["2024-03-05", "Part 2 / 3", "Part 2 of 3", "Teil 2 von 3", "Climax 16"])
def test_headers_with_numbers_of_other_things_say_nothing_of_points(header: str) -> None:
    """The number of a session is none of points; in brackets it may be said of each session."""
    profile = '[sheet]\nlayout = "wide"\ncell = "grade"\nsessions = "C:C"'
    wide = [["Email", "Course", header], ["a@x.org", "Rope", "12"]]
    assert table_of(canonical_of(wide, profile).rows, "grade") == [("12",)]
    wide[0][2] += " (out of 16)"
    assert table_of(canonical_of(wide, profile).rows, "grade") == [("75",)]


def test_what_is_sure_is_read() -> None:
    """A per-cent sign, a letter, a hundred points, nothing at all."""
    rows = [["75%", "16"], ["B", "16"], ["75", "100"], ["0", "16"], ["", "16"]]
    assert grades(["Marks", "Maximum marks"], *rows) == [(grade, None) for grade in ("75", "B", "75", "0", None)]


def test_a_header_may_say_that_its_numbers_are_percentages() -> None:
    """Whatever is possible."""
    assert grades(["Score (%)", "Max score"], ["12", "16"]) == [("12", None)]


def test_possible_points_that_are_missing_or_exceeded_are_in_doubt() -> None:
    """Nothing is guessed from the other rows."""
    assert grades(["Score", "Out of"], ["12", ""], ["17", "16"]) == [
        (None, "grade.points: the row does not say how many points are possible"),
        (None, "grade.points: it is not within the 16 possible points"),
    ]


def test_a_percentage_beside_points_is_the_grade() -> None:
    """The points are then not used; a grade beside a score with its maximum is not of points."""
    head = ["Score", "Max score", "Percentage"]
    assert grades(head, ["12", "16", "75"]) == [("75", None)]
    assert mapping(plan_of([[*HEAD, *head], [*ROW, "12", "16", "75"]]))["grade"] == "Percentage"
    assert grades(["Grade", "Score", "Max score"], ["75", "12", "16"]) == [("75", None)]


def test_possible_points_belong_to_the_column_that_is_called_like_them() -> None:
    """Or to the only one that may be of points."""
    assert grades(["Points earned", "Total points", "Score"], ["12", "16", "75"]) == [("75", None)]
    assert grades(["Marks", "Score", "Max score"], ["75", "12", "16"])[0][0] is None
    assert grades(["Score", "Max points"], ["12", "16"])[0][0] is None


def test_a_total_that_differs_in_most_rows_is_another_number() -> None:
    """Points that were reached in all."""
    rows = [["81", "310"], ["75", "287"], ["66", "264"], ["92", "351"]]
    assert [grade for grade, _ in grades(["Score", "Total points"], *rows)] == ["81", "75", "66", "92"]


def test_the_profile_may_leave_the_possible_points_out() -> None:
    """Then the numbers are right as they are."""
    assert grades(["Score", "Out of"], ["12", "16"], profile='[columns]\nnever = ["Out of"]') == [("12", None)]


def test_a_line_of_possible_points_under_the_header_counts() -> None:
    """As gradebooks have it, in long and in wide sheets."""
    line = ["Points possible", "", "", "16"]
    found = canonical_of([[*HEAD, "Score"], line, [*ROW, "12"]])
    assert table_of(found.failures, "row", "code") == [(3, "grade.points")]
    wide = [["Email", "Course", "2024-03-05", "2024-03-06"], ["Points Possible", "", "16", "100"]]
    found = canonical_of([*wide, ["a@x.org", "Rope", "12", "75"]], '[sheet]\nlayout = "wide"\ncell = "grade"')
    assert table_of(found.rows, "grade") == [(None,), ("75",)]
    assert table_of(found.failures, "column", "code") == [("C", "grade.points")]


def test_stored_rows_are_judged_as_before() -> None:
    """The plan keeps where the possible points are."""
    plan = plan_of([[*HEAD, "Score", "Out of"], [*ROW, "12", "16"]])
    assert SheetPlan.from_json(plan.to_json()) == plan

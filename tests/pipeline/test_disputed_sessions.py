"""A session whose rows differ in course, date or start is created without it, and that is said."""

from pathlib import Path

import pytest

from tests.pipeline import app


def test_what_rows_say_differently_of_a_session_is_told(tmp_path: Path) -> None:
    """By check and import, with what they say; sessions that agree are not named."""
    sheet = tmp_path / "a.csv"
    rows = ("R1,Ropes,2023-05-13,71,attended", "R1,Knots,2023-05-13,72,attended", "R2,Ropes,2023-05-14,71,attended")
    more = ("R2,Ropes,2023-05-15,72,attended", "R3,Ropes,2023-05-16,71,attended", "R3,Ropes,2023-05-16,72,attended")
    text = "\n".join(("Session ID,Course,Date,Employee ID,Status", *rows, *more))
    sheet.write_text(text, encoding="utf-8")
    where = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    told = [["R1", "course_name", "Knots", "Ropes"], ["R2", "session_date", "2023-05-14", "2023-05-15"]]
    assert app.run("check", sheet, *where).told["disputed"] == told
    said = app.printed("import", sheet, *where)
    assert (
        "Rows of the session “R1” differ in the course (“Knots” and “Ropes”): it was created without a course." in said
    )
    assert "Rows of the session “R2” differ in the date (“2023-05-14” and “2023-05-15”)" in said
    assert "“R3”" not in said


def test_what_rows_say_differently_of_a_stored_session_is_told(tmp_path: Path) -> None:
    """Also by rows that change nothing. The same in other letters, and what is not stored, differs in nothing."""
    where = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    header = "Session ID,Course ID,Course,Date,Employee ID,Status\n"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(
        f"{header}K1,,Knots,2023-05-13,71,attended\nK2,C2,Sails,2023-05-14,71,attended\nK3,,,,71,attended\n",
        encoding="utf-8",
    )
    rows = (
        *("K1,,Ropes,2023-05-13,71,attended", "K1,,knots,2023-06-13,72,attended"),
        *("K2,C2,Sailing,2023-05-14,72,attended", "K3,,Masts,2023-05-15,72,attended"),
    )
    second.write_text(header + "\n".join(rows), encoding="utf-8")
    assert app.run("import", first, *where).told["disputed"] == []
    told = [
        ["K1", "course_name", "Knots (already stored)", "Ropes"],
        ["K1", "session_date", "2023-05-13 (already stored)", "2023-06-13"],
    ]
    assert app.run("check", second, *where).told["disputed"] == told
    said = app.printed("import", second, *where)
    assert "differ in the course (“Knots (already stored)” and “Ropes”): the stored course stays." in said


def test_a_name_that_several_courses_bear_is_told(tmp_path: Path) -> None:
    """A row that has the name alone may mean either: its session has no course."""
    where = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    sheet = tmp_path / "a.csv"
    rows = "71,M1,Masts,2023-05-13,attended\n71,M2,Masts,2023-05-14,attended\n72,,Masts,2023-05-15,attended\n"
    sheet.write_text(f"Employee ID,Course ID,Course,Date,Status\n{rows}", encoding="utf-8")
    assert app.run("check", sheet, *where).told["disputed"] == [["masts|2023-05-15", "course_id", "M1", "M2"]]
    said = app.printed("import", sheet, *where)
    assert "The course of the session “masts|2023-05-15” is the name of several courses (“M1” and “M2”)." in said


@pytest.mark.parametrize("in_one_run", [True, False])
def test_files_that_have_another_time_on_one_day_are_told(tmp_path: Path, in_one_run: bool) -> None:
    """Where only the cell of the day has a time, sessions of a day are one: nobody may miss that in silence."""
    where = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    sheets = [tmp_path / "morning.csv", tmp_path / "noon.csv"]
    for sheet, moment in zip(sheets, ("2023-05-13 08:45", "2023-05-13 12:30"), strict=True):
        rows = f"71,Ropes,{moment},attended\n72,Ropes,{moment},no show\n73,Knots,2023-05-14,attended\n"
        sheet.write_text(f"Employee ID,Course,Date,Status\n{rows}", encoding="utf-8")
    if in_one_run:
        told = [["ropes|2023-05-13", "session_start", "08:45", "12:30"]]
        assert app.run("check", *sheets, *where).told["disputed"] == told
        assert app.run("import", *sheets, *where).told["disputed"] == told
    else:
        assert app.run("import", sheets[0], *where).told["disputed"] == []
        told = [["ropes|2023-05-13", "session_start", "08:45 (already stored)", "12:30"]]
        assert app.run("check", sheets[1], *where).told["disputed"] == told
        assert "the stored start time stays" in app.printed("import", sheets[1], *where)
    assert {row["session_code"] for row in app.enrollments(where[1])} == {"ropes|2023-05-13", "knots|2023-05-14"}

"""Courses that an import would create and that look like one are told, with the lines of a profile that join them."""

from pathlib import Path

from tests.pipeline import app

_HEADER = "Email,Course,Date,Status\n"


def _sheet(path: Path, *courses: str) -> Path:
    rows = (f"ida@example.org,{course},2023-05-{day:02},attended\n" for day, course in enumerate(courses, 1))
    path.write_text(_HEADER + "".join(rows), encoding="utf-8")
    return path


def test_the_lines_that_are_told_join_them(tmp_path: Path) -> None:
    """By check before anything is made, and by import; the spelling of most sessions is kept."""
    sheet = _sheet(tmp_path / "a.csv", "Rope-Work L1", "Rope Work Level 1", "Rope Work Level 1", "Rope Work Level 2")
    where = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    checked = app.run("check", sheet, *where)
    assert checked.told["alike"] == [["Rope Work Level 1", "Rope-Work L1"]]
    said = app.printed("check", sheet, *where)
    assert "These 2 look like one course: “Rope Work Level 1” and “Rope-Work L1”." in said
    profile = tmp_path / "p.toml"
    profile.write_text('[values.course_name]\n"Rope-Work L1" = "Rope Work Level 1"\n', encoding="utf-8")
    assert profile.read_text(encoding="utf-8").replace("\n", " ").strip() in said
    joined = app.run("import", sheet, "--profile", profile, *where)
    assert (joined.told["alike"], joined.told["created"]["courses"]) == ([], 2)


def test_what_looks_like_an_existing_course_is_told_once(tmp_path: Path) -> None:
    """When it is created; the existing one is kept."""
    where = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    app.run("import", _sheet(tmp_path / "a.csv", "Rope Work"), *where)
    second = _sheet(tmp_path / "b.csv", "ROPE-WORK", "ROPE-WORK")
    assert app.run("import", second, *where).told["alike"] == [["Rope Work", "ROPE-WORK"]]
    third = _sheet(tmp_path / "c.csv", "ROPE-WORK", "ROPE-WORK", "ROPE-WORK")
    assert app.run("import", third, *where).told["alike"] == []


def test_courses_with_ids_of_their_own_are_not_compared(tmp_path: Path) -> None:
    """The organization has told them apart."""
    sheet = tmp_path / "a.csv"
    rows = (f"ida@example.org,R{n},Rope{mark}Work,2023-05-0{n},attended\n" for n, mark in enumerate(" -", 1))
    sheet.write_text("Email,Course ID,Course Name,Date,Status\n" + "".join(rows), encoding="utf-8")
    answer = app.run("import", sheet, "--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    assert (answer.told["alike"], answer.told["created"]["courses"]) == ([], 2)

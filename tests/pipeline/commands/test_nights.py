"""`rollbook nights` after passes over a drop folder."""

from pathlib import Path

from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write


def test_what_came_this_night(tmp_path: Path) -> None:
    """A line a source, whatever the dates in the names of its files; a file that is not loaded is marked."""
    drop = tmp_path / "drop"
    drop.mkdir()
    settings = tmp_path / "rollbook.toml"
    settings.write_text("[nightly]\nsettled_seconds = 0.01\n", encoding="utf-8")
    where = ("--database", f"sqlite:///{tmp_path / 'rollbook.db'}", "--settings", settings)
    write(drop / "lms export 2026-11-29.csv", FIRST)
    app.run("nightly", drop, "--create", "--out", tmp_path / "out", *where)
    write(drop / "lms export 2026-11-30.csv", SECOND)
    (drop / "hr.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    app.run("nightly", drop, "--out", tmp_path / "out", *where)
    hr, lms = app.run("nights", *where).told["nights"]
    assert (hr["source"], hr["came"], hr["files_failed"], hr["unusual"]) == ("hr", True, 1, ["1 file not loaded"])
    assert (lms["source"], lms["files"], lms["rows_read"]) == ("lms export", 2, 11)
    assert lms["rows_loaded"] + lms["rows_failed"] == 10
    page = app.printed("nights", "--days", "2", *where)
    assert "1 file not loaded" in page
    assert "Nights and times are in UTC." in page


def test_before_any_night(prepared_sqlite_url: str) -> None:
    """It says how nights begin."""
    page = app.printed("nights", "--database", prepared_sqlite_url)
    assert page == "No file came into a drop folder in these nights (rollbook nightly --help)."

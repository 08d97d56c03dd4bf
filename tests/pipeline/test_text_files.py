"""A text file is read as its profile says, by every command, and what was taken is named."""

import os
from pathlib import Path

import pytest

from tests.pipeline import app
from tests.pipeline.desk import Desk

HEAD = "Name~E-mail~Session ID~Status\n"
TEXT = HEAD + "周建国~zhou@example.com~S-1~Attended\n吴桂英~wu@example.com~S-1~Attended\n"
PROFILE = '[applies]\nfiles = "north_*.csv"\n[file]\nencoding = "gbk"\ndelimiter = "~"\n'


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A place with nothing in it, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, sqlite_url)


def names(url: str) -> list[str]:
    """The names of the learners that were loaded."""
    return sorted(line["name"] for line in app.contents(url)["employees"])


def test_import_takes_what_the_profile_says(desk: Desk) -> None:
    """Unread without it, read with it; the summary says in a line what was taken."""
    path = desk.folder / "north_1.csv"
    path.write_bytes(TEXT.encode("gbk"))
    assert desk.do("import", path).told["files"][0]["code"] == "file.unreadable"
    desk.text("profiles/north.toml", PROFILE)
    told = desk.do("import", path, "--profile", desk.folder / "profiles").told["files"][0]
    assert (told["encoding"], told["delimiter"], told["quote"]) == ("gbk", "~", '"')
    assert names(desk.url) == ["吴桂英", "周建国"]
    page = desk.type("check", path, "--profile", desk.folder / "profiles").out
    assert "text in gbk, cells separated by “~”" in page


def test_inspect_names_what_it_took(desk: Desk) -> None:
    """Whatever it is."""
    path = desk.text("plain.csv", HEAD.replace("~", ";"))
    (told,) = desk.do("inspect", path).told["files"]
    assert (told["encoding"], told["delimiter"], told["quote"]) == ("utf-8", ";", '"')
    assert "text in utf-8, cells separated by semicolons" in desk.type("inspect", path).out


def test_workers_of_a_migration_take_it_too(desk: Desk) -> None:
    """Each file as the profile says that fits its name."""
    (desk.folder / "north_1.csv").write_bytes(TEXT.encode("gbk"))
    desk.text("south.csv", HEAD.replace("~", ",") + "Zoë Öhler,zoe@example.com,S-1,Attended\n")
    desk.text("profiles/north.toml", PROFILE)
    words = ("--workers", "1", "--profile", desk.folder / "profiles", "--out", desk.folder / "out")
    answer = desk.do("migrate", desk.folder / "north_1.csv", desk.folder / "south.csv", *words)
    assert {Path(file["path"]).name: file["encoding"] for file in answer.told["files"]} == {
        "north_1.csv": "gbk",
        "south.csv": "utf-8",
    }
    assert names(desk.url) == ["Zoë Öhler", "吴桂英", "周建国"]


def test_surplus_cells_and_long_cells_refuse_their_rows(desk: Desk) -> None:
    """Every such row, and no other one."""
    lines = [
        "E-mail,Session ID,Status,Feedback",
        "a@example.com,S-1,Attended,good",
        "b@example.com,S-1,Attended,late, but well",
        "c@example.com,S-1,Attended,late, but well",
        f"d@example.com,S-1,Attended,{'x' * 150_000}",
        "e@example.com,S-1,Attended,,,",
    ]
    answer = desk.do("import", desk.text("a.csv", "\n".join(lines) + "\n"))
    assert answer.told["failures"] == {"row.ragged": 2, "value.too_long": 1}
    assert (answer.told["rows"]["loaded"], answer.told["rows"]["rejected"]) == (2, 3)


def test_a_name_that_is_no_text_is_written_down_by_its_bytes(desk: Desk) -> None:
    """As an old share has them: no command stops at one, and the file is found again."""
    folder = desk.folder / "drop"
    folder.mkdir()
    text = HEAD.replace("~", ",") + "Zoé Ito,zoe@example.com,S-1,Attended\nRui Sá,rui@example.com,S-1,Perhaps\n"
    place = os.fsencode(folder) + b"/s\xe3o paulo.csv"
    Path(os.fsdecode(place)).write_text(text, encoding="utf-8")
    shown = str(folder / "s%E3o paulo.csv")
    assert desk.do("check", folder).told["files"][0]["path"] == shown
    assert shown in desk.type("inspect", folder).out
    told = desk.do("import", Path(os.fsdecode(place))).told
    assert (told["files"][0]["path"], told["rows"]["loaded"], told["rows"]["rejected"]) == (shown, 1, 1)
    assert desk.do("retry", "last").told["rows"]["rejected"] == 1
    desk.text("rollbook.toml", "[nightly]\nsettled_seconds = 0.01\n")
    desk.do("nightly", folder)
    assert [path.name for path in (folder / "done").iterdir() if path.suffix == ".csv"] == ["s%E3o paulo.csv"]
    (moved,) = (folder / "done").glob("s*.csv")
    moved.rename(os.fsdecode(place))
    loaded = desk.do("reference", "load", "learners", os.fsdecode(place)).told
    assert loaded["path"] == shown
    assert loaded["added"] + loaded["unchanged"] + loaded["adopted"] == 2

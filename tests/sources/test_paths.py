"""Files, folders and globs lead to one sorted list, and a wrong name is answered with the nearest right one."""

import hashlib
import os
from pathlib import Path

import pytest

from rollbook.errors import CannotBegin
from sources.drop_folder import DropFolder
from sources.paths import OUTPUT_MARK, find_files, left_out, sha256


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A drop folder, which is also the current one."""
    names = (
        "b.xlsx",
        "a.CSV",
        "notes.docx",
        ".hidden.csv",
        "~$b.xlsx",
        "deep/er/c.ods",
        "deep/d.html",
        "e.xml",
        "done/d.csv",
        "failed/e.csv",
    )
    for name in (*names, "rollbook-out/1/failed-rows.xlsx", "reports/1/f.csv", f"reports/{OUTPUT_MARK}", "out/g.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_gives_its_spreadsheets(folder: Path) -> None:
    """At any depth; not hidden ones, locks, reports, or what was dealt with."""
    found = [path.relative_to(folder).as_posix() for path in find_files([str(folder)], out=Path("out"))]
    assert found == ["a.CSV", "b.xlsx", "deep/d.html", "deep/er/c.ods", "e.xml"]


def test_what_may_hold_a_table_is_taken_and_the_rest_is_named(folder: Path) -> None:
    """An archive in a folder is a file that cannot be read, not one that nobody notices."""
    for name in ("sheets.ZIP", "deep/old.accdb", "Thumbs.db", "rollbook.db", "done/letter.pdf"):
        (folder / name).write_text("x")
    assert {path.name for path in find_files([str(folder)], out=Path("out"))} >= {"sheets.ZIP", "old.accdb"}
    assert left_out([str(folder), "b.xlsx"], out=Path("out")) == [folder / "notes.docx"]


@pytest.mark.usefixtures("folder")
def test_a_named_file_is_taken_whatever_it_is() -> None:
    """Also one that walking would skip; the content decides later."""
    assert find_files(["notes.docx", "done/d.csv"]) == [Path("done/d.csv"), Path("notes.docx")]


def test_globs(folder: Path) -> None:
    """Relative and absolute; sorted by path, whatever the order, each file once."""
    assert find_files(["*.xlsx", "b.xlsx", "*.CSV"]) == [Path("a.CSV"), Path("b.xlsx")]
    assert find_files([f"{folder}/**/*.ods"]) == [folder / "deep/er/c.ods"]


@pytest.mark.usefixtures("folder")
def test_a_missing_name_is_answered_with_the_nearest() -> None:
    """A file, a folder, a glob."""
    with pytest.raises(CannotBegin, match=r"^There is no bb\.xlsx\. Did you mean b\.xlsx\?$"):
        find_files(["bb.xlsx"])
    with pytest.raises(CannotBegin, match="There is no folder nowhere either"):
        find_files(["nowhere/b.xlsx"])
    with pytest.raises(CannotBegin, match=r"Nothing matches \*\.pdf"):
        find_files(["*.pdf"])


def test_pipes_are_never_waited_for(folder: Path) -> None:
    """In a folder and under a glob they are passed over, also where a link leads to one; by name they are refused."""
    os.mkfifo(folder / "pipe.csv")
    (folder / "led.csv").symlink_to("pipe.csv")
    (folder / "f.csv").write_text("x")
    assert not {"pipe.csv", "led.csv"} & {path.name for path in find_files([str(folder)])}
    assert find_files(["*.csv", "*.xlsx"]) == [Path("b.xlsx"), Path("f.csv")]
    assert not {"pipe.csv", "led.csv"} & set(DropFolder(str(folder)).look())
    with pytest.raises(CannotBegin, match=r"^pipe\.csv is a pipe or a device, not a file\."):
        find_files(["pipe.csv"])


@pytest.mark.usefixtures("folder")
def test_a_link_that_leads_nowhere_is_taken_as_the_file_that_it_stands_for() -> None:
    """Reading it tells that it is gone; another name is no help."""
    Path("gone.xlsx").symlink_to("moved-away.xlsx")
    assert find_files(["gone.xlsx"]) == [Path("gone.xlsx")]


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    """It is up to the caller whether that is an error."""
    assert find_files([str(tmp_path)]) == []


def test_sha256(tmp_path: Path) -> None:
    """The content's, in hex."""
    (tmp_path / "a").write_bytes(b"content")
    assert sha256(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()

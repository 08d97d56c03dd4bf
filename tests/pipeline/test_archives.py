"""The files of archives, end to end: each is a file of its own, from its place in the archive to its failed rows."""

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.pipeline import app

_HEADER = "Email,Course,Date,Status\n"


def _table(*people: str, status: str = "attended") -> str:
    return _HEADER + "".join(f"{x}@example.org,Rigging,2023-05-04,{status}\n" for x in people)


def _archive(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".csv", text)
    return path


@pytest.mark.parametrize("command", ["check", "import", "migrate"])
def test_each_file_of_an_archive_is_a_file_of_its_own(command: str, tmp_path: Path) -> None:
    """With its place, its rows and its own failure; what the archive holds beside them is named."""
    archive = _archive(tmp_path / "may.zip", north__a=_table("ida", "ole"), b=_table("pia", status="perhaps"))
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("agenda.docx", b"x")
    url = f"sqlite:///{tmp_path / 'r.db'}"
    answer = app.run(command, archive, "--database", url, "--out", tmp_path / "out")
    files = {file["path"]: file["failed_rows"] for file in answer.told["files"]}
    assert files == {f"{archive}/b.csv": 1, f"{archive}/north/a.csv": 0}
    assert (answer.exit, answer.told["rows"]["loaded"], answer.told["rows"]["rejected"]) == (1, 2, 1)
    assert f"{archive}/agenda.docx" in answer.errors


def test_the_failed_rows_of_an_archive_come_back(tmp_path: Path) -> None:
    """Their place is that in the archive; the corrected workbook closes them, and retry needs no archive."""
    archive = _archive(tmp_path / "may.zip", north__a=_table("ida"), b=_table("pia", status="perhaps"))
    url = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    app.run("import", archive, *url)
    (failure,) = app.run("failures", *url[:2]).told["failures"]
    assert failure["source_file"] == f"{archive}/b.csv"
    archive.unlink()
    profile = tmp_path / "p.toml"
    profile.write_text('[values.status]\nperhaps = "no_show"\n', encoding="utf-8")
    again = app.run("retry", "last", *url, "--profile", profile)
    assert (again.exit, again.told["rows"]["loaded"]) == (0, 1)


def test_the_same_archive_and_the_same_files_unpacked_are_known(tmp_path: Path) -> None:
    """Its content counts: nothing is loaded twice."""
    archive = _archive(tmp_path / "may.zip", a=_table("ida"), b=_table("pia"))
    url = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    first = app.run("import", archive, *url)
    again = app.run("import", archive, *url)
    assert (first.told["rows"]["loaded"], again.told["rows"]["unchanged"]) == (2, 2)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "unpacked")
    same = app.run("import", tmp_path / "unpacked", *url)
    assert (same.told["rows"]["unchanged"], same.told["rows"]["loaded"]) == (2, 0)
    one = app.run("import", archive / "a.csv", *url)
    assert one.told["rows"]["unchanged"] == 1


def test_inspect_looks_into_archives(tmp_path: Path) -> None:
    """And into gzip; a file of an archive can be named by itself."""
    archive = _archive(tmp_path / "may.zip", north__a=_table("ida"), b=_table("pia"))
    packed = tmp_path / "c.csv.gz"
    packed.write_bytes(gzip.compress(_table("ole").encode()))
    told = app.run("inspect", archive, packed).told["files"]
    assert [file["path"] for file in told] == [f"{packed}/c.csv", f"{archive}/b.csv", f"{archive}/north/a.csv"]
    assert {sheet["state"] for file in told for sheet in file["sheets"]} == {"read"}
    (one,) = app.run("inspect", archive / "north/a.csv").told["files"]
    assert one["path"] == f"{archive}/north/a.csv"


def test_nightly_takes_an_archive_as_one(tmp_path: Path) -> None:
    """It is moved whole: to `done/`, or to `failed/` with a workbook for each of its files that has failed rows."""
    folder = tmp_path / "in"
    folder.mkdir()
    settings = tmp_path / "rollbook.toml"
    settings.write_text("[nightly]\nsettled_seconds = 0\n", encoding="utf-8")
    _archive(folder / "good.zip", a=_table("ida"), b=_table("pia"))
    _archive(folder / "bad.zip", a=_table("ole", status="perhaps"), b=_table("eva", status="maybe so"))
    url = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out", "--settings", settings)
    runs = app.run("nightly", folder, *url, "--create").told["runs"]
    assert [run["rows"]["loaded"] for run in runs] == [0, 2]
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert found == [
        "done/good.zip",
        "failed/bad.failed-rows-0001-a.xlsx",
        "failed/bad.failed-rows-0002-b.xlsx",
        "failed/bad.zip",
    ]
    shown = app.run("show", runs[1]["run"], *url[:2]).told
    assert [file["path"] for file in shown["files"]] == [f"{folder}/done/good.zip/{x}.csv" for x in "ab"]
    (folder / "failed/bad.zip").rename(folder / "bad.zip")
    (again,) = app.run("nightly", folder, *url).told["runs"]
    shown = app.run("show", again["run"], *url[:2]).told
    assert [file["path"] for file in shown["files"]] == [f"{folder}/failed/bad.zip/{x}.csv" for x in "ab"]
    (folder / "again.zip").write_bytes((folder / "done/good.zip").read_bytes())
    assert app.run("nightly", folder, *url).told["runs"] == []


def test_a_stopped_import_of_an_archive_is_resumed(tmp_path: Path) -> None:
    """What changed in the archive meanwhile fails by itself; what is the same is loaded."""
    archive = _archive(tmp_path / "may.zip", a=_table("ida", "ole"), b=_table("pia", status="perhaps"))
    url = ("--database", f"sqlite:///{tmp_path / 'r.db'}")
    stopped = app.run("import", archive, *url, "--out", tmp_path / "out", "--max-rejected", "0")
    assert (stopped.exit, stopped.told["state"]) == (3, "stopped")
    _archive(archive, a=_table("ida", "ole"), b=_table("eva"))
    resumed = app.run("resume", "--max-rejected", "9", *url)
    assert resumed.told["rows"]["loaded"] == 2
    assert {Path(file["path"]).name: file["code"] for file in resumed.told["files"]} == {
        "a.csv": None,
        "b.csv": "file.changed",
    }


def test_a_failed_rows_workbook_comes_back_in_an_archive(tmp_path: Path) -> None:
    """It is recognized there as anywhere else."""
    archive = _archive(tmp_path / "may.zip", a=_table("ida", status="perhaps"))
    shared = ("--database", f"sqlite:///{tmp_path / 'r.db'}", "--out", tmp_path / "out")
    workbook = Path(app.run("import", archive, *shared).told["reports"]["failed_rows"])
    with zipfile.ZipFile(tmp_path / "back.zip", "w") as packed:
        packed.write(workbook, "mended/failed-rows.xlsx")
    back = app.run("import", tmp_path / "back.zip", *shared)
    assert back.told["cases"] == {"new": 0, "known": 1, "closed": 0}
    assert back.told["rows"]["rejected"] == 1

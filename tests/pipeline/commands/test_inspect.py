"""`rollbook inspect FOLDER --write-profile FOLDER2`: a profile for each kind of file, each for its own files only."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from rollbook.profile import choose_profile, load_profiles
from tests.pipeline import app
from tests.pipeline.attendance import write

KINDS = {
    "E-mail,Session ID,Status": "ana@example.com,S-1,Attended",
    "Employee ID,Course,Session date,Outcome": "1001,Fire safety,2023-05-04,Completed",
    "Email,Name,Course ID,Date,Status,Score": "ben@example.com,Ben,C-1,2023-05-04,Completed,90",
}
NAMES = (
    ("hr_2021.csv", "hr_2022.csv", "hr_2023.csv"),
    ("legacy export.csv", "people.csv"),  # nothing in common, and `*.csv` would fit the others too
    ("hr_courses_2022.csv",),
)


def _files(folder: Path) -> list[list[Path]]:
    kinds = []
    for names, (headers, row) in zip(NAMES, KINDS.items(), strict=True):
        kinds.append([write(folder / name, [row.split(",")], headers.split(",")) for name in names])
    return kinds


def test_three_kinds_of_files(tmp_path: Path) -> None:
    """Exactly one profile fits each file, that of its kind, and all are imported by the folder."""
    folder, profiles = tmp_path / "files", tmp_path / "profiles"
    folder.mkdir()
    kinds = _files(folder)
    assert app.run("inspect", folder, "--write-profile", profiles).exit == 0
    written = load_profiles(profiles)
    assert len(written) == len(kinds)
    chosen = [{choose_profile(file, written) for file in kind} for kind in kinds]
    assert [len(texts) for texts in chosen] == [1, 1, 1]
    assert set.union(*chosen) == {text for _, text in written}
    url = f"sqlite:///{tmp_path}/test.db"
    words = ("--profile", profiles, "--database", url, "--out", tmp_path / "out")
    answer = app.run("migrate", folder, *words, "--workers", "1")
    assert (answer.exit, answer.told["rows"]["read"]) == (0, 6), answer.told
    used = {line["path"].rsplit("/", 1)[-1]: line["state"] for line in app.contents(url)["files"]}
    assert used == {name: "done" for names in NAMES for name in names}


def test_it_starts_without_a_database(tmp_path: Path) -> None:
    """Half of its time would be spent on importing what it does not use."""
    path = write(tmp_path / "a.csv", [("ana@example.com", "S-1", "Attended")], ("Email", "Session ID", "Status"))
    code = f"""
import sys
import pytest

from cli.main import main
print(main(["inspect", {str(path)!r}]), sorted({{"sqlalchemy", "ledger", "prefect", "tomlkit"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_profiles_of_one_stem_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Two kinds whose first files differ in their ending only."""
    headers = [line.split(",") for line in KINDS]
    rows = [line.split(",") for line in KINDS.values()]
    write(tmp_path / "history.csv", rows[:1], headers[0])
    write(tmp_path / "history.txt", rows[1:2], headers[1])
    answer = app.run("inspect", tmp_path, "--write-profile", tmp_path / "profiles")
    assert answer.exit == 0, answer.errors
    assert sorted(path.name for path in (tmp_path / "profiles").iterdir()) == ["history-2.toml", "history.toml"]


def _two_kinds(folder: Path, names: tuple[str, str]) -> list[Path]:
    files = []
    for name, (headers, row) in zip(names, KINDS.items(), strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        files.append(write(folder / name, [row.split(",")], headers.split(",")))
    return files


def test_files_of_one_name_and_two_kinds_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """A profile's pattern may name folders."""
    files = _two_kinds(tmp_path / "in", ("north/history.csv", "south/history.csv"))
    assert app.run("inspect", tmp_path / "in", "--write-profile", tmp_path / "profiles").exit == 0
    written = load_profiles(tmp_path / "profiles")
    assert len({choose_profile(file, written) for file in files} - {""}) == 2
    assert 'files = "in/north/*.csv"' in choose_profile(files[0], written)


def test_profiles_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    """Nothing is written then."""
    _two_kinds(tmp_path / "in", ("history.csv", "people.csv"))
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "people.toml").touch()
    answer = app.run("inspect", tmp_path / "in", "--write-profile", profiles)
    assert answer.exit == 2
    assert "already exists" in answer.errors
    assert [path.name for path in profiles.glob("*")] == ["people.toml"]


def _shown(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    main(["inspect", *map(str, words)])
    out: str = capsys.readouterr().out
    return out


def test_many_files_are_shown_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One block a kind, with its count and some names, also of files that cannot be opened; one profile a kind."""
    for number in range(12):
        kind = list(KINDS.items())[number % 2]
        folder = tmp_path / f"region-{number % 4}"
        folder.mkdir(exist_ok=True)
        write(folder / f"file-{number}.csv", [kind[1].split(",")] * (number + 1), kind[0].split(","))
    for number in range(2):
        (tmp_path / f"broken-{number}.xlsx").write_bytes(b"PK\x03\x04")
    shown = _shown(capsys, tmp_path, "--write-profile", tmp_path / "profiles")
    assert shown.count("Sheet “") == 2
    assert [line.split(":")[0] for line in shown.splitlines() if " files: " in line] == [
        "2 files",
        "6 files",
        "6 files",
    ]
    assert "region-0/file-0.csv" in shown
    assert "and 3 others" in shown
    assert len(load_profiles(tmp_path / "profiles")) == 2
    told = app.run("inspect", tmp_path).told["files"]
    assert [len(file["sheets"]) for file in told] == [0, 0] + [1] * 12


def test_only_the_same_headers_in_the_same_row_are_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with one more column, or a title line, is looked at as a whole."""
    (headers, row), *_ = KINDS.items()
    names, cells = headers.split(","), row.split(",")
    write(tmp_path / "a.csv", [cells], names)
    write(tmp_path / "b.csv", [[*cells, "x"]], [*names, "Room"])
    write(tmp_path / "c.csv", [names, cells], ["Title"])
    shown = _shown(capsys, tmp_path)
    assert "D  Room" in shown
    assert f"2 files: {tmp_path}/a.csv and {tmp_path}/c.csv" in shown
    assert shown.count("Sheet “") == 2

"""`rollbook inspect FOLDER --write-profile FOLDER2`: a profile for each kind of file, each for its own files only."""

import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("there", [True, False])
def test_what_no_profile_can_tell_apart_is_refused(tmp_path: Path, there: bool) -> None:
    """Files of one name and two kinds; nothing is written then, nor over what is there."""
    headers = [line.split(",") for line in KINDS]
    rows = [line.split(",") for line in KINDS.values()]
    profiles = tmp_path / "profiles"
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        name = "history.csv" if not there else f"history{'x' * number}.csv"
        write(tmp_path / str(number) / name, rows[number : number + 1], headers[number])
    if there:
        profiles.mkdir()
        (profiles / "historyx.toml").touch()
    answer = app.run("inspect", tmp_path / "0", tmp_path / "1", "--write-profile", profiles)
    assert answer.exit == 2
    assert ("already exists" if there else "have the same name") in answer.errors
    assert [path.name for path in profiles.glob("*")] == (["historyx.toml"] if there else [])

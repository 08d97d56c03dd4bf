"""Runs that share a folder of reports: each has its work folder, and what killed ones left is removed."""

import subprocess
import sys
from pathlib import Path

from pipeline.work_folder import work_folder

ROUNDS = 150
MAKING = f"""
import sys
from pathlib import Path

from pipeline.work_folder import work_folder

out, name = Path(sys.argv[1]), sys.argv[2]
for number in range({ROUNDS}):
    with work_folder(out / f"{{name}}-{{number}}"):
        (out / f"{{name}}-{{number}}" / "work" / "sheet").write_text("somebody's data")
"""


def test_no_run_removes_what_another_begins(tmp_path: Path) -> None:
    """Three processes begin and end runs in the same folder: none loses its work folder, nothing is left."""
    command = [sys.executable, "-c", MAKING, str(tmp_path / "out")]
    at_work = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in ("a", "b", "c")]
    complaints = [process.communicate(timeout=120)[1] for process in at_work]
    assert complaints == ["", "", ""]
    assert [path.name for path in tmp_path.glob("out/*")] == [".rollbook-lock"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Nobody locks the folder of a dead process; its reports stay, a run without reports leaves no folder."""
    for name in ("silent", "reported"):
        (tmp_path / name / "work").mkdir(parents=True)
        (tmp_path / name / "work" / ".lock").touch()
        (tmp_path / name / ".rollbook-out").touch()
    (tmp_path / "reported" / "failed-rows.xlsx").touch()
    with work_folder(tmp_path / "now"):
        assert sorted(path.name for path in tmp_path.iterdir()) == [".rollbook-lock", "now", "reported"]
    assert sorted(path.name for path in tmp_path.glob("reported/*")) == [".rollbook-out", "failed-rows.xlsx"]

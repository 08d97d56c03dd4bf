"""What `make run` shows: the sample workbooks load, and every rejected row says what to do."""

import json
from pathlib import Path

import pytest

from cli.main import main

DATA = Path(__file__).parents[1] / "data"


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    """The exit code of a command and what it prints under `--json`."""
    capsys.readouterr()
    exit_code = main([*arguments, "--json"])
    return exit_code, json.loads(capsys.readouterr().out)


def test_the_samples_show_loaded_rows_and_failures_of_many_kinds(
    tmp_path: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All three files are read, the accounts add up, and the same files again change nothing."""
    for kind in ("learners", "courses", "groups", "memberships", "group-courses", "sessions"):
        assert main(["reference", "load", kind, str(DATA / f"reference/{kind}.csv"), "--database", sqlite_url]) == 0
    command = ["import", str(DATA / "history"), "--profile", str(DATA / "profiles")]
    command += ["--database", sqlite_url, "--out", str(tmp_path / "out")]
    exit_code, first = told(capsys, *command)
    assert exit_code == 1
    assert first["rows"] == {
        "read": 183,
        "loaded": 148,
        "updated": 0,
        "unchanged": 0,
        "duplicate": 3,
        "rejected": 32,
        "failed": 0,
        "pending": 0,
        "ignored": 11,
    }
    assert first["not_checked"] == []
    assert isinstance(first["failures"], dict)
    assert len(first["failures"]) >= 12
    exit_code, again = told(capsys, *command)
    assert exit_code == 1
    assert again["rows"] == {**first["rows"], "loaded": 0, "unchanged": 148}

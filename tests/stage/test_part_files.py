"""A judged part is files: there whole or not at all, and doing it again replaces it."""

import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stage import part_files
from stage.part_files import PartFiles
from stage.parts import JudgedPart, Part, StagedPart, judged_part
from tests.ledger.judged import failures_of, kept_of, rows_of

PART = Part("261121-aaaaa", 1_000_001, 1, 0, "a.xlsx", "Sheet1", 2, 9)


def _judged(*rows: dict[str, Any], ignored: int = 0) -> JudgedPart:
    failures = failures_of(*({"row": 2, "code": "status.missing"} for _ in rows))
    return judged_part(PART, rows_of(*rows), failures, {"blank": [(3, 2 + ignored)]} if ignored else {})


def test_a_part_holds_rows_failures_and_its_accounts(tmp_path: Path) -> None:
    rows = rows_of(
        {"learner_email": "a@b.c", "session_id": "S1", "status": "completed", "grade": "92", "score": 92.0},
        {"learner_employee_id": "007", "outcome": "rejected"},
    )
    failures = failures_of(
        {"row": 3, "column": "B", "header": "Status", "field": "status", "value": "DNA\x00", "code": "status.unknown"},
        {"row": 3, "code": "session.missing", "message": "No session", "remedy": "Name it"},
    )
    kept = kept_of((3, "f" * 32, '{"A": "007"}'))
    files = PartFiles(str(tmp_path / "parts"))
    ignored = {"blank": [(9, 10)], "totals": [(5, 5)]}
    files.write(judged_part(PART, rows, failures, ignored, kept))
    assert files.staged([PART.part_id]) == {PART.part_id: StagedPart(PART.part_id, 2, 1, ignored)}
    (rows_file,), (failures_file,) = files.paths([PART.part_id], tmp_path)
    names = ["row_no", "outcome", "learner_email", "learner_employee_id", "session_id", "score", "fingerprint", "cells"]
    assert [tuple(line.values()) for line in pq.read_table(rows_file, columns=names).to_pylist()] == [
        (2, "accepted", "a@b.c", "", "S1", 92.0, None, None),
        (3, "rejected", "", "007", "", None, "f" * 32, '{"A": "007"}'),
    ]
    names = ["row_no", "failure_no", "source_column", "value", "code", "message"]
    assert [tuple(line.values()) for line in pq.read_table(failures_file, columns=names).to_pylist()] == [
        (3, 0, "B", "DNA␀", "status.unknown", "…"),
        (3, 1, None, None, "session.missing", "No session"),
    ]


def test_writing_again_replaces(tmp_path: Path) -> None:
    files = PartFiles(str(tmp_path))
    for number in (1, 3, 2):
        files.write(_judged(*[{}] * number))
    assert files.staged([PART.part_id])[PART.part_id].rows_read == 2
    assert [pq.read_metadata(path[0]).num_rows for path in files.paths([PART.part_id], tmp_path)] == [2, 2]
    assert len(list(tmp_path.iterdir())) == 2


def test_only_the_user_may_read_them(tmp_path: Path) -> None:
    files = PartFiles(str(tmp_path / "parts"))
    files.write(_judged({}))
    assert stat.S_IMODE(Path(files.folder).stat().st_mode) == 0o700


@pytest.mark.parametrize("kept", ["failures", "nothing", "half"])
def test_a_part_that_is_not_whole_is_not_there(tmp_path: Path, kept: str) -> None:
    """Killed between its two files; never written; half of it lost with the power."""
    files = PartFiles(str(tmp_path))
    files.write(_judged({}))
    (rows,), (failures,) = (map(Path, paths) for paths in files.paths([PART.part_id], tmp_path))
    if kept == "half":
        rows.write_bytes(rows.read_bytes()[:-20])
    else:
        rows.unlink()
        failures.unlink() if kept == "nothing" else None
    assert files.staged([PART.part_id]) == {}


def test_what_another_rollbook_judged_is_judged_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = PartFiles(str(tmp_path))
    files.write(_judged({}))
    monkeypatch.setattr(part_files, "_JUDGED_BY", "another")
    assert files.staged([PART.part_id]) == {}


def test_a_part_can_be_forgotten(tmp_path: Path) -> None:
    files = PartFiles(str(tmp_path))
    files.write(_judged({}))
    files.forget([PART.part_id, 7])
    assert files.staged([PART.part_id]) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_may_be_whatever_fsspec_reaches(tmp_path: Path) -> None:
    """Its files are brought here to be read; the same else."""
    files = PartFiles("memory://stage/261121-aaaaa")
    for number in (1, 2):
        files.write(_judged(*[{}] * number, ignored=2))
    assert files.staged([PART.part_id, 7]) == {PART.part_id: StagedPart(PART.part_id, 2, 0, {"blank": [(3, 4)]})}
    assert [pq.read_table(path).num_rows for (path,) in files.paths([PART.part_id], tmp_path / "here")] == [2, 2]
    assert len(list((tmp_path / "here").iterdir())) == 2
    files.forget([PART.part_id, 7])
    assert files.staged([PART.part_id]) == {}
    files.write(_judged({}))
    files.forget_all()
    files.forget_all()
    assert files.staged([PART.part_id]) == {}

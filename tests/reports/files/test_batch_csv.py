"""The files beside a batch: a line a block, readable for spreadsheet programs, and never half of one."""

import csv
from pathlib import Path

import pytest

from reports.files.batch_csv import INDEX_COLUMNS, REPORT_COLUMNS, write_blocks

PLACE = (1, "history.xlsx", "Sheet 1", 2, "", "ann@x.org", "S1")


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_each_block_is_a_line_under_the_columns(tmp_path: Path) -> None:
    path = write_blocks(tmp_path / "b.csv", INDEX_COLUMNS, [(*PLACE, ""), (2, *PLACE[1:], "1 in Grade")])
    assert path == tmp_path / "b.csv"
    assert _lines(path) == [
        ["block", "file", "sheet", "row", "column", "learner", "session", "removed"],
        ["1", "history.xlsx", "Sheet 1", "2", "", "ann@x.org", "S1", ""],
        ["2", "history.xlsx", "Sheet 1", "2", "", "ann@x.org", "S1", "1 in Grade"],
    ]


def test_a_report_has_the_outcome_in_place_of_what_was_removed(tmp_path: Path) -> None:
    said = 'The group "A, B"\r\nis not\tvalid; ’Ä\U0001f600'
    path = write_blocks(tmp_path / "b.csv", REPORT_COLUMNS, [(*PLACE, "failed", "ESH:23", said)])
    header, line = _lines(path)
    assert header == [*INDEX_COLUMNS[:-1], "outcome", "code", "message"]
    assert line[-3:] == ["failed", "ESH:23", said]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://x.org")', "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_text_runs_as_a_formula(formula: str, tmp_path: Path) -> None:
    path = write_blocks(tmp_path / "b.csv", REPORT_COLUMNS, [(1, formula, *PLACE[2:], "failed", "", formula)])
    _, line = _lines(path)
    assert line[1] == line[-1] != formula
    assert line[1].lstrip("'") == formula


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    path = write_blocks(tmp_path / "b.csv", INDEX_COLUMNS, [(-1, *PLACE[1:], "")])
    assert _lines(path)[1][0] == "-1"


def test_what_no_file_can_hold_is_told_as_its_number(tmp_path: Path) -> None:
    """A half of a pair of surrogates, as damaged sheets have them."""
    path = write_blocks(tmp_path / "b.csv", INDEX_COLUMNS, [(*PLACE[:5], "a\ud800@x.org", "S1", "")])
    assert _lines(path)[1][5] == r"a\ud800@x.org"


def test_a_file_that_was_broken_off_is_not_there(tmp_path: Path) -> None:
    """The one before it stays whole."""
    path = write_blocks(tmp_path / "b.csv", INDEX_COLUMNS, [(*PLACE, "")])
    before = path.read_bytes()

    def broken() -> object:
        yield (*PLACE, "")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_blocks(path, INDEX_COLUMNS, broken())  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.glob("*.csv") if not found.name.startswith("~")] == ["b.csv"]


def test_no_block_is_a_file_with_the_columns_alone(tmp_path: Path) -> None:
    assert _lines(write_blocks(tmp_path / "b.csv", INDEX_COLUMNS, [])) == [list(INDEX_COLUMNS)]

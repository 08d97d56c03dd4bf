"""The failed rows of a run as a file."""

import csv
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from reports.files.exports import export_failures
from rollbook.errors import CannotBegin

FAILURES = pd.DataFrame(
    {
        "run_id": ["r", "r"],
        "failed_at": pd.Series(["2026-11-21 09:15:02", None], dtype="datetime64[us]"),
        "source_row": pd.array([12, None], dtype="Int64"),
        "value": ["=HYPERLINK(1)", 'a;"b"\nc\x00'],
        "message": ["“ü” is none.", None],
    }
)


def test_csv_is_what_a_spreadsheet_program_reads(tmp_path: Path) -> None:
    """UTF-8 with a byte order mark, formulas harmless, quoted where it must be."""
    path = export_failures(FAILURES, tmp_path / "new" / "f.csv", run="r")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["run_id", "failed_at", "source_row", "value", "message"],
            ["r", "2026-11-21 09:15:02", "12", "'=HYPERLINK(1)", "“ü” is none."],
            ["r", "", "", 'a;"b"\nc␀', ""],
        ]


def test_a_workbook_holds_text(tmp_path: Path) -> None:
    """No formula, no control character, the header frozen."""
    path = export_failures(FAILURES, tmp_path / "f.XLSX", run="r")
    (sheet,) = openpyxl.load_workbook(path)
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["run_id", "failed_at", "source_row", "value", "message"],
        ["r", "2026-11-21 09:15:02", "12", "'=HYPERLINK(1)", "“ü” is none."],
        ["r", None, None, 'a;"b"\nc␀', None],
    ]
    assert sheet.freeze_panes == "A2"


def test_json_keeps_the_texts_as_they_are(tmp_path: Path) -> None:
    """For programs nothing is neutralised."""
    path = export_failures(FAILURES, tmp_path / "f.json", run="r")
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "run": "r",
        "failures": [
            {
                "run_id": "r",
                "failed_at": "2026-11-21 09:15:02",
                "source_row": 12,
                "value": "=HYPERLINK(1)",
                "message": "“ü” is none.",
            },
            {"run_id": "r", "failed_at": None, "source_row": None, "value": 'a;"b"\nc\x00', "message": None},
        ],
    }


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".json"])
def test_no_failures_make_an_empty_file(tmp_path: Path, ending: str) -> None:
    """With its headers."""
    path = export_failures(FAILURES.iloc[:0], tmp_path / f"f{ending}", run="r")
    assert path.stat().st_size > 0


def test_another_ending_is_refused(tmp_path: Path) -> None:
    """The message names those that are taken."""
    with pytest.raises(CannotBegin, match=r"the ending must be \.xlsx, \.csv or \.json"):
        export_failures(FAILURES, tmp_path / "f.pdf", run="r")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """One line, and no half file stays."""
    (tmp_path / "f.csv").mkdir()
    with pytest.raises(CannotBegin, match=r"f\.csv cannot be written"):
        export_failures(FAILURES, tmp_path / "f.csv", run="r")
    assert [path.name for path in tmp_path.iterdir()] == ["f.csv"]

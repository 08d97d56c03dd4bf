"""The failed rows of a run, as they are listed."""

import io
import json
from datetime import datetime

import pandas as pd

from ledger.views import VIEWS
from reports.terminal.failures import FailedFile, failures_object, print_failures
from reports.terminal.terminal_tables import console_for

STARTED = datetime.fromisoformat("2026-11-21 09:15:02.123456")


def failures(number: int = 1) -> pd.DataFrame:
    """Lines of v_failed_rows."""
    line = dict.fromkeys(VIEWS["v_failed_rows"])
    line |= {
        "run_id": "r",
        "failed_at": pd.Timestamp(STARTED),
        "source_file": "hr.xlsx",
        "source_sheet": "Attendance",
        "source_row": 1_234,
        "source_column": "C",
        "header": "Status",
        "value": "pres\x1bnt",
        "code": "status.unknown",
        "message": "“presnt” is no status.",
        "remedy": "Choose one.",
        "case_id": 4_321,
        "state": "open",
        "times": 1,
    }
    frame = pd.DataFrame([line] * number, columns=list(line))
    return frame.astype({"source_row": "Int64", "case_id": "Int64"})


def piped(show: object, *arguments: object, **options: object) -> str:
    """What a function prints."""
    out = io.StringIO()
    show(*arguments, console_for(out), **options)  # type: ignore[operator]
    return out.getvalue()


def test_failures_are_listed() -> None:
    """Numbers that name something have no thousands separators; cells cannot command the terminal."""
    assert piped(print_failures, "r", failures()) == (
        "Run r: 1 problem in 1 row.\n\nhr.xlsx\n"
        "  Case 4321 · Attendance, cell C1234 (Status): pres␛nt\n"
        "    “presnt” is no status.\n"
        "    Choose one.\n"
    )


def test_many_failures_are_counted() -> None:
    """The terminal shows the first ones and how to get all."""
    page = piped(print_failures, "r", failures(53).assign(source_row=range(2, 55))).splitlines()
    assert page[0] == "Run r: 53 problems in 1 row."
    assert [line for line in page if "Case" in line] == page[3:53]
    assert page[-2:] == ["  … and 3 more. All of them:", "    rollbook failures r --export failures.xlsx"]


def test_what_to_do_is_told_once_of_a_file() -> None:
    """Below all the places that have the same problem; another problem has its own."""
    some = pd.concat([failures().assign(source_row=row, message=text) for row, text in ((2, "a"), (3, "b"), (4, "a"))])
    some["case_id"] = pd.array([1, 2, 3], dtype="Int64")
    page = piped(print_failures, "r", some)
    assert [line.split(" ·")[0].strip() for line in page.splitlines()[3:]] == [
        *("Case 1", "Case 3", "a", "Choose one."),
        *("Case 2", "b", "Choose one."),
    ]


def test_a_value_is_cut_between_words_only() -> None:
    """An address or an ID is whole, however long; of a long text the first words are shown."""
    address = f"{'a' * 60}@{'b' * 60}.example.com"
    assert address in piped(print_failures, "r", failures().assign(value=address))
    page = piped(print_failures, "r", failures().assign(value=f"first {'words ' * 20}last"))
    assert "first words" in page
    assert "last" not in page


def test_files_alike_are_told_together() -> None:
    """Of many files that failed for the same reason: how many, ten names, the reason once, and how to list them all."""
    many = [FailedFile(f"in/{n}.xlsx", "file.damaged", f"{n}.xlsx is damaged.", "") for n in range(400)]
    one = FailedFile("in/x.csv", "file.no_header", "No header.", "Give it one.")
    page = piped(print_failures, "r", failures(0), files=[*many, one]).splitlines()
    assert page == [
        "400 files: file.damaged",
        f"  {', '.join(f'in/{n}.xlsx' for n in range(10))} and 390 others",
        "  Here is in/0.xlsx:",
        "    0.xlsx is damaged.",
        "in/x.csv: file.no_header",
        "  No header.",
        "  Give it one.",
        "  Every file by itself:",
        "    rollbook failures r --json",
    ]


def test_no_failures() -> None:
    """One line."""
    assert piped(print_failures, "r", failures(0)) == "Run r left no failed row.\n"


def test_failures_as_json() -> None:
    """The view's columns; what is missing is null."""
    whole = json.loads(json.dumps(failures_object("r", failures())))
    assert whole["run"] == "r"
    assert list(whole["failures"][0]) == list(VIEWS["v_failed_rows"])
    assert whole["failures"][0]["failed_at"] == "2026-11-21 09:15:02"
    assert whole["failures"][0]["case_id"] == 4321
    assert whole["failures"][0]["fixed_at"] is None


def test_files_that_failed_are_named_with_what_to_do_once() -> None:
    """Their message says it; only of profiles the rule tells more. Such a run did not end without a failure."""
    broken = FailedFile("drop/hr.xlsx", "file.password", "Remove its password.", "Save it without one.")
    assert piped(print_failures, "r", failures(0), files=[broken]) == (
        "drop/hr.xlsx: file.password\n  Remove its password.\n"
    )
    unclear = FailedFile("a.xlsx", "file.missing_columns", "It has no status.", "Name the columns.")
    assert piped(print_failures, "r", failures(0), files=[unclear]) == (
        "a.xlsx: file.missing_columns\n  It has no status.\n  Name the columns.\n"
    )
    assert failures_object("r", failures(0), [broken])["files"][0]["remedy"] == "Save it without one."


def test_the_cells_of_a_wide_row_are_counted_as_the_summary_counts_them() -> None:
    """One row of the sheet that failed in two sessions is two cases."""
    both = failures(2).assign(case_id=[2, 1])
    page = piped(print_failures, "r", both)
    assert page.startswith("Run r: 2 problems in 2 rows.")
    assert "  Cases 1 and 2 · Attendance, cell " in page
    assert piped(print_failures, "r", both, rows=3).startswith("Run r: 2 problems in 3 rows.")

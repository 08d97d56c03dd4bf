"""Tables of runs and failures."""

import io
import json
from dataclasses import replace
from datetime import datetime

import pandas as pd

from ledger.views import VIEWS
from reports.run_report import RunReport
from reports.runs import (
    FailedFile,
    RunLine,
    failures_object,
    print_failures,
    print_runs,
    print_show,
    runs_object,
    show_object,
)
from reports.summary import summary_object
from reports.terminal_tables import console_for
from rollbook.outcomes import Counts

STARTED = datetime.fromisoformat("2026-11-21 09:15:02.123456")
LINE = RunLine(
    run="261121-k3f8q",
    command="import",
    state="with_failures",
    destination="database",
    started_at=STARTED,
    finished_at=None,
    counts=Counts(read=1_234, loaded=1_200, updated=4, rejected=30),
    files=("a", "b", "c"),
    by="ada",
    exit=1,
)


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


def test_the_command_that_finishes_a_run_lets_it_pass() -> None:
    """Where limits stopped it, without their options it would be stopped again."""
    stopped = replace(LINE, state="stopped")
    assert "was stopped. To finish it: rollbook resume 261121-k3f8q\n" in piped(print_runs, [stopped])
    over = replace(stopped, raised_limits="--max-rejected 30")
    assert "anyway: rollbook resume 261121-k3f8q --max-rejected 30\n" in piped(print_runs, [over])


def test_runs_are_listed() -> None:
    """A line a run: loaded counts what was updated too, failed what was rejected too."""
    assert piped(print_runs, [LINE]) == (
        "  Run            Started (UTC)      Command   State            Read   Loaded   Failed   Files\n"
        "  261121-k3f8q   2026-11-21 09:15   import    with failures   1,234    1,204       30   a and 2 others\n"
    )


def test_no_run_yet() -> None:
    """It says how to begin."""
    assert piped(print_runs, []) == "There are no runs yet. Import a spreadsheet to begin (rollbook import --help).\n"


def test_runs_as_json() -> None:
    """Moments are UTC, to the second."""
    (line,) = runs_object([LINE])["runs"]
    assert json.loads(json.dumps(line)) == {
        "run": "261121-k3f8q",
        "command": "import",
        "state": "with_failures",
        "destination": "database",
        "started_at": "2026-11-21 09:15:02",
        "finished_at": None,
        "by": "ada",
        "exit": 1,
        "rows": {
            "read": 1234,
            "loaded": 1200,
            "updated": 4,
            "unchanged": 0,
            "duplicate": 0,
            "rejected": 30,
            "failed": 0,
            "pending": 0,
            "ignored": 0,
        },
        "files": ["a", "b", "c"],
    }


def test_a_run_is_shown_as_its_summary_told_it() -> None:
    """With when and by whom; its JSON is that of the run itself."""
    report = RunReport("r", "completed", "database", 0, Counts(read=1, loaded=1), by="ada", started_at=STARTED)
    page = piped(print_show, report)
    assert page.splitlines()[:2] == [
        "Started 2026-11-21 09:15 UTC by ada",
        "All well: 1 row read, none failed.",
    ]
    assert show_object(report) == summary_object(report)


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
    assert len(page) == 3 + 50 * 3 + 1
    assert page[-1] == "  … and 3 more. All of them: rollbook failures r --export failures.xlsx"


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

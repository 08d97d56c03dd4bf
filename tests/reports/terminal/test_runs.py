"""The table of runs, and one of them."""

import io
import json
from dataclasses import replace
from datetime import datetime

from reports.run_report import RunReport
from reports.terminal.runs import (
    RunLine,
    print_runs,
    print_show,
    runs_object,
    show_object,
)
from reports.terminal.summary import summary_object
from reports.terminal.terminal_tables import console_for
from rollbook.rows.outcomes import Counts

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


def piped(show: object, *arguments: object, **options: object) -> str:
    """What a function prints."""
    out = io.StringIO()
    show(*arguments, console_for(out), **options)  # type: ignore[operator]
    return out.getvalue()


def test_the_command_that_finishes_a_run_lets_it_pass() -> None:
    """Where limits stopped it, without their options it would be stopped again."""
    stopped = replace(LINE, state="stopped")
    assert "was stopped. To finish it:\n    rollbook resume 261121-k3f8q\n" in piped(print_runs, [stopped])
    over = replace(stopped, raised_limits="--max-rejected 30")
    assert "anyway:\n    rollbook resume 261121-k3f8q --max-rejected 30\n" in piped(print_runs, [over])


def test_runs_are_listed() -> None:
    """A line a run: loaded counts what was updated too, failed what was rejected too."""
    assert piped(print_runs, [LINE]) == (
        "  Run            Started (UTC)      Command   State            Read   Loaded   Failed   Files\n"
        "  261121-k3f8q   2026-11-21 09:15   import    with failures   1,234    1,204       30   a and 2 others\n"
    )


def test_runs_that_are_not_shown_are_counted() -> None:
    """Those of them that were stopped are named."""
    page = piped(
        print_runs, [LINE], earlier=1_200, stopped_earlier=[replace(LINE, run="250101-aaaaa", state="stopped")]
    )
    assert "  … and 1,200 earlier runs. All of them:\n    rollbook runs --all\n" in page
    assert "Run 250101-aaaaa was stopped. To finish it:\n    rollbook resume 250101-aaaaa\n" in page


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

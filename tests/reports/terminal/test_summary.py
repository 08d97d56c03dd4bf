"""How a run ended: the object for programs, the page for people."""

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from ledger.returned import HeldBack
from reports.endings import alarms, how_it_ended, next_steps
from reports.run_report import DropReport, FeedReport, FileReport, RunReport, SheetReport
from reports.terminal.summary import print_summary, summary_object
from reports.terminal.terminal_tables import console_for
from rollbook.commands import CommandLine, program
from rollbook.rows.outcomes import Counts
from rollbook.rows.remedies import remedy_text

FILES = (
    FileReport(
        "drop/hr.xlsx",
        "ab12",
        "done",
        failed_rows=30,
        sheets=(
            SheetReport("Attendance", "read", 4, 1_234),
            SheetReport("Codes", "skipped", None, 1, "It names no learner."),
        ),
    ),
    FileReport("drop/old.xls", None, "failed", "file.password", "It is protected by a password: take it off."),
)
REPORT = RunReport(
    run="261121-k3f8q",
    state="with_failures",
    destination="database",
    exit=1,
    counts=Counts(read=1_234, loaded=1_200, duplicate=4, rejected=30, ignored=14),
    files=FILES,
    cases={"new": 20, "known": 10, "closed": 1},
    created={"learners": 12, "sessions": 1},
    not_kept={"completed_on": 3},
    failures={"grade.percentage": 4, "status.unknown": 26},
    not_checked=("groups", "sessions"),
    reports={"failed_rows": "rollbook-out/261121-k3f8q/failed-rows.xlsx"},
    seconds=1.23456,
    remedies={
        "grade.percentage": "Correct the number.",
        "status.unknown": remedy_text("Choose a status.", "Load them: `rollbook reference load learners FILE`."),
    },
    ignored={"title": 3, "blank": 10, "totals": 1},
)
BLANK = SheetReport("Sheet2", "skipped", None, 0, "The sheet is blank.")
WELL = RunReport("r", "completed", "database", 0, Counts(read=3, loaded=3))


def told(report: RunReport) -> str:
    """The page as it is piped."""
    out = io.StringIO()
    print_summary(report, console_for(out))
    return out.getvalue()


NO_TEXT = {"encoding": None, "delimiter": None, "quote": None}


def test_the_object_has_the_keys_of_the_contract() -> None:
    """Exactly these, whatever else is known for people."""
    assert summary_object(REPORT) == {
        "run": "261121-k3f8q",
        "state": "with_failures",
        "destination": "database",
        "exit": 1,
        "rows": {
            "read": 1234,
            "loaded": 1200,
            "updated": 0,
            "unchanged": 0,
            "duplicate": 4,
            "rejected": 30,
            "failed": 0,
            "pending": 0,
            "ignored": 14,
        },
        "files": [
            {
                "path": "drop/hr.xlsx",
                "sha256": "ab12",
                "state": "done",
                "code": None,
                "failed_rows": 30,
                **NO_TEXT,
                "sheets": [
                    {"name": "Attendance", "state": "read", "header_row": 4, "rows": 1234},
                    {"name": "Codes", "state": "skipped", "header_row": None, "rows": 1},
                ],
            },
            {
                "path": "drop/old.xls",
                "sha256": None,
                "state": "failed",
                "code": "file.password",
                "failed_rows": 0,
                **NO_TEXT,
                "sheets": [],
            },
        ],
        "cases": {"new": 20, "known": 10, "closed": 1},
        "created": {"learners": 12, "sessions": 1},
        "alike": [],
        "disputed": [],
        "doubtful_people": [],
        "not_kept": {"completed_on": 3},
        "failures": {"grade.percentage": 4, "status.unknown": 26},
        "not_checked": ["groups", "sessions"],
        "unused": {},
        "kept_beside": {},
        "left_out": {},
        "reports": {"failed_rows": "rollbook-out/261121-k3f8q/failed-rows.xlsx"},
        "seconds": 1.235,
    }


def _with_unused(path: str, *headers: str) -> FileReport:
    return FileReport(path, "ab", "done", sheets=(SheetReport("History", "read", 1, 2, unused=headers),))


def test_columns_that_feed_nothing_are_named_by_sheet() -> None:
    """Of several files by the file's name, too, and by its path where two have the same name."""
    one, two, three = (_with_unused(path, "Room", "Tutor") for path in ("a/x.csv", "a/y.csv", "b/x.csv"))
    assert summary_object(replace(WELL, files=(one,)))["unused"] == {"History": ["Room", "Tutor"]}
    assert list(summary_object(replace(WELL, files=(one, two)))["unused"]) == ["x.csv: History", "y.csv: History"]
    assert list(summary_object(replace(WELL, files=(one, three)))["unused"]) == ["a/x.csv: History", "b/x.csv: History"]
    assert "      not used: Room and Tutor\n" in told(replace(WELL, files=(one,)))
    many = _with_unused("x.csv", *(f"C{number}" for number in range(20)))
    assert "C10, C11 and 8 others" in " ".join(told(replace(WELL, files=(many,))).split())


def test_a_file_with_a_problem_is_not_all_well() -> None:
    """Though all of its rows are loaded."""
    flagged = replace(_with_unused("x.csv", "Signed"), code="file.unused_dates")
    assert how_it_ended(replace(WELL, exit=1, files=(flagged,))).startswith("1 file has a problem; 3 rows succeeded")


def test_all_is_not_well_where_something_was_left_out() -> None:
    """The first line says what somebody should look at, though every row succeeded."""
    unused = replace(WELL, files=(_with_unused("x.csv", "Room", "Tutor"), _with_unused("y.csv", "Room")))
    assert how_it_ended(unused) == "3 rows read, none failed; 2 columns were not used."
    sheets = (SheetReport("History", "read", 1, 3), SheetReport("Leavers", "skipped", None, 40, "No header row."))
    left_out = replace(WELL, files=(FileReport("x.xlsx", "ab", "done", sheets=sheets),), not_kept={"enrolled_on": 1})
    assert how_it_ended(left_out) == "3 rows read, none failed; 1 sheet was not read and 1 cell was not kept."
    empty = replace(left_out, not_kept={}, files=(FileReport("x.xlsx", "ab", "done", sheets=(sheets[0], BLANK)),))
    assert how_it_ended(empty) == "All well: 3 rows read, none failed."


def test_what_a_feed_no_longer_holds_is_no_quiet_end() -> None:
    """Neither “All well” nor “Nothing changed”: somebody should look at what went, above all where it was cancelled."""
    left = replace(WELL, feeds=(FeedReport("hris", missing=3, held=9), FeedReport("north", missing=4, cancelled=4)))
    said = "4 enrollments were cancelled as missing in the feed and 3 enrollments are missing in the feed."
    assert how_it_ended(left) == f"3 rows read, none failed; {said}"
    same = replace(left, counts=Counts(read=3, unchanged=3), feeds=(FeedReport("hris", missing=1, cancelled=1),))
    assert how_it_ended(same) == "3 rows read, none failed; 1 enrollment was cancelled as missing in the feed."
    assert how_it_ended(replace(same, feeds=())).startswith("Nothing changed: 3 rows read")


def test_rows_that_another_row_made_good_are_explained() -> None:
    """How many cases were closed though their rows failed, and that nothing is to be corrected where all were."""
    some = replace(REPORT, cases={"new": 3, "known": 1, "closed": 3}, covered=2)
    assert (
        "  Cases: 3 new, 1 known from earlier runs, 3 closed.\n"
        "  2 of them are fixed by now: corrected, or loaded by another row or run.\n"
    ) in told(some)
    assert next_steps(some)[0].startswith("Correct the red cells in ")
    every = replace(some, covered=4, files=())
    assert next_steps(every) == [
        "Nothing needs to be corrected. To compare the failed rows: rollbook failures 261121-k3f8q"
    ]


def test_rows_of_a_run_that_was_stopped_wait_though_its_failed_rows_came_back() -> None:
    report = replace(WELL, held_back=(HeldBack("261120-abcde", 7, "--max-rejected 4"),))
    ended = "3 rows read, none failed. 7 rows of run 261120-abcde are still not loaded, because the run was stopped."
    resumed = "To load the rest anyway: rollbook resume 261120-abcde --max-rejected 4"
    assert how_it_ended(report) == ended
    assert next_steps(report) == [resumed]
    assert alarms(report)[1:] == [resumed]
    assert summary_object(report)["held_back"] == [{"run": "261120-abcde", "rows": 7}]


def test_a_fault_of_ours_is_not_the_sender_s_to_replace() -> None:
    """The file may be fine."""
    faulty = FileReport("x.csv", "ab", "failed", "file.fault", "Rollbook failed on this file.")
    assert next_steps(replace(WELL, exit=1, files=(faulty,))) == []


def test_the_page_when_piped() -> None:
    """Plain text: thousands separated, plurals right, the most frequent rule first, paths whole."""
    assert told(REPORT).replace(str(Path.cwd()), "FOLDER") == (
        """\
30 rows failed and 1 file could not be read; 1,204 rows succeeded.
Run 261121-k3f8q (import to database) in 1.2 s

Rows
  read          1,234
    loaded      1,200   new
    duplicate       4   copies of a row in this run
    rejected       30   did not pass a rule
  ignored          14   10 blank, 3 titles and 1 total

Files
  drop/hr.xlsx: read, 30 failed rows
    sheet “Attendance” read, 1,234 rows, header in row 4
    sheet “Codes” skipped, 1 row: It names no learner.
  drop/old.xls: FAILED (file.password)
    It is protected by a password: take it off.

What is wrong: 30 problems
  Code               Problems   What to do
  status.unknown           26   Choose a status.
  grade.percentage          4   Correct the number.
  Administrator, status.unknown: Load them: `rollbook reference load learners --help`.
  Cases: 20 new, 10 known from earlier runs, 1 closed.

Notes
  Created: 12 learners and 1 session.
  Not kept, because the status is not completed: the day of completion (3 cells).
  Not checked, because no such data is loaded: groups and sessions (rollbook reference load --help).

What to do next
  Correct the red cells in rollbook-out/261121-k3f8q/failed-rows.xlsx
  Then import it:
    rollbook import FOLDER/rollbook-out/261121-k3f8q/failed-rows.xlsx
  Fix or replace the files that could not be read, and import them again.
"""
    )


def test_commands_of_remedies_are_complete_and_never_broken() -> None:
    """They name the database, wherever they are pasted; a narrow terminal does not cut them."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=60, color_system=None)
    print_summary(REPORT, console, CommandLine({"--database": "sqlite:////somewhere/a.db"}))
    complete = f"`{program()} reference load learners --help`."
    assert f"\n  Administrator, status.unknown: Load them:\n  {complete}\n" in out.getvalue()
    imported = "rollbook-out/261121-k3f8q/failed-rows.xlsx --database sqlite:////somewhere/a.db"
    assert f"\n  Then import it:\n    {program()} import {Path.cwd()}/{imported}\n" in out.getvalue()


def test_a_folder_of_many_files_is_told_by_kind() -> None:
    """Failed ones first, then those with failed rows; of each kind the number, three names and the first of it."""
    sheet = SheetReport("x", "read", 1, 10)
    good = [FileReport(f"in/{n}.csv", "ab", "done", sheets=(replace(sheet, name=str(n)),)) for n in range(400)]
    half = [replace(file, path=file.path[:-4] + "-.csv", failed_rows=2) for file in good[:40]]
    bad = [FileReport(f"in/{n}.xls", "ab", "failed", "file.damaged", f"{n}.xls is damaged.") for n in range(30)]
    page = told(replace(WELL, files=(*good, *half, *bad)))
    assert page.partition("\nFiles\n")[2].splitlines()[:11] == [
        "  30 files FAILED (file.damaged): in/0.xls, in/1.xls, in/2.xls and 27 others",
        "  Here is in/0.xls:",
        "    0.xls is damaged.",
        "  40 files read, 80 failed rows: in/0-.csv, in/1-.csv, in/2-.csv and 37 others",
        "  Here is in/0-.csv:",
        "    sheet “0” read, 10 rows, header in row 1",
        "  400 files read: in/0.csv, in/1.csv, in/2.csv and 397 others",
        "  Here is in/0.csv:",
        "    sheet “0” read, 10 rows, header in row 1",
        "  Every file by itself:",
        "    rollbook show r --json",
    ]


def test_many_kinds_of_files_are_counted() -> None:
    """Ten kinds are shown; what is different in a file is never told as if it were alike."""
    files = [FileReport(f"in/{n}.csv", "ab", "failed", "file.x", f"Column {'abcdefghijklm'[n]}.") for n in range(13)]
    page = told(replace(WELL, files=tuple(files)))
    assert page.count("FAILED") == 10
    assert "  … and 3 other files.\n" in page


def test_the_sender_is_told_of_the_workbook_next_to_the_file() -> None:
    """Of a nightly import: the copy in the drop folder, which goes back there; one on another machine by its URL."""
    places = ("/srv/drop/done/a b.failed-rows.xlsx",)
    nightly = replace(WELL, command="nightly", reports={"failed_rows": places[0]}, drop=DropReport("/srv/drop", places))
    assert next_steps(nightly) == [
        "Correct the red cells in /srv/drop/done/a b.failed-rows.xlsx",
        "Then put it into /srv/drop, or import it: rollbook import '/srv/drop/done/a b.failed-rows.xlsx'",
    ]
    url = "s3://bucket/drop/done/a.failed-rows.xlsx"
    remote = replace(nightly, reports={"failed_rows": url}, drop=DropReport("s3://bucket/drop", (url,)))
    assert next_steps(remote) == [f"Correct the red cells in {url}", "Then put it into s3://bucket/drop"]
    several = tuple(f"/srv/drop/done/a [1].failed-rows-{n}.xlsx" for n in (1, 2))
    archive = replace(nightly, reports={"failed_rows": "/srv/drop/done"}, drop=DropReport("/srv/drop", several))
    assert next_steps(archive)[1].endswith("rollbook import '/srv/drop/done/a [[]1].failed-rows*.xlsx'")


def test_a_good_run_is_told_in_few_lines() -> None:
    """No empty sections."""
    assert told(WELL) == (
        "All well: 3 rows read, none failed.\n"
        "Run r (import to database)\n\n"
        "Rows\n  read       3\n    loaded   3   new\n"
    )


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (
            replace(WELL, repeats=("261120-aaaaa", datetime.fromisoformat("2026-11-20 22:05"))),
            "Nothing changed: this was imported in run 261120-aaaaa on 2026-11-20 22:05 UTC.",
        ),
        (
            replace(
                WELL,
                counts=Counts(read=3, unchanged=2, rejected=1),
                repeats=("a", datetime.fromisoformat("2026-11-20 22:05")),
            ),
            "Nothing changed: this was imported in run a on 2026-11-20 22:05 UTC; as then, 1 row failed.",
        ),
        (
            replace(WELL, counts=Counts(read=3, unchanged=2, duplicate=1)),
            "Nothing changed: 3 rows read, and all of them were there already.",
        ),
        (replace(WELL, counts=Counts()), "There were no rows to import."),
        (replace(WELL, state="undone"), "Undone: the rows of this run were taken back out."),
        (
            replace(
                WELL,
                state="stopped",
                exit=3,
                stopped_by="31 rows were rejected, at most 30 may be.",
                counts=Counts(read=40, rejected=31, pending=9),
            ),
            "Stopped: 31 rows were rejected, at most 30 may be. Nothing was loaded.",
        ),
        (
            replace(WELL, state="stopped", exit=3, stopped_by="SmarterU gave no answer."),
            "Stopped: SmarterU gave no answer. 3 rows arrived before.",
        ),
        (replace(WELL, state="checked"), "Checked, nothing written: 3 rows would be imported, none would fail."),
        (
            replace(WELL, state="checked", counts=Counts(read=3, loaded=1, rejected=2)),
            "Checked, nothing written: 1 row would be imported, 2 rows would fail.",
        ),
        (
            replace(WELL, state="checked", counts=Counts(read=7, updated=2, unchanged=3, duplicate=1, rejected=1)),
            "Checked, nothing written: 2 rows would be imported, 4 rows would change nothing, 1 row would fail.",
        ),
        (
            replace(WELL, counts=Counts(read=2, loaded=1, rejected=1)),
            "1 row failed; 1 row succeeded.",
        ),
        (
            replace(WELL, state="pending", counts=Counts(read=2, pending=2)),
            "2 rows are ready to be sent.",
        ),
        (
            replace(WELL, state="pending", counts=Counts(read=3, loaded=1, pending=2)),
            "2 rows are not yet confirmed; all others succeeded.",
        ),
    ],
)
def test_the_first_line(report: RunReport, line: str) -> None:
    """One sentence says how it ended."""
    assert how_it_ended(report) == line


def test_next_steps_of_a_stopped_run() -> None:
    """It can be resumed; its workbook is not imported yet."""
    stopped = replace(WELL, state="stopped", exit=3, reports={"failed_rows": "out/r/failed-rows.xlsx"})
    assert next_steps(stopped) == [
        "To finish it: rollbook resume r",
        "Correct the red cells in out/r/failed-rows.xlsx",
        f"Then import it, or resume the run as it is: rollbook import {Path.cwd()}/out/r/failed-rows.xlsx",
    ]


def test_next_steps_of_several_workbooks() -> None:
    """They are imported together."""
    checked = replace(WELL, state="checked", exit=1, reports={"failed_rows": "out/r"})
    assert next_steps(checked) == [
        "To load the rows that would not fail: the same command with import instead of check.",
        "Correct the red cells in the workbooks of out/r",
        f"Then check them again, or import them: rollbook import '{Path.cwd()}/out/r/failed-rows*.xlsx'",
    ]


def test_what_is_wrong_with_a_file_is_told_once() -> None:
    """With the file, not among the rules."""
    broken = replace(WELL, files=FILES[1:], failures={"file.password": 1}, exit=1, counts=Counts())
    assert "What is wrong" not in told(broken)
    assert told(broken).count("file.password") == 1


def test_paths_with_blanks_are_quoted_in_commands() -> None:
    """The command can be copied as it stands."""
    failed = replace(REPORT, files=(), reports={"failed_rows": "my out/failed rows.xlsx"})
    assert next_steps(failed)[-1] == f"Then import it: rollbook import '{Path.cwd()}/my out/failed rows.xlsx'"


def test_a_cell_cannot_command_the_terminal() -> None:
    """Control characters in names are shown as their pictures."""
    evil = replace(WELL, files=(FileReport("a\x1b[31m.xlsx", None, "done"),))
    assert "\x1b" not in told(evil)
    assert "a␛[31m.xlsx" in told(evil)


def test_a_file_that_needs_a_profile_is_told_so() -> None:
    """It was read; the command that begins its profile is printed, whole and quoted."""
    unclear = FileReport("/srv/my drop/hr.xlsx", None, "failed", "file.missing_columns", "No status.")
    report = replace(WELL, exit=1, files=(unclear,), counts=Counts())
    command = "rollbook inspect '/srv/my drop/hr.xlsx' --write-profile hr.toml"
    assert how_it_ended(report) == "1 file needs a profile; no row succeeded."
    assert next_steps(report) == [
        f"See which column is what, and write it down in a profile: {command}",
        "Complete that profile, and import again with --profile PATH.",
    ]


def test_a_check_says_what_would_be_and_not_what_was() -> None:
    """In every sentence of its summary."""
    page = told(replace(REPORT, state="checked", command="check"))
    for said in (
        "would be new",
        "Would create: ",
        "Would not be kept, ",
        "An import would open 20 cases and close 1; 10 are",
        "would fail",
    ):
        assert said in page
    for done in ("Created", "changed what", "\n  Not kept", " failed and "):
        assert done not in page


def test_a_killed_and_a_running_run_are_told_as_such() -> None:
    """Neither ended well."""
    killed = replace(WELL, state="stopped", exit=3, counts=Counts(), stopped_by="its process ended.")
    assert how_it_ended(killed) == "Stopped: its process ended. Nothing was loaded."
    assert next_steps(killed) == ["To finish it: rollbook resume r"]
    assert how_it_ended(replace(WELL, state="running")).startswith("Running: ")


@pytest.mark.parametrize(
    ("destination", "kinds", "command"),
    [
        ("moon", ("groups", "learners"), "rollbook reference sync --help"),
        ("moon", ("groups",), "rollbook reference load --help"),
        ("smarteru-xml", ("courses",), "rollbook reference sync --help"),
        ("database", ("learners",), "rollbook reference load --help"),
    ],
)
def test_what_was_not_checked_is_told_with_the_command_that_gets_it(
    destination: str, kinds: tuple[str, ...], command: str
) -> None:
    """A system that can be asked is; what nothing asks for is loaded."""
    page = told(replace(WELL, destination=destination, not_checked=kinds))
    assert f"({command})." in " ".join(page.split())


def test_learners_who_may_be_several_people_are_named() -> None:
    """Five of them, and how many more there are; the run is well all the same."""
    pairs = tuple((f"desk{number}@x.org", "Eva Orr", "Tom Orr") for number in range(7))
    page = told(replace(WELL, doubtful_people=pairs))
    assert page.startswith("All well: 3 rows read, none failed.")
    assert "desk0@x.org has the names “Eva Orr” and “Tom Orr”: counted as one learner." in page
    assert ("desk4@x.org" in page, "desk5@x.org" in page) == (True, False)
    assert "And 2 more learners of this kind." in page

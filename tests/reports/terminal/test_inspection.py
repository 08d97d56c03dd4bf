"""What `rollbook inspect` prints."""

import io
from datetime import date

import pyarrow as pa

from reports.terminal.inspection import (
    InspectedFile,
    InspectedSheet,
    MappedColumn,
    inspected_sheet,
    inspection_object,
    print_inspection,
)
from reports.terminal.terminal_tables import console_for
from rollbook.profile import Profile
from transforms.planning.plan import plan_sheet
from transforms.planning.proposal.column_uses import ColumnUse

SHEET = InspectedSheet(
    name="Attendance",
    state="read",
    header_row=4,
    rows=1_234,
    columns=(
        MappedColumn("learner_email", ("C",), "E-mail", ("ada@example.org", "tom@example.org"), "", ("usual header",)),
        MappedColumn("session_date", ("E",), "Session Date", ("31/01/2024",), "day first", ("English words, dates",)),
    ),
    unmapped=("Manager", "Room"),
    constants={"group_name": "Sales"},
    uses=(
        ColumnUse("C", "E-mail", (("learner_email", "usual header"),), samples=("ada@example.org", "tom@example.org")),
        ColumnUse("F", "Room", candidates=("session_date",), rivals=("G",), samples=("2",)),
        ColumnUse("H", "Manager", note="left out by the profile"),
    ),
    languages=("English",),
)
FILES = [
    InspectedFile("hr.xlsx", sheets=(SHEET, InspectedSheet("Codes", "skipped", rows=1, message="No learner."))),
    InspectedFile("old.xls", "file.password", "It is protected by a password: take it off."),
]

NO_TEXT = {"encoding": None, "delimiter": None, "quote": None}


def test_the_object_has_the_keys_of_the_contract() -> None:
    """Fields with their headers, what is left over, and why a file was not opened."""
    assert inspection_object(FILES, 1) == {
        "exit": 1,
        "files": [
            {
                "path": "hr.xlsx",
                "code": None,
                **NO_TEXT,
                "sheets": [
                    {
                        "name": "Attendance",
                        "state": "read",
                        "header_row": 4,
                        "columns": {"learner_email": "E-mail", "session_date": "Session Date"},
                        "unmapped": ["Manager", "Room"],
                        "languages": ["English"],
                        "all_columns": [
                            {
                                "column": "C",
                                "header": "E-mail",
                                "feeds": {"learner_email": "usual header"},
                                "could_be": [],
                                "like_columns": [],
                                "note": None,
                                "samples": ["ada@example.org", "tom@example.org"],
                            },
                            {
                                "column": "F",
                                "header": "Room",
                                "feeds": {},
                                "could_be": ["session_date"],
                                "like_columns": ["G"],
                                "note": None,
                                "samples": ["2"],
                            },
                            {
                                "column": "H",
                                "header": "Manager",
                                "feeds": {},
                                "could_be": [],
                                "like_columns": [],
                                "note": "left out by the profile",
                                "samples": [],
                            },
                        ],
                    },
                    {
                        "name": "Codes",
                        "state": "skipped",
                        "header_row": None,
                        "columns": {},
                        "unmapped": [],
                        "languages": [],
                        "all_columns": [],
                    },
                ],
            },
            {"path": "old.xls", "code": "file.password", **NO_TEXT, "sheets": []},
        ],
    }


def test_the_page_when_piped() -> None:
    """Where the table starts, what each field is taken from, samples, what is left over."""
    out = io.StringIO()
    print_inspection([[file] for file in FILES], console_for(out))
    assert out.getvalue() == (
        """\
hr.xlsx
  Sheet “Attendance”: read, 1,234 rows, header in row 4, in English
  Field           Column            Known by               Samples
  learner_email   C  E-mail         usual header           ada@example.org | tom@example.org
  session_date    E  Session Date   English words, dates   31/01/2024
    session_date: day first
    group_name is “Sales” for all rows (the learner's group, by name)
  Not used     Could be                    Samples
  F  Room      session_date, or column G   2
  H  Manager   left out by the profile
  Sheet “Codes”: skipped, 1 row
    No learner.

old.xls
  It is protected by a password: take it off.
"""
    )


def test_a_plan_is_told() -> None:
    """A sheet as planned, with the samples of its columns."""
    lines = [
        ("E-mail", "Session ID", "Date", "Attended", "Room"),
        ("ada@example.org", "S1", "31/01/2024", "Yes", "2"),
        ("tom@example.org", "S1", "01/02/2024", "No", "3"),
    ]
    columns = {letter: [line[place] for line in lines] for place, letter in enumerate("ABCDE")}
    table = pa.table({"row": pa.array([1, 2, 3], pa.int32()), **columns})
    plan = plan_sheet(
        table,
        sheet_name="Data",
        sheet_position=0,
        file_name="f.csv",
        from_workbook=False,
        profile=Profile(),
        destination="database",
        today=date(2026, 11, 21),
    )
    sheet = inspected_sheet(plan, {letter: texts[1:] for letter, texts in columns.items()})
    assert (sheet.name, sheet.state, sheet.header_row, sheet.rows) == ("Data", "read", 1, 2)
    mapped = {column.field: (column.letters, column.header, column.samples, column.how) for column in sheet.columns}
    assert mapped["learner_email"] == (("A",), "E-mail", ("ada@example.org", "tom@example.org"), "")
    assert mapped["session_date"] == (("C",), "Date", ("31/01/2024", "01/02/2024"), "day first")
    assert mapped["status"] == (("D",), "Attended", ("Yes", "No"), "yes = attended, no = no_show")
    assert sheet.unmapped == ("Room",)

"""Tables and lines for a terminal: at 80 columns nothing is broken within a word."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from reports.terminal.terminal_tables import lines, table, unbroken

HEADERS = ("Run", "Started", "State", "Rows", "Files")
ROWS = [
    ("261121-k3f8q", "2026-11-21 09:15", "with failures", 1_234_567, "provincial/attendance_of_all_departments.xlsx"),
    ("261121-z9abc", "2026-11-22 10:00", "completed", 4, "名簿二〇二三年度.xlsx"),
    ("261121-ar123", "2026-11-22 10:30", "completed", 40, "سجل الحضور.csv"),
]


def shown(
    width: int, rows: Sequence[Sequence[object]], *, headers: Sequence[str] = HEADERS, cut_last: bool = False
) -> list[str]:
    """The lines of a table on a terminal of that width, without colors."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
    table(console, headers, rows, cut_last=cut_last)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("width", [200, 120, 80, 60, 40])
def test_every_word_of_every_cell_is_whole(width: int) -> None:
    """Beside, below, or a line each, as the terminal has room."""
    page = shown(width, ROWS)
    words = {word for line in page for word in line.split()}
    assert {word for row in ROWS for cell in row[:3] for word in str(cell).split()} <= words
    assert {"provincial/attendance_of_all_departments.xlsx", "名簿二〇二三年度.xlsx", "1,234,567"} <= words
    assert max(map(cell_len, page)) <= max(width, 6 + len("Files: provincial/attendance_of_all_departments.xlsx"))


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"))), min_size=4, max_size=4)),
    st.integers(40, 200),
)
def test_no_cell_is_lost_or_cut(rows: list[list[str]], width: int) -> None:
    """Whatever characters it has, wide and combining ones too, and however long it is."""
    page = "\n".join(shown(width, rows, headers=("A", "B", "C", "D")))
    assert all(cell in page for row in rows for cell in row)


def test_less_important_columns_go_below_with_their_headers() -> None:
    """As many as there is no room for; the last one alone needs no header."""
    rows = [("C-1", "x" * 30, "y" * 30, "z" * 30)]
    headers = ("Code", "First", "Second", "Third")
    assert shown(70, rows, headers=headers) == [
        f"  Code  {'First':30}  Second",
        f"  C-1   {'x' * 30}  {'y' * 30}",
        f"      {'z' * 30}",
    ]
    assert shown(50, rows, headers=headers) == [
        "  Code  First",
        f"  C-1   {'x' * 30}",
        f"      Second: {'y' * 30}",
        f"      Third: {'z' * 30}",
    ]


def test_no_line_and_ten_thousand() -> None:
    """Headers alone; and a long table in a moment."""
    assert [line.split() for line in shown(80, [])] == [["Run", "Started", "State", "Rows", "Files"]]
    assert len(shown(80, ROWS * 3_334)) >= 10_002


def test_a_name_with_spaces_is_not_broken() -> None:
    """It has the next line to itself; what was marked is a space again."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=40)
    lines(console, [f"It is in {unbroken('the folder of our people.xlsx')}, row 7."])
    page = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert page == ["  It is in", "  the folder of our people.xlsx, row 7."]


def test_the_last_column_goes_below_where_it_does_not_fit() -> None:
    """The others stay a table."""
    page = shown(80, ROWS[:1])
    assert page[0].split() == ["Run", "Started", "State", "Rows"]
    assert page[1].split() == ["261121-k3f8q", "2026-11-21", "09:15", "with", "failures", "1,234,567"]
    assert page[2] == "      provincial/attendance_of_all_departments.xlsx"


def test_a_cut_ends_with_three_dots() -> None:
    """Only the last column is cut, between words, and the line is full; its first word is whole."""
    page = shown(90, [(*ROWS[0][:-1], "samples " * 20)], cut_last=True)
    assert page[1].endswith("samples …")
    assert cell_len(page[1]) <= 90
    address = f"{'a' * 60}@{'b' * 60}.example.com"
    assert any(address in line for line in shown(90, [(*ROWS[0][:-1], f"{address} | {address}")], cut_last=True))


def test_lines_are_broken_between_words_and_commands_not_at_all() -> None:
    """A path is whole; a command is there to copy, on a line of its own."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=40)
    path = "data/history/attendance_of_the_north_2023.xlsx"
    command = "Load it with: rollbook reference load learners learners.csv --database sqlite:///x.db"
    lines(console, [f"Other rows of this learner differ: {path}, row 7.", command])
    page = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert page == [
        "  Other rows of this learner differ:",
        f"  {path},",
        "  row 7.",
        "  Load it with:",
        "    rollbook reference load learners learners.csv --database sqlite:///x.db",
    ]

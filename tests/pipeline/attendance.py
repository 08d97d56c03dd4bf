"""A small history in which every kind of row occurs, as files."""

import csv
from collections.abc import Sequence
from pathlib import Path

HEADERS = ("Email", "Employee ID", "Name", "Session ID", "Status", "Grade", "Enrolled on")
BEFORE = (
    ("ana@example.com", "1001", "Ana Alvarez", "S-1", "Completed", "80", "2023-01-05"),
    ("ben@example.com", "1002", "Ben Brown", "S-1", "Attended", "", "2023-01-05"),
    ("gus@example.com", "1007", "Gus Green", "S-2", "perhaps", "", "2023-01-05"),
)
FIRST = (
    BEFORE[0],  # unchanged
    ("ben@example.com", "1002", "Ben Brown", "S-1", "Completed", "90", "2023-01-06"),  # differs from what exists
    ("dora@example.com", "1004", "Dora Diaz", "S-2", "Attended", "", ""),
    ("dora@example.com", "1004", "Dora Diaz", "S-2", "Attended", "", ""),  # a copy
    ("emil@example.com", "1005", "Emil Egan", "S-2", "Attended", "", "2023-01-07"),  # two that contradict each other
    ("emil@example.com", "1005", "Emil Egan", "S-2", "Cancelled", "", "2023-01-07"),
    BEFORE[2],  # a known case
    ("fay(at)example.com", "", "Fay Frost", "S-2", "Attended", "101", "2023-02-30"),  # three problems
)
SECOND = (
    ("hana@example.com", "1008", "Hana Horn", "S-3", "Completed", "75", "2023-02-01"),
    ("ivo@example.com", "1009", "Ivo Ives", "", "Completed", "60", "2023-02-01"),  # no session
    ("ana@example.com", "1001", "Ana Alvarez", "S-3", "No show", "", "2023-02-01"),
)


def write(path: Path, rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headers, *rows])
    return path


def write_history(folder: Path) -> Path:
    """A folder with two files that can be read and one that cannot."""
    folder.mkdir()
    write(folder / "first.csv", FIRST)
    write(folder / "second.csv", SECOND)
    (folder / "third.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
    return folder


def write_settings(path: Path, part_rows: int = 3) -> Path:
    """Settings under which even this history has several parts a file."""
    path.write_text(f"[reading]\npart_rows = {part_rows}\n", encoding="utf-8")
    return path

"""Sheets to measure with: eight columns, every twentieth row bad, every fiftieth a copy of an earlier one."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import xlsxwriter

HEADERS = ("E-mail", "Employee ID", "Session ID", "Session date", "Status", "Score", "Completed on", "Comments")
# Part of the cached files' names: change it with whatever changes a cell.
VERSION = "1"
BAD_EVERY, COPY_EVERY, COPY_DISTANCE = 20, 50, 37
FIRST_DAY = date(2015, 1, 5)
STATUSES = ("Completed", "Completed", "Attended", "Completed", "No show", "Completed", "Present")

Cell = str | int | float | date | None
Row = list[Cell]


class Shape(NamedTuple):
    """How many learners a sheet is about, how many of them a session has, and whether they have employee IDs."""

    name: str
    learners: int
    per_session: int
    with_ids: bool = True


USUAL = Shape("", 50_000, 400)
# A million rows are about 190,000 learners, known by e-mail alone, in 4,800 sessions.
MANY_LEARNERS = Shape("-many-learners", 190_000, 208, with_ids=False)


def rows(count: int, shape: Shape = USUAL) -> Iterator[Row]:
    """`count` rows in the order of HEADERS; learner and session stand together once, but for the copies."""
    for number in range(count):
        is_copy = number % COPY_EVERY == COPY_EVERY - 1 and number > COPY_DISTANCE
        row = _good_row(number - COPY_DISTANCE if is_copy else number, shape)
        if number % BAD_EVERY == BAD_EVERY // 2:
            _spoil(row, number // BAD_EVERY)
        yield row


def _good_row(number: int, shape: Shape) -> Row:
    session = number // shape.per_session
    # Neighbouring sessions have different learners; 7919 is prime to their number, so no learner comes twice.
    learner = (number * 7919 + session) % shape.learners
    day = FIRST_DAY + timedelta(days=session % 3000)
    status = STATUSES[number % len(STATUSES)]
    completed = status == "Completed"
    return [
        f"learner.{learner:06d}@example.com",
        f"E{learner:06d}" if shape.with_ids else None,
        f"S-{session:05d}",
        day,
        status,
        50 + number % 50 + (number % 4) / 4 if completed else None,
        day + timedelta(days=number % 5) if completed else None,
        "came late" if number % 10 == 0 else None,
    ]


def _spoil(row: Row, number: int) -> None:
    place, cell = (
        (4, "Attendding"),
        (0, "learner.at.example.com"),
        (3, "31/02/2019"),
        (4, "maybe"),
        (6, date(2093, 5, 1)),
        (2, None),
        (5, "ninety"),
    )[number % 7]
    row[place] = cell


def workbook(folder: Path, count: int, shape: Shape = USUAL) -> Path:
    """The path of a workbook of `count` rows, written once."""
    path = folder / f"rows-{count}{shape.name}-v{VERSION}.xlsx"
    if not path.exists():
        write_workbook(_partial(path), rows(count, shape))
        _partial(path).replace(path)
    return path


def csv_file(folder: Path, count: int) -> Path:
    """The path of a CSV of `count` rows, written once."""
    path = folder / f"rows-{count}-v{VERSION}.csv"
    if not path.exists():
        with _partial(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADERS)
            writer.writerows(rows(count))
        _partial(path).replace(path)
    return path


def _partial(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(path.name + ".partial")


def write_workbook(path: Path, some: Iterable[Row]) -> None:
    """Write rows into a workbook, below the headers."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("History")
    sheet.write_row(0, 0, HEADERS)
    for number, row in enumerate(some, start=1):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write(number, column, cell)
    book.close()

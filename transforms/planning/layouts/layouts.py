"""Which layout a sheet has: a record a row, or a learner a row with sessions or courses across."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from rollbook.profile import Profile
from transforms.planning.columns.column_mapping import ColumnPlan, ProfileMismatch
from transforms.planning.layouts.matrices import Matrix, course_columns, course_pairs, is_about_training
from transforms.planning.layouts.registers import FEWEST, are_marks
from transforms.planning.layouts.wide import (
    SessionColumn,
    dated_headers,
    is_own_date,
    named_letters,
    session_columns,
    sessions_of,
)
from transforms.planning.table.below import Below
from transforms.planning.table.headers import Usual
from transforms.planning.table.legends import legend_in
from transforms.planning.table.table_detection import Cells, FoundHeader, RawRows, has_session, rows_around
from transforms.values.dates.date_readings import is_date
from transforms.values.text import mark_key

Cell = Literal["status", "grade", "completed_on"]

# What a column beside the sessions says of all of them together, or of the learner: no record of a session has it.
OF_ALL_SESSIONS = frozenset(
    "grade completed_on feedback attendance_confirmed expires_on certificate_number hours credits".split()
)
_OF_ONE_SESSION = frozenset({"session_id", "session_date", "session_start", "status"})
_STATUSES = Usual("status", 0, "", only="statuses")


@dataclass(frozen=True)
class Wide:
    """The wide layout of a sheet. by_itself: the sheet shows it; no profile says so."""

    cell: Cell
    sessions: tuple[SessionColumn, ...]
    by_itself: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the sessions' columns."""
        return tuple(session.letter for session in self.sessions)

    @property
    def all_letters(self) -> tuple[str, ...]:
        """Those, and the letters of the columns of expiry beside them."""
        return tuple(x for session in self.sessions for x in session.letters)

    @property
    def unwanted(self) -> frozenset[str]:
        """The fields that the columns beside the sessions feed only where the profile says so."""
        if self.cell == "grade":
            return frozenset()
        alone = self.by_itself or self.cell == "completed_on"
        return OF_ALL_SESSIONS | (_OF_ONE_SESSION if alone else frozenset())

    @property
    def fed(self) -> frozenset[str]:
        """The fields that the cells and their headers feed, so that no default or title does."""
        if self.cell == "completed_on":
            return frozenset({"completed_on", "session_date", "status", "course_name", "course_id"})
        return frozenset({self.cell})

    def note(self, cell: ColumnPlan, below: Below) -> str | None:
        """What is told of a layout that the sheet shows by itself: marks as its cells have them, else as capitals."""
        if not self.by_itself:
            return None
        if self.cell == "completed_on":
            beside = ", the one beside it as that of expiry" if any(s.expires for s in self.sessions) else ""
            return (
                f"{len(self.sessions)} columns with dates in their cells are read as courses, each date as the day of "
                f"completion{beside}; cells with “N/A”, “TBC” or “-” are not records."
            )
        legend, none = dict(cell.legend), set(cell.no_record)
        told = [f"{len(self.sessions)} columns with a date as their header are read as sessions, one row for a learner"]
        written = {mark_key(text): text.strip() for text in below.counted(cell.letters)}
        shown = {mark: written.get(mark, mark.upper()) for mark in {*legend, *none}}
        told += [f"“{shown[mark]}” is read as {word}" for mark, word in legend.items() if mark not in none]
        left_out = ", ".join(f"“{shown[mark]}”" for mark in cell.no_record if mark in legend or mark == "?")
        told += [f"cells with {left_out} are not records"] * bool(left_out)
        return "; ".join(told) + "."


@dataclass(frozen=True)
class SheetAround:
    """What is known of a sheet beside the rows of its table.

    months: letters of headers that show only a month. left_out: letters that the profile leaves out. names: of
    file and sheet.
    """

    profile: Profile
    from_workbook: bool
    today: date
    months: Collection[str]
    left_out: Collection[str]
    table: RawRows
    header: FoundHeader
    names: tuple[str, ...]

    @property
    def dates(self) -> tuple[date, bool]:
        """The day of the run, and whether dates may be typed."""
        return self.today, self.from_workbook

    @cached_property
    def rows(self) -> list[Cells]:
        """The rows above and below the table, which may explain it."""
        return rows_around(self.table, self.header)


def recorded_layout(cell: ColumnPlan, sessions: tuple[SessionColumn, ...]) -> Wide:
    """The layout that an earlier plan of the sheet found."""
    name: Cell = "grade" if cell.field == "grade" else "completed_on" if cell.field == "completed_on" else "status"
    return Wide(name, sessions, by_itself=True)


def layout_of_profile(below: Below, sheet: SheetAround) -> Wide | None:
    """The wide layout that a profile says; raises ProfileMismatch where the sheet does not have it."""
    if not sheet.profile.sheet.is_wide:
        return None
    if sheet.profile.sheet.cell == "completed_on":
        letters = named_letters(below, sheet.profile) or Matrix(below, sheet.left_out, *sheet.dates).letters
        if not letters:
            raise ProfileMismatch(
                "no column has dates below an unknown header: name the columns of the courses, "
                '[sheet] sessions = "C:AG" or a list of headers.'
            )
        pairs = {session.letter: session for session in course_pairs(below, sheet.left_out)}
        return Wide("completed_on", tuple(pairs.get(x.letter, x) for x in course_columns(below, letters)))
    sessions = session_columns(below, sheet.profile, sheet.from_workbook, sheet.today, sheet.months)
    return Wide(sheet.profile.sheet.cell, sessions)


def register_in(below: Below, sheet: SheetAround) -> Wide | None:
    """The sessions of a sheet in which two or more columns are headed by dates and hold marks of attendance."""
    dates = dated_headers(below.headers, sheet.from_workbook, sheet.today, sheet.months)
    letters = [x for x in dates if is_own_date(below.headers[x]) and x not in sheet.left_out]
    if len(letters) < FEWEST or not are_marks(below, letters, legend_in(sheet.rows)):
        return None
    return Wide("status", sessions_of(below, letters, sheet.profile, sheet.from_workbook, sheet.today), by_itself=True)


def matrix_in(below: Below, columns: Sequence[ColumnPlan], sheet: SheetAround) -> Wide | None:
    """The courses of a sheet in which two or more columns hold days of completion.

    columns: those of the fields, as the sheet would be read otherwise; beside a course or a completion it is no matrix.
    """
    if {"course_id", "course_name", "completed_on"} & {column.field for column in columns}:
        return None
    taken = {x for column in columns for x in column.letters} | set(sheet.left_out)
    matrix = Matrix(below, taken, *sheet.dates)
    if not matrix.letters:
        return None
    # `overdue` beside a day says nothing of the other days.
    records = [cells for cells in sheet.rows if any(is_date(cells[x]) for x in matrix.letters if x in cells)]
    titles = [text for cells in sheet.rows if cells not in records for text in cells.values()]
    if not matrix.is_certain([*sheet.names, *titles]):
        return None
    return Wide("completed_on", course_columns(below, matrix.letters), by_itself=True)


def pairs_in(below: Below, sheet: SheetAround) -> Wide | None:
    """The courses of a sheet in which two or more have a column of days, and one beside it of those of expiry."""
    sessions = course_pairs(below, sheet.left_out)
    said = [*sheet.names, *below.headers.values(), *(text for cells in sheet.rows for text in cells.values())]
    if len(sessions) < FEWEST or not is_about_training(said):
        return None
    return Wide("completed_on", sessions, by_itself=True)


def has_records_in_rows(columns: Sequence[ColumnPlan], constants: Mapping[str, str], below: Below) -> bool:
    """Do the columns say themselves what became of a learner, or which session a row is about?

    constants: fields with a text for all rows. A rate under `Attendance` is no status.
    """
    fields = {column.field for column in columns} | {"course_name", "course_id"} & constants.keys()
    statuses = [column for column in columns if column.field == "status"]
    stated = any(column.by_profile or below.holds(column.letters[0], _STATUSES) for column in statuses)
    return stated or has_session(fields)

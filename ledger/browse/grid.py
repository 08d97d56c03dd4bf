"""The open rows of a group as a grid: in the senders' own columns, whichever sheets they stand in."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from ledger.browse.cases import CaseLine, Filter, Sort, page
from ledger.browse.headers import fields_by_letter, own_headers
from ledger.tables import rollbook_case_members, rollbook_cases, rollbook_files, rollbook_runs
from rollbook.text.letters import column_number

# Cells of a page, at most: each is a field of a form.
MOST_CELLS = 2_000
FEWEST_ROWS = 5


class GridColumn(NamedTuple):
    """A column of the grid. header: as in the sheets. nth: 0, or which one where a sheet has the header again.

    letter: of a column without a header, else ''.
    """

    header: str
    nth: int = 0
    letter: str = ""

    @property
    def name(self) -> str:
        """What pages call it; '' of the cells of each row's own session."""
        return "" if self == OWN_SESSION else self.header or f"column {self.letter}"


# The column of the cells that a wide sheet has for a row's own session; their headers are dates.
OWN_SESSION = GridColumn("", -1)


@dataclass(frozen=True)
class GridRow:
    """A case, and by column the letter of its cell.

    fields: letter -> the field that it feeds by itself. session: the header of its own session's column in a wide
    sheet, else ''. destination: where its last run went.
    """

    line: CaseLine
    letters: Mapping[GridColumn, str]
    fields: Mapping[str, str]
    session: str
    destination: str

    def text(self, letter: str) -> str:
        """The text of a cell; '' where it is blank."""
        return self.line.texts.get(letter, "")


@dataclass(frozen=True)
class Grid:
    """A page of rows in the order of their cases.

    destinations: where these rows go. before, after: the cursors of the pages around it.
    """

    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]
    destinations: tuple[str, ...]
    before: str | None
    after: str | None


def grid(
    connection: Connection,
    group_id: int,
    *,
    text: str | None = None,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Grid:
    """A page of a group's open rows, of those with a text in a cell if one is given.

    Has fewer than `size` rows where they have many columns. Raises CannotBegin where a cursor is not one of these rows.
    """
    size = max(FEWEST_ROWS, min(size, MOST_CELLS // max(1, _width(connection, group_id))))
    wanted, order = Filter(state="open", group=group_id, text=text), Sort("case", descending=False)
    found = page(connection, wanted, order, after=after, before=before, size=size)
    rows = grid_rows(connection, found.lines)
    destinations = tuple(sorted({row.destination for row in rows}))
    return Grid(columns_of(rows), tuple(rows), destinations, found.before, found.after)


def _width(connection: Connection, group_id: int) -> int:
    """How many columns the first row of the group has; others have about as many."""
    members, cases = rollbook_case_members.c, rollbook_cases.c
    first = select(func.min(members.case_id)).where(members.group_id == group_id).scalar_subquery()
    cells = connection.scalar(select(cases.cells).where(cases.case_id == first))
    return len(json.loads(cells or "{}"))


def grid_rows(connection: Connection, lines: Sequence[CaseLine]) -> list[GridRow]:
    """These cases as rows."""
    cases, runs = rollbook_cases.c, rollbook_runs.c
    names = ("case_id", "first_run_id", "file_no", "sheet_position", "col_no")
    query = select(*(cases[name] for name in names), runs.destination)
    query = query.join(rollbook_runs, runs.run_id == cases.last_run_id)
    query = query.where(cases.case_id.in_([line.case_id for line in lines]))
    places = {place["case_id"]: place for place in connection.execute(query).mappings()}
    plans = _plans(connection, {(place["first_run_id"], place["file_no"]) for place in places.values()})
    rows = []
    for line in lines:
        place = places[line.case_id]
        of_file = plans.get((place["first_run_id"], place["file_no"]), [])
        plan = of_file[place["sheet_position"]] if place["sheet_position"] < len(of_file) else {}
        rows.append(_row(line, plan, place["col_no"], place["destination"]))
    return rows


def _plans(connection: Connection, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """(run, number) of a file -> the plans of its sheets."""
    files = rollbook_files.c
    here = or_(*(and_(files.run_id == run_id, files.file_no == file_no) for run_id, file_no in places))
    found = connection.execute(select(files.run_id, files.file_no, files.plan).where(here)) if places else ()
    return {(run_id, file_no): json.loads(plan or "[]") for run_id, file_no, plan in found}


def _row(line: CaseLine, plan: Mapping[str, Any], col_no: int, destination: str) -> GridRow:
    headers = own_headers(plan, col_no)
    own = next((each["letter"] for each in plan.get("sessions", ()) if each["number"] == col_no), "")
    placed: dict[GridColumn, str] = {}
    for letter in sorted({*headers, *line.texts}, key=column_number):
        header = headers.get(letter, "")
        column = OWN_SESSION if letter == own else GridColumn(header) if header else GridColumn("", letter=letter)
        while column in placed:
            column = column._replace(nth=column.nth + 1)
        placed[column] = letter
    return GridRow(line, placed, fields_by_letter(plan, col_no), headers.get(own, ""), destination)


def columns_of(rows: Sequence[GridRow]) -> tuple[GridColumn, ...]:
    """All columns in the order of the sheets; not those without a header in which no row has a text."""
    found = dict.fromkeys(column for row in rows for column in row.letters)
    filled = {column for row in rows for column, letter in row.letters.items() if row.text(letter)}
    return tuple(column for column in found if not column.letter or column in filled)

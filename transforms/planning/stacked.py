"""Tables below each other in one sheet, each under titles of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile

from rollbook.profile import Profile
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.table_detection import Cells, RawRows, rows_before, rows_of, sheet_letters
from transforms.planning.title_cells import is_known, title_cells
from transforms.planning.titles import Titles, read_titles

# So many lines above a header may be its titles; so many tables are told apart in one sheet.
_TITLE_LINES = 12
_MOST_TABLES = 200
_LOOKED_AT = 2_000
# What the rows of each table have of their own: a default of the profile for it holds for the whole sheet.
_OWN = frozenset({"course_id", "course_name", "session_id", "session_date", "session_start"})

Lines = list[tuple[int, Cells]]


def plan_tables(
    table: RawRows, plan: Callable[[RawRows], SheetPlan], profile: Profile, most: int = _MOST_TABLES
) -> tuple[SheetPlan, ...]:
    """The plans of a sheet's tables, in order; `from_row` and `to_row` say which rows are each table's own.

    plan: plans the rows of one table. Where what is below the first table is not read as a table with sessions of its
    own, there is one plan, which tells so.
    """
    whole = plan(table)
    if whole.other_row is None or whole.state != "read" or most <= 1 or _is_for_all(profile):
        return (whole,)
    start = whole.other_row
    place = rows_before(table, start)
    first, rest = plan(table.slice(0, place)), table.slice(place)
    others = plan_tables(rest, plan, profile, most - 1)
    if first.state != "read" or others[0].state != "read":
        return (_repeated(whole) if _repeats(rest, first, table.slice(0, place)) else whole,)
    return (replace(first, to_row=start - 1), replace(others[0], from_row=start), *others[1:])


def _is_for_all(profile: Profile) -> bool:
    return profile.sheet.header_row is not None or bool(_OWN & profile.defaults.keys())


def first_title(table: RawRows, header: int) -> int:
    """The row of the first title line above a header; that of the header where it has none.

    Behind a blank row any line of one cell may be a title; right below records only one of labels is.
    """
    letters, lines = sheet_letters(table), _lines_above(table, header)
    free = all(
        _is_title(*line, letters) or (len(line[1]) == 1 and "@" not in "".join(line[1].values())) for line in lines
    )
    own = (
        lines if free and len(lines) < _TITLE_LINES else list(takewhile(lambda line: _is_title(*line, letters), lines))
    )
    return own[-1][0] if own else header


def _lines_above(table: RawRows, header: int) -> Lines:
    """The lines right above a header, the nearest first, up to a blank row; blank rows below them do not matter."""
    place = rows_before(table, header)
    first = max(0, place - _TITLE_LINES)
    lines = rows_of(table.slice(first, place - first))[::-1]
    while lines and not lines[0][1]:
        lines.pop(0)
    end = next((n for n, (_, cells) in enumerate(lines) if not cells), len(lines))
    return lines[:end]


def _is_title(row: int, cells: Cells, letters: Sequence[str]) -> bool:
    """Is every cell of the line a label or the value of one?"""
    found = title_cells([(row, cells)], letters)
    covered = {cell.place for cell in found} | {cell.cell for cell in found}
    return any(is_known(cell.label) for cell in found) and {f"{letter}{row}" for letter in cells} <= covered


def titles_above(table: RawRows, header: int, destination: str) -> Titles:
    """What the title lines right above a header say."""
    letters = sheet_letters(table)
    lines = list(takewhile(lambda line: len(line[1]) == 1 or _is_title(*line, letters), _lines_above(table, header)))
    return read_titles(title_cells(lines[::-1], letters), destination, frozenset())


def _repeats(rest: RawRows, first: SheetPlan, above: RawRows) -> bool:
    """Are all e-mail addresses below those of the first table's learners?"""
    letters = first.letters_of(frozenset({"learner_email"}))
    known = {text for _, cells in rows_of(above) for x, text in cells.items() if x in letters} if letters else set()
    below = {text for _, cells in rows_of(rest.slice(0, _LOOKED_AT)) for text in cells.values() if "@" in text}
    return len(rest) <= _LOOKED_AT and bool(below) and below <= known


def _repeated(plan: SheetPlan) -> SheetPlan:
    """The plan of the first table, where what is below it has the same people once more."""
    told = f"The table in row {plan.other_row} has the same people once more and is not read."
    kept = (plan.note or "").partition("Another table begins")[0].strip()
    return replace(plan, other_row=None, note=f"{kept} {told}".strip())

"""Tables below each other in one sheet, each under titles of its own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from operator import and_

from rollbook.profile import Profile
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.table.headers import header_key, name_part
from transforms.planning.table.ignored_rows import is_printed
from transforms.planning.table.sum_words import is_below_tables
from transforms.planning.table.table_detection import (
    Cells,
    FoundHeader,
    RawRows,
    header_texts,
    rows_before,
    rows_of,
    sheet_letters,
)
from transforms.planning.table.title_cells import is_known, labels_of, title_cells
from transforms.planning.titles import Titles, TitleValue, read_titles
from transforms.values.dates.date_problems import SEVERAL_DAYS, WITHOUT_YEAR
from transforms.values.dates.date_readings import is_date, why_no_day
from transforms.vocabulary.languages import words_of

# So many lines above a header may be its titles; so many tables are told apart in one sheet.
_TITLE_LINES = 12
_MOST_TABLES = 200
_LOOKED_AT = 2_000
_PAIR, _DAY_WORDS = 2, 7
# What the rows of each table have of their own: a default of the profile for it holds for the whole sheet.
OF_SESSIONS = frozenset({"course_id", "course_name", "session_id", "session_date", "session_start"})

Lines = list[tuple[int, Cells]]


def plan_tables(
    table: RawRows, plan: Callable[[RawRows], SheetPlan], profile: Profile, most: int = _MOST_TABLES
) -> tuple[SheetPlan, ...]:
    """The plans of a sheet's tables, in order; `from_row` and `to_row` say which rows are each table's own.

    plan: plans the rows of one table. Where what is below the first table is not read as a table with sessions of its
    own, there is one plan, which tells so.
    """
    whole = plan(table)
    if whole.above_row is not None and most > 1 and not _is_for_all(profile):
        return _from_above(table, plan, profile, most, whole)
    if whole.other_row is None or whole.state != "read" or most <= 1 or _is_for_all(profile):
        return (whole,)
    start = whole.other_row
    place = rows_before(table, start)
    first, rest = plan(table.slice(0, place)), table.slice(place)
    others = plan_tables(rest, plan, profile, most - 1)
    if first.state != "read" or others[0].state != "read":
        return (_repeated(whole) if _repeats(rest, first, table.slice(0, place)) else whole,)
    return (replace(first, to_row=start - 1), replace(others[0], from_row=start), *others[1:])


def _from_above(
    table: RawRows, plan: Callable[[RawRows], SheetPlan], profile: Profile, most: int, whole: SheetPlan
) -> tuple[SheetPlan, ...]:
    """The plans where the table that was found is not the sheet's first: all are read, or none."""
    start = first_title(table, whole.header_row or 0)
    place = rows_before(table, start)
    above = plan_tables(table.slice(0, place), plan, profile, most // 2)
    below = plan_tables(table.slice(place), plan, profile, most // 2)
    if all(one.state == "read" for one in (*above, *below)):
        return (*above[:-1], replace(above[-1], to_row=start - 1), replace(below[0], from_row=start), *below[1:])
    failed = next(one for one in (*above, *below) if one.state != "read")
    rows = f"rows {whole.above_row} and {whole.header_row}"
    told = (
        f"Two tables of learners stand below each other, with headers in {rows}, and one of them cannot be read: "
        f"{failed.message} Move each table to a sheet of its own."
    )
    return (replace(whole, state="failed", code="file.missing_columns", message=told),)


def table_above(table: RawRows, header: FoundHeader, looks: Sequence[FoundHeader]) -> FoundHeader | None:
    """The last table of learners above the header, with rows of its own; looks: all rows that look like a header."""
    above = [look for look in looks if look.row < header.row and look.named and _is_mostly_known(look.cells)]
    start = rows_before(table, first_title(table, header.row))
    for look in reversed(above):
        rows = table.slice(first := rows_before(table, look.row + 1), max(start - first, 0))
        if len(rows) and not _is_of_a_meeting(look, rows):
            return look
    return None


def _is_of_a_meeting(look: FoundHeader, rows: RawRows) -> bool:
    """Is it one line on a meeting, with its host's address, and how many participants it had, but nobody's name?"""
    named = "learner_name" in look.fields or any(name_part(text) for text in look.cells.values())
    counted = any(words_of(text) in labels_of("sections") for text in look.cells.values())
    return (
        counted and not named and sum(1 for _, cells in rows_of(rows.slice(0, _LOOKED_AT)) if any(cells.values())) == 1
    )


def _is_mostly_known(cells: Mapping[str, str]) -> bool:
    """Is half of the cells headers, and two of them beside each other, as in no line of labels and values?"""
    known = [is_known(text) for text in cells.values()]
    return sum(known) * 2 >= len(known) and any(map(and_, known, known[1:]))


def is_section(table: RawRows, header: int) -> bool:
    """Do the lines right above a header say only which people stand below it: `Attendee details`, `2. Participants`?"""
    lines = _lines_above(table, header)
    words = [
        tuple(word for word in words_of(text) if not word.isdigit()) for _, cells in lines for text in cells.values()
    ]
    return bool(words) and words[0] in labels_of("sections")


def _is_for_all(profile: Profile) -> bool:
    return profile.sheet.header_row is not None or bool(OF_SESSIONS & profile.defaults.keys())


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


def title_between(
    table: RawRows,
    header: FoundHeader,
    learner: Collection[str],
    titles: Sequence[TitleValue],
    destination: str,
    one_session: bool,
) -> tuple[int, str] | None:
    """A line between the learners that may be the title of another course or day, which the rows below it belong to.

    It says a day, has a label, or stands above the same header once more. learner: the letters that identify learners.
    titles: those above the table, which a line may say again. one_session: all rows are of one session, so that a
    learner who stands below two lines is in two after all.
    """
    letters, own = sheet_letters(table), header_texts(header.cells)
    known = {header_key(title.text) for title in titles}
    line: tuple[int, str, bool] | None = None
    seen: dict[tuple[str | None, ...], int] = {}
    for row, cells in rows_of(table.slice(rows_before(table, header.row + 1), _LOOKED_AT)):
        if header_texts(cells) == own:
            line = line and (line[0], line[1], True)
        elif _is_alone(cells, learner) or _is_title(row, cells, letters):
            said = read_titles(title_cells([(row, cells)], letters), destination, frozenset()).values
            text = " ".join(cells.values())
            if any(header_key(value.text) not in known for value in said):
                line = (row, text, True)
            elif not said and _may_be_title(next(iter(cells.values()))):
                line = (row, text, _ends_in_day(text))
        elif any(letter in cells for letter in learner):
            who = tuple(cells.get(letter) for letter in learner)
            again = one_session and seen.setdefault(who, line[0] if line else 0) != (line[0] if line else 0)
            if line and (line[2] or again):
                return line[0], line[1]
    return None


def _is_alone(cells: Cells, learner: Collection[str]) -> bool:
    """Is it one cell, or two of which none is a learner's ID?"""
    ids = [cells[letter] for letter in learner if letter in cells]
    return len(cells) == 1 or (len(cells) == _PAIR and all(map(is_date, ids)))


def _may_be_title(text: str) -> bool:
    return any(map(str.isalpha, text)) and "@" not in text and not (is_below_tables(text) or is_printed(text))


def _ends_in_day(text: str) -> bool:
    words = text.split()[-_DAY_WORDS:]
    ends = [" ".join(words[place:]) for place in range(len(words))]
    return any(is_date(end) or why_no_day(end) in (SEVERAL_DAYS, WITHOUT_YEAR) for end in ends)


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

"""What title lines say for all rows of a table: the course, the session's day and the like, from labels and values."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

import pandas as pd
import pyarrow as pa

from rollbook.rows.fields import FIELDS
from rollbook.text.days import without_midnight
from rollbook.text.quoted import quoted
from transforms.planning.columns.cleaners import CleaningTerms, clean_column, read_as
from transforms.planning.columns.column_mapping import ColumnPlan, ProfileMismatch
from transforms.planning.columns.marked import marked_at
from transforms.planning.table.header_words import says
from transforms.planning.table.headers import LAST_RESORT, header_key, usual_entries
from transforms.planning.table.title_cells import TitleCell, labels_of
from transforms.values.cleaner import text_series
from transforms.values.dates.date_problems import SEVERAL_DAYS, WITHOUT_YEAR
from transforms.values.dates.date_readings import WHOLE_HOUR, is_date, plain_date, read_day, why_no_day
from transforms.values.dates.dates import Order
from transforms.values.normalize import trim
from transforms.values.text import NO_VALUE
from transforms.vocabulary.languages import words_of

_COURSE, _GROUP = ("course_id", "course_name"), ("group_id", "group_name")
_SESSION = ("session_id", "session_date", "session_start")
# The ranks from which a label may be of the report itself (`Date`, `Start time`), or is read only in titles.
_BARE, _ONLY_HERE = 2.0, 6.0
# A course is not longer; a report covers more.
_LONGEST_COURSE = timedelta(days=14)
_CLOCK = re.compile(
    r"\s*(\d{1,2}\s?[:.hH]\s?\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\b\.?)?|\d{1,2}\s?[AaPp]\.?[Mm]\b"
    rf"|\d{{1,2}}(?i:{WHOLE_HOUR}))"
)


@dataclass(frozen=True)
class TitleValue:
    """What a title says of a field. cell, pattern: where the text stands. rank: how good its label is, 0 the best."""

    field: str
    text: str
    cell: str
    label: str
    pattern: str | None = None
    rank: float = 0.0


@dataclass(frozen=True)
class Titles:
    """What the titles say, one value a field. doubts: what may be said and is not taken, one sentence each."""

    values: tuple[TitleValue, ...] = ()
    doubts: tuple[str, ...] = ()


def read_titles(cells: Sequence[TitleCell], destination: str, spoken: frozenset[str]) -> Titles:
    """What the labels and values above a table mean. spoken: the languages of its headers."""
    found: list[TitleValue] = []
    doubts: list[str] = []
    for _, rivals in groupby(cells, key=lambda cell: (cell.place, cell.label)):
        tried = list(rivals)
        said = [(value, cell) for cell in tried if (value := _read(cell, destination, spoken))]
        if len(said) == 1 and said[0][1].sure:
            found.append(said[0][0])
        elif said:
            doubts.append(_unsure(*(value for value, _ in said)))
        elif cell := next((cell for cell in tried if _is_meant_for_day(cell, destination, spoken)), None):
            doubts.append(
                f"Cell {cell.cell} (“{cell.label}”) is {quoted(without_midnight(cell.text))}, which cannot be read "
                f"as the session date: {why_no_day(cell.text)}. Write one day, such as 2024-01-31."
            )
    values, more = _best(_without_period(found, cells))
    return Titles(values, (*doubts, *more))


def _unsure(*values: TitleValue) -> str:
    if len(values) > 1:
        places = " and ".join(value.cell for value in values)
        return f"The value of “{values[0].label}” may be in cell {places}: write “{values[0].label}: …” in one cell."
    return (
        f"Cell {values[0].cell} may contain more than “{values[0].label}” ({quoted(values[0].text)}): put each label "
        "with its value in a cell of its own."
    )


def _read(cell: TitleCell, destination: str, spoken: frozenset[str]) -> TitleValue | None:
    """What one label and value mean; None where the label means nothing here, or the value does not fit it."""
    offers = [(rank, name) for rank, name in _offers(cell.label, destination, spoken) if _fits(name, cell.text)]
    best = {name for rank, name in offers if rank == min(offers)[0]}
    if len(best) != 1:
        return None
    value = TitleValue(best.pop(), cell.text, cell.cell, cell.label, cell.pattern, min(offers)[0])
    return _clock_of(value) if value.field == "session_start" else value


def _offers(label: str, destination: str, spoken: frozenset[str]) -> list[tuple[float, str]]:
    if header_key(label) == "title":
        return []
    entries = [(rank, entry.field) for rank, entry in usual_entries(label, destination, spoken) if rank < LAST_RESORT]
    # `Start time` of a meeting holds its day, too.
    entries += [(max(rank, _BARE), "session_date") for rank, name in entries if name == "session_start"]
    if words_of(label) in labels_of("course"):
        entries.append((_ONLY_HERE, "course_name"))
    return [(rank, name) for rank, name in entries if name in (*_COURSE, *_GROUP, *_SESSION)]


def _is_meant_for_day(cell: TitleCell, destination: str, spoken: frozenset[str]) -> bool:
    offers = _offers(cell.label, destination, spoken)
    return bool(offers) and min(offers)[1] == "session_date" and why_no_day(cell.text) in (SEVERAL_DAYS, WITHOUT_YEAR)


def _fits(name: str, text: str) -> bool:
    if trim(text).lower() in NO_VALUE or "@" in text:
        return False
    if name in ("session_date", "session_start"):
        return is_date(text) if name == "session_date" else bool(_CLOCK.match(text)) and not is_date(text)
    if is_date(text):
        return False
    if name.endswith("_id"):
        return " " not in text or any(character.isdigit() for character in text)
    words = words_of(text)
    return any(word.isalpha() for word in words) and words[:1] not in labels_of("all")


def _clock_of(value: TitleValue) -> TitleValue:
    """`08:00 às 12:00` begins at eight."""
    found = _CLOCK.match(value.text)
    if found is None or found[1] == value.text:
        return value
    label = value.pattern.partition("(.+?)")[0] if value.pattern else ""
    return replace(value, text=found[1], pattern=label + _CLOCK.pattern)


def _without_period(found: Sequence[TitleValue], cells: Iterable[TitleCell]) -> list[TitleValue]:
    """Without the first day of a longer time, which is that of a report."""
    ends = [day for cell in cells if says(cell.label, "end") and (day := _day(cell.text))]

    def is_period(value: TitleValue) -> bool:
        day = _day(value.text) if value.field == "session_date" and value.rank >= _BARE else None
        return day is not None and any(end - day > _LONGEST_COURSE for end in ends)

    return [value for value in found if not is_period(value)]


def _day(text: str) -> date | None:
    days = read_day(plain_date(text), date.max.year).days
    return days[0] if days else None


def _best(found: Sequence[TitleValue]) -> tuple[tuple[TitleValue, ...], tuple[str, ...]]:
    """The best value of each field, and what is told of fields of which two equally good ones differ."""
    values, doubts = [], []
    for name in (*_GROUP, *_COURSE, *_SESSION):
        ranked = [value for value in found if value.field == name]
        best = [value for value in ranked if value.rank == min(v.rank for v in ranked)]
        if len({header_key(value.text) for value in best}) > 1:
            places = " and ".join(f"{value.cell} ({quoted(value.text)})" for value in best)
            doubts.append(f"Cells {places} differ in “{best[0].label}”.")
        elif best:
            values.append(best[0])
    return tuple(values), tuple(doubts)


def usable(
    titles: Sequence[TitleValue], fed: Collection[str], defaults: Collection[str], across: bool
) -> tuple[TitleValue, ...]:
    """Those of the titles that hold for every row.

    fed: the fields that columns or defaults feed; defaults: those by default. across: the sessions are columns, each
    with its own day. What a column says of a course, a session or a group is not mixed with what a title says of
    another one. A bare date may be that of the report, where a column names the courses.
    """
    kept = [v for v in titles if not any(v.field in kin and set(kin) & set(fed) for kin in (_COURSE, _GROUP))]
    if across or "session_id" in fed:
        kept = [value for value in kept if value.field not in _SESSION]
    kept = [value for value in kept if value.field not in fed]
    of_one = any(value.field in _COURSE for value in kept) or not set(_COURSE) & (set(fed) - set(defaults))
    kept = [v for v in kept if of_one or v.field not in _SESSION or (v.rank < _BARE and v.field != "session_id")]
    have = set(fed) | {value.field for value in kept}
    if {"session_date"} <= have and have & set(_COURSE):
        kept = [value for value in kept if value.field != "session_id" or not _is_standing(value.label)]
    return tuple(kept)


def _is_standing(label: str) -> bool:
    """Does the label name what has the same number every time, such as a meeting?"""
    return any((word,) in labels_of("standing") for word in words_of(label))


def without_marked(titles: Titles, marks: pd.DataFrame | None) -> Titles:
    """Without the cells that are errors, or show something else than they hold (a month, no day)."""
    if marks is None or not len(marks) or not titles.values:
        return titles
    kept, doubts = [], list(titles.doubts)
    for value in titles.values:
        letters = value.cell.rstrip("0123456789")
        place = pd.DataFrame({"row": [int(value.cell[len(letters) :])], "column": [letters]})
        found = marked_at(place, marks, value.field)
        code, detail = (found.code.iat[0], found.detail.iat[0]) if found is not None else (None, None)
        if not isinstance(code, str):
            kept.append(value)
        else:
            why = detail if isinstance(detail, str) else f"it cannot be read ({code})"
            doubts.append(f"Cell {value.cell} (“{value.label}”) is not used: {why}. Correct that cell.")
    return Titles(tuple(kept), tuple(doubts))


def outranks(title: TitleValue | None, headers: Iterable[str], destination: str) -> bool:
    """Whether the day that a title says counts before a column of when each person came."""
    return title is not None and all(
        rank >= _OF_PERSONS
        for header in headers
        for rank, entry in usual_entries(header, destination)
        if entry.field == "session_date"
    )


# The rank from which a header of days is of what each person did: `First join`, `Join time`.
_OF_PERSONS = 4.0


def told(values: Sequence[TitleValue]) -> str | None:
    """The sentence that says what was taken from titles."""
    if not values:
        return None
    listed = [f"{_NAMES[value.field]} {quoted(without_midnight(value.text))} (cell {value.cell})" for value in values]
    whole = ", ".join(listed[:-1]) + f" and {listed[-1]}" if len(listed) > 1 else listed[0]
    return f"Used for all rows: {whole}."


def title_column(
    value: TitleValue, reading: CleaningTerms, order: Order | None, spoken: Collection[str] = ()
) -> ColumnPlan:
    """How the text of a title is read; raises ProfileMismatch where it can be read in several ways, or not at all.

    order: of day and month, as the profile or the sheet's own columns say. spoken: the languages of the headers.
    """
    cells = text_series(pa.array([value.text], pa.large_string()), pd.RangeIndex(1))
    column = read_as(ColumnPlan(value.field, ()), cells, reading, None, spoken=spoken)
    if FIELDS[value.field].kind == "date" and order is not None:
        column = replace(column, date_order=column.date_order or order)
    cleaned = clean_column(cells, column, reading)
    if cleaned.values.notna().iat[0]:
        return column
    code, detail = str(cleaned.code.iat[0]), str(cleaned.detail.dropna().get(0, cleaned.code.iat[0]))
    what, text = f"the {_NAMES[value.field]} of all rows", quoted(without_midnight(value.text))
    where = f"Cell {value.cell} (“{value.label}”) is {what}, but {text}"
    if code == "date.ambiguous":
        first = detail.partition(" ")[0]
        raise ProfileMismatch(
            f"{where} may be {detail}. Write it with the year first, such as {first}. Administrator: or set [dates] "
            f"order, or [defaults] {value.field}, in a profile."
        )
    raise ProfileMismatch(f"{where} cannot be read ({detail}). Correct that cell.")


_NAMES = {
    "group_id": "group ID",
    "group_name": "group",
    "course_id": "course ID",
    "course_name": "course",
    "session_id": "session ID",
    "session_date": "session date",
    "session_start": "start time",
}

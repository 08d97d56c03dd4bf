"""Reference data in a sheet: which column holds what, and its cells cleaned as those of attendance sheets are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.marks import ID_SHOWN_AS, SHOWN_AS
from transforms.planning.columns.garbled import garbled_in
from transforms.planning.columns.marked import with_marked
from transforms.planning.table.headers import Usual, header_key, usual_headers
from transforms.planning.table.table_detection import row_at, rows_of
from transforms.values.cleaner import Cleaned, texts
from transforms.values.dates.dates import clean_dates, clean_times, infer_order
from transforms.values.ids import clean_emails, clean_ids
from transforms.values.lookalikes import own_script, shows_script
from transforms.values.normalize import bytes_of
from transforms.values.placeholders import NO_LEARNER
from transforms.values.text import clean_text

_HEADER_SEARCHED = 30
# Rows that show in which script a sheet is.
_LOOKED_AT = 2_000
_MAX_ID = 64
_MAX_TEXT = 255
# Names that rows are matched by.
_NAMES = frozenset([("name", "groups"), ("name", "courses")])

# kind -> column -> the field whose usual headers name it, and the headers that do so in such a sheet only.
_COLUMNS: dict[str, dict[str, tuple[str, str]]] = {
    "learners": {
        "email": ("learner_email", "email"),
        "employee_number": ("learner_employee_id", "id | number"),
        "name": ("learner_name", "name"),
    },
    "groups": {"group_id": ("group_id", "id | code"), "name": ("group_name", "name | group name")},
    "memberships": {
        "group_id": ("group_id", ""),
        "group_name": ("group_name", ""),
        "email": ("learner_email", ""),
        "employee_number": ("learner_employee_id", ""),
    },
    "courses": {"course_id": ("course_id", "id | code"), "name": ("course_name", "name | title")},
    "group-courses": {"group_id": ("group_id", ""), "group_name": ("group_name", ""), "course_id": ("course_id", "")},
    "sessions": {
        "session_id": ("session_id", "id | code"),
        "course_id": ("course_id", ""),
        "course_name": ("course_name", "title | name"),
        "session_date": ("session_date", ""),
        "session_start": ("session_start", ""),
        "grade_type": ("", "grade type | grading | grading type"),
        "max_participants": ("", "max participants | capacity | seats | places"),
        "status": ("status", "session status"),
    },
}
# Of each tuple one must be there.
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "learners": (("email", "employee_number"),),
    "groups": (("group_id", "name"),),
    "memberships": (("group_id", "group_name"), ("email", "employee_number")),
    "courses": (("course_id",),),
    "group-courses": (("group_id", "group_name"), ("course_id",)),
    "sessions": (("session_id",),),
}


@dataclass(frozen=True)
class ReferenceRows:
    """frame: `row` (as the spreadsheet program shows it) and the columns of the kind that the sheet has, cleaned.

    problems: `row` int64, `message` str: rows with a cell that cannot be read; they are not in the frame. unused: the
    headers of the columns that hold something and are not of the kind.
    """

    frame: pd.DataFrame
    problems: pd.DataFrame
    unused: tuple[str, ...] = ()


def needed_headers(kind: str) -> str:
    """What a sheet of this kind must have, for people."""
    return " and ".join(" or ".join(names) for names in _NEEDED[kind])


def reference_rows(
    table: pa.Table, marks: pd.DataFrame, kind: str, *, from_workbook: bool, today: date
) -> ReferenceRows | None:
    """The reference data of a raw sheet; None where no row of its beginning heads such data."""
    found = _find_header(table, kind)
    if found is None:
        return None
    row, letters = found
    headers = row_at(table, row) or {}
    raw = table.select(["row", *letters.values()]).to_pandas().astype(dict.fromkeys(letters.values(), "str"))
    raw = raw[(raw["row"] > row) & raw[list(letters.values())].notna().any(axis=1)].reset_index(drop=True)
    top = raw[list(letters.values())].head(_LOOKED_AT)
    script = shows_script(text for letter in top for text in top[letter].dropna())
    frame, messages = raw[["row"]].astype("int64"), pd.Series("", index=raw.index)
    for name, letter in letters.items():
        garbled = garbled_in(raw[letter])
        cells = raw[letter] if garbled is None else raw[letter].mask(garbled.code.notna().to_numpy())
        cleaned = with_marked(_clean(kind, name, cells, from_workbook, today, script), garbled)
        frame[name] = cleaned.values
        how = np.where(cleaned.code.str.endswith(".ambiguous"), "can be read in more than one way", "cannot be read")
        cell = headers[letter] + ": “" + raw[letter].fillna("").str.slice(0, 80) + "” "
        told = cell + pd.Series(how, index=raw.index, dtype="str") + (": " + cleaned.detail).fillna("")
        messages = messages.where(cleaned.code.isna(), messages + "; " + told)
    ids = [letter for name, letter in letters.items() if name.endswith(("_id", "_number"))]
    is_told = marks["kind"].isin(["error", "imprecise"]) | marks["kind"].str.startswith(SHOWN_AS)
    is_told |= marks["column"].isin(ids) & marks["kind"].str.startswith(ID_SHOWN_AS)
    marked = marks.loc[marks["column"].isin(letters.values()) & is_told, "row"]
    told = "; an error, an imprecise number, or a cell that shows something else than its value"
    messages = messages.where(~frame["row"].isin(marked) | (messages != ""), told)
    bad = (messages != "").to_numpy()
    problems = pd.DataFrame({"row": frame["row"][bad], "message": messages[bad].str.removeprefix("; ")})
    unused = _unused_headers(table.filter(pc.greater(table.column("row"), row)), headers, letters.values())
    return ReferenceRows(frame[~bad].reset_index(drop=True), problems.reset_index(drop=True), unused)


def _unused_headers(below: pa.Table, headers: Mapping[str, str], used: Collection[str]) -> tuple[str, ...]:
    """The headers of the columns that hold something below them and feed nothing."""
    return tuple(
        " ".join(text.split())
        for letter, text in headers.items()
        if letter not in used and below.column(letter).null_count < len(below)
    )


def _find_header(table: pa.Table, kind: str) -> tuple[int, dict[str, str]] | None:
    """(row number, column -> letter) of the row that names most of the kind's columns."""
    best: tuple[int, dict[str, str]] | None = None
    for row, cells in rows_of(table.slice(0, _HEADER_SEARCHED)):
        letters = _named(kind, {letter: header_key(text) for letter, text in cells.items()})
        complete = all(any(name in letters for name in names) for names in _NEEDED[kind])
        if complete and (best is None or len(letters) > len(best[1])):
            best = row, letters
    return best


def _named(kind: str, keys: dict[str, str]) -> dict[str, str]:
    """column -> letter: by its own name first, then by the usual headers of its field, then by the kind's own."""
    usual = usual_headers("database")
    found: dict[str, str] = {}
    for name, (field, own) in _COLUMNS[kind].items():
        spelled = [key for key, entries in usual.items() if any(_names(entry, field) for entry in entries)]
        for wanted in ([header_key(name)], spelled, [header_key(text) for text in own.split(" | ") if text]):
            letters = [letter for letter, key in keys.items() if key in wanted and letter not in found.values()]
            if letters and name not in found:
                found[name] = letters[0]
    return found


def _names(entry: Usual, field: str) -> bool:
    """`Name` is the learner's name, whatever a column of attendance under it may hold."""
    return bool(field) and entry.field == field and entry.only != "address_names"


def _clean(kind: str, name: str, cells: pd.Series, from_workbook: bool, today: date, script: bool) -> Cleaned:
    if name == "email":
        return _blank_where_nobody(clean_emails(cells))
    if name in ("employee_number", "group_id", "course_id", "session_id"):
        learner = name == "employee_number"
        longest = 128 if name == "session_id" else _MAX_ID
        return _blank_where_nobody(clean_ids(cells, longest, learner, from_workbook, _own(cells, script)))
    if name == "session_date":
        reading = infer_order(pd.Series(cells.dropna().unique(), dtype="str"), from_workbook, today)
        return clean_dates(
            cells,
            reading.order,
            None,
            reading.suspect_swap,
            today,
            from_workbook,
            reading.serials,
            reading.language,
            reading.day_second,
        )
    if name == "session_start":
        return clean_times(cells)
    if name == "max_participants":
        return _whole_numbers(cells)
    matched = name in ("course_name", "group_name") or (name, kind) in _NAMES
    return clean_text(cells, _MAX_TEXT, matched, _own(cells, script, by_name=True))


def _own(cells: pd.Series, script_in_use: bool, by_name: bool = False) -> bool:
    """Whether the column is of its own script; ASCII has none."""
    array = texts(cells).drop_null()
    return not bytes_of(array).isascii() and own_script(array.unique(), by_name, script_in_use)


def _blank_where_nobody(cleaned: Cleaned) -> Cleaned:
    """Who has an e-mail and `n/a` for a number is known by the e-mail."""
    nobody = (cleaned.code == NO_LEARNER).to_numpy(bool)
    return replace(cleaned, code=cleaned.code.mask(nobody), detail=cleaned.detail.mask(nobody))


def _whole_numbers(cells: pd.Series) -> Cleaned:
    numbers = pd.to_numeric(cells, errors="coerce")
    whole = numbers.where((numbers >= 0) & (numbers == np.floor(numbers))).astype("Int64")
    bad = cells.notna() & whole.isna()
    nothing = pd.Series(None, index=cells.index, dtype="str")
    return Cleaned(whole, nothing.mask(bad, "value.unknown"), nothing.mask(bad, "it is not a whole number"))

"""Finding the table in a sheet: its header row, and another table below it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.planning.table.headers import (
    header_key,
    is_of_other_things,
    known_keys,
    known_spellings,
    name_part,
    usual_entries,
)
from transforms.values.text import ERROR_TEXTS

# Real sheets have up to nine title lines; sections above the table make it more.
SEARCHED_ROWS = 200
_LONGEST_HEADER = 120
_VALUE = re.compile(r"\s*[\d.,]+\s*%?\s*$|\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b")
# Below the table stand sums, signatures and the legend.
_LAST_ROWS = 30
# So many lines show what they are split at: no character of dates, addresses, codes and quoted texts.
_DELIMITED_ROWS = 20
# Figures without a word: a date, a number.
_NO_WORDS = re.compile(r"[\d\s.,:/-]*\d[\d\s.,:/-]*")
_ADDRESS = re.compile(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*")
_IN_VALUES = frozenset("@.-_/,'\"()&")

LEARNER = frozenset({"learner_email", "learner_employee_id", "learner_name", "contact_id"})
IDENTITY = frozenset({"learner_email", "learner_employee_id", "contact_id"})
# A row without a learner that has one of these is a damaged record; without any it is none.
EVIDENCE = (
    *("status", "session_id", "session_date", "enrolled_on", "completed_on"),
    *("class_id", "unit_id", "module_enrolment_id", "outcome_code", "started_on", "ended_on"),
)

# What tells where a table begins: who, and what became of it.
_KEYS = LEARNER.union(EVIDENCE)
# As `header_key` folds, but for accents.
_LEFT_OUT = "[\\s_./():#*?'\u2019-]"
# Rows below a supposed header that say whether they are of a table of its own.
_LOOKED_AT = 50
# Headers that the next section of a report has from the one before it.
_AGAIN = 3
# So many rows behind blank ones are looked at for headers in other words.
_BEHIND_BLANKS = 1_000
# So many lines of titles may stand between a blank row and a header.
_TITLES = 4

Cells = dict[str, str]


class RawRows(Protocol):
    """A raw sheet's rows in ascending order of `row`: a `pa.Table`, or what reads from disk as it is looked at."""

    @property
    def column_names(self) -> list[str]:
        """`row` and the letters."""

    def __len__(self) -> int: ...

    def select(self, columns: Sequence[str], /) -> Self:
        """The same rows, of these columns only."""

    def slice(self, offset: int, length: int | None = None, /) -> Self:
        """At most `length` of the rows, from the one at `offset` on."""

    def to_batches(self) -> Iterable[pa.RecordBatch]:
        """The rows, batch by batch."""


@dataclass(frozen=True)
class FoundHeader:
    """A header row.

    row: its number; 0 where the table has no header line.
    cells: letter -> text of its non-blank cells.
    fields: what its cells name.
    over: how many rows above it are part of it.
    """

    row: int
    cells: Mapping[str, str]
    fields: frozenset[str]
    over: int = 0

    @property
    def named(self) -> bool:
        """Does it name a learner?"""
        return bool(self.fields & LEARNER)

    @property
    def first_row(self) -> int:
        """The number of its first row."""
        return self.row - self.over


def sheet_letters(table: RawRows) -> tuple[str, ...]:
    """The letters of a raw sheet's columns, in sheet order."""
    return tuple(name for name in table.column_names if name != "row")


def rows_of(table: RawRows) -> list[tuple[int, Cells]]:
    """(row number, its non-blank cells) of every row of a small raw table."""
    return [row for batch in table.to_batches() for row in rows_in(batch)]


def rows_in(batch: pa.RecordBatch) -> Iterator[tuple[int, Cells]]:
    """(row number, its non-blank cells) of every row of a batch."""
    letters = [name for name in batch.schema.names if name != "row"]
    columns = [batch.column(letter).to_pylist() for letter in letters]
    for place, number in enumerate(batch.column("row").to_pylist()):
        yield (
            number,
            {letter: column[place] for letter, column in zip(letters, columns, strict=True) if column[place]},
        )


def rows_before(table: RawRows, row: int) -> int:
    """How many rows have a smaller number: the place of the row, where the sheet has it."""
    before = 0
    for batch in table.select(["row"]).to_batches():
        numbers = batch.column("row").to_numpy()
        smaller = int(np.searchsorted(numbers, row))
        before += smaller
        if smaller < len(numbers):
            break
    return before


def row_at(table: RawRows, row: int) -> Cells | None:
    """The non-blank cells of one row by its number, or None where the sheet has no such row."""
    found = rows_of(table.slice(rows_before(table, row), 1))
    return found[0][1] if found and found[0][0] == row else None


def rows_around(table: RawRows, header: FoundHeader) -> list[Cells]:
    """The rows above the header, and the last ones of the sheet: what stands there may explain the table."""
    above = rows_of(table.slice(0, min(rows_before(table, header.first_row), SEARCHED_ROWS)))
    below = max(len(table) - _LAST_ROWS, rows_before(table, header.row + 1))
    return [cells for _, cells in (*above, *rows_of(table.slice(below))) if cells]


def find_header(
    table: RawRows, destination: str, wanted: Mapping[str, str], given: Iterable[str] = ()
) -> tuple[FoundHeader | None, list[FoundHeader]]:
    """The header row of the table that holds learners, else of the best one, and all rows that look like one.

    wanted: folded header -> field, as the profile names them. given: fields that need no column.
    """
    rows = rows_of(table.slice(0, SEARCHED_ROWS))
    looks = [FoundHeader(row, cells, fields_named(cells, destination, wanted)) for row, cells in rows]
    candidates = [look for look in looks if look.fields and not _holds_address(look, wanted)]
    candidates = [look for look in candidates if not _is_record(look, candidates, destination, wanted)]
    candidates = [look for look in candidates if not _is_within(look, candidates, table, rows, destination)]
    serious = [look for look in candidates if look.named] or candidates
    lasting = [look for look in serious if not _one_row_table(look, serious, rows)] or serious
    if not lasting:
        return None, []
    best = max(lasting, key=lambda look: _rank(look, wanted, frozenset(given)))
    return best, [look for look in candidates if len(look.fields) > 1]


def _holds_address(look: FoundHeader, wanted: Mapping[str, str]) -> bool:
    """Is it a record, whose words (`Learner`, `Completed`) are headers elsewhere? No header is an e-mail address."""
    return any(_ADDRESS.fullmatch(text) for text in look.cells.values()) and not _mentions(look, wanted)


def _is_record(look: FoundHeader, others: Sequence[FoundHeader], destination: str, wanted: Mapping[str, str]) -> bool:
    """Is it a row of values, some of which are words of headers by chance, below a header that names twice as many?

    So is a job title such as `Operative`, beside dates, in each row of a training matrix.
    """
    if not any(_VALUE.match(text) for text in look.cells.values()):
        return False
    above = [other for other in others if other.row < look.row and look.cells.keys() <= other.cells.keys()]
    most = max((_naming(other, destination, wanted) for other in above), default=0)
    return 2 * _naming(look, destination, wanted) <= most


def _naming(look: FoundHeader, destination: str, wanted: Mapping[str, str]) -> int:
    """How many of the cells name a field."""
    return sum(bool(fields_named({x: text}, destination, wanted)) for x, text in look.cells.items())


def fields_named(cells: Mapping[str, str], destination: str, wanted: Mapping[str, str]) -> frozenset[str]:
    """The fields that the cells of a row would name if it were the header."""
    found: set[str] = set()
    for text in cells.values():
        if len(text) > _LONGEST_HEADER or text in ERROR_TEXTS:
            continue
        key = header_key(text)
        found |= {wanted[key]} if key in wanted else _usually_named(text, destination)
    return frozenset(found)


@lru_cache(maxsize=2**12)  # a table holds the same words in many rows
def _usually_named(text: str, destination: str) -> frozenset[str]:
    """The fields that a cell would name without a profile."""
    if _NO_WORDS.fullmatch(text) or _ADDRESS.fullmatch(text):  # most of the cells looked at, and no header
        return frozenset()
    if name_part(text):
        return frozenset({"learner_name"})
    entries = usual_entries(text, destination)
    return frozenset(entry.field for _, entry in entries if entry.in_words or entry.only in (None, "addresses"))


def complete(fields: frozenset[str]) -> bool:
    """Do the fields hold a learner, a session and a status, or what stands for them in aXcelerate?"""
    of_axcelerate = "contact_id" in fields and bool({"outcome_code", "started_on", "access_override"} & fields)
    return bool(fields & LEARNER) and has_session(fields) and ("status" in fields or of_axcelerate)


def has_session(fields: frozenset[str] | set[str]) -> bool:
    """Do the fields say which session a row is about?"""
    course = {"course_id", "course_name"} & fields
    own = {"session_id", "class_id", "unit_id", "module_enrolment_id"} & fields
    return bool(own) or bool(course and "session_date" in fields)


def _rank(look: FoundHeader, wanted: Mapping[str, str], given: frozenset[str]) -> tuple[int, bool, int]:
    """Of complete headers the first counts, of others that with the most fields."""
    is_complete = complete(look.fields | given)
    return _mentions(look, wanted), is_complete, 0 if is_complete else len(look.fields)


def _is_within(
    look: FoundHeader,
    others: Sequence[FoundHeader],
    table: RawRows,
    rows: Sequence[tuple[int, Cells]],
    destination: str,
) -> bool:
    """Whether a row of words that are headers, too, is one of a table that began above it."""
    above = [other for other in others if other.row < look.row and other.named and len(other.fields) > 1]
    return any(
        sum(bool(cells) for row, cells in rows if other.row < row < look.row) > 1
        and (not _is_apart(table, look.row) or _goes_on(table, other, look, destination))
        for other in above
    )


def _mentions(look: FoundHeader, wanted: Mapping[str, str]) -> int:
    return sum(header_key(text) in wanted for text in look.cells.values())


def _one_row_table(look: FoundHeader, others: Sequence[FoundHeader], rows: Sequence[tuple[int, Cells]]) -> bool:
    """A meeting's own line, under its own headings, above the list of participants."""
    if complete(look.fields):
        return False
    after = next((o for o in others if o.row > look.row and header_texts(o.cells) != header_texts(look.cells)), None)
    if after is None:
        return False
    return sum(bool(cells) for row, cells in rows if look.row < row < after.row) <= 1


def header_texts(cells: Mapping[str, str]) -> frozenset[str]:
    """The folded texts of a header row."""
    return frozenset(map(header_key, cells.values()))


def likely_header(table: RawRows) -> FoundHeader | None:
    """For a sheet whose headers are unknown: its first row of two or more texts without figures, else its first row."""
    rows = [(row, cells) for row, cells in rows_of(table.slice(0, SEARCHED_ROWS)) if cells]
    wordy = [r for r in rows if len(r[1]) > 1 and not any(re.search(r"\d", text) for text in r[1].values())]
    first = (wordy or rows)[:1]
    return FoundHeader(first[0][0], first[0][1], frozenset()) if first else None


def likely_delimiter(table: RawRows) -> str | None:
    """For a text file without a header that is known: the character, if any, that stands in all lines as often."""
    lines = ["".join(cells.values()) for _, cells in rows_of(table.slice(0, _DELIMITED_ROWS)) if cells]
    odd = [x for x in dict.fromkeys(lines[0]) if not x.isalnum() and not x.isspace() and x not in _IN_VALUES]
    alike = (x for x in odd if len({line.count(x) for line in lines}) == 1)
    return next(alike, None) if len(lines) > 1 else None


def address_letters(table: RawRows) -> list[str]:
    """The columns in which e-mail addresses stand, judged on the sheet's first rows."""
    top = pa.Table.from_batches(list(table.slice(0, SEARCHED_ROWS).to_batches()))
    pattern = f"^{_ADDRESS.pattern}$"
    return [x for x in sheet_letters(top) if pc.any(pc.match_substring_regex(top.column(x), pattern)).as_py()]


@cache
def _header_spellings() -> pa.Array:
    """The usual headers as sheets write them, for a quick search; what it finds is then folded and compared."""
    found = set()
    for spelling in known_spellings():
        words = spelling.split()
        for case in (str.lower, str.title, str.upper, str.capitalize, _titled):
            for between in (" ", "_", "-", ""):
                found.add(between.join(map(case, words)))
        found.add(spelling.capitalize())
        found.add(words[0] + "".join(map(str.title, words[1:])))
    return pa.array(sorted(found), pa.large_string())


def _titled(word: str) -> str:
    """`Employee ID` as most sheets write it."""
    return word.upper() if word == "id" else word.title()


def other_table(
    table: RawRows, header: FoundHeader, destination: str, titled: Callable[[int], bool] = lambda _: False
) -> FoundHeader | None:
    """The first later header row of a table of its own: there the table ends.

    It stands apart, behind a blank row or a title, or has the same headers in another order; every one of its cells is
    a header; it names a learner and what the learner did, or is the same header; and what is below it does not go on as
    what is above it. Any other row of such words is a record.

    titled: whether titles of its own stand above a header row; then what is below it may look as what is above.
    """
    below = table.slice(rows_before(table, header.row + 1))
    for row, cells in _suspected_headers(below, header):
        look = FoundHeader(row, cells, fields_named(cells, destination, {}))
        same = header_texts(cells) == header_texts(header.cells)
        if not look.named or not (same or look.fields & frozenset(EVIDENCE)) or not _rows_below(table, row):
            continue
        stands = _is_apart(table, row) or _is_reordered(look, header)
        if titled(row) or (stands and not _goes_on(table, header, look, destination)):
            return look
    return None


def _is_apart(table: RawRows, row: int) -> bool:
    """Whether the row before it is blank, or a title."""
    return len(row_at(table, row - 1) or {}) <= 1


def _is_reordered(look: FoundHeader, header: FoundHeader) -> bool:
    """Whether it has just the headers of the table above: files with columns in another order were joined."""
    return len(look.cells) == len(header.cells) > 2 and header_texts(look.cells) == header_texts(header.cells)


def _goes_on(table: RawRows, header: FoundHeader, look: FoundHeader, destination: str) -> bool:
    """Whether what is below a supposed header reads as the rows of the table above it; or nothing is below it."""
    below = _rows_below(table, look.row)
    fields, other = _fields_by_letter(header, destination), _fields_by_letter(look, destination)
    addresses = {letter for cells in below for letter, text in cells.items() if "@" in text}
    moved = any(
        "learner_email" in fields[x] and "learner_email" not in other.get(x, ()) for x in addresses & set(fields)
    )
    return not below or fields == other or moved


def _rows_below(table: RawRows, row: int) -> list[Cells]:
    return [cells for _, cells in rows_of(table.slice(rows_before(table, row + 1), _LOOKED_AT)) if cells]


def _fields_by_letter(found: FoundHeader, destination: str) -> dict[str, frozenset[str]]:
    """Letter -> what its cell names of learner, session and status; others are left out."""
    named = {x: fields_named({x: text}, destination, {}) & _KEYS for x, text in found.cells.items()}
    return {letter: fields for letter, fields in named.items() if fields}


def _suspected_headers(below: RawRows, header: FoundHeader) -> Iterator[tuple[int, Cells]]:
    letters = sheet_letters(below)
    # One of its first two columns has a usual header: only such rows are looked at in full. A header of other words
    # that are known stands below a blank row, or below a title that does.
    first = [letter for letter in letters if letter in header.cells][:2] or list(letters[:2])
    own = pa.array(list(header.cells.values()), pa.large_string())
    # As `_rows_of_headers` compares them, which takes no accents off.
    spelled = {re.sub(_LEFT_OUT, "", text.lower()) for text in header.cells.values()}
    keys = pa.array(sorted(known_keys() | spelled), pa.large_string())
    place, was_blank, looked_at = 0, False, 0
    for batch in below.select(first).to_batches():
        behind, was_blank = _behind_blanks(batch, was_blank)
        for _ in range(_TITLES):
            behind[1:] |= behind[:-1].copy()
        behind &= np.cumsum(behind) <= _BEHIND_BLANKS - looked_at
        looked_at += int(behind.sum())
        near = np.flatnonzero(_among(batch, first, _header_spellings()) | _among(batch, first, own) | behind)
        if len(near):
            whole = pa.Table.from_batches(list(below.slice(place, len(batch)).to_batches())).take(near)
            others = [letter for letter in letters if letter not in first]
            exact = _rows_of_headers(whole, [*others, *first], keys)
            worded = [at for at in np.flatnonzero(behind[near]) if _may_head(rows_of(whole.slice(at, 1))[0][1], header)]
            yield from rows_of(whole.take(np.array(sorted({*exact.tolist(), *worded}), dtype=np.int64)))
        place += len(batch)


def _behind_blanks(batch: pa.RecordBatch, was_blank: bool) -> tuple[np.ndarray, bool]:
    """Which rows stand right below one that is blank in all of the columns; whether the last row is such a one.

    was_blank: whether that before the batch is.
    """
    if not len(batch) or not all(column.null_count for column in batch.columns):
        return np.arange(len(batch)) < int(was_blank), was_blank and not len(batch)
    blank = np.logical_and.reduce([np.asarray(column.is_null()) for column in batch.columns])
    return ~blank & np.append(was_blank, blank[:-1]), bool(blank[-1])


def _may_head(cells: Cells, header: FoundHeader) -> bool:
    """Is the row of known words, or does it have half of its cells, three at least, from the header above?"""
    again = header_texts(cells) & header_texts(header.cells)
    return _in_known_words(cells) or (len(again) >= _AGAIN and 2 * len(again) >= len(cells))


def _in_known_words(cells: Cells) -> bool:
    """Is every cell of the row, of two at least, a header of known words?"""
    return len(cells) > 1 and all(
        len(text) <= _LONGEST_HEADER and (usual_entries(text, "") or name_part(text) or is_of_other_things(text))
        for text in cells.values()
    )


def _rows_of_headers(table: pa.Table, letters: Sequence[str], keys: pa.Array) -> np.ndarray:
    """The places of the rows whose every cell is a header (folded, in `keys`), column by column: most go at once."""
    places = np.arange(len(table))
    for letter in letters:
        column = table.column(letter).take(places)
        folded = pc.replace_substring_regex(pc.utf8_lower(column), _LEFT_OUT, "")
        known = pc.or_(column.is_null(), pc.is_in(folded, value_set=keys.cast(column.type)))
        places = places[np.asarray(known)]
    return places


def _among(batch: pa.RecordBatch, letters: Sequence[str], texts: pa.Array) -> np.ndarray:
    """Whether a cell of a row in these columns is one of the texts."""
    hits = np.zeros(len(batch), dtype=bool)
    for letter in letters:
        column = batch.column(letter)
        hits |= np.asarray(pc.is_in(column, value_set=texts.cast(column.type)))
    return hits

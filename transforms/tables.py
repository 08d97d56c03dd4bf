"""Finding the table in a sheet: its header row, its end, and the rows in it that carry no record."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.cleaned import texts
from transforms.headers import header_key, known_keys, known_spellings, name_part, usual_headers
from transforms.text import ERROR_TEXTS, fold

# Real sheets have up to nine title lines; sections above the table make it more.
_SEARCHED_ROWS = 200
_LONGEST_HEADER = 120

LEARNER = frozenset({"learner_email", "learner_employee_id", "learner_name", "contact_id"})
IDENTITY = frozenset({"learner_email", "learner_employee_id", "contact_id"})
# A row without a learner that has one of these is a damaged record; without any it is none.
EVIDENCE = (
    *("status", "session_id", "session_date", "enrolled_on", "completed_on"),
    *("class_id", "unit_id", "module_enrolment_id", "outcome_code", "started_on", "ended_on"),
)

_TOTALS = re.compile(
    r"(grand\s*|sub[\s-]*|overall\s*)?totals?\b"
    r"|(sum|count|average|avg\.?|mean|median|summe|gesamt|anzahl|durchschnitt|somme|moyenne|total g[eé]n[eé]ral)"
    r"\s*[:=]?\s*[\d.,%\s]*$",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(note|notes|source|sources|exported|generated|printed|downloaded|report|legend|key|page \d+|prepared by|remark|"
    r"confidential|end of|disclaimer|last updated|created on|created by|run date|\(c\)|\*|\u00a9|\u2020)(\b|\s|:|$|\*)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?[\d.,\s]+%?$|\d+\s*/\s*\d+$")
# Lines of another kind under the header of gradebooks and registers; the first ones also stand in the learner's column.
_PSEUDO_LEARNERS = frozenset(map(fold, ("points possible", "(read only)", "manual posting", "max points", "out of")))
_PSEUDO = _PSEUDO_LEARNERS | frozenset(
    map(
        fold,
        (
            "mon | tue | wed | thu | fri | sat | sun | monday | tuesday | wednesday | thursday | friday | saturday | "
            "sunday | mo | di | mi | do | fr | sa | so | required | optional | mandatory | text | string | number | "
            "date | yyyy-mm-dd | dd/mm/yyyy | mm/dd/yyyy | max | maximum | weight"
        ).split(" | "),
    )
)
_PREFIX = (
    r"(?i)^\s*((grand|sub|overall)?[\s-]*totals?\b|(sum|count|average|avg|mean|median|summe|gesamt|anzahl|durchschnitt|"
    r"somme|moyenne)\b|points possible|\(read only\)|manual posting|max points|out of)"
)

Cells = dict[str, str]


class Rows(Protocol):
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
class Found:
    """A header row.

    row: its number; 0 where the table has no header line.
    cells: letter -> text of its non-blank cells.
    fields: what its cells name.
    """

    row: int
    cells: Mapping[str, str]
    fields: frozenset[str]

    @property
    def named(self) -> bool:
        """Does it name a learner?"""
        return bool(self.fields & LEARNER)


def sheet_letters(table: Rows) -> tuple[str, ...]:
    """The letters of a raw sheet's columns, in sheet order."""
    return tuple(name for name in table.column_names if name != "row")


def rows_of(table: Rows) -> list[tuple[int, Cells]]:
    """(row number, its non-blank cells) of every row of a small raw table."""
    return [row for batch in table.to_batches() for row in _rows_in(batch)]


def _rows_in(batch: pa.RecordBatch) -> Iterator[tuple[int, Cells]]:
    letters = [name for name in batch.schema.names if name != "row"]
    columns = [batch.column(letter).to_pylist() for letter in letters]
    for place, number in enumerate(batch.column("row").to_pylist()):
        yield (
            number,
            {letter: column[place] for letter, column in zip(letters, columns, strict=True) if column[place]},
        )


def rows_before(table: Rows, row: int) -> int:
    """How many rows have a smaller number: the place of the row, where the sheet has it."""
    before = 0
    for batch in table.select(["row"]).to_batches():
        numbers = batch.column("row").to_numpy()
        smaller = int(np.searchsorted(numbers, row))
        before += smaller
        if smaller < len(numbers):
            break
    return before


def row_at(table: Rows, row: int) -> Cells | None:
    """The non-blank cells of one row by its number, or None where the sheet has no such row."""
    found = rows_of(table.slice(rows_before(table, row), 1))
    return found[0][1] if found and found[0][0] == row else None


def find_header(
    table: Rows, destination: str, wanted: Mapping[str, str], given: Iterable[str] = ()
) -> tuple[Found | None, list[Found]]:
    """The header row of the table that holds learners, else of the best one, and all rows that look like one.

    wanted: folded header -> field, as the profile names them. given: fields that need no column.
    """
    rows = rows_of(table.slice(0, _SEARCHED_ROWS))
    looks = [Found(row, cells, fields_named(cells, destination, wanted)) for row, cells in rows]
    candidates = [look for look in looks if look.fields]
    serious = [look for look in candidates if look.named] or candidates
    lasting = [look for look in serious if not _one_row_table(look, serious, rows)] or serious
    if not lasting:
        return None, []
    have = frozenset(given)
    best = max(lasting, key=lambda look: (_mentions(look, wanted), complete(look.fields | have), len(look.fields)))
    return best, [look for look in candidates if len(look.fields) > 1]


def fields_named(cells: Mapping[str, str], destination: str, wanted: Mapping[str, str]) -> frozenset[str]:
    """The fields that the cells of a row would name if it were the header."""
    usual = usual_headers(destination)
    found = set()
    for text in cells.values():
        if len(text) > _LONGEST_HEADER or text in ERROR_TEXTS:
            continue
        key = header_key(text)
        if key in wanted:
            found.add(wanted[key])
        elif name_part(text):
            found.add("learner_name")
        else:
            found |= {entry.field for entry in usual.get(key, ()) if entry.only in (None, "addresses")}
    return frozenset(found)


def complete(fields: frozenset[str]) -> bool:
    """Do the fields hold a learner, a session and a status, or what stands for them in aXcelerate?"""
    of_axcelerate = "contact_id" in fields and bool({"outcome_code", "started_on", "access_override"} & fields)
    return bool(fields & LEARNER) and has_session(fields) and ("status" in fields or of_axcelerate)


def has_session(fields: frozenset[str] | set[str]) -> bool:
    """Do the fields say which session a row is about?"""
    course = {"course_id", "course_name"} & fields
    own = {"session_id", "class_id", "unit_id", "module_enrolment_id"} & fields
    return bool(own) or bool(course and "session_date" in fields)


def _mentions(look: Found, wanted: Mapping[str, str]) -> int:
    return sum(header_key(text) in wanted for text in look.cells.values())


def _one_row_table(look: Found, others: Sequence[Found], rows: Sequence[tuple[int, Cells]]) -> bool:
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


def likely_header(table: Rows) -> Found | None:
    """For a sheet whose headers are unknown: its first row of two or more texts without figures, else its first row."""
    rows = [(row, cells) for row, cells in rows_of(table.slice(0, _SEARCHED_ROWS)) if cells]
    wordy = [r for r in rows if len(r[1]) > 1 and not any(re.search(r"\d", text) for text in r[1].values())]
    first = (wordy or rows)[:1]
    return Found(first[0][0], first[0][1], frozenset()) if first else None


def address_letters(table: Rows) -> list[str]:
    """The columns in which e-mail addresses stand, judged on the sheet's first rows."""
    top = pa.Table.from_batches(list(table.slice(0, _SEARCHED_ROWS).to_batches()))
    pattern = r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$"
    return [x for x in sheet_letters(top) if pc.any(pc.match_substring_regex(top.column(x), pattern)).as_py()]


@cache
def _header_spellings() -> pa.Array:
    """The usual headers as sheets write them, for a quick search; what it finds is then folded and compared."""
    found = set()
    for spelling in known_spellings():
        words = spelling.split()
        for case in (str.lower, str.title, str.upper, str.capitalize):
            for between in (" ", "_", "-", ""):
                found.add(between.join(map(case, words)))
        found.add(spelling.capitalize())
        found.add(words[0] + "".join(map(str.title, words[1:])))
    return pa.array(sorted(found), pa.large_string())


def other_table(table: Rows, header: Found) -> Found | None:
    """The first later header row that is not a repetition: there the table ends."""
    below = table.slice(rows_before(table, header.row + 1))
    known, own = known_keys(), header_texts(header.cells)
    for row, cells in _suspected_headers(below, header):
        texts = header_texts(cells)
        if len(texts & known) > max(1, len(cells) // 2) and len(texts & own) < len(own | texts):
            return Found(row, cells, frozenset())
    return None


def _suspected_headers(below: Rows, header: Found) -> Iterator[tuple[int, Cells]]:
    letters = sheet_letters(below)
    # One of its first two columns has a usual header: only such rows are looked at in full.
    first = [letter for letter in letters if letter in header.cells][:2] or list(letters[:2])
    place = 0
    for batch in below.select(first).to_batches():
        near = np.flatnonzero(_usual_cells(batch, first) > 0)
        if len(near):
            whole = pa.Table.from_batches(list(below.slice(place, len(batch)).to_batches())).take(near)
            few = whole.take(np.flatnonzero(_usual_cells(whole, letters) > 1))
            yield from rows_of(few)
        place += len(batch)


def _usual_cells(table: pa.Table | pa.RecordBatch, letters: Sequence[str]) -> np.ndarray:
    """How many of a row's cells in these columns read like a usual header."""
    hits = np.zeros(len(table), dtype=np.int32)
    for letter in letters:
        column = table.column(letter)
        hits += np.asarray(pc.is_in(column, value_set=_header_spellings().cast(column.type)))
    return hits


@dataclass(frozen=True)
class Judge:
    """Says of a row below the header why it carries no record, if it does not. Row by row: parts change nothing.

    learner, identity, evidence: the letters of the columns that name the learner, that identify it, and that make a
    record of a row; sessions: the letters of a wide sheet's sessions.
    """

    header: Mapping[str, str]
    learner: tuple[str, ...]
    identity: tuple[str, ...]
    evidence: tuple[str, ...]
    sessions: tuple[str, ...] = ()

    def reason(self, cells: Cells) -> str | None:
        """Why the row is ignored: blank, repeated header, totals or note; None when it carries a record."""
        if not cells:
            return "blank"
        if self._repeats_header(cells):
            return "repeated header"
        if self._named_by_address(cells):
            return None
        if self._is_totals(cells):
            return "totals"
        if not any(letter in cells for letter in self.learner):
            return self._without_learner(cells)
        return "note" if self._is_note(cells) else None

    def _repeats_header(self, cells: Cells) -> bool:
        same = sum(fold(text) == fold(self.header.get(letter, "")) for letter, text in cells.items())
        return same >= min(2, len(self.header)) and same * 2 > len(cells)

    def _named_by_address(self, cells: Cells) -> bool:
        return any("@" in cells.get(letter, "") for letter in self.learner)

    def _is_totals(self, cells: Cells) -> bool:
        first = next(iter(cells.values())).strip()
        named = [cells[letter].strip() for letter in self.learner if letter in cells]
        facts = [cells[letter] for letter in (*self.evidence, *self.sessions) if letter in cells]
        if not (_TOTALS.match(first) or (named and _TOTALS.match(named[0]))):
            return False
        return all(_TOTALS.match(text) or _NUMBER.match(text) for text in (*named, *facts))

    def _without_learner(self, cells: Cells) -> str | None:
        texts = [text.strip() for text in cells.values()]
        if all(fold(text) in _PSEUDO for text in texts) or (len(texts) > 2 and len(set(texts)) == 1):
            return "note"
        facts = [cells[letter] for letter in (*self.evidence, *self.sessions) if letter in cells]
        if self.sessions and facts and all(_NUMBER.match(text.strip()) for text in facts):
            return "totals"
        if not facts:
            return "totals" if all(_NUMBER.match(text) for text in texts) else "note"
        return "note" if len(texts) == 1 and _reads_like_a_note(texts[0]) else None

    def _is_note(self, cells: Cells) -> bool:
        texts = [text.strip() for text in cells.values()]
        if len(texts) > 2 and len(set(texts)) == 1:
            return True
        if len(texts) == 1:
            return _reads_like_a_note(texts[0])
        named = [cells[letter] for letter in self.learner if letter in cells]
        return all(fold(text) in _PSEUDO_LEARNERS for text in named)


def _reads_like_a_note(text: str) -> bool:
    return "@" not in text and bool(_NOTE.match(text) or len(text.split()) > 4 or text.endswith(":"))


def ignored_reasons(part: pd.DataFrame, judge: Judge) -> pd.Series:
    """The reasons (`str`) of the rows that carry no record; only those, on their index in the part."""
    letters = [name for name in part.columns if name != "row"]
    columns = {letter: texts(part[letter]) for letter in letters}
    places = np.flatnonzero(_suspects(columns, len(part), judge))
    few = {letter: column.take(pa.array(places)).to_pylist() for letter, column in columns.items()}
    found = [judge.reason({x: text for x, column in few.items() if (text := column[n])}) for n in range(len(places))]
    return pd.Series(found, index=part.index[places], dtype="object").dropna().astype("str")


def _suspects(columns: Mapping[str, pa.Array], rows: int, judge: Judge) -> np.ndarray:
    """Rows that may carry no record, found column-wise so that the many that do cost little."""
    filled = np.zeros(rows, dtype=np.int32)
    identified = np.zeros(rows, dtype=bool)
    for letter, column in columns.items():
        present = column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else np.ones(rows, dtype=bool)
        filled += present
        if letter in (judge.identity or judge.learner):
            identified |= present
    suspects: np.ndarray = (filled <= 2) | ~identified
    headed = [letter for letter in columns if letter in judge.header]
    for letter in dict.fromkeys((*headed[:1], *(judge.identity or judge.learner)[:1])):
        suspects |= _unlike_a_learner(columns[letter], judge.header.get(letter, ""))
    if len(headed) > 2:
        same = pc.equal(columns[headed[0]], columns[headed[1]])
        suspects |= same.fill_null(False).to_numpy(zero_copy_only=False)
    return suspects


def _unlike_a_learner(column: pa.Array, header: str) -> np.ndarray:
    odd = pc.or_(pc.equal(column, header), pc.match_substring_regex(column, _PREFIX))
    return np.asarray(odd.fill_null(False).to_numpy(zero_copy_only=False))

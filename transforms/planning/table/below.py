"""The rows below a header, looked at column by column."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.statuses import ATTENDED, CANCELLED, COMPLETED, ENROLLED, NO_SHOW
from transforms.planning.table.header_words import says, spoken
from transforms.planning.table.headers import Condition, Usual
from transforms.planning.table.ignored_rows import Judge
from transforms.planning.table.sum_words import lines_above, lines_below
from transforms.planning.table.table_detection import RawRows, rows_in
from transforms.values.amounts import is_amount
from transforms.values.dates.date_readings import WHOLE_HOUR, is_date
from transforms.values.dates.expiries import is_expiry
from transforms.values.grades import is_grade
from transforms.values.lookalikes import shows_script
from transforms.values.normalize import characters_of, trim
from transforms.values.statuses.status_words import is_status, status_of
from transforms.values.text import FIRST_ALIKE, NO_VALUE, fold

_MOSTLY = 0.9
# Sums and signatures stand below the IDs of a short register.
_MANY = 0.7
_HALF = 0.5
# Rows in which a column is looked at, and the distinct texts of it, where a few say what all are.
LOOKED_AT = 2_000
_TEXTS = 200
_FEW = 100
_BEGINS_WITH_DATE = (
    r"^\s*(?:[A-Za-z]{2,9}[.,]?\s+)?(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}"
    r"|\d{1,2}(?:st|nd|rd|th)?[ -][A-Za-z]{3,9}[ -]\d{2,4}|[A-Za-z]{3,9} \d{1,2}(?:st|nd|rd|th)?,? \d{4})\b"
)
_TIME = re.compile(r"\s*\d{1,2}\s*(?:[:.hH]\s*\d{2}|[AaPp]\.?\s?[Mm])")
# `8 Uhr`, `08h`; of `8h` the header says whether it is the hour or how many.
_HOUR = re.compile(rf"\s*\d{{1,2}}{WHOLE_HOUR}", re.IGNORECASE)
_SURELY_HOUR = re.compile(r"\s*(?:0\d\s?h|\d{1,2}\s?uhr)\b", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][.,]?\s+[^\W\d_]|[^\W\d_],")
_LONGEST_ID = 64
_LONGEST_TITLE = 120
# A system numbers its users by these where people have no part in it: UUIDs and object IDs.
_MADE_BY_MACHINES = r"^\s*\{?(?:[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}|[0-9a-f]{24})\}?\s*$"
# `kT4xQ9mLb2wZ`: letters of both cases and figures, without an order.
_TOKEN = re.compile(r"(?=.*[a-z].*[a-z])(?=.*[A-Z].*[A-Z])(?=.*\d)[A-Za-z0-9_=-]{8,64}")
_FIGURES = r"^\s*\d{1,3}(?:[.,]\d+)?\s*%?\s*$"
_RATE = re.compile(r"\s*(?:\d{1,3}(?:[.,]\d+)?\s*%|\d{2,3})\s*")
# Words of an ID, and of no number, in the languages of the vocabulary.
_SAYS_ID = re.compile(
    r"\b(?:id|ids|uid)\b|cod(?:e|ig|ic)|\bkod\b|ident|kennung|schlussel|\bclave|\bref|key|locator|معرف|رمز"
)
_SMALL_NUMBER = r"^\s*\d{1,3}\s*$"


@dataclass(frozen=True)
class Below:
    """The rows below a header, looked at column by column and batch by batch: memory holds what is distinct in them.

    headers: letter -> header. table: its columns; a letter that it lacks is blank in every row. What stands in sums and
    signatures below it is no text of a column.
    """

    headers: Mapping[str, str]
    table: RawRows

    @cached_property
    def _records(self) -> RawRows:
        first = lines_above(self.table)
        return self.table.slice(first, len(self.table) - first - lines_below(self.table))

    @cached_property
    def _distinct(self) -> dict[str, pa.Array]:
        return {}

    @cached_property
    def _tops(self) -> dict[str, list[str]]:
        return {}

    def distinct(self, letter: str) -> pa.Array:
        """The distinct texts of a column, without blanks, in the order in which they come first."""
        if letter not in self._distinct:
            known = pa.array([], pa.large_string())
            fresh, waiting = [], 0
            for column in self._columns(letter):
                fresh.append(pc.unique(column.cast(pa.large_string())))
                waiting += len(fresh[-1])
                # What is known is gone through only when as much came on.
                if waiting > len(known):
                    known, fresh, waiting = pa.concat_arrays([known, *fresh]).unique(), [], 0
            self._distinct[letter] = pc.drop_null(pa.concat_arrays([known, *fresh]).unique())
        return self._distinct[letter]

    def filled(self, letter: str) -> int:
        """How many cells of the column hold something."""
        return sum(len(column) - int(column.null_count) for column in self._columns(letter))

    def holds_foreign(self, letters: Iterable[str]) -> bool:
        """May there be letters of another script than Latin in the columns?"""
        columns = (column.cast(pa.large_string()) for letter in letters for column in self._columns(letter))
        return any(characters_of(column).max(initial=0) >= FIRST_ALIKE for column in columns)

    @cached_property
    def script_in_use(self) -> bool:
        """Is a script other than Latin in use in the headers, or at the top of the columns?"""
        cells = (
            text
            for batch in self._at_top(list(self.headers))
            for column in batch.columns
            for text in column.to_pylist()
        )
        return shows_script(filter(None, (*self.headers.values(), *cells)))

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The languages of the headers, other than English."""
        return spoken(tuple(filter(None, self.headers.values())))

    def same(self, one: str, other: str) -> bool:
        """Do two columns hold the same texts in every row?"""
        if not {one, other} <= set(self.table.column_names):
            return self.filled(one) == self.filled(other) == 0
        batches = self.table.select([one, other]).to_batches()
        return all(batch.column(0).equals(batch.column(1)) for batch in batches)

    def any_without(self, one: str, others: Sequence[str], only: tuple[str, pa.Array] | None = None) -> bool:
        """Is there a row in which a column holds something, and none of the others does?

        only: (a column, its texts) of the rows that count.
        """
        held = [x for x in others if x in self.table.column_names]
        wanted = [only[0]] if only else []
        for batch in self.table.select(list(dict.fromkeys([one, *held, *wanted]))).to_batches():
            found = batch.column(one).is_valid()
            for other in held:
                found = pc.and_(found, batch.column(other).is_null())
            if only:
                texts = batch.column(only[0]).cast(pa.large_string())
                found = pc.and_(found, pc.is_in(texts, value_set=only[1]))
            if pc.any(found).as_py():
                return True
        return False

    def text_of_record(self, letter: str, texts: Sequence[str], judge: Judge) -> str | None:
        """That of the texts of a column which stands in a record first; None if all stand in rows that are ignored."""
        wanted = pa.array(texts, pa.large_string())
        for batch in self.table.to_batches():
            found = batch.filter(pc.is_in(batch.column(letter).cast(pa.large_string()), value_set=wanted))
            for start in range(0, len(found), _FEW):
                for _, cells in rows_in(found.slice(start, _FEW)):
                    if judge.reason(cells) is None:
                        return cells[letter]
        return None

    def _columns(self, letter: str) -> Iterable[pa.Array]:
        if letter not in self.table.column_names:
            return []
        return (batch.column(0) for batch in self._records.select([letter]).to_batches())

    def holds(self, letter: str, entry: Usual) -> bool:
        """Is what stands below the header what the spelling asks for?"""
        fits: dict[Condition | None, Callable[[], bool]] = {
            None: lambda: entry.field != "grade" or not self.holds_dates(letter),
            "repeats": lambda: len(self.distinct(letter)) * 2 <= self.filled(letter),
            "codes": lambda: self._share(letter, r"\(\s*\d{1,3}\s*\)\s*$") >= _HALF,
            "addresses": lambda: self._share(letter, "@") >= _MOSTLY,
            "address_names": lambda: self.holds_addresses(letter) and self._share(letter, "@") >= _MOSTLY,
            "dates": lambda: self.holds_dates(letter),
            "expiries": lambda: self._share_at_top(letter, is_expiry) >= _HALF,
            "amounts": lambda: self._share_at_top(letter, partial(is_amount, field=entry.field)) >= _HALF,
            "answers": lambda: not self.holds_dates(letter) and self._share(letter, _SMALL_NUMBER, 1) < _MOSTLY,
            "sittings": lambda: self._share(letter, _SMALL_NUMBER, 1) < _MOSTLY and not self._begins_with_dates(letter),
            "figures": lambda: self._share(letter, _FIGURES) == 1,
            "words": lambda: self._share(letter, _FIGURES) < 1,
            "ids": lambda: self._fits(letter, _is_id, _MANY) and not self._counts_sittings(letter, entry),
            "id_numbers": lambda: self._fits(letter, _is_id_number, 1),
            "codes_of_figures": lambda: (
                self._fits(letter, _is_id_number, _MOSTLY) and not self._counts_sittings(letter, entry)
            ),
            "wordings": lambda: self._fits(letter, _is_title, _HALF) and not self._fits(letter, _is_id_number, _MOSTLY),
            "single_words": lambda: self._fits(letter, _is_code, _MOSTLY) and not self._counts_sittings(letter, entry),
            "phrases": lambda: self._fits(letter, _is_title, _HALF) and not self._fits(letter, _is_code, _MOSTLY),
            "names": lambda: self._fits(letter, _is_name, _HALF),
            "texts": lambda: self._fits(letter, _is_text, _HALF),
            "titles": lambda: self._fits(letter, _is_title, _HALF) and not self.holds_statuses(letter),
            "times": lambda: self.holds_times(letter),
            "statuses": lambda: self.holds_statuses(letter),
            "numbers": lambda: self._fits(letter, is_grade, _HALF),
        }
        unseen = entry.in_words and entry.only != "id_numbers" and not len(self.distinct(letter))
        return unseen or fits[entry.only]()

    def _counts_sittings(self, letter: str, entry: Usual) -> bool:
        """Do the texts number the sittings of each course, as `1` under `Class no` does? A `Class ID` is one."""
        is_number = entry.field == "session_id" and not _SAYS_ID.search(fold(self.headers[letter]))
        return is_number and self.counts_up(letter)

    def _fits(self, letter: str, fits: Callable[[str], bool], share: float) -> bool:
        """Are so many of the texts at the top of the column of a kind, but for those that say that there is nothing?"""
        top = [text for text in self.at_top(letter) if trim(text).lower() not in NO_VALUE]
        return bool(top) and sum(map(fits, top)) >= share * len(top)

    def _share(self, letter: str, pattern: str, of_none: float = 0) -> float:
        """Of a column's distinct texts, how many have the pattern."""
        found = self.distinct(letter)
        return (
            float(pc.mean(pc.match_substring_regex(found, pattern).cast(pa.float64())).as_py())
            if len(found)
            else of_none
        )

    def counts_up(self, letter: str) -> bool:
        """Are most of a column's texts numbers of at most three figures, such as count the sessions of a course?"""
        return self._share(letter, _SMALL_NUMBER) >= _MOSTLY

    def holds_machine_ids(self, letter: str) -> bool:
        """Are the column's texts IDs that only a machine would make?"""
        made = self._share(letter, _MADE_BY_MACHINES) >= _MOSTLY
        return made or self._share_at_top(letter, _is_token) >= _MOSTLY

    def holds_numbers(self, letter: str) -> bool:
        """Are the texts at the top of the column whole numbers?"""
        return self._share_at_top(letter, str.isdecimal) == 1

    def holds_rates(self, letter: str) -> bool:
        """Are the texts at the top of the column per cents, such as of attendance?"""
        return self._share_at_top(letter, _is_rate) == 1

    def holds_statuses(self, letter: str) -> bool:
        """Are half of the texts at the top of the column words of a status, yes, no or ticks?"""
        return self._fits(letter, is_status, _HALF)

    def says_nothing(self, letter: str) -> bool:
        """Are a column's texts words of states, none of which says what became of a learner: `Active`?"""
        top = self.at_top(letter)
        return bool(top) and all(is_status(text) and not status_of(text) for text in top)

    def says_only_that_they_enrolled(self, letter: str) -> bool:
        """Are the texts statuses of which none says whether a learner came or completed?"""
        said = {status_of(text) for text in self.at_top(letter)}
        return bool(said & {ENROLLED, CANCELLED}) and not said & {ATTENDED, COMPLETED, NO_SHOW}

    def holds_dates(self, letter: str) -> bool:
        """Are the texts at the top of the column dates, but for those that say that there is none?"""
        return self._fits(letter, is_date, _MOSTLY)

    def holds_times(self, letter: str) -> bool:
        """Are the texts at the top of the column times of day? Of `8h` the header or the language says it."""
        hours = bool(self.spoken) or says(self.headers[letter], "start")
        return self._fits(letter, partial(_is_time, hours=hours), _MOSTLY)

    def _begins_with_dates(self, letter: str) -> bool:
        """Are the texts dates, with or without more behind them (`2024-03-05 09:00 - 12:00`)?"""
        return self.holds_dates(letter) or self._share(letter, _BEGINS_WITH_DATE) >= _MOSTLY

    def holds_addresses(self, letter: str) -> bool:
        """Are the texts at the top of the column e-mail addresses?"""
        return self._share_at_top(letter, _is_address) >= _MOSTLY

    def _share_at_top(self, letter: str, fits: Callable[[str], bool]) -> float:
        """Of the first distinct texts of a column, how many are of a kind."""
        top = self.at_top(letter)
        return sum(map(fits, top)) / len(top) if top else 0.0

    def at_top(self, letter: str) -> list[str]:
        """The first distinct texts of a column."""
        if letter not in self._tops:
            columns = [batch.column(0).cast(pa.large_string()) for batch in self._at_top([letter])]
            found: list[str] = pa.chunked_array(columns, pa.large_string()).unique().drop_null().to_pylist()
            self._tops[letter] = found[:_TEXTS]
        return self._tops[letter]

    def counted(self, letters: Sequence[str]) -> Counter[str]:
        """How often each text stands at the top of the columns."""
        found: Counter[str] = Counter()
        for batch in self._at_top(letters):
            for column in batch.columns:
                counts = pc.value_counts(pc.drop_null(column))
                found.update(dict(zip(*(part.to_pylist() for part in counts.flatten()), strict=True)))
        return found

    def _at_top(self, letters: Sequence[str]) -> Iterable[pa.RecordBatch]:
        held = [letter for letter in letters if letter in self.table.column_names]
        return self._records.select(held).slice(0, LOOKED_AT).to_batches() if held else []

    def frames(self, letters: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The columns, batch by batch; one that the table does not have is blank."""
        held = [letter for letter in letters if letter in self.table.column_names]
        for batch in self.table.select(["row", *dict.fromkeys(held)]).to_batches():
            blank = pa.nulls(len(batch), pa.large_string())
            arrays = [batch.column(letter) if letter in held else blank for letter in letters]
            yield pa.record_batch(arrays, names=list(letters)).to_pandas()

    def first_rows(self, letters: Sequence[str]) -> pd.DataFrame:
        """The first batch of `frames`; without rows where there is none."""
        return next(self.frames(letters), pd.DataFrame(columns=list(letters)))


def _is_id(text: str) -> bool:
    """One word, or a few with a figure among them; no date and no address."""
    short = len(text) <= _LONGEST_ID and (" " not in text.strip() or any(c.isdigit() for c in text))
    return short and not _is_address(text) and (text.strip().isdigit() or not is_date(text))


def _is_token(text: str) -> bool:
    return bool(_TOKEN.fullmatch(text.strip()))


def _is_rate(text: str) -> bool:
    return bool(_RATE.fullmatch(text))


def _is_id_number(text: str) -> bool:
    return _is_code(text) and any(c.isdigit() for c in text) and _is_id(text)


def _is_code(text: str) -> bool:
    return " " not in text.strip()


def _is_name(text: str) -> bool:
    """Of two words or more."""
    return bool(_NAME.search(text)) and not _is_address(text) and not is_date(text)


def _is_text(text: str) -> bool:
    return not _is_address(text) and not is_date(text)


def _is_title(text: str) -> bool:
    """Words, and no page of them."""
    return _is_text(text) and len(text) <= _LONGEST_TITLE and any(c.isalpha() for c in text)


def _is_time(text: str, *, hours: bool) -> bool:
    """hours: `8h` is the hour."""
    time = _TIME.match(text) or _SURELY_HOUR.match(text) or (hours and _HOUR.match(text))
    return bool(time) and not is_date(text)


def _is_address(text: str) -> bool:
    name, at, domain = text.strip().partition("@")
    return bool(name and at and "." in domain) and " " not in text.strip()

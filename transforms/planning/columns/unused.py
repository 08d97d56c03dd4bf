"""Columns that feed nothing: which they are, and which of them hold dates that no field has."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.fields import FIELDS
from rollbook.rows.statuses import COMPLETED
from transforms.planning.columns.cleaners import CleaningTerms, clean_column, read_as
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.table.below import Below
from transforms.planning.table.headers import is_of_other_things
from transforms.values.cleaner import text_series

# Rows in which a column is looked at, and the texts of it: what is a date in them is one further down.
_LOOKED_AT = 2_000
_TEXTS = 200
_MOSTLY = 0.8
_HALF = 0.5
_DATE_WORDS = re.compile(r"date|datum|fecha|complet|finish|termin", re.IGNORECASE)
_NONE_OF = r"^\s*0\s*/\s*\d+\s*$"
_LIKE_A_DATE = r"\b(?:19|20)\d\d\b|\d{1,2}[-./]\d{1,2}"


def unused_columns(below: Below, used: set[str]) -> tuple[tuple[str, int], ...]:
    """(header, filled cells) of the columns that feed nothing and hold something, those with the most cells first.

    used: letters that feed something, or are not to be named. A column without a header is named by letter, `@F`.
    """
    letters = [x for x in below.headers if x not in used and x in below.table.column_names]
    filled = dict.fromkeys(letters, 0)
    for batch in below.table.select(letters).to_batches() if letters else ():
        for letter, column in zip(letters, batch.columns, strict=True):
            filled[letter] += len(column) - column.null_count
    named = [(below.headers[letter] or f"@{letter}", count) for letter, count in filled.items() if count]
    return tuple(sorted(named, key=lambda pair: -pair[1]))


def unused_dates(
    below: Below,
    unused: Sequence[tuple[str, int]],
    columns: Sequence[ColumnPlan],
    fed: Collection[str],
    reading: CleaningTerms,
) -> tuple[str, ...]:
    """The headers among the unused ones below which there are dates that the day of the import would replace.

    columns: how the sheet is read. fed: the fields that columns or defaults feed. Dates that are known to be of
    something else do not count, nor does a column that only repeats a date that is used.
    """
    names = {name for name, _ in unused}
    own = {letter for column in columns for letter in column.letters}
    letters = [x for x, header in below.headers.items() if x not in own and (header or f"@{x}") in names]
    letters = [x for x in letters if x in below.table.column_names and not is_of_other_things(below.headers[x])]
    top = _texts_at_top(below, letters)
    dated = [x for x, texts in top.items() if _holds_dates(below.headers[x], texts, reading)]
    gaps = _Gaps(below, {column.field: column for column in columns}, fed, reading) if dated else None
    return tuple(below.headers[x] or f"@{x}" for x in dated if gaps and gaps.beside(x) and not gaps.repeats(x))


@dataclass(frozen=True)
class _Gaps:
    """Where the day of the import would be entered for a date that the sheet does not have."""

    below: Below
    columns: Mapping[str, ColumnPlan]
    fed: Collection[str]
    reading: CleaningTerms

    def beside(self, letter: str) -> bool:
        """Does the column hold something in a row that has no date of enrollment, or none of completion?"""
        if not {"enrolled_on", "completed_on"} <= set(self.fed):
            return True
        enrolled, completed = self._letters("enrolled_on"), self._letters("completed_on", "session_date")
        if enrolled and self.below.any_without(letter, enrolled):
            return True
        # A completion date is entered for completed rows only, and only where the session has no date.
        defaulted = bool({"completed_on", "session_date"} & set(self.fed) - self.columns.keys())
        return not defaulted and self.below.any_without(letter, completed, self._completed())

    def repeats(self, letter: str) -> bool:
        """Does the column only repeat a date that is used?"""
        dates = [column for column in self.columns.values() if FIELDS[column.field].kind == "date"]
        return any(len(column.letters) == 1 and self.below.same(letter, column.letters[0]) for column in dates)

    def _letters(self, *fields: str) -> list[str]:
        return [x for name in fields if name in self.columns for x in self.columns[name].letters]

    def _completed(self) -> tuple[str, pa.Array] | None:
        """The status column, and the texts in it that say completed; None where one column alone does not say it."""
        column = self.columns.get("status")
        if column is None or len(column.letters) != 1 or column.pattern:
            return None
        texts = self.below.distinct(column.letters[0])
        cells = text_series(texts, pd.RangeIndex(len(texts)))
        said = clean_column(cells, column, self.reading).values == COMPLETED
        return column.letters[0], texts.filter(pa.array(said.to_numpy(bool)))


def _texts_at_top(below: Below, letters: Sequence[str]) -> Mapping[str, pa.Array]:
    batches = list(below.table.select(letters).slice(0, _LOOKED_AT).to_batches()) if letters else []
    columns = {x: [batch.column(x).cast(pa.large_string()) for batch in batches] for x in letters if batches}
    return {x: pc.drop_null(pa.concat_arrays(found).unique()).slice(0, _TEXTS) for x, found in columns.items()}


def _holds_dates(header: str, texts: pa.Array, reading: CleaningTerms) -> bool:
    if not len(texts):
        return False
    cells = text_series(texts, pd.RangeIndex(len(texts)))
    cleaned = clean_column(cells, read_as(ColumnPlan("completed_on", ()), cells, reading, None), reading)
    dates = cleaned.values.notna() | cleaned.code.isin(["date.ambiguous", "date.in_future", "date.too_old"])
    alike = float(pc.mean(pc.match_substring_regex(texts, _LIKE_A_DATE).cast(pa.float64())).as_py())
    counted = pc.any(pc.match_substring_regex(texts, _NONE_OF)).as_py()
    return bool(dates.mean() >= _MOSTLY or (_DATE_WORDS.search(header) and alike >= _HALF and not counted))

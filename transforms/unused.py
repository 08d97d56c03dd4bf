"""Columns that feed nothing: which they are, and which of them hold dates that no field has."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.cleaned import text_series
from transforms.cleaning import Reading, clean_column, read_as
from transforms.columns import Below, ColumnPlan
from transforms.headers import is_known

# Rows in which a column is looked at, and the texts of it: what is a date in them is one further down.
_LOOKED_AT = 2_000
_TEXTS = 200
_MOSTLY = 0.8
_HALF = 0.5
_DATE_WORDS = re.compile(r"date|datum|fecha|complet|finish|termin", re.IGNORECASE)
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
    below: Below, unused: Sequence[tuple[str, int]], destination: str, reading: Reading
) -> tuple[str, ...]:
    """The headers among them below which dates are, but for those that are known to be of something else."""
    unknown = {
        letter: header or f"@{letter}"
        for letter, header in below.headers.items()
        if letter in below.table.column_names and not is_known(header, destination)
    }
    names = {name for name, _ in unused}
    top = _texts_at_top(below, [letter for letter, name in unknown.items() if name in names])
    return tuple(unknown[x] for x, texts in top.items() if _holds_dates(unknown[x], texts, reading))


def _texts_at_top(below: Below, letters: Sequence[str]) -> Mapping[str, pa.Array]:
    batches = list(below.table.select(letters).slice(0, _LOOKED_AT).to_batches()) if letters else []
    columns = {x: [batch.column(x).cast(pa.large_string()) for batch in batches] for x in letters if batches}
    return {x: pc.drop_null(pa.concat_arrays(found).unique()).slice(0, _TEXTS) for x, found in columns.items()}


def _holds_dates(header: str, texts: pa.Array, reading: Reading) -> bool:
    if not len(texts):
        return False
    cells = text_series(texts, pd.RangeIndex(len(texts)))
    cleaned = clean_column(cells, read_as(ColumnPlan("completed_on", ()), cells, reading, None), reading)
    dates = cleaned.values.notna() | cleaned.code.isin(["date.ambiguous", "date.in_future", "date.too_old"])
    alike = float(pc.mean(pc.match_substring_regex(texts, _LIKE_A_DATE).cast(pa.float64())).as_py())
    return bool(dates.mean() >= _MOSTLY or (_DATE_WORDS.search(header) and alike >= _HALF))

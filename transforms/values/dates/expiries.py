"""Days on which certificates expire: they may be in the future, or never come."""

import re
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.cleaner import text_series, texts
from transforms.values.dates.date_readings import is_date
from transforms.values.text import fold
from transforms.vocabulary.languages import words_at

EXPIRY = "expires_on"
_LIKE_A_DAY = re.compile(r"\d{1,4} ?[-./] ?\d{1,2} ?[-./] ?\d{1,4}\b")
# No certificate is valid for longer: `31/12/27` is 2027, `31/12/95` is 1995.
_YEARS_AHEAD = 20
_NEVER = frozenset(map(fold, words_at("never_expires")))


def latest_expiry(today: date) -> date:
    """The last day to which a two-digit year may belong; the day itself plays no part."""
    return date(today.year + _YEARS_AHEAD, 12, 31)


def is_expiry(text: str) -> bool:
    """Whether a text as a cell has it is written as a day, even one that is none, or says that there is none."""
    return fold(text) in _NEVER or is_date(text) or bool(_LIKE_A_DAY.match(text.strip()))


def without_never(cells: pd.Series) -> pd.Series:
    """The texts without those that say that a certificate never expires: there is no such day."""
    encoded = pc.dictionary_encode(texts(cells))
    said = [None if fold(text) in _NEVER else text for text in encoded.dictionary.to_pylist()]
    if None not in said:
        return cells
    return text_series(pa.array(said, pa.large_string()).take(encoded.indices), cells.index)

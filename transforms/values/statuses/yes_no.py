"""Yes and no, for fields that are nothing else."""

import pandas as pd

from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_distinct
from transforms.values.normalize import trim
from transforms.values.statuses.status_words import CROSS, NO, YES
from transforms.values.text import ERROR_TEXTS, NO_VALUE, mark_key

TRUE = YES | {"t", "on", "confirmed"}
FALSE = NO | {"f", "off", "not confirmed", "unconfirmed"}


def clean_yes_no(cells: pd.Series) -> Cleaned:
    """Yes, no, true, false, 1, 0 and ticks as pandas' `boolean`; `-`, `?` and `N/A` are missing.

    Codes: `value.unknown` (a cross may be either), `cell.error`.
    """
    return judge_distinct(cells, _judge_yes_no, "boolean")


def _judge_yes_no(text: str) -> CellVerdict:
    mark = mark_key(trim(text))
    if mark in NO_VALUE:
        return BLANK
    if mark in TRUE or mark in FALSE:
        return CellVerdict(mark in TRUE)
    if mark.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    return CellVerdict(code="value.unknown", detail="a cross may be yes or no" if mark in CROSS else None)

"""What sheets say of the access to a module of a learning plan: a closed table, folded as headers are."""

import pandas as pd

from rollbook.rows.activities import CLEAR, LOCKED, UNLOCKED
from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_distinct
from transforms.values.normalize import trim
from transforms.values.statuses.yes_no import FALSE, TRUE
from transforms.values.text import ERROR_TEXTS, NO_VALUE, fold, mark_key

# aXcelerate's interface itself says true for unlocked and false for locked.
WORDS: dict[str, tuple[str, ...]] = {
    UNLOCKED: ("unlocked", "unlock", "open", *sorted(TRUE)),
    LOCKED: ("locked", "lock", "closed", "false"),
    CLEAR: ("clear", "cleared", "no override", "remove override"),
}
_MEANT = {fold(word): access for access, words in WORDS.items() for word in words if word not in TRUE}
_READINGS = {
    "none": "it may mean that the override is to go (clear), or nothing",
    **dict.fromkeys(FALSE, "it may mean locked, or that nothing is to be overridden (clear)"),
}


def clean_access(cells: pd.Series) -> Cleaned:
    """`unlocked`, `locked` or `clear` (`rollbook.rows.activities`); `-`, `?` and `N/A` are missing.

    Codes: `access.unknown` (a no and a none may mean two things), `cell.error`.
    """
    return judge_distinct(cells, _judge_access)


def _judge_access(cell: str) -> CellVerdict:
    text = mark_key(trim(cell))
    if text in NO_VALUE and text not in _READINGS:
        return BLANK
    if access := UNLOCKED if text in TRUE else _MEANT.get(fold(text)):
        return CellVerdict(access)
    if text.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    return CellVerdict(code="access.unknown", detail=_READINGS.get(text))

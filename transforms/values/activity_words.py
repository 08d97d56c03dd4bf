"""What sheets call the things that a row for aXcelerate may be about: a closed table, folded as headers are."""

import pandas as pd

from rollbook.rows.activities import CLASS, E_LEARNING, UNIT, WORKSHOP
from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_distinct
from transforms.values.normalize import trim
from transforms.values.text import ERROR_TEXTS, NO_VALUE, fold

# The letters are those of aXcelerate's interface, `p` being a class (program instance) and `s` a unit (subject).
WORDS: dict[str, tuple[str, ...]] = {
    UNIT: ("s", "unit", "units", "unit of competency", "subject"),
    WORKSHOP: ("w", "workshop", "workshops"),
    CLASS: ("p", "class", "classes", "program", "programme", "program instance"),
    E_LEARNING: ("el", "e-learning", "elearning", "e learning"),
}
_TYPE_OF = {fold(word): kind for kind, words in WORDS.items() for word in words}
_MODULE = frozenset(map(fold, ("module", "modules", "learning module", "learning plan")))


def clean_activities(cells: pd.Series) -> Cleaned:
    """The types of activity (`rollbook.rows.activities`) of the cells; `-`, `?` and `N/A` are missing.

    Codes: `activity.unknown`, `cell.error`.
    """
    return judge_distinct(cells, _judge_activity)


def _judge_activity(cell: str) -> CellVerdict:
    text = trim(cell)
    if text.casefold() in NO_VALUE:
        return BLANK
    folded = fold(text)
    if folded in _TYPE_OF:
        return CellVerdict(_TYPE_OF[folded])
    if text.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    detail = "a module is identified by its enrolment's ID, not by a type" if folded in _MODULE else None
    return CellVerdict(code="activity.unknown", detail=detail)

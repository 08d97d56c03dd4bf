"""A number of a cell as text: as its format shows it, or as the day that it is."""

import math

from rollbook.rows.marks import MarkKind
from sources.cells.number_formats import date_text, is_date, number_text, render_of, section_of
from sources.cells.shown_cells import mark_of_number

_PRECISE = 1e15


def number_content(number: float, code: str, is_1904: bool) -> tuple[str, MarkKind | None]:
    """Text and mark of a number under a format's code; no number, or no day under a date's, is an error."""
    if not math.isfinite(number):
        return "#NUM!", "error"
    render = render_of(code)
    shown = render(number) if render else None
    if shown is None and is_date(section_of(code, number)):
        shown = date_text(number, is_1904)
        if shown is None:
            return number_text(number), "error"
    text = number_text(number) if shown is None else shown
    if shown is None and abs(number) >= _PRECISE:
        return text, "imprecise"
    return text, mark_of_number(number, code, is_1904)

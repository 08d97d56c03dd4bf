"""Registers: columns headed by dates with marks of attendance in their cells, and what the marks mean in that sheet."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from rollbook.rows.statuses import ATTENDED, NO_SHOW
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.table.below import LOOKED_AT, Below
from transforms.planning.table.header_words import written_in
from transforms.planning.table.legends import NOT_EXPECTED, legend_in
from transforms.planning.table.table_detection import Cells
from transforms.values.statuses.status_words import CROSS, YES, StatusMeaning, is_status, status_of
from transforms.values.text import mark_key

_MOSTLY = 0.8
FEWEST = 2
_POINTS = re.compile(r"-?\s*[a-z?]\s*\(\s*[\d.,]+\s*/\s*[\d.,]+\s*\)")
_NO_SUCH_RECORD = frozenset({"n/a", "n.a.", "not applicable", *NOT_EXPECTED})
# In these languages both words begin with an A: anwesend and abwesend, aanwezig and afwezig.
_BOTH_WITH_A = frozenset({"de", "nl"})


def are_marks(below: Below, letters: Sequence[str], legend: Mapping[str, str]) -> bool:
    """Do the columns hold marks of attendance, those that say present among them, and hardly anything else?

    A letter alone may be a grade, a number hours.
    """
    found = below.counted(letters)
    marks = Counter({text: count for text, count in found.items() if is_status(text) or mark_key(text) in legend})
    some = any(_says_present(text, legend) or mark_key(text) in CROSS for text in marks)
    return some and marks.total() >= _MOSTLY * found.total()


def with_marks(column: ColumnPlan, below: Below, around: Iterable[Cells]) -> ColumnPlan:
    """The column of a wide sheet's statuses with what its marks mean: its legend, ticks, crosses and letters.

    around: the rows above and below the table, which may explain the marks.
    """
    legend = legend_in(around)
    distinct = pa.concat_arrays([below.distinct(letter) for letter in column.letters]).unique().to_pylist()
    marks = {mark_key(text) for text in distinct}
    present = {mark for mark in marks if _says_present(mark, legend)}
    if "a" in marks and "a" not in legend and _means_absent(marks, present, below):
        legend = {**legend, "a": "absent"}
    unexpected = {*_NO_SUCH_RECORD, *(mark for mark, word in legend.items() if word in _NO_SUCH_RECORD)}
    if any(_POINTS.fullmatch(mark) for mark in marks):
        unexpected |= {"?"}
    crossed = not present and _is_in_half(below, column.letters, CROSS & marks)
    return replace(
        column,
        meaning=StatusMeaning("", ATTENDED, NO_SHOW, ATTENDED if crossed else None),
        legend=tuple(sorted(legend.items())),
        no_record=tuple(sorted(unexpected)),
    )


def _says_present(text: str, legend: Mapping[str, str]) -> bool:
    mark = mark_key(text)
    if mark in legend:
        return status_of(legend[mark]) == ATTENDED
    return mark in YES or status_of(text) == ATTENDED


def _means_absent(marks: set[str], present: set[str], below: Below) -> bool:
    """Is an A that stands beside marks of the present an absence, in the language of the sheet?"""
    if "p" in marks:
        return True
    spoken = below.spoken or ({"en"} if written_in(below.headers.values(), "en") else set())
    return bool(present) and bool(spoken) and not _BOTH_WITH_A & spoken


def _is_in_half(below: Below, letters: Sequence[str], crosses: Collection[str]) -> bool:
    """Do crosses stand in at least half of the cells? The absent are fewer than those who come."""
    found = below.counted(letters)
    count = sum(number for text, number in found.items() if mark_key(text) in crosses)
    filled = [letter for letter in letters if len(below.distinct(letter))]
    return bool(crosses) and 2 * count >= len(filled) * min(len(below.table), LOOKED_AT)

"""Numbers of learners that stand beside something: `Ada Dunn (11201)`, `#400123`."""

import re
from collections.abc import Collection
from dataclasses import replace

from rollbook.rows.fields import FIELDS
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.table.below import Below
from transforms.planning.table.table_detection import IDENTITY

_NUMBERED = re.compile(r".*[^\W\d_].*\(\s*(?P<number>[A-Za-z]{0,4}-?\d{3,12})\s*\)\s*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MOSTLY = 0.9
# What is captured of a text: the name without the number, the number without the name.
_NAME = r"^(.*?)(?:\s*\(\s*[A-Za-z]{0,4}-?\d{3,12}\s*\))?\s*$"
# Brightspace writes a number sign before each, so that spreadsheet programs take it for text.
_SIGNED, _WITHOUT_SIGN = re.compile(r"\s*#\s*[\w-]+\s*"), r"^\s*#?\s*(.+?)\s*$"
_NUMBER = r"\(\s*([A-Za-z]{0,4}-?\d{3,12})\s*\)\s*$"


def with_numbers_apart(columns: tuple[ColumnPlan, ...], below: Below, said: Collection[str]) -> tuple[ColumnPlan, ...]:
    """The columns, one of names with numbers behind them read as the names.

    Where nothing else identifies the learners, the numbers do so. A year in brackets may be that of birth.

    said: the fields that the usual headers may not feed.
    """
    found = {column.field: _without_sign(column, below) for column in columns}
    columns = tuple(found.values())
    name = found.get("learner_name")
    if name is None or name.by_profile or len(name.letters) != 1 or not (numbers := _numbers(below, name.letters[0])):
        return columns
    found["learner_name"] = replace(name, pattern=_NAME)
    if not IDENTITY & {*found, *said} and not all(map(_YEAR.fullmatch, numbers)):
        found["learner_employee_id"] = replace(name, field="learner_employee_id", pattern=_NUMBER)
    return tuple(found[field] for field in FIELDS if field in found)


def _without_sign(column: ColumnPlan, below: Below) -> ColumnPlan:
    if column.field != "learner_employee_id" or column.by_profile or len(column.letters) != 1:
        return column
    top = below.at_top(column.letters[0])
    return replace(column, pattern=_WITHOUT_SIGN) if top and all(map(_SIGNED.fullmatch, top)) else column


def _numbers(below: Below, letter: str) -> list[str]:
    top = below.at_top(letter)
    found = [match["number"] for text in top if (match := _NUMBERED.fullmatch(text))]
    return found if len(found) >= _MOSTLY * len(top) and len(set(found)) == len(found) else []

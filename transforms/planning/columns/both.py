"""Columns that say both a status and a grade: `Passed`, `85` and `Absent` under one header."""

from dataclasses import replace

from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.table.below import Below
from transforms.values.grades import is_grade
from transforms.values.statuses.status_words import status_of


def without_statuses(columns: tuple[ColumnPlan, ...], below: Below) -> tuple[ColumnPlan, ...]:
    """The columns, the grade blank where its column has the word of a status that is no grade: `Absent`."""
    found = {column.field: column for column in columns}
    grade, status = found.get("grade"), found.get("status")
    if grade is None or status is None or grade.letters != status.letters or grade.by_profile or len(grade.letters) > 1:
        return columns
    words = [text for text in below.at_top(grade.letters[0]) if status_of(text) and not is_grade(text)]
    blank = replace(grade, values=(*grade.values, *((word, "") for word in words)))
    return tuple(blank if column is grade else column for column in columns)

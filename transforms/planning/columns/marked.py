"""What reading marked in cells, as codes: errors, numbers that lost digits, cells that show something else."""

from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from rollbook.rows.fields import FIELDS
from rollbook.rows.marks import ID_SHOWN_AS, SHOWN_AS, SHOWN_OTHERWISE
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.values.cleaner import Cleaned


class Marked(NamedTuple):
    """Codes and details (`str`, NaN where nothing is wrong) on the index of the rows."""

    code: pd.Series
    detail: pd.Series


def marked_in(rows: pd.Series, marks: pd.DataFrame, column: ColumnPlan) -> Marked | None:
    """What is marked in a column's cells; None where nothing is that matters to the field.

    rows: numbers of the sheet. marks: `row`, `column`, `kind` (as `rollbook.rows.marks` names them).
    """
    found = marks[marks["column"].isin(column.letters)] if len(marks) else marks
    is_id = FIELDS[column.field].kind == "id"
    matter = [kind for kind in found["kind"].unique() if _verdict(kind, is_id)[0]]
    if not matter:
        return None
    found = found[found["kind"].isin(matter)].drop_duplicates("row")
    return _by_kinds(rows.map(found.set_index("row")["kind"]), column.field)


def marked_at(places: pd.DataFrame, marks: pd.DataFrame, field: str) -> Marked | None:
    """As `marked_in`, of cells at `row`, `column` (a letter) that feed one field."""
    if not len(marks):
        return None
    kinds = places.merge(marks.drop_duplicates(["row", "column"]), "left", ["row", "column"])["kind"]
    return _by_kinds(kinds.set_axis(places.index), field)


def with_marked(cleaned: Cleaned, marked: Marked | None) -> Cleaned:
    """The cells with the codes and details of those that are marked."""
    if marked is None:
        return cleaned
    is_unmarked = marked.code.isna().to_numpy()
    code, detail = cleaned.code.where(is_unmarked, marked.code), cleaned.detail.where(is_unmarked, marked.detail)
    return replace(cleaned, code=code, detail=detail)


def _by_kinds(kinds: pd.Series, field: str) -> Marked | None:
    """The codes of the marks; None where none of them matters to the field."""
    is_id = FIELDS[field].kind == "id"
    verdicts = {kind: _verdict(kind, is_id) for kind in kinds.dropna().unique()}
    if not any(code for code, _ in verdicts.values()):
        return None
    codes, details = ({kind: verdict[at] for kind, verdict in verdicts.items()} for at in (0, 1))
    return Marked(kinds.map(codes).astype("str"), kinds.map(details).astype("str"))


def _verdict(kind: str, is_id: bool) -> tuple[str | None, str | None]:
    """Code and detail of a mark; None where it does not matter to the field: to an ID its digits do."""
    if kind == "error":
        return "cell.error", None
    if kind == "imprecise" and is_id:
        return "id.precision_lost", None
    for prefix in (SHOWN_AS, *([ID_SHOWN_AS] if is_id else [])):
        if kind.startswith(prefix):
            return SHOWN_OTHERWISE, kind.removeprefix(prefix)
    return None, None

"""From positions in a part to lines of the failure frame: the cell, its value, what else there is to say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from rollbook.rows.failures import FAILURE_COLUMNS, failure_frame, join_failures
from rollbook.rows.fields import FIELDS
from validators.findings import Details, Finding
from validators.lookups import TEXT, Positions
from validators.rules import RULES, SESSION
from validators.schemas import Bounds, Broken, cell_rules

# In a wide sheet the heading of the record's own column says the session, its cell the status or the grade.
OWN_FIELDS = frozenset((*SESSION, "status", "grade"))
_CODE_RANKS = {code: rank for rank, code in enumerate(RULES)}
_FIELD_RANKS = {field: rank for rank, field in enumerate(FIELDS)}


@dataclass(frozen=True)
class Places:
    """Where the fields of a sheet stand, and what its cells showed; see `validators.judge.judge`."""

    fields: Mapping[str, tuple[str, str]]
    own: Mapping[int, tuple[str, str]]
    cells: pd.DataFrame | None = None

    def of(self, broken: Broken, columns: Positions) -> Iterator[tuple[str | None, str | None]]:
        """Letter and header of the blamed cell, one for each of `columns` (the records' `col`).

        Where no column feeds the blamed field, the place is that of the rule's next field that has one.
        """
        candidates = (broken.field, *RULES[broken.code].fields)
        fixed = next((self.fields[name] for name in candidates if name in self.fields), (None, None))
        if fixed[0] or not self.own or OWN_FIELDS.isdisjoint(candidates):
            return repeat(fixed, len(columns))
        return (self.own.get(column, fixed) for column in columns.tolist())

    def shown(self, lines: pd.DataFrame) -> pd.Series:
        """The values of the failure lines as the cells showed them, where there is a clean value at all."""
        if self.cells is None:
            return lines["value"]
        rows = pd.Index(self.cells["row"]).get_indexer(pd.Index(lines["row"]))
        values = lines["value"].to_numpy(object).copy()
        for letter, at in lines.groupby("column").indices.items():
            if letter in self.cells:
                told = at[lines["value"].notna().to_numpy()[at] & (rows[at] >= 0)]
                values[told] = self.cells[letter].to_numpy(object)[rows[told]]
        return pd.Series(values, index=lines.index, dtype=TEXT).fillna(lines["value"])


def failure_lines(
    problems: Sequence[Broken], rows: pd.DataFrame, findings: Sequence[Finding], bounds: Bounds, places: Places
) -> pd.DataFrame:
    """The failure frame of the broken rules in these rows."""
    details = {(finding.code, finding.field): finding.details for finding in findings}
    told: dict[str, list[Any]] = {name: [] for name in FAILURE_COLUMNS}
    for broken in problems:
        at = broken.positions
        columns = rows["col"].to_numpy(np.int64)[at]
        told["row"] += rows["row"].to_numpy(np.int64)[at].tolist()
        told["col"] += columns.tolist()
        letters, headers = zip(*places.of(broken, columns), strict=True)
        told["column"] += letters
        told["header"] += headers
        told["value"] += _texts(rows[broken.field].iloc[at])
        told["field"] += [broken.field] * len(at)
        told["code"] += [broken.code] * len(at)
        told["detail"] += _details(broken, details.get((broken.code, broken.field)), bounds)
    lines = failure_frame(**told)
    return lines.assign(value=places.shown(lines))


def told_of_each(failures: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """In wide sheets, what is wrong with a sheet row as a whole (column 0) is told of each of its records, once each.

    Each of them is rejected for it and is a case of its own, which is found, counted and repaired by its failures.
    """
    whole = failures["col"] == 0
    if not (whole.any() and (rows["col"] > 0).any()):
        return failures
    spread = failures[whole].drop(columns="col").merge(rows[["row", "col"]], on="row")
    joined = join_failures([failures[~whole], spread[failures.columns]])
    return joined[~joined.duplicated()].reset_index(drop=True)


def in_order(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The failures joined: by row and col, then as the rules and fields are listed; a fresh RangeIndex."""
    joined = join_failures(frames)
    ranks = (joined["code"].map(_CODE_RANKS), joined["field"].map(_FIELD_RANKS).fillna(-1))
    letters = joined["column"].fillna("")
    order = np.lexsort([letters, *reversed(ranks), joined["col"], joined["row"]])
    return joined.iloc[order].reset_index(drop=True)


def once_a_cell(failures: pd.DataFrame) -> pd.DataFrame:
    """The failures in order, of a cell that feeds two fields (a day of completion and of the session) one of a kind."""
    again = failures["column"].notna() & failures.duplicated(["row", "col", "column", "code"])
    return failures[~again].reset_index(drop=True) if again.any() else failures


def _details(broken: Broken, said: Details | None, bounds: Bounds) -> Sequence[str | None]:
    if said is not None:
        return list(said(broken.positions))
    rule = cell_rules(bounds).get(broken.code)
    return [rule.detail if rule else None] * len(broken.positions)


def _texts(cells: pd.Series) -> Sequence[str | None]:
    """Clean values as text: dates as 2024-01-31, answers as yes and no."""
    if cells.dtype.kind == "M":
        return list(cells.dt.strftime("%Y-%m-%d"))
    if cells.dtype == "boolean":
        return list(cells.map({True: "yes", False: "no"}))
    return list(cells)

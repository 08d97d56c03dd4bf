"""What the judges of relations hand to the schemas, and which cells have failed already."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from validators.lookups import Mask, Positions

Details = Callable[[Positions], pd.Series]
# More than the columns of a sheet: row and column as one number, the row first.
_COLUMNS = 1 << 20


@dataclass(frozen=True)
class Finding:
    """Whether a rule that looks beyond one cell holds, row by row.

    field: the field that is blamed where it does not hold.
    holds: a boolean a row, in the order of the rows.
    details: what the failures at these positions say beyond the cell's value, as `str`; None: nothing.
    """

    code: str
    field: str
    holds: Mask
    details: Details | None = None


class Failed:
    """Which rows and cells have failed before the rules are asked.

    A failure of column 0 in a sheet with several records a row (wide) is a failure of all of them.
    """

    def __init__(self, rows: pd.DataFrame, failures: pd.DataFrame) -> None:
        self._count = len(rows)
        lines, self.positions = _lines_and_positions(rows, failures)
        fields = failures["field"].iloc[lines].reset_index(drop=True)
        self._by_field = {str(field): self.positions[at] for field, at in fields.groupby(fields).indices.items()}

    def mask(self, *fields: str) -> Mask:
        """The rows in which a cell of one of the fields has failed."""
        mask = np.zeros(self._count, dtype=bool)
        for field in fields:
            mask[self._by_field.get(field, [])] = True
        return mask


def _lines_and_positions(rows: pd.DataFrame, failures: pd.DataFrame) -> tuple[Positions, Positions]:
    """Pairs of (line of `failures`, position in `rows`) of the same place."""
    places = _places(rows)
    order = np.argsort(places, kind="stable")
    wanted = _places(failures)
    # A failure of column 0 is one of the whole row.
    behind = wanted + np.where(failures["col"].to_numpy() == 0, _COLUMNS, 1)
    first, last = (np.searchsorted(places[order], bounds) for bounds in (wanted, behind))
    counts = last - first
    lines = np.repeat(np.arange(len(failures)), counts)
    steps = np.arange(len(lines)) - np.repeat(counts.cumsum() - counts, counts)
    return lines, order[np.repeat(first, counts) + steps]


def _places(frame: pd.DataFrame) -> Positions:
    places: Positions = frame["row"].to_numpy(np.int64) * _COLUMNS + frame["col"].to_numpy(np.int64)
    return places

"""Array formulas: one formula whose results are in several cells, of which only the first one has it."""

from collections.abc import Iterable

from sources.cells.sheet_builder import Draft, Merge
from sources.errors import Unreadable

# So many cells may wait for their results.
_MOST = 1_000_000


def spread_uncalculated(draft: Draft, arrays: Iterable[Merge]) -> None:
    """Let all cells of an array formula that no program has calculated be errors, as its first cell is already.

    xlsxwriter stores 0 in the other cells, openpyxl nothing: neither is their value. arrays: the cells of each formula.
    Raises Unreadable where more cells than a table has would have to wait for one.
    """
    height = max((len(column) for column in draft.columns.values()), default=0)
    width = max(draft.columns, default=-1)
    for array in arrays:
        formula = _uncalculated(draft, array)
        if formula is None:
            continue
        rows = range(array.top, min(array.bottom + 1, height))
        columns = range(array.left, min(array.right, width) + 1)
        if len(rows) * len(columns) > _MOST:
            raise Unreadable(
                f"The sheet {draft.name} has a formula in more than {_MOST:,} cells that no program has calculated. "
                "Open the file in a spreadsheet program, save it and import it again."
            )
        for place in ((row, column) for row in rows for column in columns):
            draft.show(*place, formula)
            draft.marks[place] = "error"


def _uncalculated(draft: Draft, array: Merge) -> str | None:
    """The formula of the first cell where it was never calculated."""
    if draft.marks.get((array.top, array.left)) != "error":
        return None
    column = draft.columns.get(array.left, ())
    stored = str(column[array.top]) if array.top < len(column) else ""
    text = draft.texts.get(array.left, {}).get(array.top, stored)
    return text if text.startswith("=") else None

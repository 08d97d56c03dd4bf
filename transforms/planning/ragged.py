"""Which lines of a text file are ragged: they have more or fewer cells than the header of their table.

A line with more has a delimiter within a text (`Ann,92,5`), one with fewer is cut off or broken in two: its cells may
stand under the wrong headers. Blank cells at the end of a line never count.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from rollbook.text.letters import column_letter, column_number
from transforms.planning.sheet_plan import SheetPlan

# What is shown of cells beyond the header: so many of them, so much of each.
_SHOWN, _LONGEST = 5, 40


def header_cells(widths: pd.DataFrame, header_row: int | None) -> int:
    """How many cells the header line has, blank ones included; without such a line, the most common number.

    widths: `row`, `cells`, ascending, runs of lines with as many cells.
    """
    rows, cells = widths["row"].to_numpy(), widths["cells"].to_numpy()
    if not len(rows):
        return 0
    if header_row:
        return int(cells[max(int(np.searchsorted(rows, header_row, side="right")) - 1, 0)])
    lines = np.diff(rows, append=rows[-1] + 1)
    return int(np.bincount(cells, weights=lines).argmax())


def short_lines(widths: pd.DataFrame, plan: SheetPlan) -> np.ndarray:
    """The numbers (int64) of the table's lines that have fewer cells than its header has texts.

    None where most lines do: then their writer leaves out blank cells at the end.
    """
    rows, cells = widths["row"].to_numpy("int64"), widths["cells"].to_numpy()
    first, last = plan.first_row, plan.last_row
    starts, ends = np.clip(rows, first, last + 1), np.clip(np.append(rows[1:], last + 1), first, last + 1)
    short = cells < _headed(plan)
    if not short.any() or 2 * (ends - starts)[short].sum() > last + 1 - first:
        return np.empty(0, dtype=np.int64)
    return np.concatenate([np.arange(start, end) for start, end in zip(starts[short], ends[short], strict=True)])


def _headed(plan: SheetPlan) -> int:
    headed = [column_number(letter) for letter, header in plan.headers if header]
    return max(headed, default=plan.width)


def surplus_lines(part: pd.DataFrame, plan: SheetPlan) -> np.ndarray:
    """The numbers (int64) of the rows that hold something beyond the last cell of the header line."""
    beyond = [letter for letter in part.columns if letter != "row" and column_number(letter) > plan.width]
    if not plan.width or not beyond:
        return np.empty(0, dtype=np.int64)
    return part.loc[part[beyond].notna().any(axis=1), "row"].to_numpy("int64")


def why_ragged(lines: pd.DataFrame, plan: SheetPlan) -> pd.Series:
    """What is wrong with each of the ragged lines (`row` and a column a letter), as `str` on their index."""
    letters = sorted((name for name in lines.columns if name != "row"), key=column_number)
    width = plan.width or _headed(plan)
    found = [_why(dict(zip(letters, line, strict=True)), width) for line in lines[letters].to_numpy(object)]
    return pd.Series(found, index=lines.index, dtype="str")


def _why(line: Mapping[str, Any], width: int) -> str | None:
    held = {letter: text for letter, text in line.items() if isinstance(text, str)}
    beyond = [f"{x} (“{_short(text)}”)" for x, text in held.items() if column_number(x) > width]
    if not width:
        return None
    if not beyond:
        return f"it has fewer than the {width} cells of the header line"
    return f"beyond column {column_letter(width)} it has {', '.join(beyond[:_SHOWN])}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def with_ragged(marks: pd.DataFrame, *lines: np.ndarray) -> pd.DataFrame:
    """The marks (`row`, `column`, `kind`) with one for each of the lines as a whole, each line marked once."""
    found = np.setdiff1d(np.concatenate(lines), marks.loc[marks["kind"] == "ragged", "row"])
    if not len(found):
        return marks
    more = pd.DataFrame({"row": found, "column": None, "kind": "ragged"}).astype(marks.dtypes.to_dict())
    joined: pd.DataFrame = pd.concat([marks, more], ignore_index=True)
    return joined

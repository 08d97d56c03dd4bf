"""The cases of a failed-rows workbook that comes back: their cells as they are, and as it was written with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ledger.cases.case_cells import Cells, Sheet, cells_at, cells_now, cells_of_rows

if TYPE_CHECKING:
    from ledger.runs import Run
    from pipeline.run_context import RunContext
    from rollbook.returned import Origin


class History:
    """What the cells of cases are now, and what they were when the workbook was written."""

    def __init__(self, work: RunContext, said: Origin, known: Sequence[Run]) -> None:
        self._work, self._said, self._known = work, said, known
        self._known_headers: dict[Sheet, dict[str, tuple[str, int]]] = {}

    def of(self, stored: pd.DataFrame) -> pd.DataFrame:
        """The cases with their `cells` as they are now, and as the workbook showed them (`shown`), both JSON text.

        A run showed its own rows; a download, and a run whose rows are as their cases, the cases as they were then.
        """
        if stored.empty:
            return stored.assign(shown=stored["cells"])
        moments = [self._said.downloaded] if self._said.downloaded else [run.started_at for run in self._known]
        with self._work.looking() as other:
            now = cells_now(other, stored)
            then = cells_at(other, now, min(moments)) if moments else now
            runs = [] if self._said.downloaded else [run.rows_run_id for run in self._known]
            shown = cells_of_rows(other, runs, now)
        then = {**then, **self._under_first_letters(shown, stored)}
        texts = {
            name: pd.Series([json.dumps(cells[case]) for case in stored["case_id"]], index=stored.index, dtype="str")
            for name, cells in (("cells", now), ("shown", then))
        }
        return stored.assign(**texts)

    def _under_first_letters(
        self, shown: Mapping[int, tuple[Sheet, Cells]], stored: pd.DataFrame
    ) -> dict[int, dict[str, str | None]]:
        """Cells under the letters of the sheet that showed each case first; the columns may stand elsewhere now."""
        found = {}
        for case in stored[stored["case_id"].isin(list(shown))].to_dict("records"):
            sheet, cells = shown[case["case_id"]]
            first = Sheet(case["first_run_id"], case["file_no"], case["sheet_position"])
            here, home = self._headers(sheet), {header: x for x, header in self._headers(first).items()}
            letters = {x: home.get(here[x]) if x in here else None for x in cells}
            found[case["case_id"]] = {letter: cells[x] for x, letter in letters.items() if letter}
        return found

    def _headers(self, sheet: Sheet) -> dict[str, tuple[str, int]]:
        """Letter -> header, and how many times it stands before."""
        if sheet not in self._known_headers:
            file = next(file for file in self._work.files_of(sheet.run_id) if file.file_no == sheet.file_no)
            met: Counter[str] = Counter()
            headers: dict[str, tuple[str, int]] = {}
            for letter, header in json.loads(file.plan or "[]")[sheet.sheet_position]["headers"]:
                headers[letter] = (header, met[header])
                met[header] += 1
            self._known_headers[sheet] = headers
        return self._known_headers[sheet]

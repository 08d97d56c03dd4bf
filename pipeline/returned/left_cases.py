"""The cases of a failed-rows workbook: those that no mark of it names, and which of their cells are to blame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ledger import runs
from ledger.cases import cases, failures
from pipeline.returned.stored_cases import Recorded, recorded
from rollbook.text.letters import letters_in
from transforms.returned.sheet import ReturnedRow

if TYPE_CHECKING:
    from ledger.runs import Run
    from pipeline.returned.case_history import History
    from pipeline.run_context import RunContext


class LeftCases:
    """The cases of the workbook's runs that no mark names: rows that lost theirs may be of them."""

    def __init__(self, work: RunContext, known: Sequence[Run], history: History, named: set[int]) -> None:
        self._work, self._known, self._history, self._named = work, known, history, named
        self.blamed: dict[int, frozenset[str]] = {}
        self._blamed_runs: set[str] = set()
        self._groups: list[Recorded] | None = None

    def groups(self) -> list[Recorded]:
        """By the plan under which they were read first; looked for once, and only where a row lost its mark."""
        if self._groups is None:
            self._groups = recorded(self._work, self._stored())
        return self._groups

    def blamed_of(self, stored: pd.DataFrame) -> Mapping[int, frozenset[str]]:
        """The letters of the cells that the problems of these cases blame, by case."""
        with self._work.looking() as other:
            for run in runs.find_each(other, sorted(set(stored["last_run_id"].astype(str)) - self._blamed_runs)):
                self._blamed_runs.add(run.run_id)
                self._blame(failures.failed_records(other, run.rows_run_id), failures.problems(other, run.rows_run_id))
        return self.blamed

    def take(self, some: Sequence[ReturnedRow]) -> None:
        """Rows were found to be these cases: no other row is."""
        self._named |= {mark.case_id for row in some for mark in row.marks if mark.case_id is not None}
        self._groups = None

    def _stored(self) -> pd.DataFrame:
        wanted: set[int] = set()
        with self._work.looking() as other:
            for run in self._known:
                records = failures.failed_records(other, run.rows_run_id)
                wanted |= self._cases_of(records)
                self._blame(records, failures.problems(other, run.rows_run_id))
        with self._work.looking() as connection:
            stored = cases.cases_by_id(connection, wanted - self._named)
        return self._history.of(stored)

    @staticmethod
    def _cases_of(records: pd.DataFrame) -> set[int]:
        return {int(case) for case in records["case_id"].dropna()}

    def _blame(self, records: pd.DataFrame, problems: pd.DataFrame) -> None:
        place = ["part_id", "row", "col"]
        placed = problems.merge(records[[*place, "case_id"]].dropna(), on=place)[["case_id", "source_column"]].dropna()
        for case_id, text in placed.itertuples(index=False):
            self.blamed[int(case_id)] = self.blamed.get(int(case_id), frozenset()) | set(letters_in(text))

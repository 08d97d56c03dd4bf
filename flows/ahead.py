"""Judging ahead: while a part is staged, the next one is judged in a thread.

Judging is plain functions; only the run's own thread talks to the database.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.judging import JudgedPart
    from flows.work import Work
    from ledger.staging import Part


class Ahead:
    """At most one part is judged ahead, so memory holds two."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._thread = ThreadPoolExecutor(1, "judging")
        self._begun: dict[int, Future[JudgedPart]] = {}

    def take(self, part: Part, following: Part | None) -> JudgedPart:
        """The judged part; the one that follows it in the same file is begun."""
        judged = (self._begun.pop(part.part_id, None) or self._begin(part)).result()
        self._begun.clear()
        if following is not None and following.file_no == part.file_no:
            self._begun[following.part_id] = self._begin(following)
        return judged

    def close(self) -> None:
        """Let go of what was begun and not taken."""
        self._begun.clear()
        self._thread.shutdown(cancel_futures=True)

    def _begin(self, part: Part) -> Future[JudgedPart]:
        from flows.judging import judge_part

        sheet = self._work.sheets(part.file_no)[part.sheet_position]
        context = self._work.context(part.file_no)
        return self._thread.submit(judge_part, sheet, part.first_row, part.last_row, context)

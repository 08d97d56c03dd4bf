"""Failed rows and their problems in the words of the person who fixes them."""

import json
from dataclasses import dataclass, field

from rollbook.returned import row_mark
from rollbook.rows.problems import Problem
from rollbook.rows.remedies import for_the_sender
from rollbook.text.formulas import shown
from rollbook.text.letters import column_letter

# A cell holds 32,767 UTF-16 units, of which a character takes one or two.
_CELL_CHARACTERS = 16_000


def with_header(problem: Problem) -> str:
    """The message with its column in front, which a reader of the Problems cell does not see."""
    header = " ".join((problem.header or "").removesuffix(" 00:00:00").split())
    return problem.message if not header or header in problem.message else f"{header}: {problem.message}"


@dataclass
class SheetRow:
    """One failed row of a sender's sheet, with all of its failed records (more than one in wide sheets).

    ledger: the ID of the database that has its cases. cells: {letter: raw text}. places: the letters of the sessions
    that failed; none in long sheets.
    """

    sheet_position: int
    number: int
    ledger: str | None = None
    marks: list[str] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def add_record(
        self, col: int, case_id: int | None, fingerprint: str | None, cells: str | None, _: str | None
    ) -> None:
        """Take in one record: its place, case and raw cells as JSON text."""
        mark = row_mark(case_id, fingerprint, self.ledger)
        if case_id is not None or not self.marks:  # a row without a case says so once
            self.marks.append(mark)
        if cells:
            self.cells.update(json.loads(cells))
        if col:
            self.places.add(column_letter(col))

    def problem_text(self) -> str:
        """What stands in the Problems cell: a line a problem, numbered when several."""
        return _listed([with_header(problem) for problem in self.problems])

    def remedy_text(self) -> str:
        """What stands in the What to do cell, numbered as the problems are."""
        return _listed([for_the_sender(problem.remedy) for problem in self.problems])

    def blamed(self) -> dict[str, list[Problem]]:
        """{letter: its problems} of the cells to blame."""
        found: dict[str, list[Problem]] = {}
        for problem in self.problems:
            for blamed in problem.letters:
                found.setdefault(blamed, []).append(problem)
        return found


def note(problems: list[Problem]) -> str:
    """The text of a bad cell's comment."""
    return "\n\n".join(f"{shown(problem.message)}\n{shown(for_the_sender(problem.remedy))}" for problem in problems)


def _listed(texts: list[str]) -> str:
    if len(texts) == 1:
        return _cut(shown(texts[0]))
    return _cut("\n".join(f"{number}. {shown(text)}" for number, text in enumerate(texts, 1)))


def _cut(text: str) -> str:
    return text if len(text) <= _CELL_CHARACTERS else f"{text[:_CELL_CHARACTERS]} …"

"""The failed-rows workbook read back: which cells were corrected, and which are as they were."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from rollbook.returned import returned_cell
from rollbook.text.formulas import unshown
from transforms.canonical import WHOLE_LINE
from transforms.planning.plan import SheetPlan
from transforms.returned.sheet import ReturnedRow

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]00:00(:00)?(\.0+)?")
# How a workbook's XML spells a character that it cannot hold.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class ReturnedCells:
    """What a failed-rows sheet gives back.

    part: the rows of the cases in their original places and letters, for `canonical_rows` under the recorded plan;
        marks: of them. places: `row`, `col`, `case_id`, `returned_row`, one line a case.
    changes: `case_id`, `column` (letter), `from_value`, `to_value`, a line a changed cell; missing where blank.
    foreign: rows without a valid mark of their own, in original letters under the workbook's row numbers, for
        `canonical_rows` under `foreign_plan`; foreign_marks: of them.
    """

    part: pd.DataFrame
    marks: pd.DataFrame
    places: pd.DataFrame
    changes: pd.DataFrame
    foreign: pd.DataFrame
    foreign_marks: pd.DataFrame


def correct(
    stored: pd.DataFrame,
    returned: Sequence[ReturnedRow],
    plan: SheetPlan,
    blamed: Mapping[int, frozenset[str]] = MappingProxyType({}),
) -> ReturnedCells:
    """The rows of the stored cases with what was changed in the workbook.

    stored: `case_id`, `fingerprint`, `row`, `col`, and `cells`, `marks` (JSON, as `kept_records` gives them), of
        cases of one sheet; `shown`, the cells as the workbook was written with them, where they may be others by now. A
        cell that reads as it was written keeps the stored text and its mark; a changed cell takes the new text. The
        first row with a case's mark corrects it; a repetition is an ordinary row, as is a foreign mark.
    blamed: {case_id: letters of the cells that its problems blame}. In the others it is no change that a spreadsheet
        program made a number of an ID, and took away the zeros before it.
    """
    cases: dict[int, Mapping[str, Any]] = {case["case_id"]: case for case in _records(stored)}
    work = _Mending(plan, blamed, {session.number: session.letter for session in plan.sessions})
    for row in returned:
        mine = [
            cases[case]
            for case, digits, _ in dict.fromkeys(row.marks)
            if case in cases and digits and str(cases[case]["fingerprint"]).startswith(digits)
        ]
        if not work.take(row, mine):
            work.foreign.append(row)
    return work.result()


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, line, strict=True)) for line in frame.itertuples(index=False, name=None)]


def foreign_plan(plan: SheetPlan, foreign: pd.DataFrame) -> SheetPlan:
    """The recorded plan for rows that stand in the workbook itself, under its header."""
    last = int(foreign["row"].max()) if len(foreign) else 1
    return replace(plan, header_row=1 if plan.header_row else None, first_row=2, last_row=last)


class _Mending:
    """Collects the corrected rows of one sheet."""

    def __init__(self, plan: SheetPlan, blamed: Mapping[int, frozenset[str]], own_letters: Mapping[int, str]) -> None:
        self.plan = plan
        self.blamed = blamed
        self.own_letters = own_letters
        self.rows: dict[int, dict[str, str]] = {}
        self.kinds: dict[int, dict[str, str]] = {}
        self.places: list[tuple[int, int, int, int]] = []
        self.changes: list[tuple[int, str, str | None, str | None]] = []
        self.foreign: list[ReturnedRow] = []
        self._claimed: set[tuple[int, int]] = set()

    def take(self, returned: ReturnedRow, cases: Sequence[Mapping[str, Any]]) -> bool:
        """Correct the cases that no row has corrected yet; False if there are none."""
        fresh = [case for case in cases if (case["row"], case["col"]) not in self._claimed]
        for case in fresh:
            self._claimed.add((case["row"], case["col"]))
            self.places.append((case["row"], case["col"], case["case_id"], returned.row))
            self._correct(returned, case)
        return bool(fresh)

    def _correct(self, returned: ReturnedRow, case: Mapping[str, Any]) -> None:
        was: dict[str, str] = {x: text for x, text in json.loads(case["cells"]).items() if text}
        shown = shown_cells(case)
        kinds: dict[str, str] = json.loads(case["marks"]) if isinstance(case["marks"], str) else {}
        others = set(self.own_letters.values()) - {self.own_letters.get(case["col"])}
        now = {letter: text for letter, text in returned.cells.items() if letter not in others}
        cells, told = self.rows.setdefault(case["row"], {}), self.kinds.setdefault(case["row"], {})
        blamed = self.blamed.get(case["case_id"], frozenset())
        # A column that the workbook has no more says nothing: its cells stay as they were.
        changed = [
            x
            for x in {**shown, **now}
            if x in returned.columns
            and not any(reads_the_same(text.get(x), now.get(x)) for text in (shown, was))
            and (x in blamed or not _lost_zeros(was.get(x), now.get(x)))
        ]
        for letter in was.keys() - set(changed):
            cells.setdefault(letter, was[letter])
        for letter in kinds.keys() - set(changed) - {WHOLE_LINE}:
            told.setdefault(letter, kinds[letter])
        for letter in sorted(changed):
            self._change(case, letter, shown.get(letter), now.get(letter), returned.kinds.get(letter))
        if not changed and WHOLE_LINE in kinds:
            told[WHOLE_LINE] = kinds[WHOLE_LINE]

    def _change(self, case: Mapping[str, Any], letter: str, old: str | None, new: str | None, kind: str | None) -> None:
        cells, told = self.rows[case["row"]], self.kinds[case["row"]]
        cells.pop(letter, None)
        told.pop(letter, None)
        text = unshown(new) if new is not None else None
        if text is not None:
            cells[letter] = text
        if kind is not None:
            told[letter] = kind
        self.changes.append((case["case_id"], letter, old, text))

    def result(self) -> ReturnedCells:
        foreign = {row.row: {letter: unshown(text) for letter, text in row.cells.items()} for row in self.foreign}
        foreign_kinds = {row.row: dict(row.kinds) for row in self.foreign}
        changes = pd.DataFrame(self.changes, columns=["case_id", "column", "from_value", "to_value"])
        texts = dict.fromkeys(("column", "from_value", "to_value"), "str")
        places = pd.DataFrame(self.places, columns=["row", "col", "case_id", "returned_row"]).astype("int64")
        return ReturnedCells(
            part=self._part(self.rows),
            marks=_marks(self.kinds),
            places=places.sort_values(["row", "col"], ignore_index=True),
            changes=changes.astype({"case_id": "int64", **texts}),
            foreign=self._part({row: cells for row, cells in foreign.items() if cells}),
            foreign_marks=_marks(foreign_kinds),
        )

    def _part(self, rows: Mapping[int, Mapping[str, str]]) -> pd.DataFrame:
        letters = list(self.plan.header_of)
        numbers = sorted(rows)
        columns: dict[str, Any] = {"row": pd.Series(numbers, dtype="int64")}
        for letter in letters:
            columns[letter] = pd.Series([rows[number].get(letter) for number in numbers], dtype="str")
        return pd.DataFrame(columns)


def shown_cells(case: Mapping[Any, Any]) -> dict[str, str]:
    """The cells of a stored case as the workbook was written with them."""
    shown = case.get("shown")
    cells: dict[str, str | None] = json.loads(shown if isinstance(shown, str) else case["cells"])
    return {letter: text for letter, text in cells.items() if text}


def _marks(kinds: Mapping[int, Mapping[str, str]]) -> pd.DataFrame:
    lines = [(row, letter or None, kind) for row, told in sorted(kinds.items()) for letter, kind in told.items()]
    frame = pd.DataFrame(lines, columns=["row", "column", "kind"])
    return frame.astype({"row": "int64", "column": "str", "kind": "str"})


def reads_the_same(stored: str | None, returned: str | None) -> bool:
    """Is the returned text what the workbook showed for the stored one? A blank is the same as no cell."""
    old, new = stored or "", returned or ""
    if old == new or not (old.strip() or new.strip()):
        return True
    return _plain(new) in (_plain(old), _plain(returned_cell(old)))


def lose_zeros(stored: pd.DataFrame, returned: Sequence[ReturnedRow]) -> bool:
    """Did a cell of the cases come back as the number that its text looks like, without the zeros before it?"""
    cells = {case["case_id"]: json.loads(case["cells"]) for case in _records(stored)}
    pairs = ((cells[mark.case_id], row.cells) for row in returned for mark in row.marks if mark.case_id in cells)
    return any(_lost_zeros(was.get(letter), text) for was, now in pairs for letter, text in now.items())


def _lost_zeros(stored: str | None, returned: str | None) -> bool:
    old, new = (stored or "").strip(), (returned or "").strip()
    return old.startswith("0") and old != new and old.isdigit() and old.lstrip("0") == new


def shown_text(stored: str) -> str:
    """What the workbook shows for a stored text, however a spreadsheet program spells it."""
    return _plain(returned_cell(stored))


def _plain(text: str) -> str:
    """Line breaks, escaped characters and midnights spelled in one way: spreadsheet programs retype those."""
    unescaped = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    lines = unescaped.replace("\r\n", "\n").replace("\r", "\n")
    midnight = _MIDNIGHT.fullmatch(lines)
    return midnight[1] if midnight else lines

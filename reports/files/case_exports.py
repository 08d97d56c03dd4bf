"""Failed rows as they are browsed, as CSV or JSON: a line a problem, written as they come."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ledger.browse.cases import CaseLine
from rollbook.rows.problems import Problem
from rollbook.text.formulas import neutralised

_CASE = ("case_id", "state", "source_file", "source_sheet")
_PROBLEM = ("source_column", "header", "value", "code", "message", "remedy")
COLUMNS = (*_CASE, "source_row", *_PROBLEM, "first_seen", "last_seen", "times")
_NO_PROBLEM = dict.fromkeys(_PROBLEM)


def write_csv(lines: Iterable[CaseLine], path: Path) -> Path:
    """COLUMNS in UTF-8 with a byte order mark; text runs as no formula."""
    with path.open("w", encoding="utf-8-sig", newline="", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_csv_cell(value) for value in line.values()] for line in _plain(lines))
    return path


def write_json(lines: Iterable[CaseLine], path: Path) -> Path:
    """One object, {"failures": [a line with COLUMNS each]}, with the texts as they are."""
    with path.open("w", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
        file.write('{"failures": [')
        for number, line in enumerate(_plain(lines)):
            file.write(",\n " if number else "\n ")
            file.write(json.dumps(line, ensure_ascii=False))
        file.write("\n]}\n")
    return path


def _csv_cell(value: Any) -> Any:
    return neutralised(value.replace("\0", "\u2400")) if isinstance(value, str) else value


def _plain(lines: Iterable[CaseLine]) -> Iterator[dict[str, Any]]:
    for line in lines:
        for problem in line.problems or (None,):
            yield _line(line, problem)


def _line(line: CaseLine, problem: Problem | None) -> dict[str, Any]:
    told = _NO_PROBLEM if problem is None else {name: getattr(problem, name) for name in _PROBLEM}
    return {
        **{name: getattr(line, name) for name in _CASE},
        "source_row": line.row_no,
        **told,
        "first_seen": line.first_seen.isoformat(sep=" ", timespec="seconds"),
        "last_seen": line.last_seen.isoformat(sep=" ", timespec="seconds"),
        "times": line.times,
    }

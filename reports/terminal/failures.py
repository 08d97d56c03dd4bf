"""What `rollbook failures [RUN]` lists, for people and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from reports.run_report import NEED_A_PROFILE
from reports.terminal.file_kinds import by_kind, some_names, without_names
from reports.terminal.terminal_tables import lines, unbroken, visible
from reports.text import count_noun, first_words, iso_moment, listed, plural
from rollbook.commands import BARE, CommandLine
from rollbook.rows.remedies import with_question
from rollbook.text.letters import letters_in

# A terminal shows the first ones; `--export` gives all.
SHOWN_FAILURES = 50
# A longer text of a cell is cut, between words only: an address or an ID is whole.
_CELL_CHARACTERS = 40
_NAMED_FILES = 10


@dataclass(frozen=True)
class FailedFile:
    """A file that failed as a whole: the rule, what happened, what to do."""

    path: str
    code: str
    message: str
    remedy: str


def failures_object(run: str, failures: pd.DataFrame, files: Sequence[FailedFile] = ()) -> dict[str, Any]:
    """`failures --json`: {"run", "failures": [a line of v_failed_rows and `suggestion` each], "files"}.

    files: those that failed as a whole, each with path, code, message and remedy.
    """
    return {"run": run, "failures": plain_lines(failures), "files": [asdict(file) for file in files]}


def print_failures(
    run: str,
    failures: pd.DataFrame,
    console: Console,
    commands: CommandLine = BARE,
    *,
    files: Sequence[FailedFile] = (),
    rows: int | None = None,
    limit: int = SHOWN_FAILURES,
) -> None:
    """The first `limit` lines of v_failed_rows of a run by their files, and how many more there are.

    Cases of one row of a wide sheet that have the same problem are named together; what is wrong and what to do follows
    all places of a file that have it. rows: how many failed, as the run counted them, else as the lines tell. files:
    those that failed as a whole. What was perhaps meant (`suggestion`, where the frame has it) follows what to do.
    """
    commands = replace(commands, run=run)
    _print_files(run, files, console, commands)
    if failures.empty:
        lines(console, [] if files else [f"Run {run} left no failed row."], indent=0)
        return
    rows = (
        rows or failures["case_id"].nunique() or failures.groupby(["source_file", "source_sheet", "source_row"]).ngroups
    )
    lines(console, [f"Run {run}: {count_noun(len(failures), 'problem')} in {count_noun(rows, 'row')}."], indent=0)
    for path, some in failures.head(limit).groupby("source_file", sort=False):
        console.print(Text(f"\n{visible(str(path))}", style="bold"), soft_wrap=True)
        for told, places in _by_problem(plain_lines(some)):
            lines(console, places)
            lines(console, map(commands.complete, told), indent=4, style="dim")
    if len(failures) > limit:
        rest = f"… and {len(failures) - limit:,} more. All of them: rollbook failures {run} --export failures.xlsx"
        lines(console, [commands.complete(rest)])


def _print_files(run: str, files: Sequence[FailedFile], console: Console, commands: CommandLine) -> None:
    """Those that failed as a whole; their message says what to do, but of a profile the rule tells more."""
    kinds = by_kind(files, lambda file: (file.code, without_names(file.message, _names_of(file.path))))
    for kind in kinds:
        first, is_one = kind[0], len(kind) == 1
        named = unbroken(first.path) if is_one else f"{len(kind):,} files"
        lines(console, [f"{named}: {first.code}"], indent=0)
        names = some_names([file.path for file in kind], _NAMED_FILES)
        lines(console, [] if is_one else [names, f"Here is {unbroken(first.path)}:"])
        remedy = [first.remedy] if first.code in NEED_A_PROFILE else []
        lines(console, map(commands.complete, [first.message, *remedy]), indent=2 if is_one else 4)
    if any(len(kind) > _NAMED_FILES for kind in kinds):
        lines(console, [commands.complete(f"Every file by itself: rollbook failures {run} --json")])


def _names_of(path: str) -> tuple[str, ...]:
    return path, Path(path).name, Path(path).stem


_SAME_CELL = ("source_sheet", "source_row", "source_column", "code", "message", "state")


def _by_problem(failures: Sequence[dict[str, Any]]) -> list[tuple[list[str], list[str]]]:
    """(What is wrong and what to do, the places that have this problem), by the first of the places."""
    found: dict[tuple[str, ...], list[str]] = {}
    for line, cases in _by_cell(failures):
        found.setdefault(tuple(_what_is_wrong(line)), []).append(_place(line, cases))
    return [(list(told), places) for told, places in found.items()]


def _by_cell(failures: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], list[int]]]:
    """The first of the lines of each cell and problem, with the cases of all of them."""
    found: dict[tuple[Any, ...], tuple[dict[str, Any], list[int]]] = {}
    for line in failures:
        _, cases = found.setdefault(tuple(line[name] for name in _SAME_CELL), (line, []))
        if line["case_id"] is not None and line["case_id"] not in cases:
            cases.append(line["case_id"])
    return list(found.values())


def _place(line: Mapping[str, Any], cases: Sequence[int]) -> str:
    """`Case 12 · Attendance 2023, cell F9 (Status): Attendding`; a row where no cell is to blame.

    A row of a query bears its key too: `Case 12 · history.sql, cell F9 of id 17 (Status): Attendding`.
    """
    number, value, header = line["source_row"], _short(line["value"]), _short(line["header"])
    cells = [f"{letters}{number}" for letters in letters_in(line["source_column"] or "")]
    where = f"{plural('cell') if len(cells) > 1 else 'cell'} {listed(cells)}" if cells else f"row {number}"
    where += f" of {line['key']}" if line.get("key") else ""
    state = "" if line["state"] in ("open", None) else f" ({line['state']})"
    named = listed([str(case) for case in sorted(cases)])
    case = f"{'Case' if len(cases) == 1 else 'Cases'} {named}{state} · " if cases else ""
    return f"{case}{line['source_sheet']}, {where}{f' ({header})' if header else ''}{f': {value}' if value else ''}"


def _what_is_wrong(line: Mapping[str, Any]) -> list[str]:
    meant = f"Did you mean “{line['suggestion']}”?" if line.get("suggestion") else ""
    return [line["message"], with_question(line["remedy"], meant) if meant else line["remedy"]]


def plain_lines(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The frame's lines as JSON can hold them: missing is None, a moment is ISO text."""
    filled = frame.astype(object).where(frame.notna(), None)
    return [{str(name): _plain(value) for name, value in line.items()} for line in filled.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso_moment(value)
    return value.item() if hasattr(value, "item") else value


def _short(text: str | None) -> str:
    return first_words(" ".join((text or "").split()).removesuffix(" 00:00:00"), _CELL_CHARACTERS)

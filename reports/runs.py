"""Tables for `rollbook runs`, `rollbook show RUN` and `rollbook failures [RUN]`, for people and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from reports.endings import how_to_resume
from reports.run_report import NEED_A_PROFILE, RunReport
from reports.summary import print_summary, summary_object
from reports.terminal_tables import lines, table, visible
from reports.text import count_noun, day_and_time, listed, plural
from rollbook.commands import BARE, CommandLine
from rollbook.letters import letters_in
from rollbook.outcomes import Counts
from rollbook.remedies import with_question

# A terminal shows the first ones; `--export` gives all.
SHOWN_FAILURES = 50
_CELL_CHARACTERS = 40
_TOLD_STOPPED = 5


@dataclass(frozen=True)
class RunLine:
    """One run in the list. `files`: the names of its files; moments in UTC.

    raised_limits: the options of `resume` that let a run pass which its limits stopped.
    """

    run: str
    command: str
    state: str
    destination: str
    started_at: datetime
    finished_at: datetime | None
    counts: Counts
    files: tuple[str, ...] = ()
    by: str | None = None
    exit: int | None = None
    raised_limits: str | None = None


def runs_object(runs: Iterable[RunLine]) -> dict[str, Any]:
    """`runs --json`: {"runs": [{run, command, state, destination, started_at, finished_at, by, exit, rows, files}]}."""
    return {
        "runs": [
            {
                "run": line.run,
                "command": line.command,
                "state": line.state,
                "destination": line.destination,
                "started_at": _moment(line.started_at),
                "finished_at": _moment(line.finished_at),
                "by": line.by,
                "exit": line.exit,
                "rows": asdict(line.counts),
                "files": list(line.files),
            }
            for line in runs
        ]
    }


def print_runs(runs: Sequence[RunLine], console: Console, commands: CommandLine = BARE) -> None:
    """The list of runs, in the order given."""
    if not runs:
        lines(
            console,
            [commands.complete("There are no runs yet. Import a spreadsheet to begin (rollbook import --help).")],
            indent=0,
        )
        return
    headers = ("Run", "Started (UTC)", "Command", "State", "Read", "Loaded", "Failed", "Files")
    table(
        console,
        headers,
        [
            (
                line.run,
                day_and_time(line.started_at).removesuffix(" UTC"),
                line.command,
                line.state.replace("_", " "),
                line.counts.read,
                line.counts.loaded + line.counts.updated,
                line.counts.rejected + line.counts.failed,
                _first(line.files),
            )
            for line in runs
        ],
    )
    left = [line for line in runs if line.state == "stopped"]
    for line in left[:_TOLD_STOPPED]:
        lines(
            console, [commands.complete(f"Run {line.run} was stopped. {how_to_resume(line.run, line.raised_limits)}")]
        )
    if len(left) > _TOLD_STOPPED:
        lines(console, [commands.complete(f"… and {len(left) - _TOLD_STOPPED:,} more. All of them: rollbook resume")])


def show_object(report: RunReport) -> dict[str, Any]:
    """`show RUN --json`: the object of the run's own `--json`."""
    return summary_object(report)


def print_show(report: RunReport, console: Console, commands: CommandLine = BARE) -> None:
    """A run as its own summary told it, with when and by whom."""
    when = f"Started {day_and_time(report.started_at)}" if report.started_at else ""
    by = f" by {report.by}" if report.by else ""
    if when or by:
        console.print(Text(f"{when}{by}", style="dim"))
    print_summary(report, console, commands)


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

    Cases of one row of a wide sheet that have the same problem are named together. rows: how many failed, as the run
    counted them, else as the lines tell.
    files: those that failed as a whole. What was perhaps meant (`suggestion`, where the frame has it) follows what to
    do. The message of a file says what to do itself, but for a profile, which the rule tells more of.
    """
    for file in files:
        lines(console, [f"{file.path}: {file.code}"], indent=0)
        remedy = [file.remedy] if file.code in NEED_A_PROFILE else []
        lines(console, map(commands.complete, [file.message, *remedy]))
    if failures.empty:
        lines(console, [] if files else [f"Run {run} left no failed row."], indent=0)
        return
    rows = (
        rows or failures["case_id"].nunique() or failures.groupby(["source_file", "source_sheet", "source_row"]).ngroups
    )
    lines(console, [f"Run {run}: {count_noun(len(failures), 'problem')} in {count_noun(rows, 'row')}."], indent=0)
    for path, some in failures.head(limit).groupby("source_file", sort=False):
        console.print(Text(f"\n{visible(str(path))}", style="bold"), soft_wrap=True)
        for line, cases in _by_cell(plain_lines(some)):
            lines(console, [_place(line, cases)])
            lines(console, map(commands.complete, _what_is_wrong(line)), indent=4, style="dim")
    if len(failures) > limit:
        rest = f"… and {len(failures) - limit:,} more. All of them: rollbook failures {run} --export failures.xlsx"
        lines(console, [commands.complete(rest)])


_SAME_CELL = ("source_sheet", "source_row", "source_column", "code", "message", "state")


def _by_cell(failures: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], list[int]]]:
    """The first of the lines of each cell and problem, with the cases of all of them."""
    found: dict[tuple[Any, ...], tuple[dict[str, Any], list[int]]] = {}
    for line in failures:
        _, cases = found.setdefault(tuple(line[name] for name in _SAME_CELL), (line, []))
        if line["case_id"] is not None and line["case_id"] not in cases:
            cases.append(line["case_id"])
    return list(found.values())


def _place(line: Mapping[str, Any], cases: Sequence[int]) -> str:
    """`Case 12 · Attendance 2023, cell F9 (Status): Attendding`; a row where no cell is to blame."""
    number, value, header = line["source_row"], _short(line["value"]), _short(line["header"])
    cells = [f"{letters}{number}" for letters in letters_in(line["source_column"] or "")]
    where = f"{plural('cell') if len(cells) > 1 else 'cell'} {listed(cells)}" if cells else f"row {number}"
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
        return _moment(value)
    return value.item() if hasattr(value, "item") else value


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(sep=" ", timespec="seconds") if moment is not None else None


def _short(text: str | None) -> str:
    line = " ".join((text or "").split()).removesuffix(" 00:00:00")
    return line if len(line) <= _CELL_CHARACTERS else f"{line[: _CELL_CHARACTERS - 1]}…"


def _first(files: Sequence[str]) -> str:
    if not files:
        return ""
    return files[0] if len(files) == 1 else f"{files[0]} and {count_noun(len(files) - 1, 'other')}"

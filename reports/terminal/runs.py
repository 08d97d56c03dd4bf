"""What `rollbook runs` and `rollbook show RUN` print, for people and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from ledger.messages import Message
from reports.endings import how_to_resume
from reports.run_report import RunReport
from reports.terminal.messages import message_lines, message_object, not_sent_lines
from reports.terminal.summary import print_summary, summary_object
from reports.terminal.terminal_tables import heading, lines, table
from reports.text import count_noun, day_and_time, iso_moment
from rollbook.commands import BARE, CommandLine
from rollbook.rows.outcomes import Counts

# So many of the latest runs are shown, unless all are asked for.
SHOWN_RUNS = 50
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


def runs_object(runs: Iterable[RunLine], not_sent: Sequence[Message] = ()) -> dict[str, Any]:
    """`runs --json`: {"runs": [{run, command, state, destination, started_at, finished_at, by, exit, rows, files}]}.

    not_sent: what is told of messages there, see `message_object`.
    """
    return {
        "runs": [
            {
                "run": line.run,
                "command": line.command,
                "state": line.state,
                "destination": line.destination,
                "started_at": iso_moment(line.started_at),
                "finished_at": iso_moment(line.finished_at),
                "by": line.by,
                "exit": line.exit,
                "rows": asdict(line.counts),
                "files": list(line.files),
            }
            for line in runs
        ],
        "not_sent": [message_object(message) for message in not_sent],
    }


def print_runs(
    runs: Sequence[RunLine],
    console: Console,
    commands: CommandLine = BARE,
    *,
    earlier: int = 0,
    stopped_earlier: Sequence[RunLine] = (),
    not_sent: Sequence[Message] = (),
) -> None:
    """The list of runs, in the order given, and how those that were stopped go on.

    earlier: how many runs before them are not shown; stopped_earlier: those of them that were stopped.
    not_sent: messages.
    """
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
    if earlier:
        lines(
            console,
            [commands.complete(f"… and {count_noun(earlier, 'earlier run')}. All of them: rollbook runs --all")],
        )
    left = [line for line in (*runs, *stopped_earlier) if line.state == "stopped"]
    for line in left[:_TOLD_STOPPED]:
        lines(
            console, [commands.complete(f"Run {line.run} was stopped. {how_to_resume(line.run, line.raised_limits)}")]
        )
    if len(left) > _TOLD_STOPPED:
        lines(console, [commands.complete(f"… and {len(left) - _TOLD_STOPPED:,} more. All of them: rollbook resume")])
    lines(console, map(commands.complete, not_sent_lines(not_sent)))


def show_object(report: RunReport) -> dict[str, Any]:
    """`show RUN --json`: the object of the run's own `--json`."""
    return summary_object(report)


def print_show(
    report: RunReport, console: Console, commands: CommandLine = BARE, messages: Sequence[Message] = ()
) -> None:
    """A run as its own summary told it, with when and by whom, and who heard of it."""
    when = f"Started {day_and_time(report.started_at)}" if report.started_at else ""
    by = f" by {report.by}" if report.by else ""
    if when or by:
        console.print(Text(f"{when}{by}", style="dim"))
    print_summary(report, console, commands)
    if messages:
        heading(console, "Messages")
        lines(console, message_lines(messages))


def _first(files: Sequence[str]) -> str:
    if not files:
        return ""
    return files[0] if len(files) == 1 else f"{files[0]} and {count_noun(len(files) - 1, 'other')}"

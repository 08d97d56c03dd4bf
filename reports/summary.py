"""How a run ended: one JSON object for programs, one page for the person with the spreadsheet."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from reports.plain_tables import heading, lines, table
from reports.text_files import form_object, unusual_form
from reports.words import day_and_time, listed, seconds, told
from rollbook.commands import BARE, CommandLine, command
from rollbook.outcomes import Counts
from rollbook.text_form import TextForm


@dataclass(frozen=True)
class SheetReport:
    """One sheet. state: read | skipped | failed. message: why not read, or what else is to know.

    unused: the headers of the columns that feed nothing, the fullest first.
    """

    name: str
    state: str
    header_row: int | None = None
    rows: int = 0
    message: str | None = None
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileReport:
    """One file. state: done | unchanged | failed; code and message say why it failed. form: of a text file, as read."""

    path: str
    sha256: str | None
    state: str
    code: str | None = None
    message: str | None = None
    failed_rows: int = 0
    sheets: tuple[SheetReport, ...] = ()
    form: TextForm | None = None


@dataclass(frozen=True)
class RunReport:
    """Everything that the summary tells.

    failures: {code: problems}. created and not_kept: {what: how many}. reports: {kind: path}; `failed_rows` is the
        workbook, or the folder of several.
    For people only: remedies {code: what to do}, ignored {reason: rows}, repeats (run ID and start of the run that
        had the same file), stopped_by (why a run was stopped), raised_limits (the options of `resume` with which the
        limits that stopped it let it pass), command, by and started_at.
    """

    run: str
    state: str
    destination: str
    exit: int
    counts: Counts
    files: tuple[FileReport, ...] = ()
    cases: Mapping[str, int] = field(default_factory=dict)
    created: Mapping[str, int] = field(default_factory=dict)
    not_kept: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    not_checked: tuple[str, ...] = ()
    reports: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    remedies: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    repeats: tuple[str, datetime] | None = None
    stopped_by: str | None = None
    raised_limits: str | None = None
    command: str = "import"
    by: str | None = None
    started_at: datetime | None = None

    @property
    def only_checked(self) -> bool:
        """Whether it says what an import would do."""
        return self.command == "check" or self.state == "checked"


def summary_object(report: RunReport) -> dict[str, Any]:
    """The one object of `--json`."""
    return {
        "run": report.run,
        "state": report.state,
        "destination": report.destination,
        "exit": report.exit,
        "rows": asdict(report.counts),
        "files": [_file_object(file) for file in report.files],
        "cases": {name: report.cases.get(name, 0) for name in ("new", "known", "closed")},
        "created": dict(report.created),
        "not_kept": dict(report.not_kept),
        "failures": dict(report.failures),
        "not_checked": list(report.not_checked),
        "unused": _unused_object(report.files),
        "reports": dict(report.reports),
        "seconds": round(report.seconds, 3),
    }


def _unused_object(files: Sequence[FileReport]) -> dict[str, list[str]]:
    """{sheet: headers}; of several files `file: sheet`, by the path where two have the same name."""
    names = Counter(Path(file.path).name for file in files)
    unused: dict[str, list[str]] = {}
    for file in files:
        name = Path(file.path).name
        before = "" if len(files) == 1 else f"{name if names[name] == 1 else file.path}: "
        unused |= {f"{before}{sheet.name}": list(sheet.unused) for sheet in file.sheets if sheet.unused}
    return unused


def _file_object(file: FileReport) -> dict[str, Any]:
    return {
        "path": file.path,
        "sha256": file.sha256,
        "state": file.state,
        "code": file.code,
        "failed_rows": file.failed_rows,
        **form_object(file.form),
        "sheets": [
            {"name": sheet.name, "state": sheet.state, "header_row": sheet.header_row, "rows": sheet.rows}
            for sheet in file.sheets
        ],
    }


def print_summary(report: RunReport, console: Console, commands: CommandLine = BARE) -> None:
    """The page for people: how it ended, the accounts, the files, what is wrong, what to do next.

    commands: what the commands that it prints have to name.
    """
    _print_how_it_ended(report, console)
    _print_accounts(report, console)
    _print_files(report.files, console, commands)
    _print_failures(report, console)
    _print_notes(report, console, commands)
    _print_what_next(report, console, commands)


def how_it_ended(report: RunReport) -> str:
    """The first line, in one sentence."""
    if report.state in _NOT_DONE:
        return _NOT_DONE[report.state](report)
    failed = report.counts.rejected + report.counts.failed
    troubles = _troubles(failed, report.files, would=report.state == "checked")
    if report.repeats is not None:
        first, moment = report.repeats
        still = f"; as then, {listed(troubles)}" if troubles else ""
        return f"Nothing changed: this was imported in run {first} on {day_and_time(moment)}{still}."
    if report.state == "checked":
        would = f"Checked, nothing written: {told(_settled(report.counts), 'row')} would be imported"
        return f"{would}, {listed(troubles) or 'none would fail'}."
    if not troubles:
        return _all_well(report.counts)
    good = _settled(report.counts)
    return f"{listed(troubles)}; {told(good, 'row') if good else 'no row'} succeeded."


def _stopped(report: RunReport) -> str:
    if report.command == "check":
        return f"Checked, nothing written: an import would be stopped. {report.stopped_by or ''}".rstrip()
    arrived = f"{told(report.counts.loaded, 'row')} arrived before." if report.counts.loaded else "Nothing was loaded."
    return f"Stopped: {report.stopped_by or 'the run was interrupted.'} {arrived}"


def _all_well(counts: Counts) -> str:
    if counts.read == 0:
        return "There was no row to import."
    if counts.pending == counts.read:
        return f"{told(counts.pending, 'row')} {_are(counts.pending)} ready to be sent."
    if counts.pending:
        pending = f"{told(counts.pending, 'row')} {_are(counts.pending)} not yet confirmed"
        return f"{pending}; all others succeeded."
    if counts.loaded + counts.updated == 0:
        return f"Nothing changed: {told(counts.read, 'row')} read, and all of them were there already."
    return f"All well: {told(counts.read, 'row')} read, none failed."


_NOT_DONE: Mapping[str, Callable[[RunReport], str]] = {
    "stopped": _stopped,
    "running": lambda _: "Running: another process works on it, and nothing is loaded yet.",
    "undone": lambda _: "Undone: the rows of this run were taken back out.",
}

# Files whose message says all that there is to do, and files whose profiles are named in commands of their own.
_SAYS_ITSELF = frozenset({"file.other_database", "file.damaged_workbook", "file.fault"})
_NAMED = 3
# The sheet was read; what its columns are is not clear without a profile.
NEED_A_PROFILE = frozenset({"file.missing_columns", "file.ambiguous_columns", "file.no_header"})


def _troubles(failed: int, files: Sequence[FileReport], *, would: bool) -> list[str]:
    rows = [f"{told(failed, 'row')} {'would fail' if would else 'failed'}"] * bool(failed)
    codes = [file.code for file in files if file.state == "failed"]
    unclear = sum(code in NEED_A_PROFILE for code in codes)
    foreign = sum(code == "file.other_database" for code in codes)
    unread = len(codes) - unclear - foreign
    flagged = sum(file.code is not None and file.state != "failed" for file in files)
    found = [
        (unclear, f"{told(unclear, 'file')} {'needs' if unclear == 1 else 'need'} a profile"),
        (foreign, f"{told(foreign, 'file')} {_belongs(foreign)} to another database"),
        (unread, f"{told(unread, 'file')} could not be read"),
        (flagged, f"{told(flagged, 'file')} {'has' if flagged == 1 else 'have'} a problem"),
    ]
    return rows + [text for number, text in found if number]


def _belongs(number: int) -> str:
    return "belongs" if number == 1 else "belong"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _settled(counts: Counts) -> int:
    return counts.loaded + counts.updated + counts.unchanged + counts.duplicate


def _print_how_it_ended(report: RunReport, console: Console) -> None:
    colour = {0: "green", 1: "yellow"}.get(report.exit, "red")
    console.print(Text(how_it_ended(report), style=f"bold {colour}"))
    took = f" in {seconds(report.seconds)}" if report.seconds else ""
    console.print(Text(f"Run {report.run} ({report.command} to {report.destination}){took}", style="dim"))


_MEANINGS = {
    "loaded": "new",
    "updated": "changed what was there",
    "unchanged": "there already, with the same content",
    "duplicate": "copies of a row in this run",
    "rejected": "did not pass a rule",
    "failed": "refused by the destination",
    "pending": "not yet confirmed",
}


# What a check says of the same: it has done nothing.
_WOULD = {
    "loaded": "would be new",
    "updated": "would change what is there",
    "rejected": "did not pass a rule",
    "failed": "would be refused by the destination",
    "pending": "would wait",
}


def _print_accounts(report: RunReport, console: Console) -> None:
    counts = asdict(report.counts)
    rows = [("read", counts["read"], "")]
    meanings = _MEANINGS | (_WOULD if report.only_checked else {})
    rows += [(f"  {name}", counts[name], meaning) for name, meaning in meanings.items() if counts[name]]
    if counts["ignored"]:
        reasons = sorted(report.ignored.items(), key=lambda pair: (-pair[1], pair[0]))
        rows.append(("ignored", counts["ignored"], listed([f"{number:,} {reason}" for reason, number in reasons])))
    heading(console, "Rows")
    table(console, ("", "", ""), rows)


_SHOWN_COLUMNS = 12
_FILE_STATES = {"done": "read", "unchanged": "unchanged", "failed": "FAILED"}


def _print_files(files: Sequence[FileReport], console: Console, commands: CommandLine) -> None:
    if not files:
        return
    heading(console, "Files")
    for file in files:
        failed = f", {told(file.failed_rows, 'failed row')}" if file.failed_rows else ""
        code = f" ({file.code})" if file.code else ""
        lines(console, [f"{file.path}: {_FILE_STATES.get(file.state, file.state)}{code}{failed}"])
        if file.message:
            lines(console, [commands.complete(file.message)], indent=4, style="red")
        if file.form and (said := unusual_form(file.form)):
            lines(console, [said], indent=4, style="dim")
        for sheet in file.sheets:
            lines(console, [_sheet_line(sheet)], indent=4, style="dim")
            lines(console, _unused_line(sheet), indent=6)


def _sheet_line(sheet: SheetReport) -> str:
    where = f", header in row {sheet.header_row}" if sheet.header_row and sheet.state == "read" else ""
    why = f": {sheet.message}" if sheet.message else ""
    return f"sheet {sheet.name!r} {sheet.state}, {told(sheet.rows, 'row')}{where}{why}"


def _unused_line(sheet: SheetReport) -> list[str]:
    if not sheet.unused:
        return []
    shown = [" ".join(header.split()) for header in sheet.unused[:_SHOWN_COLUMNS]]
    rest = len(sheet.unused) - len(shown)
    more = [told(rest, "other")] if rest else []
    return [f"not used: {listed([*shown, *more])}"]


def _print_failures(report: RunReport, console: Console) -> None:
    # What is wrong with a whole file stands with the file.
    of_rows = {code: number for code, number in report.failures.items() if not code.startswith("file.")}
    if not of_rows:
        return
    most_first = sorted(of_rows.items(), key=lambda pair: (-pair[1], pair[0]))
    heading(console, f"What is wrong: {told(sum(of_rows.values()), 'problem')}")
    table(
        console,
        ("Code", "Problems", "What to do"),
        [(code, number, report.remedies.get(code, "")) for code, number in most_first],
    )
    if any(report.cases.values()):
        new, known, closed = (report.cases.get(name, 0) for name in ("new", "known", "closed"))
        cases = f"{new:,} new, {known:,} known from earlier runs, {closed:,} closed"
        lines(console, [f"An import would have cases: {cases}." if report.only_checked else f"Cases: {cases}."])


def _print_notes(report: RunReport, console: Console, commands: CommandLine) -> None:
    notes, would = [], report.only_checked
    if not report.failures and report.cases.get("closed"):
        closed = told(report.cases["closed"], "case")
        notes.append(f"{closed} would be closed." if would else f"{closed} closed.")
    made = [told(number, what.removesuffix("s")) for what, number in report.created.items() if number]
    if made:
        notes.append(f"{'Would create' if would else 'Created'}: {listed(made)}.")
    lost = [f"{name} ({told(number, 'cell')})" for name, number in report.not_kept.items() if number]
    if lost:
        kept = "Would not be kept" if would else "Not kept"
        notes.append(f"{kept}, because the destination has no place for it: {listed(lost)}.")
    if report.not_checked:
        notes.append(f"Not checked, because no such data is loaded: {listed(list(report.not_checked))}.")
        notes.append("Load it with: rollbook reference load KIND FILE")
    if notes:
        heading(console, "Notes")
        lines(console, map(commands.complete, notes))


def _print_what_next(report: RunReport, console: Console, commands: CommandLine) -> None:
    steps = next_steps(report)
    if steps:
        heading(console, "What to do next")
        lines(console, map(commands.complete, steps))


def next_steps(report: RunReport) -> list[str]:
    """What the person does now, a line each."""
    steps = []
    if report.state == "stopped":
        steps.append(how_it_goes_on(report))
    if report.state == "pending":
        steps.append(f"Send what waits with: rollbook smarteru send {report.run}")
        steps.append(
            "Or send the batches by hand, and take each answer in: rollbook smarteru answer BATCH.xml ANSWER.xml"
        )
    if "failed_rows" in report.reports:
        steps += _mend(report, report.reports["failed_rows"])
    return steps + _of_files([file for file in report.files if file.state == "failed"])


def _of_files(failed: Sequence[FileReport]) -> list[str]:
    """What to do with files that failed: with those that want a profile, the command that begins one."""
    unclear = [file for file in failed if file.code in NEED_A_PROFILE]
    steps = [
        f"See which column is what, and write it down in a profile: {_profile_of(file)}" for file in unclear[:_NAMED]
    ]
    if unclear:
        steps.append("Complete that profile, and import again with --profile PATH.")
    if any(file.code not in NEED_A_PROFILE and file.code not in _SAYS_ITSELF for file in failed):
        steps.append("Fix or replace the files that could not be read, and import them again.")
    return steps


def _profile_of(file: FileReport) -> str:
    path = Path(file.path).absolute()
    return command("inspect", path, "--write-profile", f"{path.stem}.toml")


def how_it_goes_on(report: RunReport) -> str:
    """What finishes a run that was stopped, with the limits that let it pass; a check has nothing to finish."""
    if report.command == "check":
        return f"Import with {report.raised_limits} to load the rest all the same."
    how = f"Load the rest all the same with: rollbook resume {report.run} {report.raised_limits}"
    return how if report.raised_limits else f"Finish it with: rollbook resume {report.run}"


def alarms(report: RunReport) -> list[str]:
    """What somebody should hear of a run of which nothing else is printed, a line each; none where all is well."""
    if report.state == "stopped":
        return [f"{how_it_ended(report)} {how_it_goes_on(report)}"]
    would = report.state == "checked"
    lines = [
        f"{file.path}: {file.message or file.code}" for file in report.files if file.state == "failed" or file.code
    ]
    failed = report.counts.rejected + report.counts.failed
    if failed:
        blamed = [file.path for file in report.files if file.failed_rows]
        where = blamed[0] if len(blamed) == 1 else told(len(blamed), "file")
        lines.append(f"{where}: {told(failed, 'row')} {'would fail' if would else 'failed'}.{_more(report)}")
    return lines


def _more(report: RunReport) -> str:
    return "" if report.state == "checked" else f" More: rollbook failures {report.run}"


def _mend(report: RunReport, place: str) -> list[str]:
    """What to do with the workbook, or with all of the folder `place`."""
    here = _from_here(place)
    one = here.endswith(".xlsx")
    whole, them = Path(place).absolute(), "it" if one else "them"
    # A folder of reports is not searched when it is named; a pattern is.
    wanted = whole if one else f"{whole}/failed-rows*.xlsx"
    to = [] if report.destination == "database" else ["--to", report.destination]
    fits = command("import", wanted, *to)
    then = {
        "checked": f"Then check {them} again, or import {them}: {fits}",
        "stopped": f"Then import {them}, or resume the run as it is: {fits}",
    }
    return [
        f"Correct the red cells in {here if one else f'the workbooks of {here}'}",
        then.get(report.state, f"Then import {them}: {fits}"),
    ]


def _from_here(place: str) -> str:
    """The path as one would type it: relative where that is shorter."""
    path = Path(place)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else place

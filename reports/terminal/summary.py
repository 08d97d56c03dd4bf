"""How a run ended: one JSON object for programs, one page for the person with the spreadsheet."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from destinations.protocol import STORED
from reports.endings import from_here, how_it_ended, next_steps
from reports.run_report import FileReport, RunReport, SheetReport
from reports.terminal.feeds import feeds_object, print_feeds
from reports.terminal.summary_files import print_files
from reports.terminal.terminal_tables import heading, lines, table
from reports.text import count_noun, covered_line, listed, seconds
from reports.text_files import form_object
from rollbook.commands import BARE, CommandLine
from rollbook.rows.fields import FIELDS
from rollbook.rows.remedies import for_the_administrator, for_the_sender


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
        "alike": [list(names) for names in report.alike],
        "disputed": [list(said) for said in report.disputed],
        "doubtful_people": [list(names) for names in report.doubtful_people],
        "not_kept": dict(report.not_kept),
        "failures": dict(report.failures),
        "not_checked": list(report.not_checked),
        "unused": _columns_object(report.files, lambda sheet: sheet.unused),
        "kept_beside": _columns_object(report.files, lambda sheet: sheet.unused if sheet.kept else ()),
        "left_out": _columns_object(report.files, lambda sheet: sheet.left_out),
        **feeds_object(report),
        **_held_back_object(report),
        "reports": dict(report.reports),
        "seconds": round(report.seconds, 3),
    }


def _held_back_object(report: RunReport) -> dict[str, Any]:
    """The runs that were stopped and whose failed rows came back here: nothing where there are none."""
    told = [{"run": one.run, "rows": one.rows} for one in report.held_back]
    return {"held_back": told} if told else {}


def _columns_object(
    files: Sequence[FileReport], columns: Callable[[SheetReport], Sequence[str]]
) -> dict[str, list[str]]:
    """{sheet: headers}; of several files `file: sheet`, by the path where two have the same name."""
    names = Counter(Path(file.path).name for file in files)
    found: dict[str, list[str]] = {}
    for file in files:
        name = Path(file.path).name
        before = "" if len(files) == 1 else f"{name if names[name] == 1 else file.path}: "
        found |= {f"{before}{sheet.name}": list(headers) for sheet in file.sheets if (headers := columns(sheet))}
    return found


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
    commands = replace(commands, run=report.run)
    _print_how_it_ended(report, console)
    _print_accounts(report, console)
    print_files(report.run, report.files, console, commands)
    _print_failures(report, console, commands)
    print_feeds(report, console)
    _print_notes(report, console, commands)
    _print_what_next(report, console, commands)


def _print_how_it_ended(report: RunReport, console: Console) -> None:
    colour = {0: "green", 1: "yellow"}.get(report.exit, "red")
    lines(console, [how_it_ended(report)], indent=0, style=f"bold {colour}")
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
        rows.append(("ignored", counts["ignored"], listed([_reason(*pair) for pair in reasons])))
    heading(console, "Rows")
    table(console, ("", "", ""), rows)


def _reason(reason: str, number: int) -> str:
    """`10 blank`, `3 titles`, `1 total`."""
    noun = reason.removesuffix("s")
    return count_noun(number, noun) if noun in _NOUNS else f"{number:,} {reason}"


_NOUNS = frozenset({"title", "note", "repeated header", "total", "example"})


def _print_failures(report: RunReport, console: Console, commands: CommandLine) -> None:
    # What is wrong with a whole file stands with the file.
    of_rows = {code: number for code, number in report.failures.items() if not code.startswith("file.")}
    if not of_rows:
        return
    most_first = sorted(of_rows.items(), key=lambda pair: (-pair[1], pair[0]))
    heading(console, f"What is wrong: {count_noun(sum(of_rows.values()), 'problem')}")
    table(
        console,
        ("Code", "Problems", "What to do"),
        [(code, number, for_the_sender(report.remedies.get(code, ""))) for code, number in most_first],
    )
    lines(console, [commands.complete(line) for line in _for_administrators(report, dict(most_first))])
    lines(console, _cases(report))


def _for_administrators(report: RunReport, codes: Iterable[str]) -> list[str]:
    """What only they can do: the commands in it are complete, and no column of a table breaks them."""
    texts = {code: for_the_administrator(report.remedies.get(code, "")) for code in codes}
    return [f"Administrator, {code}: {text}" for code, text in texts.items() if text]


def _cases(report: RunReport) -> list[str]:
    if not any(report.cases.values()):
        return []
    new, known, closed = (report.cases.get(name, 0) for name in ("new", "known", "closed"))
    if report.only_checked:
        would = f"open {count_noun(new, 'case')}" + (f" and close {closed:,}" if closed else "")
        return [f"An import would {would}; {known:,} {_are(known)} known from earlier runs."]
    cases = f"Cases: {new:,} new, {known:,} known from earlier runs, {closed:,} closed."
    return [cases, covered_line(report.covered)] if report.covered else [cases]


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _print_notes(report: RunReport, console: Console, commands: CommandLine) -> None:
    notes, would = [], report.only_checked
    if not report.failures and report.cases.get("closed"):
        closed = count_noun(report.cases["closed"], "case")
        notes.append(f"{closed} would be closed." if would else f"{closed} closed.")
    made = [count_noun(number, what.removesuffix("s")) for what, number in report.created.items() if number]
    if made:
        notes.append(f"{'Would create' if would else 'Created'}: {listed(made)}.")
    notes += [*_doubtful_people(report), *_disputed(report), *_alike(report), *_not_kept(report)]
    if "changes" in report.reports:
        fields = "Fields that would change" if would else "Fields that changed"
        notes.append(f"{fields}: {from_here(report.reports['changes'])}")
    if report.not_checked:
        notes.append(_not_checked(report))
    if notes:
        heading(console, "Notes")
        lines(console, map(commands.complete, notes))


# What `rollbook reference sync` reads from a system, of the kinds that rules need.
_SYNCED = {"smarteru": ("learners", "groups", "courses", "sessions"), "moon": ("learners", "sessions")}


def _not_checked(report: RunReport) -> str:
    """The kinds of reference data that rules lacked, and the command that gets some of them."""
    system = report.destination.partition("-")[0]
    is_synced = set(_SYNCED.get(system, ())) & set(report.not_checked)
    kinds, how = listed(list(report.not_checked)), "sync" if is_synced else "load"
    return f"Not checked, because no such data is loaded: {kinds} (rollbook reference {how} --help)."


_SHOWN_GROUPS, _SHOWN_NAMES = 5, 8


def _alike(report: RunReport) -> list[str]:
    """Courses that look like one, and the lines of a profile that join them."""
    if not report.alike:
        return []
    told = []
    for names in report.alike[:_SHOWN_GROUPS]:
        more = len(names) - _SHOWN_NAMES
        shown = [f"“{name}”" for name in names[:_SHOWN_NAMES]] + ([f"{more} more"] if more > 0 else [])
        told.append(f"These {len(names)} look like one course: {listed(shown)}.")
    if rest := len(report.alike) - _SHOWN_GROUPS:
        told += [f"And {count_noun(rest, 'more group')} of such courses."] if rest > 0 else []
    told.append("If they are one, use one spelling. Administrator: or join them in a profile:")
    quoted = [[json.dumps(name, ensure_ascii=False) for name in names] for names in report.alike[:_SHOWN_GROUPS]]
    joined = [f"  {name} = {first}" for first, *others in quoted for name in others]
    return [*told, "  [values.course_name]", *joined]


def _doubtful_people(report: RunReport) -> list[str]:
    """Learners whose rows give first names that have nothing in common."""
    told = [
        f"{who} has the names {listed([f'“{name}”' for name in names[:_SHOWN_NAMES]])}: counted as one learner."
        for who, *names in report.doubtful_people[:_SHOWN_GROUPS]
    ]
    if rest := len(report.doubtful_people) - _SHOWN_GROUPS:
        told += [f"And {count_noun(rest, 'more learner')} of this kind."] if rest > 0 else []
    return [*told, "If they are several people, give each an e-mail address or employee ID."] if told else []


_DIFFERS = {"course_name": "course", "session_date": "date", "session_start": "start time"}


def _disputed(report: RunReport) -> list[str]:
    """Sessions whose rows name different courses, days or starts, and what became of them."""
    told = []
    for session, field, *texts in report.disputed[:_SHOWN_GROUPS]:
        said = listed([f"“{text}”" for text in texts])
        if field == "course_id":
            told.append(f"The course of the session “{session}” is the name of several courses ({said}).")
            continue
        what = _DIFFERS[field]
        if texts[0].endswith(STORED):
            told.append(f"Rows of the session “{session}” differ in the {what} ({said}): the stored {what} stays.")
            continue
        verb = "would be created" if report.only_checked else "was created"
        told.append(f"Rows of the session “{session}” differ in the {what} ({said}): it {verb} without a {what}.")
    if rest := len(report.disputed) - _SHOWN_GROUPS:
        told += [f"And {count_noun(rest, 'more difference')} of this kind."] if rest > 0 else []
    return [*told, "If they are several sessions, give each an ID of its own."] if told else []


def _not_kept(report: RunReport) -> list[str]:
    lost = [
        f"{FIELDS[name].meaning} ({count_noun(number, 'cell')})" for name, number in report.not_kept.items() if number
    ]
    kept = "Would not be kept" if report.only_checked else "Not kept"
    # The database keeps the day of completion, but not of somebody who did not complete.
    why = "the status is not completed" if report.destination == "database" else "the destination has no place for it"
    return [f"{kept}, because {why}: {listed(lost)}."] if lost else []


def _print_what_next(report: RunReport, console: Console, commands: CommandLine) -> None:
    steps = next_steps(report)
    if steps:
        heading(console, "What to do next")
        lines(console, map(commands.complete, steps))

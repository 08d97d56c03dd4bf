"""The files of a run, as its summary tells them: one by one, or those alike together where they are many."""

from collections.abc import Hashable, Sequence
from pathlib import Path

from rich.console import Console

from reports.run_report import FileReport, SheetReport
from reports.terminal.file_kinds import TOLD_ONE_BY_ONE, by_kind, some_names, without_names
from reports.terminal.terminal_tables import heading, lines, unbroken
from reports.text import column_name, count_noun, listed
from reports.text_files import unusual_form
from rollbook.commands import CommandLine

_SHOWN_COLUMNS = 12
_SHOWN_KINDS = 10
_STATES = {"done": "read", "unchanged": "unchanged", "failed": "FAILED"}


def print_files(run: str, files: Sequence[FileReport], console: Console, commands: CommandLine) -> None:
    """Each file, or each kind of many files with the first of it: failed ones first, then those with failed rows."""
    if not files:
        return
    heading(console, "Files")
    many = len(files) > TOLD_ONE_BY_ONE
    kinds = by_kind(sorted(files, key=_least_good) if many else files, _kind)
    for kind in kinds[: _SHOWN_KINDS if many else None]:
        _print_kind(kind, console, commands)
    if left := sum(map(len, kinds[_SHOWN_KINDS:])) if many else 0:
        lines(console, [f"… and {count_noun(left, 'other file')}."])
    if many:
        lines(console, [commands.complete(f"Every file by itself: rollbook show {run} --json")])


def _least_good(file: FileReport) -> tuple[bool, bool, int]:
    return file.state != "failed", file.code is None, -file.failed_rows


def _kind(file: FileReport) -> Hashable:
    """Equal for files of which the same is told, but for their names and numbers."""
    names = [file.path, Path(file.path).name, Path(file.path).stem, *(sheet.name for sheet in file.sheets)]
    sheets = [(sheet.state, without_names(sheet.message, names), *_column_lines(sheet)) for sheet in file.sheets]
    form = unusual_form(file.form) if file.form else ""
    return file.state, file.code, without_names(file.message, names), bool(file.failed_rows), form, tuple(sheets)


def _print_kind(files: Sequence[FileReport], console: Console, commands: CommandLine) -> None:
    first, failed_rows = files[0], sum(file.failed_rows for file in files)
    failed = f", {count_noun(failed_rows, 'failed row')}" if failed_rows else ""
    what = f"{_STATES.get(first.state, first.state)}{f' ({first.code})' if first.code else ''}{failed}"
    if len(files) == 1:
        lines(console, [f"{unbroken(first.path)}: {what}"])
    else:
        names = some_names([file.path for file in files])
        lines(console, [f"{count_noun(len(files), 'file')} {what}: {names}", f"Here is {unbroken(first.path)}:"])
    if first.message:
        lines(console, [commands.complete(first.message)], indent=4, style="red")
    if first.form and (said := unusual_form(first.form)):
        lines(console, [said], indent=4, style="dim")
    for sheet in first.sheets:
        lines(console, [_sheet_line(sheet)], indent=4, style="dim")
        lines(console, _column_lines(sheet), indent=6)


def _sheet_line(sheet: SheetReport) -> str:
    where = f", header in row {sheet.header_row}" if sheet.header_row and sheet.state == "read" else ""
    why = f": {sheet.message}" if sheet.message else ""
    return f"sheet “{sheet.name}” {sheet.state}, {count_noun(sheet.rows, 'row')}{where}{why}"


def _column_lines(sheet: SheetReport) -> list[str]:
    """What becomes of the columns that feed no field."""
    told = (
        ("kept beside the records, in no field of their own" if sheet.kept else "not used", sheet.unused),
        ("left out, as the profile says", sheet.left_out),
    )
    return [f"{what}: {_some_columns(headers)}" for what, headers in told if headers]


def _some_columns(headers: Sequence[str]) -> str:
    shown = [column_name(header) for header in headers[:_SHOWN_COLUMNS]]
    rest = len(headers) - len(shown)
    return listed([*shown, *([count_noun(rest, "other")] if rest else [])])

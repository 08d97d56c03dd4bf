"""`rollbook values`: the texts that are not understood, as a workbook to fill in, and that workbook as a profile."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from ledger import runs
from ledger.dry_run import open_for_rehearsal, rehearsal
from ledger.reference.load import load_references
from pipeline.execution import ExecutionOptions
from pipeline.intake.fetch import named_files
from pipeline.lifecycle import beginning, new_work, perform, run_files
from pipeline.options import console_of, request_of, settings_of
from pipeline.repairs.profile_edits import Synonym, synonym, with_synonym, write_profile
from pipeline.viewing.unknown_values import known_texts, unknown_texts
from reports.text import count_noun
from reports.workbook.values import (
    FILE_LABEL,
    FILES_SHEET,
    HEADERS,
    PROFILE_LABEL,
    VALUES_SHEET,
    UnknownValue,
    write_values,
)
from rollbook.addresses import whole
from rollbook.commands import command
from rollbook.errors import CannotBegin
from rollbook.options import DestinationName, Invocation, JudgingOptions
from rollbook.profile import load_profiles
from rollbook.rows.fields import FIELDS
from sources.process.reader import read_file
from sources.raw_sheets import ReadingLimits
from transforms.planning.proposal.file_globs import glob_for
from transforms.planning.table.table_detection import rows_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from rollbook.settings import Settings


def collect(
    invocation: Invocation,
    files: Sequence[str],
    *,
    to: DestinationName | None,
    profile: Path | None,
    field: str | None,
    workbook: Path,
) -> int:
    """Write the workbook of what a check of the files does not understand; 1 when some file could not be read."""
    _refuse(field, workbook)
    settings, console = settings_of(invocation), console_of(invocation)
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        request = request_of("check", settings, files, JudgingOptions(to=to, profile=profile, out=Path(folder)))
        found = run_files(named_files(files, request, console.say), request, console.say)
        with rehearsal(open_for_rehearsal(settings.database)) as (ledger, existing):
            work = new_work(ledger, request, existing=existing)
            run = perform(work, ExecutionOptions(console), beginning(found))
            values = _unknown(ledger, run.run_id, field)
            failed = [file.path for file in runs.list_files(ledger, run.run_id) if file.state == "failed"]
            offered = known_texts(load_references(existing))
    used = profile or settings.profile
    if values:
        named = str(used.absolute()) if used and used.is_file() else None
        write_values(workbook, values, offered, [file.path for file in found], named)
    if console.asked_for_json:
        told = [{"field": v.field, "text": v.text, "rows": v.rows, "why": v.why} for v in values]
        path = str(workbook) if values else None
        console.answer({"exit": int(bool(failed)), "workbook": path, "values": told, "not_read": failed})
    if failed:
        console.say(f"{count_noun(len(failed), 'file')} not read: {command('inspect', *map(whole, failed[:3]))}")
    console.say(_then(values, workbook))
    return int(bool(failed))


def _refuse(field: str | None, workbook: Path) -> None:
    if field is not None and field not in FIELDS:
        raise CannotBegin(f"There is no field {field}. The fields are: {', '.join(FIELDS)}.")
    if workbook.suffix.lower() != ".xlsx":
        raise CannotBegin(f"It is an Excel workbook: name a file that ends with .xlsx, not {workbook.name}.")
    if workbook.exists():
        raise CannotBegin(f"{workbook} exists already. Name another file with --workbook, or move that one away.")


def _then(values: Sequence[UnknownValue], workbook: Path) -> str:
    if not values:
        return "Everything is understood: there is nothing to fill in."
    what = f"Wrote {count_noun(len(values), 'text')} to {workbook}. Fill in the column “{HEADERS[-1]}”"
    return f"{what}, then: {command('values', '--apply', workbook.absolute())}"


def _unknown(ledger: Connection, run_id: str, field: str | None) -> list[UnknownValue]:
    return [UnknownValue(one.field, one.text, one.rows, one.why) for one in unknown_texts(ledger, run_id, field)]


def apply(invocation: Invocation, workbook: Path, *, profile: Path | None, always: bool) -> int:
    """Write what a workbook says into a profile: that of the call, else the one that the texts were read under."""
    settings, console = settings_of(invocation), console_of(invocation)
    said, files, used = _read(workbook, settings)
    target = profile or used or workbook.with_suffix(".toml")
    if target.is_dir():
        raise CannotBegin(f"{target} is a folder: name the one profile that the lines are for, with --profile.")
    (_, text), *_ = load_profiles(target) if target.exists() else [("", _new_profile(files, always))]
    for each in said:
        text = with_synonym(text, each, str(target))
    if said:
        write_profile(target, text)
    if console.asked_for_json:
        told = [{"field": each.field, "text": each.word, "value": each.value} for each in said]
        console.answer({"exit": 0, "profile": str(target) if said else None, "lines": told})
    if not said:
        console.say(f"The column “{HEADERS[-1]}” of {workbook} is blank: nothing was written.")
        return 0
    where = [whole(file) for file in files] if len(files) <= 3 else [str(Path(files[0]).absolute().parent)]
    console.say(
        f"Wrote {count_noun(len(said), 'line')} to {target}. Then: "
        f"{command('check', *where, '--profile', target.absolute())}"
    )
    return 0


def _new_profile(files: Sequence[str], always: bool) -> str:
    """For files of these names, whatever the figures in them; always: for all files."""
    if always or not files:
        return ""
    patterns = list(dict.fromkeys(str(glob_for([Path(file).name])) for file in files))
    return tomlkit.dumps({"applies": {"files": patterns[0] if len(patterns) == 1 else patterns}})


def _read(workbook: Path, settings: Settings) -> tuple[list[Synonym], list[str], Path | None]:
    """(The lines that a workbook says, the files that its texts come from, the profile that they were read under)."""
    if not workbook.exists():
        raise CannotBegin(f"There is no {workbook}. `rollbook values` writes such a workbook.")
    limits = ReadingLimits(settings.reading.memory_mib, settings.reading.seconds)
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        found = read_file(workbook, Path(folder), limits)
        if found.code is not None:
            raise CannotBegin(f"{workbook}: {found.message or found.code}")
        sheets = {sheet.name: rows_of(sheet.table()) for sheet in found.sheets}
    lines = sheets.get(VALUES_SHEET, [])
    if not lines or tuple(lines[0][1].get(letter) for letter in "ABCDE") != HEADERS:
        raise CannotBegin(f"{workbook} is not a workbook of `rollbook values`, or its headers were changed.")
    listed = [(cells.get("A"), cells.get("B", "")) for _, cells in sheets.get(FILES_SHEET, [])]
    profile = next((Path(text) for label, text in listed if label == PROFILE_LABEL), None)
    said = [_synonym(workbook, row, cells) for row, cells in lines[1:] if cells.get("E", "").strip()]
    return said, [text for label, text in listed if label == FILE_LABEL], profile


def _synonym(workbook: Path, row: int, cells: Mapping[str, str]) -> Synonym:
    field, word = cells.get("A", "").strip(), cells.get("B", "")
    if field not in FIELDS or not word.strip():
        raise CannotBegin(f"{workbook}, row {row}: the columns “{HEADERS[0]}” and “{HEADERS[1]}” were changed.")
    try:
        return synonym(field, word, cells["E"].strip())
    except CannotBegin as error:
        raise CannotBegin(f"{workbook}, row {row}: {error}") from None

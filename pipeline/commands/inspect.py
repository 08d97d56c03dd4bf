"""`rollbook inspect`: how files would be read, and profiles for them."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path

import pyarrow as pa

from pipeline.faults import FAULT, fault_of, write_report
from pipeline.found_files import found_files
from pipeline.options import console_of, settings_of
from pipeline.returned.recognition import is_returned
from reports.inspection import InspectedFile, InspectedSheet, inspected_sheet, inspection_object, print_inspection
from reports.text import count_noun
from rollbook.clock import now
from rollbook.commands import command
from rollbook.errors import CannotBegin
from rollbook.options import Invocation
from rollbook.profile import Profile, choose_profile, load_profiles, matching_nothing, parse_profile
from rollbook.settings import Settings
from sources.paths import find_files
from sources.process.reader import read_file
from sources.raw_sheets import RawSheet, ReadingLimits
from transforms.planning.inspection import SheetView, doubts, kind_of_file, view_sheet
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.stacked import plan_tables
from transforms.planning.table_detection import RawRows, rows_before

# Files and folders named again in a command, at most.
_NAMED_FILES = 10
_RETURNED = "Rows that failed in an earlier run. Import the workbook as it is: it needs no profile."


@dataclass(frozen=True)
class _Viewed:
    """A file, how its sheets would be read, and the profile that it was looked at with."""

    path: Path
    told: InspectedFile
    views: tuple[SheetView, ...] = ()
    under: Profile = Profile()


def inspect(
    invocation: Invocation, *, files: Sequence[str], to: str, profile: Path | None, write_profile: Path | None
) -> int:
    """Show how files would be read; 1 when not all could be opened."""
    settings = settings_of(invocation)
    profiles = load_profiles(profile or settings.profile)
    console = console_of(invocation)
    found = [file.path for file in found_files(find_files(files), settings.reading, console.say)]
    if not found:
        raise CannotBegin("No spreadsheet was found there. Name files, or a folder that contains some.")
    if idle := matching_nothing(found, profiles):
        console.say(idle)
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        viewed = [_view(path, profiles, to, settings, Path(folder)) for path in found]
    exit_code = int(any(file.told.code for file in viewed))
    if console.asked_for_json:
        console.answer(inspection_object([file.told for file in viewed], exit_code))
    else:
        print_inspection([file.told for file in viewed], console.console)
    for file in viewed:
        if file.told.code:
            console.alarm(f"{file.path}: {file.told.message or file.told.code}")
    if write_profile is not None:
        written = _write_profiles([file for file in viewed if file.views], write_profile)
        for path in written:
            console.say(f"Wrote the profile {path}.")
        console.say(_then(files, written, write_profile, to))
    return exit_code


def _then(files: Sequence[str], written: Sequence[Path], target: Path, to: str) -> str:
    """What is done with profiles that were written: the same files are checked under them.

    Where a shell made a pattern into many names, nobody could read the command.
    """
    one = len(written) == 1
    look, under = f"Review {'it' if one else 'them'}", (written[0] if one else target).absolute()
    if len(files) > _NAMED_FILES:
        return f"{look}, then check the same files with the option --profile {shlex.quote(str(under))}"
    named = [Path(file).expanduser().absolute() for file in files]
    where = [] if to == "database" else ["--to", to]
    return f"{look}, then: {command('check', *named, *where, '--profile', under)}"


def _view(path: Path, profiles: list[tuple[str, str]], to: str, settings: Settings, folder: Path) -> _Viewed:
    try:
        return _opened(path, profiles, to, settings, folder)
    except Exception as error:  # noqa: BLE001 - what is no fault, fault_of raises again
        fault = fault_of(error)
        report = write_report(fault, settings.out / "inspect" / f"fault-{path.name}.txt", f"inspect {path}")
        return _Viewed(path, InspectedFile(str(path), FAULT, fault.message(report)))


def _opened(path: Path, profiles: list[tuple[str, str]], to: str, settings: Settings, folder: Path) -> _Viewed:
    limits = ReadingLimits(settings.reading.memory_mib, settings.reading.seconds)
    text = choose_profile(path, profiles)
    under = parse_profile(text)
    read = read_file(path, folder, limits, under.file.form)
    if read.code is not None:
        return _Viewed(path, InspectedFile(str(path), read.code, read.message))
    if is_returned(read):
        ours = [InspectedSheet(each.name, "skipped", rows=each.rows, message=_RETURNED) for each in read.sheets]
        return _Viewed(path, InspectedFile(str(path), sheets=tuple(ours)))
    sheets = [sheet for sheet in read.sheets if sheet.visible or not under.sheet.skip_hidden]
    views = tuple(view for sheet in sheets for view in _views(sheet, path, under, to))
    hidden = tuple(
        InspectedSheet(sheet.name, "skipped", rows=sheet.rows, message="The sheet is hidden.")
        for sheet in read.sheets
        if sheet not in sheets
    )
    name = next((name for name, body in profiles if body == text), None) if text else None
    whole = not any(view.plan.state == "read" for view in views)
    told = InspectedFile(
        str(path), sheets=(*(_inspected(view, whole) for view in views), *hidden), profile=name, form=read.form
    )
    return _Viewed(path, told, views, under)


def _views(sheet: RawSheet, path: Path, under: Profile, to: str) -> list[SheetView]:
    """How each table of a sheet would be read."""
    table, known = sheet.table(), dict[tuple[int, int], SheetView]()

    def viewed(first: int, rows: pa.Table) -> SheetView:
        if (first, len(rows)) not in known:
            known[first, len(rows)] = _table_view(sheet, rows, path, under, to)
        return known[first, len(rows)]

    def planned(rows: RawRows) -> SheetPlan:
        whole = pa.Table.from_batches(rows.to_batches(), schema=table.schema)
        return viewed(whole["row"][0].as_py() if len(whole) else 0, whole).plan

    plans = plan_tables(table, planned, under)
    starts = [rows_before(table, plan.from_row) for plan in plans] + [len(table)]
    views = [
        viewed(table["row"][start].as_py() if len(table) else 0, table.slice(start, end - start))
        for start, end in pairwise(starts)
    ]
    # What is below a table is told as an import tells it.
    return [
        replace(view, plan=replace(view.plan, note=plan.note, other_row=plan.other_row))
        for view, plan in zip(views, plans, strict=True)
    ]


def _table_view(sheet: RawSheet, rows: pa.Table, path: Path, under: Profile, to: str) -> SheetView:
    return view_sheet(
        rows,
        sheet.marks,
        sheet_name=sheet.name,
        sheet_position=sheet.position,
        file_name=path.name,
        from_workbook=sheet.from_workbook,
        profile=under,
        destination=to,
        today=now().date(),
    )


def _inspected(view: SheetView, whole: bool) -> InspectedSheet:
    """As it would be read, with samples of each column, what is open, and how a profile could read it better.

    whole: nothing in the file is read, so that the columns of sheets that are passed over are shown too.
    """
    if view.plan.state == "skipped" and not whole:
        return inspected_sheet(view.plan)
    samples = {letter: column.samples for column in view.columns for letter in column.plan.letters[:1]}
    known = replace(view.plan, headers=view.proposed.headers)
    if view.plan.state != "read" and not view.guessed:
        known = replace(known, columns=view.proposed.columns)
    inspected = inspected_sheet(known, samples, view.uses, view.languages)
    if view.plan.state == "skipped":
        return inspected
    notes = [*filter(None, [view.plan.note]), *doubts(view)]
    if view.guessed:
        across = len(view.proposed.sessions)
        notes.append(f"It looks like a wide sheet, {across} sessions across: --write-profile proposes to read it so.")
    notes += [f"ignored: {count_noun(rows, 'row')} ({reason})" for reason, rows in view.ignored]
    return replace(inspected, message="\n".join(notes) or inspected.message)


def _write_profiles(viewed: Sequence[_Viewed], target: Path) -> list[Path]:
    """One profile per kind of file into a folder; into a file, that of the only kind. All of them or none."""
    from transforms.planning.profile_text import profile_text

    kinds: dict[str, list[_Viewed]] = {}
    for file in viewed:
        kinds.setdefault(kind_of_file(file.views), []).append(file)
    if not kinds:
        raise CannotBegin("No file could be opened, so there is nothing to write a profile from.")
    if target.suffix == ".toml" and len(kinds) > 1:
        raise CannotBegin(f"The files are of {len(kinds)} kinds: name a folder, and each kind gets its profile there.")
    _refuse_same_names(list(kinds.values()))
    written: dict[Path, str] = {}
    for kind in kinds.values():
        path = target if target.suffix == ".toml" else _free_path(target / f"{kind[0].path.stem}.toml", written)
        others = [file.path.name for file in viewed if file not in kind]
        written[path] = profile_text(kind[0].views, [file.path.name for file in kind], others, kind[0].under)
        parse_profile(written[path], str(path))
        if path.exists():
            raise CannotBegin(f"{path} already exists. Use another name, or remove it first.")
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(written)


def _refuse_same_names(kinds: Sequence[Sequence[_Viewed]]) -> None:
    """A profile knows its files by their names alone."""
    first: dict[str, tuple[int, Path]] = {}
    for number, kind in enumerate(kinds):
        for file in kind:
            known, path = first.setdefault(file.path.name, (number, file.path))
            if known != number:
                told = f"{path} and {file.path} have the same name and are of two kinds"
                raise CannotBegin(f"{told}, so no profile can distinguish them. Rename one of them.")


def _free_path(path: Path, taken: Mapping[Path, str]) -> Path:
    """The path, or where another kind of this call has it, one with a number."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return path if path not in taken else next(other for other in numbered if other not in taken)

"""`rollbook reference`: what is known of learners, groups, courses and sessions, from a spreadsheet or a system."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ledger.database import open_database
from ledger.lock import hold
from ledger.reference import forget as forgetting
from ledger.reference.load import store
from ledger.reference.upserts import Loaded
from pipeline.faults import fault_of, write_report
from pipeline.intake.found_files import found_files
from pipeline.load import LOAD_WAIT_SECONDS
from pipeline.options import console_of, settings_of, who
from pipeline.returned.recognition import is_returned
from pipeline.runner import watching
from reports.terminal.references import (
    forgotten_object,
    loaded_object,
    print_forgotten,
    print_left_out,
    print_loaded,
    print_synced,
    synced_object,
)
from reports.text import count_noun
from rollbook.addresses import on_disk
from rollbook.clock import now
from rollbook.commands import command
from rollbook.errors import Bug, CannotBegin
from rollbook.options import Invocation
from rollbook.settings import Settings
from sources.paths import find_files
from sources.process.reader import read_file
from sources.raw_sheets import ReadingLimits
from transforms.references import ReferenceRows, needed_headers, reference_rows

if TYPE_CHECKING:
    from pipeline.sync.named import Named


def load(invocation: Invocation, *, kind: str, file: Path, by: str | None) -> int:
    """Load one kind of reference data; 1 when some of its rows were left out."""
    settings = settings_of(invocation)
    if file.is_dir():
        raise CannotBegin(f"{file} is a folder. Name the file with the reference data.")
    path = _one_file(find_files([str(file)])[0], settings)
    with _contained(path, kind, settings):
        rows, left_out = _read(path, kind, settings)
        loaded, problems = _loaded(path, kind, rows, settings, by)
    console = console_of(invocation)
    if console.asked_for_json:
        console.answer({**loaded_object(kind, str(path), loaded, problems), "unused": list(rows.unused)})
    else:
        print_loaded(kind, str(path), loaded, problems, console.console)
        print_left_out(rows.unused, left_out, console.console)
    if len(problems):
        console.alarm(f"{path}: {count_noun(len(problems), 'problem')}; these rows were left out.")
    return int(len(problems) > 0)


# So many files of an archive are named.
_NAMED = 5


def _one_file(path: Path, settings: Settings) -> Path:
    """The file, or the only spreadsheet of an archive; raises CannotBegin where it holds several."""
    found = [Path(file.path) for file in found_files([path], settings.reading)]
    if len(found) == 1:
        return found[0]
    some = ", ".join(map(str, found[:_NAMED])) + (", …" if len(found) > _NAMED else "")
    raise CannotBegin(f"{path} holds {len(found)} spreadsheets. Name the one to load: {some}.")


@contextmanager
def _contained(path: Path, kind: str, settings: Settings) -> Iterator[None]:
    """A fault of Rollbook's own is raised as Bug; its report tells no cell, and nothing was loaded."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - what is no fault, fault_of raises again
        fault = fault_of(error)
        place = settings.out / "reference" / f"fault-{path.name}.txt"
        report = write_report(fault, place, f"reference load {kind} {path}")
        raise Bug(f"{path}: {fault.message(report)}") from None


def _loaded(
    path: Path, kind: str, rows: ReferenceRows, settings: Settings, by: str | None
) -> tuple[Loaded, pd.DataFrame]:
    """What was loaded of a file, in one transaction, and the problems of the rows that were left out."""
    _refuse_nothing(path, kind, len(rows.frame), rows.problems)
    engine = open_database(settings.database, create=True)
    with hold(engine, "load", wait=LOAD_WAIT_SECONDS), engine.begin() as connection:
        loaded = store(connection, kind, rows.frame, loaded_at=now(), loaded_by=who(by), source=str(path))
        problems = pd.concat([rows.problems, loaded.problems], ignore_index=True).sort_values("row", kind="stable")
        _refuse_nothing(path, kind, len(rows.frame) - len(loaded.problems), problems)
    return loaded, problems


def _refuse_nothing(path: Path, kind: str, good: int, problems: pd.DataFrame) -> None:
    """Raise CannotBegin, with nothing written, where no row is left: an empty kind would have every row rejected."""
    if good:
        return
    rule = "Nothing was loaded, and no rule has changed."
    if problems.empty:
        raise CannotBegin(f"{path} has headers but no {kind} below them. {rule}")
    first = "; ".join(
        f"row {row}: {message}" for row, message in problems[["row", "message"]].head(3).itertuples(False)
    )
    raise CannotBegin(f"No row of {path} can be loaded. {rule} ({count_noun(len(problems), 'row')} left out: {first})")


def forget(invocation: Invocation, *, kind: str) -> int:
    """Remove the loaded data of a kind; what enrollments or other loaded data use stays, and is loaded no more."""
    engine = open_database(settings_of(invocation).database, create=False)
    with hold(engine, "load", wait=LOAD_WAIT_SECONDS), engine.begin() as connection:
        forgotten = forgetting.forget(connection, kind, forgotten_at=now())
    console = console_of(invocation)
    if console.asked_for_json:
        console.answer(forgotten_object(kind, forgotten))
    else:
        print_forgotten(kind, forgotten, console.console)
    return 0


def sync(invocation: Invocation, *, system: str, files: Sequence[str], profile: Path | None, by: str | None) -> int:
    """Read reference data from a system; 1 when some of its lines were left out, or a file that is named."""
    from pipeline.sync import systems

    settings = settings_of(invocation)
    console = console_of(invocation)
    named, sheets, unread = _named(system, files, settings, profile)
    for line in unread:
        console.complain(line)
    engine = open_database(settings.database, create=True)
    with engine.connect() as connection, watching(shown=console.shows_bars) as watch:
        synced = systems.sync(connection, system, settings, who(by), watch, named, sheets)
    if console.asked_for_json:
        console.answer(synced_object(system, synced.kinds, synced.held))
    else:
        print_synced(system, synced.kinds, synced.held, console.console)
    for kind, loaded in synced.kinds.items():
        if len(loaded.problems):
            console.alarm(
                f"{system}, {kind}: {count_noun(len(loaded.problems), 'problem')}; these lines were left out."
            )
    return int(bool(unread) or any(len(loaded.problems) for loaded in synced.kinds.values()))


def _named(
    system: str, files: Sequence[str], settings: Settings, profile: Path | None
) -> tuple[set[tuple[str, str]], Named | None, list[str]]:
    """What files name, as the system is asked for it, and which could not be read; nothing where no file is named."""
    if not files:
        return set(), None, []
    if system == "smarteru":
        from pipeline.sync.named import named_for_smarteru

        sheets, unread = named_for_smarteru(files, settings, profile)
        return set(), sheets, unread
    if system != "axcelerate":
        raise CannotBegin(f"{system} is read as a whole, so do not name files. Only smarteru and axcelerate take them.")
    from pipeline.sync.rest import named_in

    named, unread = named_in(files, settings, profile)
    return named, None, unread


def _read(path: Path, kind: str, settings: Settings) -> tuple[ReferenceRows, list[str]]:
    """The data of the first visible sheet that has the headers of the kind, and the names of the sheets behind it.

    Raises CannotBegin where none has them.
    """
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        limits = ReadingLimits(settings.reading.memory_mib, settings.reading.seconds)
        found = read_file(on_disk(str(path)), Path(folder), limits)
        if found.code is not None:
            raise CannotBegin(f"{path}: {found.message}")
        if is_returned(found):
            fits = command("import", path.absolute())
            raise CannotBegin(f"{path} holds failed rows of an earlier run, not {kind}. To import them: {fits}")
        sheets = [sheet for sheet in found.sheets if sheet.visible and sheet.rows]
        for at, sheet in enumerate(sheets, start=1):
            today = now().date()
            rows = reference_rows(sheet.table(), sheet.marks, kind, from_workbook=sheet.from_workbook, today=today)
            if rows is not None:
                return rows, [other.name for other in sheets[at:]]
    raise CannotBegin(f"{path} holds no {kind}: a sheet needs a row of headers with {needed_headers(kind)}.")

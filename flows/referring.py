"""`rollbook reference`: what is known of learners, groups, courses and sessions, from a spreadsheet or a system."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from flows.cli import Invocation
from flows.options import settings_of, who
from flows.runner import watching
from flows.telling import Teller
from flows.work import now
from ledger.database import open_database
from ledger.references import store
from reports.references import loaded_object, print_loaded, print_synced, synced_object
from rollbook.errors import CannotBegin
from rollbook.settings import Settings
from sources.finding import find_files
from sources.reading import read_file
from sources.sheets import Limits
from transforms.references import ReferenceRows, needed_headers, reference_rows


def load(invocation: Invocation, *, kind: str, file: Path, by: str | None) -> int:
    """Load one kind of reference data; 1 when some of its rows were left out."""
    settings = settings_of(invocation)
    if file.is_dir():
        raise CannotBegin(f"{file} is a folder. Name the one file that holds the reference data.")
    (path,) = find_files([str(file)])
    rows = _read(path, kind, settings)
    engine = open_database(settings.database, create=True)
    with engine.begin() as connection:
        loaded = store(connection, kind, rows.frame, loaded_at=now(), loaded_by=who(by), source=str(path))
    problems = pd.concat([rows.problems, loaded.problems], ignore_index=True).sort_values("row", kind="stable")
    teller = Teller(invocation)
    if teller.asked_for_json:
        teller.answer(loaded_object(kind, str(path), loaded, problems))
    else:
        print_loaded(kind, str(path), loaded, problems, teller.console)
    return int(len(problems) > 0)


def sync(invocation: Invocation, *, system: str, files: Sequence[str], profile: Path | None, by: str | None) -> int:
    """Read reference data from a system; 1 when some of its lines were left out."""
    from flows import syncing

    settings = settings_of(invocation)
    teller = Teller(invocation)
    named: set[tuple[str, str]] = set()
    if files:
        from flows.syncing_rows import named_in

        if system != "axcelerate":
            raise CannotBegin(f"{system} is read as a whole: name no files. Only axcelerate is asked for their rows.")
        named = named_in(files, settings, profile, teller)
    engine = open_database(settings.database, create=True)
    with engine.connect() as connection, watching(shown=teller.shows_bars) as watch:
        synced = syncing.sync(connection, system, settings, who(by), watch, named)
    if teller.asked_for_json:
        teller.answer(synced_object(system, synced.kinds, synced.held))
    else:
        print_synced(system, synced.kinds, synced.held, teller.console)
    return int(any(len(loaded.problems) for loaded in synced.kinds.values()))


def _read(path: Path, kind: str, settings: Settings) -> ReferenceRows:
    """The data of the first visible sheet that has the headers of the kind; raises CannotBegin where none has."""
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        found = read_file(path, Path(folder), Limits(settings.reading.memory_mib, settings.reading.seconds))
        if found.code is not None:
            raise CannotBegin(f"{path}: {found.message}")
        for sheet in found.sheets:
            if sheet.visible and sheet.rows:
                today = now().date()
                rows = reference_rows(sheet.table(), sheet.marks, kind, from_workbook=sheet.from_workbook, today=today)
                if rows is not None:
                    return rows
    raise CannotBegin(f"{path} holds no {kind}: a sheet needs a row of headers with {needed_headers(kind)}.")

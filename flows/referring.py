"""`rollbook reference load`: what is known of learners, groups, courses and sessions, from a spreadsheet or CSV."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flows.cli import Invocation
from flows.options import settings_of, who
from flows.telling import Teller
from flows.work import now
from ledger.database import open_database
from ledger.references import store
from rollbook.errors import CannotBegin
from rollbook.settings import Settings
from sources.finding import find_files
from sources.reading import read_file
from sources.sheets import Limits
from transforms.references import reference_rows


def load(invocation: Invocation, *, kind: str, file: Path, by: str | None) -> int:
    """Load one kind of reference data; 1 when some of its rows were left out."""
    settings = settings_of(invocation)
    teller = Teller(invocation)
    (path,) = find_files([str(file)]) if not file.is_dir() else (_refuse_folder(file),)
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        frame, problems = _read(path, kind, settings, Path(folder))
    engine = open_database(settings.database, create=True)
    with engine.begin() as connection:
        loaded = store(connection, kind, frame, loaded_at=now(), loaded_by=who(by), source=str(path))
    return teller.tell_loaded(kind, loaded, problems)


def _refuse_folder(folder: Path) -> Path:
    raise CannotBegin(f"{folder} is a folder. Name the one file that holds the reference data.")

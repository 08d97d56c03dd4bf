"""What a check foresaw, row by row and field by field: kept beside its reports, for a check is in no database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ledger.accounts import kept_accounts
from ledger.accounts.change_lines import CHANGE_LINES, change_lines, count_updates
from ledger.accounts.row_lines import ROW_LINES, row_lines
from reports.files.line_exports import export_lines

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run

_ROWS, _CHANGES = "rows", "changes"


def keep_checked(ledger: Connection, run: Run, folder: Path) -> None:
    """Keep the lines of a check in the folder of its reports; only its user may read them.

    ledger: the one of the rehearsal, in which the check stands as a run.
    """
    with ledger.begin(), TemporaryDirectory(prefix="rollbook-") as own:
        if not kept_accounts.are_kept(ledger, run.run_id):  # it was stopped before anything was decided
            return
        _keep(row_lines(ledger, run, Path(own)), ROW_LINES, _file(folder, _ROWS))
        if count_updates(ledger, run.run_id):
            _keep(change_lines(ledger, run.run_id), CHANGE_LINES, _file(folder, _CHANGES))


def _keep(lines: Iterator[pa.Table], schema: pa.Schema, path: Path) -> None:
    export_lines(lines, schema, path, title="")
    path.chmod(0o600)


def _file(folder: Path, name: str) -> Path:
    return folder / f"check-{name}.parquet"


def find_checked(out: Path, name: str) -> Path | None:
    """The folder of the check with this ID, or with the only one that begins so."""
    found = [path.parent for path in out.glob(f"*/check-{_ROWS}.parquet") if path.parent.name.startswith(name.lower())]
    exact = [folder for folder in found if folder.name == name.lower()]
    return (exact or found)[0] if exact or len(found) == 1 else None


def checked_lines(folder: Path, name: str, outcomes: Collection[str] = ()) -> Iterator[pa.Table]:
    """The lines of a check; none where it found nothing to change. outcomes: as in `ledger.accounts.row_lines`."""
    with suppress(FileNotFoundError):
        for batch in pq.ParquetFile(_file(folder, name)).iter_batches(50_000):
            lines = pa.Table.from_batches([batch])
            yield lines.filter(pc.is_in(lines["outcome"], pa.array(outcomes))) if outcomes else lines

"""`rollbook rows` and `rollbook changes`: what became of every row of a run, and what it changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ledger import runs
from ledger.accounts import kept_accounts
from ledger.accounts.change_lines import CHANGE_LINES, change_lines
from ledger.accounts.row_lines import ROW_LINES, row_lines
from ledger.database import database_exists, open_database, reading, spare_memory
from pipeline.options import console_of, settings_of
from pipeline.output.checked_lines import checked_lines, find_checked
from reports.files.line_exports import export_lines
from reports.terminal.row_tables import (
    CHANGE_COLUMNS,
    NO_CHANGES,
    ROW_COLUMNS,
    SHOWN_LINES,
    plain_lines,
    print_lines,
    print_rest,
)
from reports.text import count_noun
from rollbook.errors import CannotBegin
from rollbook.options import Invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from sqlalchemy import Connection

    from ledger.runs import Run
    from reports.terminal.console import Console


@dataclass(frozen=True)
class _Kind:
    """rows or changes: the command, the columns of its lines, how they are shown, what they and none are called."""

    name: str
    schema: pa.Schema
    columns: Mapping[str, str]
    noun: str
    title: str
    none: str


_ROWS = _Kind("rows", ROW_LINES, ROW_COLUMNS, "row", "Rows", "it read no row, or none of these.")
_CHANGES = _Kind("changes", CHANGE_LINES, CHANGE_COLUMNS, "changed field", "Changes", NO_CHANGES)


def list_rows(
    invocation: Invocation, *, run: str, export: Path | None, out: Path | None, outcomes: Collection[str]
) -> int:
    """Every row of a run, on the screen or exported. out: where the reports of checks are."""
    with _lines(invocation, _ROWS, run, out, outcomes) as (run_id, lines):
        return _tell(console_of(invocation), _ROWS, run_id, lines, export)


def list_changes(invocation: Invocation, *, run: str, export: Path | None, out: Path | None) -> int:
    """Every field that a run changed, likewise."""
    with _lines(invocation, _CHANGES, run, out) as (run_id, lines):
        return _tell(console_of(invocation), _CHANGES, run_id, lines, export)


@contextmanager
def _lines(
    invocation: Invocation, kind: _Kind, name: str, out: Path | None, outcomes: Collection[str] = ()
) -> Iterator[tuple[str, Iterator[pa.Table]]]:
    """The ID of the run, or check, that is named, and its lines."""
    settings = settings_of(invocation)
    checked = find_checked((out or settings.out).absolute(), name)
    if checked is not None and not _is_recorded(settings.database, name):
        yield checked.name, checked_lines(checked, kind.name, outcomes)
        return
    engine = open_database(settings.database, create=False, migrate=False)
    with reading(engine) as connection, connection.begin(), TemporaryDirectory(prefix="rollbook-") as folder:
        spare_memory(connection)
        run = runs.find(connection, name)
        if kind is _CHANGES:
            yield run.run_id, change_lines(connection, run.run_id)
        else:
            refuse_unaccounted(connection, run)
            yield run.run_id, row_lines(connection, run, Path(folder), outcomes)


def _is_recorded(database: str, name: str) -> bool:
    """Whether the database has a run that the name may mean: then it is meant."""
    if not database_exists(database):
        return False
    with reading(open_database(database, create=False, migrate=False)) as connection, connection.begin():
        return runs.is_known(connection, name)


def refuse_unaccounted(connection: Connection, run: Run) -> None:
    """Raises CannotBegin where it is not kept what became of each row, or not known yet."""
    if kept_accounts.are_kept(connection, run.rows_run_id):
        return
    if run.state in runs.UNFINISHED:
        raise CannotBegin(f"Run {run.run_id} has not ended: what becomes of its rows is not decided yet.")
    if not run.counts.read and not run.counts.ignored:
        raise CannotBegin(f"Run {run.run_id} read no rows.")
    told = f"Run {run.run_id} is of an older Rollbook, which did not keep what became of each row"
    raise CannotBegin(f"{told}. Its failed rows: rollbook failures {run.run_id}")


def _tell(console: Console, kind: _Kind, run_id: str, lines: Iterator[pa.Table], export: Path | None) -> int:
    if export is not None:
        number = export_lines(lines, kind.schema, export, title=kind.title)
        console.say(f"Wrote {count_noun(number, kind.noun)} to {export}")
        if console.asked_for_json:
            console.answer({"run": run_id, "lines": number, "export": str(export)})
    elif console.asked_for_json:
        console.answer_lines({"run": run_id}, kind.name, plain_lines(lines))
    else:
        _print(console, kind, run_id, lines)
    return 0


def _print(console: Console, kind: _Kind, run_id: str, lines: Iterator[pa.Table]) -> None:
    first = next((batch for batch in lines if batch.num_rows), None)
    if first is None:
        console.say(f"Run {run_id}: {kind.none}")
    elif print_lines(chain([first], lines), console.console, kind.columns):
        more = f"These are the first {SHOWN_LINES}. All of them: rollbook {kind.name} {run_id} --export {kind.name}.csv"
        print_rest(console.console, console.commands.complete(more))

"""The database in which a run is decided: DuckDB in this process, over the part files. It knows no other database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from rollbook.errors import Stopped
from rollbook.rows.statuses import PROGRESS

if TYPE_CHECKING:
    import pandas as pd

    from stage.part_files import PartFiles
    from stage.parts import Part

_SQL = Path(__file__).parent / "sql"
_BATCH_ROWS = 50_000
# Up to so many rows are decided by one thread: handing them to others takes longer than it spares.
_FEW_ROWS = 10_000
# So many lines of a Parquet file are read at once.
_WRITTEN_AT_ONCE = 20_480
# What DuckDB makes of Ctrl-C.
_INTERRUPTED = "Query interrupted"
# Of an error of the disk, the file and what the system said of it.
_OF_THE_DISK = re.compile(r'Could not [\w ]+ "[^"]*": [^"{}\n]+')


class Stage:
    """The judged rows of a run and what is decided of them: tables and views that the files of `sql/` make.

    What a destination holds already is `put` here before the file that compares with it is `run`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, name: str, **words: str) -> None:
        """Run a file of `sql/`. words: what stands for its `$` words, names of columns alone."""
        for statement in _statements(name):
            self._connection.execute(Template(statement).substitute(words))

    def ask(self, name: str, **words: str) -> pa.Table:
        """The lines of a file of `sql/` that is one query. words: as for `run`."""
        (query,) = _statements(name)
        return self._connection.sql(Template(query).substitute(words)).to_arrow_table()

    def put(self, name: str, frame: pd.DataFrame | pa.Table) -> None:
        """A table of a frame's lines, in place of the one of that name."""
        self._take(f"CREATE OR REPLACE TABLE {name} AS FROM given", frame)

    def add(self, name: str, frame: pd.DataFrame | pa.Table) -> None:
        """More lines for a table, by the names of its columns."""
        self._take(f"INSERT INTO {name} BY NAME FROM given", frame)

    def _take(self, statement: str, frame: pd.DataFrame | pa.Table) -> None:
        # DuckDB finds `given` by its name in this function, in half the time that a registered table takes.
        given = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)  # noqa: F841
        self._connection.execute(statement)

    def table(self, query: str) -> pa.Table:
        """The lines of a query, a table or a view."""
        return self._connection.sql(f"FROM ({_query(query)})").to_arrow_table()

    def column(self, query: str) -> pa.Array:
        """The first column of all lines."""
        return self.table(query).column(0).combine_chunks()

    def frame(self, query: str) -> pd.DataFrame:
        """The same for pandas; texts are `str`."""
        found = self.table(query)
        texts = [field.name for field in found.schema if pa.types.is_string(field.type)]
        frame: pd.DataFrame = found.to_pandas().astype(dict.fromkeys(texts, "str"))
        return frame

    def batches(self, query: str, rows: int = _BATCH_ROWS) -> Iterator[pa.Table]:
        """The lines of a query, some at a time; nothing else may be asked until the last."""
        for batch in self._connection.sql(f"FROM ({_query(query)})").to_arrow_reader(rows):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])

    def write(self, query: str, path: Path) -> Path:
        """Write the lines of a query as a Parquet file, from another thread if need be; the path."""
        with self._connection.cursor() as beside:
            options = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_WRITTEN_AT_ONCE}"
            beside.execute(f"COPY ({_query(query)}) TO '{_quoted(path)}' ({options})")
        return path

    def value(self, query: str) -> Any:
        """The first column of the first line, None where there is none."""
        found = self.lines(query)
        return found[0][0] if found else None

    def any(self, query: str) -> bool:
        """Whether a table, view or query has a line."""
        return bool(self.lines(f"FROM ({_query(query)}) LIMIT 1"))

    def lines(self, query: str) -> list[tuple[Any, ...]]:
        """All lines as tuples."""
        return list(self._connection.execute(query).fetchall())


@contextmanager
def open_stage(files: PartFiles, parts: Sequence[Part], folder: Path, *, memory_mib: int) -> Iterator[Stage]:
    """The stage of these parts, all of which must be there; what outgrows its memory goes into the folder."""
    rows = sum(part.last_row - part.first_row + 1 for part in parts)
    with _connected(folder, memory_mib, **({"threads": 1} if rows <= _FEW_ROWS else {})) as connection:
        stage = Stage(connection)
        _begin(connection, stage, files.paths((part.part_id for part in parts), folder), parts)
        yield stage


@contextmanager
def open_blank(folder: Path, *, memory_mib: int) -> Iterator[Stage]:
    """A stage of no run at work, for lines to be joined; what outgrows its memory goes into the folder."""
    with _connected(folder, memory_mib, threads=1) as connection:
        stage = Stage(connection)
        stage.run("letters")
        yield stage


@contextmanager
def _connected(folder: Path, memory_mib: int, **more: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, Any] = {
        "memory_limit": f"{memory_mib}MiB",
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "false",
        # Without it, an interrupted query waits until its other threads have done all of their work.
        "scheduler_process_partial": "true",
        **more,
    }
    with duckdb.connect(":memory:", config=config) as connection, _plain_errors():
        yield connection


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise Stopped(f"Deciding needs more memory: {_first_line(error)}. Raise memory_mib under [stage].") from None
    except duckdb.IOException as error:
        told = f"The disk failed while rows were decided: {_of_the_disk(error)}."
        raise Stopped(f"{told} `rollbook resume` continues when that is fixed.") from None
    except RuntimeError as error:
        if str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise


def _of_the_disk(error: Exception) -> str:
    """What the system said, out of DuckDB's words around it, which may be JSON."""
    said = _OF_THE_DISK.search(str(error).replace('\\"', '"'))
    return said[0] if said else _first_line(error)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(". ")


def _begin(
    connection: duckdb.DuckDBPyConnection, stage: Stage, paths: Iterable[Sequence[str]], parts: Sequence[Part]
) -> None:
    from stage.parts import FAILURES, ROWS  # they bring pandas, which not every stage needs

    kinds = dict.fromkeys(("part_id", "file_no", "sheet_position"), pa.int64())
    kinds |= dict.fromkeys(("source_file", "source_sheet"), pa.string())
    stage.put("parts", table_of(([getattr(part, name) for name in kinds] for part in parts), **kinds))
    for name, schema, listed in zip(("rows", "judged_failures"), (ROWS, FAILURES), paths, strict=True):
        if listed:
            named = ", ".join(f"'{_quoted(path)}'" for path in listed)
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet([{named}])")
        else:  # no sheet could be read
            stage.put(name, schema.empty_table())
    ranks = " ".join(f"WHEN '{status}' THEN {rank}" for status, rank in PROGRESS.items())
    connection.execute(f"CREATE MACRO progress_of(status) AS CASE status {ranks} ELSE -1 END")
    stage.run("letters")
    stage.run("begin")


@cache
def _statements(name: str) -> tuple[str, ...]:
    text = (_SQL / f"{name}.sql").read_text(encoding="utf-8")
    return tuple(one for one in (part.strip() for part in text.split(";\n")) if one)


def _quoted(path: str | Path) -> str:
    return str(path).replace("'", "''")


def _query(query: str) -> str:
    return query if " " in query.strip() else f"FROM {query}"


def table_of(lines: Iterable[Sequence[Any]], **kinds: pa.DataType) -> pa.Table:
    """A table of some lines, by the names and types of their columns."""
    columns = list(zip(*lines, strict=True)) or [()] * len(kinds)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds.values(), strict=True)]
    return pa.table(arrays, list(kinds))

"""Lines of text and whole numbers as a file, written as they come: `--export PATH.csv|.xlsx|.parquet`.

However many lines there are, only some of them are in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from reports.files.whole_file import whole_file
from rollbook.errors import CannotBegin

# What a spreadsheet program would run as a formula, see `rollbook.text.formulas.neutralised`.
_RUNS = r"^'*[=+\-@\t\r]"


def export_lines(batches: Iterable[pa.Table], schema: pa.Schema, path: Path, *, title: str) -> int:
    """Write lines to `path`, whose ending chooses the form; how many they are.

    CSV is UTF-8 with a byte order mark, so that a spreadsheet program reads it right; there and in .xlsx text that it
    would run as a formula is neutralised. In .parquet texts are as they are. title: of the workbook's sheets.
    Raises CannotBegin for another ending, before any line is asked for, or where `path` cannot be written.
    """
    write = form_of(path)
    lines = 0

    def counted() -> Iterator[pa.Table]:
        nonlocal lines
        for batch in batches:
            lines += batch.num_rows
            yield batch

    with whole_file(path) as draft:
        write(counted(), schema, draft, title)
    return lines


def form_of(path: Path) -> Callable[[Iterable[pa.Table], pa.Schema, Path, str], None]:
    """What writes a file of this ending; raises CannotBegin for one that nothing writes."""
    write = _FORMS.get(path.suffix.lower())
    if write is None:
        raise CannotBegin(f"{path}: the ending must be .csv, .xlsx or .parquet.")
    return write


def _write_csv(batches: Iterable[pa.Table], schema: pa.Schema, path: Path, _title: str) -> None:
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed", batch_size=8192)
    with path.open("wb") as file:
        file.write("\ufeff".encode() + ",".join(schema.names).encode() + b"\n")
        with pa_csv.CSVWriter(file, schema, write_options=options) as writer:
            for batch in batches:
                writer.write_table(_harmless(batch))


def _harmless(batch: pa.Table) -> pa.Table:
    """The lines with every text neutralised, and without NUL characters."""
    return pa.table([_neutralised(column) for column in batch.columns], batch.schema)


def _neutralised(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """The texts of a column, looked at once each."""
    if not pa.types.is_string(column.type):
        return column
    coded = column.combine_chunks().dictionary_encode()
    whole = pc.replace_substring(coded.dictionary, "\0", "\N{SYMBOL FOR NULL}")
    runs = pc.match_substring_regex(whole, _RUNS)
    return pc.if_else(runs, pc.binary_join_element_wise("'", whole, ""), whole).take(coded.indices)


def _write_parquet(batches: Iterable[pa.Table], schema: pa.Schema, path: Path, _title: str) -> None:
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(batch)


def _write_xlsx(batches: Iterable[pa.Table], schema: pa.Schema, path: Path, title: str) -> None:
    from reports.workbook.line_sheets import write_lines_workbook

    write_lines_workbook(batches, schema, path, title)


_FORMS: dict[str, Callable[[Iterable[pa.Table], pa.Schema, Path, str], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
}

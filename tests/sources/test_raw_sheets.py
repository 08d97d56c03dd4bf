"""A raw sheet is looked at without holding it: whole, by columns, by ranges of rows, batch by batch."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from sources.cells.arrow_files import write_batches, write_marks
from sources.raw_sheets import RawSheet, SheetRows

# Row 7 is left out: numbers need not follow each other.
NUMBERS = (3, 4, 5, 6, 8, 9, 10)


def sheet(folder: Path, sizes: Sequence[int]) -> RawSheet:
    """A sheet of two columns in batches of these sizes."""
    batches, place = [], 0
    for size in sizes:
        numbers = NUMBERS[place : place + size]
        texts = [str(number) if number % 2 else None for number in numbers]
        arrays = [pa.array(numbers, pa.int32()), *(pa.array(column, pa.string()) for column in (texts, texts[::-1]))]
        batches.append(pa.record_batch(arrays, names=["row", "A", "B"]))
        place += size
    path = folder / "0.arrow"
    write_batches(path, 2, batches)
    write_marks(path, [])
    return RawSheet("S", 0, True, path, place, ("A", "B"), False)


def held(rows: SheetRows) -> pa.Table:
    """The rows, put together from their batches."""
    return pa.Table.from_batches(list(rows.to_batches()), rows.to_table().schema)


@pytest.mark.parametrize("sizes", [(7,), (3, 4), (1, 1, 1, 1, 1, 1, 1), (2, 4)])
def test_rows_on_disk_are_those_of_the_table(tmp_path: Path, sizes: Sequence[int]) -> None:
    """Sliced anywhere, slices of slices, and columns in any order."""
    raw = sheet(tmp_path, sizes)
    table, rows = raw.table(), raw.by_batches()
    assert (len(rows), rows.column_names) == (len(table), table.column_names)
    for offset in range(len(table) + 2):
        for length in (None, 0, 1, 3, 9):
            part, same = rows.slice(offset, length), table.slice(offset, length)
            assert (held(part), len(part)) == (same, len(same))
            assert held(part.slice(1, 2).select(["B", "row"])) == same.slice(1, 2).select(["B", "row"])


@pytest.mark.parametrize("sizes", [(7,), (3, 4), (1, 1, 1, 1, 1, 1, 1), (2, 4)])
def test_a_part_has_the_rows_of_its_numbers(tmp_path: Path, sizes: Sequence[int]) -> None:
    """Wherever batches begin and end; numbers that the sheet lacks are nobody's."""
    raw = sheet(tmp_path, sizes)
    for first in range(1, 13):
        for last in range(first - 1, 13):
            wanted = [number for number in NUMBERS[: raw.rows] if first <= number <= last]
            assert raw.part(first, last)["row"].tolist() == wanted


def test_a_blank_sheet_has_no_rows(tmp_path: Path) -> None:
    """No batch at all."""
    raw = sheet(tmp_path, ())
    assert (len(raw.by_batches()), list(raw.by_batches().to_batches())) == (0, [])
    assert raw.part(1, 9).dtypes.astype(str).to_dict() == {"row": "int64", "A": "str", "B": "str"}

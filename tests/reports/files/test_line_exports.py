"""Lines as .csv, .xlsx and .parquet: exactly, harmlessly, and however many there are."""

import csv
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape

from reports.files.line_exports import export_lines
from reports.workbook import line_sheets
from rollbook.errors import CannotBegin
from rollbook.text.formulas import restored, shown

SCHEMA = pa.schema([("learner", pa.string()), ("source_row", pa.int64())])
ODD = [
    *("=1+1", "+49", "-x", "@cmd", "'=quoted", "\tcmd", "O'Neil", "a=b"),
    *('say "hi", twice', "two\nlines", "<b> & </b>", "_x0041_", " outer ", "é 中 😀", "", None),
]


def table(*texts: str | None) -> pa.Table:
    """Lines with a text and their number."""
    return pa.table([pa.array(texts, pa.string()), pa.array(range(len(texts)), pa.int64())], SCHEMA)


def test_csv_holds_every_text_and_runs_none(tmp_path: Path) -> None:
    assert export_lines([table(*ODD), table("nul\0")], SCHEMA, tmp_path / "a.csv", title="Rows") == len(ODD) + 1
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == SCHEMA.names
    assert [text for text, _ in lines[: len(ODD)]] == [shown_in_csv(text) for text in ODD]
    assert [restored(text) for text, _ in lines[: len(ODD)]] == [text or "" for text in ODD]
    assert lines[-1] == ["nul\u2400", "0"]


def shown_in_csv(text: str | None) -> str:
    """A text with an apostrophe where it would run."""
    return f"'{text}" if text and text.lstrip("'")[:1] in "=+-@\t" else text or ""


def test_a_workbook_holds_every_text_and_runs_none(tmp_path: Path) -> None:
    export_lines([table(*ODD), table("bell\x07", "x" * 40_000)], SCHEMA, tmp_path / "a.xlsx", title="Rows")
    (sheet,) = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    header, *lines = sheet.iter_rows(values_only=True)
    assert (sheet.title, header, sheet.freeze_panes) == ("Rows 1", ("learner", "source_row"), "A2")
    assert [unescape(text or "") for text, _ in lines[: len(ODD)]] == [shown(text or "") for text in ODD]
    assert [number for _, number in lines[: len(ODD)]] == list(range(len(ODD)))
    assert lines[-2][0] == "bell\u2407"
    assert len(str(lines[-1][0])) <= 32_767
    assert str(lines[-1][0]).endswith("[cut by Rollbook: 40,000 characters]")


def test_a_workbook_goes_on_with_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_sheets, "ROWS_A_SHEET", 4)
    batches = [table("a", "b", "c"), table("d", "e", "f"), table("g", "h"), table("i")]
    export_lines(batches, SCHEMA, tmp_path / "a.xlsx", title="Rows")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    texts = {sheet.title: [line[0] for line in sheet.iter_rows(min_row=2, values_only=True)] for sheet in book}
    assert texts == {"Rows 1": list("abcd"), "Rows 2": list("efgh"), "Rows 3": ["i"]}


def test_parquet_holds_texts_as_they_are(tmp_path: Path) -> None:
    export_lines([table(*ODD)], SCHEMA, tmp_path / "a.parquet", title="Rows")
    assert pq.read_table(tmp_path / "a.parquet").equals(table(*ODD))


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_no_line_makes_a_file_with_a_header(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "new" / f"a.{ending}"
    assert export_lines([], SCHEMA, path, title="Rows") == 0
    assert path.stat().st_size > 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_nothing_stays_of_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(CannotBegin, match="cannot be written"):
        export_lines([table("a")], SCHEMA, tmp_path / "a.csv", title="Rows")
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]

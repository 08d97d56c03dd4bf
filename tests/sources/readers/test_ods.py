"""OpenDocument spreadsheets, cell by cell: whoever wrote them, however they are laid out."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sources.readers.ods import read_ods
from tests.sources.reading_of import cells, marks, only_sheet, read
from tests.sources.workbook_files import ods_of


def _cell(text: str | None = None, **attributes: str) -> str:
    named = "".join(f" {name.replace('_', ':', 1).replace('_', '-')}={quoteattr(v)}" for name, v in attributes.items())
    inside = "" if text is None else f"<text:p>{escape(text)}</text:p>"
    return f"<table:table-cell{named}>{inside}</table:table-cell>"


def _formula(kind: str, value: str | None, text: str | None) -> str:
    name = "office_value" if kind not in ("string", "boolean") else f"office_{kind}_value"
    held = {} if value is None else {name: value}
    return _cell(text, table_formula="of:=[.B2]/[.C2]", office_value_type=kind, **held)


def _row(*cells_of_it: str) -> str:
    return f"<table:table-row>{''.join(cells_of_it)}</table:table-row>"


def _sheet(path: Path, *rows: str, styles: str = "") -> Path:
    return ods_of(path, f'<table:table table:name="Data">{"".join(rows)}</table:table>', styles)


def _one(path: Path, cell: str, styles: str = "") -> tuple[str | None, str | None]:
    """Text and mark of a cell that stands beside another one."""
    raw = only_sheet(_sheet(path, _row(_cell("x", office_value_type="string"), cell), styles=styles))
    found = marks(raw)
    return (cells(raw)[0][2] if len(raw.letters) > 1 else None), (found[0][2] if found else None)


@pytest.mark.parametrize(
    "text",
    [
        "#DIV/0!",
        "#N/A",
        "#NV",
        "#WERT!",
        "#¡VALOR!",
        "#¿NOMBRE?",
        "#ЗНАЧ!",
        "Err:502",
        "Fehler:522",
        "Err :504",
        "Ошибка:508",
    ],
)
@pytest.mark.parametrize(("kind", "value"), [("float", "0"), ("string", ""), ("percentage", "0"), ("currency", "0")])
def test_errors_as_openoffice_writes_them(tmp_path: Path, text: str, kind: str, value: str) -> None:
    """A zero or an empty text under the name of the error, in the language of the program."""
    assert _one(tmp_path / "a.ods", _formula(kind, value, text)) == (text, "error")


@pytest.mark.parametrize(
    ("kind", "value", "text", "read_as"),
    [
        ("float", "0", "0", "0"),
        ("float", "0", "-", "0"),
        ("float", "12", "###", "12"),
        ("string", None, "#Team", "#Team"),
        ("string", "Room:101", "Room:101", "Room:101"),
        ("string", "", "", None),
        ("string", "", None, None),
        ("string", None, "", None),
        ("boolean", "true", "TRUE", "true"),
    ],
)
def test_formulas_that_a_program_calculated(
    tmp_path: Path, kind: str, value: str | None, text: str | None, read_as: str | None
) -> None:
    """A zero that is shown is a zero, an empty text that is stored or shown is one, and so is a text like an error."""
    assert _one(tmp_path / "a.ods", _formula(kind, value, text)) == (read_as, None)


@pytest.mark.parametrize(
    ("kind", "value"), [("float", None), ("float", "0"), ("float", "0.0"), ("percentage", None), ("string", None)]
)
def test_formulas_that_nobody_calculated(tmp_path: Path, kind: str, value: str | None) -> None:
    """A library leaves no value, or a zero that it does not show."""
    assert _one(tmp_path / "a.ods", _formula(kind, value, None)) == ("=B2/C2", "error")


def test_a_formula_that_shows_nothing_and_has_no_type(tmp_path: Path) -> None:
    """One whose result is an empty text says that it is a text."""
    bare = '<table:table-cell table:formula="of:=[.B2]/[.C2]"><text:p/></table:table-cell>'
    assert _one(tmp_path / "a.ods", bare) == ("=B2/C2", "error")


@pytest.mark.parametrize("formula", ["of:=SUM([.B2:.C2])", "=SUM(B2:C2)", "oooc:=SUM([.B2:.C2])", "SUM(B2)"])
def test_a_formula_and_nothing_else(tmp_path: Path, formula: str) -> None:
    """Not even a type."""
    text, mark = _one(tmp_path / "a.ods", _cell(table_formula=formula))
    assert (str(text).startswith("=SUM(B2"), mark) == (True, "error")


@pytest.mark.parametrize(
    ("attributes", "text", "read_as", "mark"),
    [
        ({"office_value_type": "percentage", "office_value": "0.875"}, "87,5 %", "87.5%", None),
        ({"office_value_type": "float", "office_value": "0.875"}, "88%", "87.5%", None),
        ({"office_value_type": "float", "office_value": "87"}, "87%", "87", "id shown otherwise: it shows “87%”"),
        ({"office_value_type": "float", "office_value": "6083"}, "06083", "06083", None),
        ({"office_value_type": "float", "office_value": "NaN"}, "#NUM!", "#NUM!", "error"),
        ({"office_value_type": "float", "office_value": "1e400"}, None, "#NUM!", "error"),
        ({"office_value_type": "float", "office_value": "12 or so"}, None, "12 or so", "error"),
        (
            {"office_value_type": "currency", "office_value": "12.5"},
            "12,50 €",
            "12.5",
            "id shown otherwise: it shows “12,50 €”",
        ),
        ({"office_value_type": "currency", "office_value": "1234"}, "1.234,00", "1234", None),
        (
            {"office_value_type": "float", "office_value": "1001000"},
            "1001",
            "1001000",
            "id shown otherwise: it shows “1001”",
        ),
        ({"office_value_type": "float", "office_value": "1"}, "yes", "1", "shown otherwise: it shows “yes”"),
        ({"office_value_type": "float", "office_value": "1234567"}, "###", "1234567", None),
        ({"office_value_type": "float", "office_value": "7"}, "#7", "7", "id shown otherwise: it shows “#7”"),
        (
            {"office_value_type": "date", "office_date_value": "2023-03-01"},
            "Mar 23",
            "2023-03-01 00:00:00",
            "shown otherwise: it shows “Mar 23”",
        ),
        ({"office_value_type": "date", "office_date_value": "2023-01-01"}, "01.01.", "2023-01-01 00:00:00", None),
        ({"office_value_type": "boolean", "office_boolean_value": "false"}, "FALSCH", "false", None),
        (
            {"office_value_type": "date", "office_date_value": "2023-03-16"},
            "令和5年3月16日",
            "2023-03-16 00:00:00",
            None,
        ),
        ({"office_value_type": "date", "office_date_value": "2023-03-16T09:30:00.5"}, "x", "2023-03-16 09:30:00", None),
        ({"office_value_type": "time", "office_time_value": "PT09H05M07S"}, "9:05", "09:05:07", None),
        ({"office_value_type": "time", "office_time_value": "PT36H"}, "36:00", "36:00:00", None),
        ({"office_value_type": "time", "office_time_value": "P1DT2H0M0S"}, "26:00", "26:00:00", None),
        ({"office_value_type": "time", "office_time_value": "PT45M"}, "0:45", "00:45:00", None),
        ({"office_value_type": "string", "office_string_value": "007"}, "7", "007", None),
        ({"office_value_type": "string", "office_string_value": ""}, "typed", "typed", None),
    ],
)
def test_values_of_every_type(
    tmp_path: Path, attributes: dict[str, str], text: str | None, read_as: str, mark: str | None
) -> None:
    """What is stored counts, shown as it was meant."""
    assert _one(tmp_path / "a.ods", _cell(text, **attributes)) == (read_as, mark)


def test_number_styles_where_no_text_is_written(tmp_path: Path) -> None:
    """Some libraries write the number and its style only."""
    styles = (
        '<number:number-style xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" style:name="N1">'
        '<number:number number:min-integer-digits="5"/></number:number-style>'
        '<number:percentage-style xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" style:name="N2">'
        '<number:number number:min-integer-digits="1"/></number:percentage-style>'
        '<style:style style:name="ce1" style:data-style-name="N1"/>'
        '<style:style style:name="ce2" style:data-style-name="N2"/>'
    )
    number = {"office_value_type": "float"}
    zeros = _cell(table_style_name="ce1", office_value="42", **number)
    assert _one(tmp_path / "a.ods", zeros, styles) == ("00042", None)
    assert _one(tmp_path / "b.ods", _cell(table_style_name="ce2", office_value="0.4", **number), styles) == (
        "40%",
        None,
    )


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<text:p>\n      Ann\n      Lee\n    </text:p>", "Ann Lee"),
        ("<text:p>a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d</text:p>", "a   b\tc\nd"),
        ("<text:p><text:s/>007</text:p>", " 007"),
        ("<text:p><text:span>Ann</text:span> <text:a>Lee</text:a></text:p>", "Ann Lee"),
        ("<text:p>one</text:p>\n  <text:p>two</text:p>", "one\ntwo"),
        ("<office:annotation><text:p>note</text:p></office:annotation><text:p>Ann</text:p>", "Ann"),
        ("<text:p>王<text:ruby><text:ruby-text>wáng</text:ruby-text></text:ruby>伟</text:p>", "王伟"),
        ("<text:p>A<!-- note -->nn<?go on?></text:p>", "Ann"),
        ("<text:p><![CDATA[A & B]]></text:p>", "A & B"),
        ("<text:p>Zo&#235; &amp; Co\u00a0</text:p>", "Zoë & Co\u00a0"),
    ],
)
def test_texts_however_they_are_written(tmp_path: Path, inside: str, text: str) -> None:
    """Blank characters of the layout are one space; spaces that were typed are elements; notes are no text."""
    cell = f"<table:table-cell office:value-type='string'>{inside}</table:table-cell>"
    assert _one(tmp_path / "a.ods", cell) == (text, None)


def test_rows_in_groups_and_tables_in_cells(tmp_path: Path) -> None:
    """Header rows and groups are rows as others; a table within a cell is not."""
    inner = f"<table:table table:name='Inner'>{_row(_cell('no'))}</table:table>"
    header = f"<table:table-header-rows>{_row(_cell('id'), _cell('status'))}</table:table-header-rows>"
    group = f"<table:table-rows>{_row(_cell('7'), _cell('Attended'))}</table:table-rows>"
    outer = f"<table:table-cell>{inner}<text:p>8</text:p></table:table-cell>"
    rows = (header, f"<table:table-row-group>{group}</table:table-row-group>", _row(outer, _cell("Absent")))
    raw = only_sheet(_sheet(tmp_path / "a.ods", *rows))
    assert cells(raw) == [[1, "id", "status"], [2, "7", "Attended"], [3, "8", "Absent"]]


def test_a_flat_document(tmp_path: Path) -> None:
    """The same without an archive, as .fods, whatever its encoding."""
    path = _sheet(tmp_path / "a.ods", _row(_cell("id"), _cell("Zoë")))
    with zipfile.ZipFile(path) as archive:
        text = archive.read("content.xml").decode()
    kind = 'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"'
    flat = text.replace("office:document-content", "office:document").replace(
        "<office:document ", f"<office:document {kind} ", 1
    )
    for encoding in ("utf-8", "utf-16"):
        path = tmp_path / f"{encoding}.fods"
        path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>{flat}'.encode(encoding))
        assert cells(only_sheet(path)) == [[1, "id", "Zoë"]]


def test_cut_off_and_declaring_a_type(tmp_path: Path) -> None:
    """Half a document is damaged; one with a document type may be a trap."""
    path = _sheet(tmp_path / "a.ods", *[_row(_cell("x"))] * 9)
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml")
    for number, changed in enumerate((content[:-60], b"<!DOCTYPE x>" + content)):
        bad = tmp_path / f"{number}.ods"
        with zipfile.ZipFile(bad, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", "<manifest/>")
            archive.writestr("content.xml", changed)
        result = read(bad)
        assert (result.code, "damaged or unsafe" in str(result.message)) == ("file.unreadable", True)


_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=8
)
_NUMBERS = st.floats(-1e9, 1e9).map(lambda number: round(number, 4)).filter(bool) | st.integers(-(10**9), 10**9)


@given(st.lists(st.lists(st.none() | _TEXTS | _NUMBERS, min_size=3, max_size=3), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_calamine_reads_it(tmp_path: Path, table: list[list[str | float | None]]) -> None:
    """Cell by cell."""
    path = _sheet(tmp_path / "a.ods", *(_row("<table:table-cell/>", *map(_typed, line)) for line in table))
    (draft,) = read_ods(path)
    theirs = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    for row, line in enumerate(theirs):
        for column, value in enumerate(line):
            found = draft.columns.get(column, [])
            ours = found[row] if row < len(found) else None
            assert (float(ours) if ours and isinstance(value, float) else ours or "") == value
    assert sum(len(column) - column.count(None) for column in draft.columns.values()) == _filled(theirs)


def _filled(table: Sequence[Sequence[object]]) -> int:
    return sum(value != "" for line in table for value in line)


def _typed(value: str | float | None) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        return _cell(value, office_value_type="string")
    return _cell(str(value), office_value_type="float", office_value=repr(value))

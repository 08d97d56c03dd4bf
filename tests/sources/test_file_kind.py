"""The kind of a file is told by its content; what is no spreadsheet is named, with the remedy."""

import zipfile
from pathlib import Path

import pytest

from sources.errors import Unreadable
from sources.file_kind import kind_of
from tests.sources.workbook_files import ods_of, ole_of, xls_of, xlsb_of, xlsx_of


def test_kinds_under_wrong_names(tmp_path: Path) -> None:
    """The name says nothing."""
    assert kind_of(xlsx_of(tmp_path / "a.csv", "")) == "xlsx"
    assert kind_of(xls_of(tmp_path / "b.xlsx", [], [])) == "xls"
    assert kind_of(ods_of(tmp_path / "c.xlsx", "")) == "ods"
    assert kind_of(xlsb_of(tmp_path / "d.xls", [], [[]])) == "xlsb"
    (tmp_path / "e.xls").write_text("id,status\n1,Attended\n")
    assert kind_of(tmp_path / "e.xls") == "text"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n \n", "The file is empty."),
        (b"%PDF-1.7 ...", "a PDF document, not a spreadsheet. Ask its sender for the table as a spreadsheet."),
        (b'<?xml version="1.0"?><learners><learner id="7"/></learners>', "XML of another kind"),
        (b"PK\x03\x04 cut off", "damaged or cut off"),
        (b"\x1f\x8b\x08\x00", "a gzip archive, not a spreadsheet. Unpack it"),
        (b"\x00\x01\x00\x00Standard ACE DB\x00", "an Access database, not a spreadsheet. Export the table as CSV"),
    ],
)
def test_what_is_no_spreadsheet(tmp_path: Path, content: bytes, told: str) -> None:
    """Each with a remedy."""
    (tmp_path / "a.xls").write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        kind_of(tmp_path / "a.xls")
    assert (caught.value.code, told in caught.value.message) == ("file.unreadable", True)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><table><tr><td>id</td></tr></table></html>", "html"),
        ("\ufeff  <table><tr><td>".encode("utf-16-le"), "html"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html><body>', "html"),
        (b"\r\n<br />\n<b>Notice</b>: x\n<TABLE>", "html"),
        (b"<!-- a report --><div><table>", "html"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "spreadsheetml"),
        (b"<ss:Workbook xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'>", "spreadsheetml"),
        (b"<id>,status\n7,Attended\n", "text"),
        (b"<7 days,status\n7,Attended\n", "text"),
    ],
)
def test_markup_and_what_looks_like_it(tmp_path: Path, content: bytes, kind: str) -> None:
    """A page and the kinds of XML are told by their first element."""
    (tmp_path / "a.xls").write_bytes(content)
    assert kind_of(tmp_path / "a.xls") == kind


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("word/document.xml", "a text document"),
        ("Index/Document.iwa", "Numbers"),
        ("a.csv", "an archive without a workbook, not a spreadsheet. Unpack it"),
    ],
)
def test_archives_of_something_else(tmp_path: Path, part: str, told: str) -> None:
    """Documents, Numbers, a zip of files."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(Unreadable, match=told):
        kind_of(tmp_path / "a.xlsx")


def test_other_ole_files(tmp_path: Path) -> None:
    """The old envelope held text documents as well."""
    with pytest.raises(Unreadable, match="contains no workbook"):
        kind_of(ole_of(tmp_path / "a.xls", "WordDocument", b"x"))


def test_a_truncated_workbook(tmp_path: Path) -> None:
    """Cut anywhere, it is told as damaged."""
    whole = xlsx_of(tmp_path / "a.xlsx", "<row/>").read_bytes()
    (tmp_path / "b.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unreadable, match="damaged or cut off"):
        kind_of(tmp_path / "b.xlsx")

"""What kind of file it is: told by its content, never by its name."""

import re
import zipfile
from pathlib import Path
from typing import Literal

from sources.errors import PlainArchive, Unreadable, password_needed

Kind = Literal["text", "xlsx", "xlsb", "xls", "ods", "html", "spreadsheetml", "encrypted", "query"]

_HEAD = 4096
_STREAMS = ("ENCRYPTEDPACKAGE", "WORKBOOK", "BOOK")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AS_XLSX = "Open it in a spreadsheet program, save it as .xlsx and import that."
_ASK = "Ask its sender for the table as a spreadsheet."
_UNPACK = "Unpack it, and import the spreadsheets that are in it."
_EXPORT = "Export the table as CSV and import that."

# Beginnings of files that people take for spreadsheets, what they are, and what to do.
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", _ASK),
    (b"{\\rtf", "an RTF document", _ASK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"\x89PNG", "a picture", _ASK),
    (b"\xff\xd8\xff", "a picture", _ASK),
    (b"GIF8", "a picture", _ASK),
    (b"SQLite format 3", "an SQLite database", _EXPORT),
    (b"\x00\x01\x00\x00Standard ", "an Access database", _EXPORT),
    (b"PAR1", "a Parquet file", _EXPORT),
    (b"MIME-Version:", "a web archive", _AS_XLSX),
)
_ARROW = b"ARROW1"
_TAR, _TAR_AT = b"ustar", 257
_BARE_WORKSHEET = re.compile(rb"\x09[\x00\x02\x04\x08][\x04\x06\x08]\x00")
_PAGE = (
    "html head body table caption colgroup thead tbody tr td th meta base link style script title center form div span "
    "font b i u br hr p pre h1 h2 h3 h4 h5 h6 img a"
).split()
_ROOTS = "|".join([*_PAGE, r"\?xml", r"(?:\w+:)?workbook", "office:document"])
_MARKUP = re.compile(rf"\s*<(?:!doctype\b|!--|!\[|(?:{_ROOTS})[\s>/])".encode(), re.IGNORECASE)
_ROOT = re.compile(rb"<(?:\w+:)?([A-Za-z]\w*)")


def kind_of(path: Path) -> Kind:
    """The kind of the file; raises Unreadable for an empty and a foreign one, and for an encrypted .ods."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe") and path.stat().st_size <= _HEAD:
        raise Unreadable("The file is empty. Ask its sender for a new copy.")
    if head.startswith(b"PK"):
        return _kind_of_zip(path)
    if head.startswith(b"\x1f\x8b"):
        raise PlainArchive(f"The file is a gzip archive, not a spreadsheet. {_UNPACK}")
    if head.startswith(_OLE):
        return _kind_of_ole(path)
    # A worksheet of Excel 2 to 4 stands in the file by itself, without the envelope.
    if _BARE_WORKSHEET.match(head):
        return "xls"
    if head.startswith(_ARROW):
        return "query"
    _refuse_foreign(head)
    return _kind_of_markup(head) or "text"


def _kind_of_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            mimetype = archive.open("mimetype").read(100) if "mimetype" in names else b""
            manifest = archive.open("META-INF/manifest.xml").read(1 << 20) if mimetype else b""
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise Unreadable(f"The file is damaged or cut off ({error}). Ask its sender for a new copy.") from error
    if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        if b"encryption-data" in manifest:
            raise password_needed()
        return "ods"
    folded = {name.replace("\\", "/").lower() for name in names}
    if any(name.startswith("xl/") and name.endswith("workbook.bin") for name in folded):
        return "xlsb"
    if "[content_types].xml" in folded and any(name.startswith("xl/") or "workbook" in name for name in folded):
        return "xlsx"
    if any(name.endswith(".iwa") for name in folded):
        raise Unreadable(
            "The file is a Numbers document, not a spreadsheet. In Numbers, choose File, Export To, Excel, and import "
            "that file."
        )
    if folded & {"[content_types].xml", "word/document.xml", "ppt/presentation.xml"}:
        raise Unreadable(f"The file is a text document or a presentation, not a spreadsheet. {_ASK}")
    raise PlainArchive(f"The file is an archive without a workbook, not a spreadsheet. {_UNPACK}")


def _kind_of_ole(path: Path) -> Kind:
    # The directory names its streams in UTF-16, in letters of either case; it may stand anywhere in the file, which is
    # read in overlapping blocks.
    found = set()
    with path.open("rb") as file:
        tail = b""
        while block := file.read(1 << 20):
            found |= {name for name in _STREAMS if f"{name}\0".encode("utf-16-le") in (tail + block).upper()}
            tail = block[-64:]
    if "ENCRYPTEDPACKAGE" in found:
        return "encrypted"
    if found:
        return "xls"
    raise Unreadable(f"The file contains no workbook (an old Office or database file?). {_AS_XLSX}")


def _refuse_foreign(head: bytes) -> None:
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        raise Unreadable(f"The file is a tar archive, not a spreadsheet. {_UNPACK}")
    for beginning, told, remedy in _FOREIGN:
        if head.startswith(beginning):
            raise Unreadable(f"The file is {told}, not a spreadsheet. {remedy}")


def _kind_of_markup(head: bytes) -> Kind | None:
    """The kind of a file that begins as a page or as XML does; None for one that does not."""
    plain = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if not _MARKUP.match(plain):
        return None
    found = _ROOT.search(plain)
    root = found[1].decode().lower() if found else ""
    if root == "workbook":
        return "spreadsheetml"
    if root == "document" and b"application/vnd.oasis.opendocument.spreadsheet" in plain:
        return "ods"
    if root not in _PAGE and plain.lstrip().startswith(b"<?xml"):
        raise Unreadable(f"The file is XML of another kind, not a spreadsheet. {_ASK}")
    return "html"

"""The envelope of workbooks before .xlsx: an OLE compound file, of which one stream is the workbook.

Spreadsheet programs read envelopes that break the rules: names in capitals, a root that shares sectors with the
workbook, tables that are too short. Two libraries are asked, for each reads some that the other does not.
"""

from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from sources.errors import damaged, password_needed

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = ("workbook", "book")
_SUMMARY = "\x05summaryinformation"
# What Excel encrypts a workbook with that is write-protected, or marked as final; it opens it without asking.
DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105 - it is a public constant, [MS-OFFCRYPTO] 2.4


class Silent:
    """Takes what xlrd would print."""

    def write(self, text: str) -> int:
        """Nothing comes of it."""
        return len(text)

    def flush(self) -> None:
        """The same."""


class OleBook(NamedTuple):
    """The workbook's own stream, and whether the file says what program wrote it, as programs with a window do."""

    stream: bytes
    has_summary: bool


def book_in(content: bytes) -> OleBook:
    """The workbook of a file; one of Excel 4 and before has no envelope. Raises Unreadable."""
    if not content.startswith(SIGNATURE):
        return OleBook(content, has_summary=True)
    try:
        return _by_olefile(content)
    except Exception as error:  # noqa: BLE001 - parsers fail on damaged files in every way there is
        try:
            return _by_xlrd(content)
        except Exception:  # noqa: BLE001 - the same
            raise damaged(error) from error


def _by_olefile(content: bytes) -> OleBook:
    import olefile

    with olefile.OleFileIO(BytesIO(content)) as envelope:
        names = {path[0].lower(): path for path in envelope.listdir() if len(path) == 1}
        found = next(names[name] for name in _STREAMS if name in names)
        return OleBook(envelope.openstream(found).read(), _SUMMARY in names)


def _by_xlrd(content: bytes) -> OleBook:
    from xlrd.compdoc import CompDoc

    envelope = CompDoc(content, logfile=Silent(), ignore_workbook_corruption=True)
    held = (envelope.locate_named_stream(name) for name in _STREAMS)
    memory, start, length = next(stream for stream in held if stream[0])
    names = {entry.name.lower() for entry in envelope.dirlist}
    return OleBook(memory[start : start + length], _SUMMARY in names)


def decrypted(content: bytes) -> bytes:
    """The file without its encryption, where it is one that Excel opens without asking; raises Unreadable."""
    import msoffcrypto

    opened = BytesIO()
    try:
        file = msoffcrypto.OfficeFile(BytesIO(content))
        file.load_key(password=DEFAULT_PASSWORD)
        file.decrypt(opened)
    except Exception as error:
        raise password_needed() from error
    return opened.getvalue()


def decrypted_package(path: Path) -> bytes:
    """The .xlsx or .xlsb in an encrypted envelope, where Excel opens it without asking; raises Unreadable."""
    import msoffcrypto

    try:
        file = msoffcrypto.OfficeFile(BytesIO(path.read_bytes()))
        file.load_key(password=DEFAULT_PASSWORD, verify_password=True)
    except Exception as error:
        raise password_needed() from error
    opened = BytesIO()
    try:
        file.decrypt(opened)
    except Exception as error:
        raise damaged(error) from error
    return opened.getvalue()

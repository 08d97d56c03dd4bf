"""The texts of an xlsx: shared strings, runs of rich text, and escaped characters."""

import re

from rollbook.rows.marks import RAISED
from sources.readers.package import Package
from sources.readers.xml_stream import Attributes, Started, XmlStream, keeps_spaces

_BLOCK = 1 << 20
_PLAIN_HEAD = re.compile(
    rb"""\s*(?:<\?xml version=["']1\.0["'](?: encoding=["'](?i:utf-8)["'])?[^>?]*\?>)?\s*<sst[\s>]""",
)
# ECMA-376 part 1, section 22.9.2.19 (ST_Xstring): a character that XML cannot hold stands as its UTF-16 number.
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NOT_PLAIN = (b"<!", b"<strike", b"<vertAlign")
_XML_SPACES = " \t\r\n"


def unescaped(text: str) -> str:
    """The text with `_x000D_` and its like as the characters that they stand for."""
    if "_x" not in text:
        return text
    told = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return told.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class RichText:
    """Puts a text together from its runs; how it is pronounced (`rPh`) is passed over by the stream.

    Runs that are struck out are no part of it, unless all of them are. Raised figures are written as such.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._struck: list[str] = []
        self._keeps_spaces = self._is_struck = self._is_raised = False

    @property
    def starts(self) -> dict[str, Started]:
        """The elements of a text, for an XML stream."""
        return {"r": self._begin_run, "strike": self._strike, "vertAlign": self._align, "t": self.begin}

    def _begin_run(self, _: Attributes) -> None:
        self._is_struck = self._is_raised = False

    def _strike(self, attributes: Attributes) -> None:
        self._is_struck = attributes.get("val", "1") not in ("0", "false", "off")

    def _align(self, attributes: Attributes) -> None:
        self._is_raised = attributes.get("val") == "superscript"

    def begin(self, attributes: Attributes) -> None:
        """A run's text begins."""
        self._keeps_spaces = keeps_spaces(attributes)

    def add(self, text: str) -> None:
        """A run's text ends."""
        run = unescaped(text if self._keeps_spaces else text.strip(_XML_SPACES))
        (self._struck if self._is_struck else self._parts).append(run.translate(RAISED) if self._is_raised else run)

    def take(self) -> str:
        """The text so far; the next one begins."""
        text = "".join(self._parts or self._struck)
        self._parts, self._struck = [], []
        self._is_struck = self._is_raised = False
        return text


def shared_strings(package: Package, part: str | None) -> list[str]:
    """The texts that cells of all sheets share, in their order."""
    strings: list[str] = []
    if part is None:
        return strings
    rich = RichText()
    ends = {"t": rich.add, "si": lambda _: strings.append(rich.take())}
    with package.open(part) as file:
        XmlStream(rich.starts, ends, ("rPh",)).read(file, part)
    return strings


def are_plain(package: Package, part: str) -> bool:
    """Are the shared strings in UTF-8, with neither comments, CDATA, a document type, nor struck or raised letters?"""
    with package.open(part) as file:
        block = file.read(_BLOCK)
        is_plain = bool(_PLAIN_HEAD.match(block))
        while is_plain and block:
            is_plain = not any(sign in block for sign in _NOT_PLAIN)
            block = block[-len(_NOT_PLAIN[-1]) :] + more if (more := file.read(_BLOCK)) else b""
    return is_plain

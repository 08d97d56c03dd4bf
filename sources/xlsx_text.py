"""The texts of an xlsx: shared strings, runs of rich text, and escaped characters."""

import re

from sources.package import Package
from sources.xml_stream import Attributes, XmlStream, keeps_spaces

_BLOCK = 1 << 20
_PLAIN_HEAD = re.compile(
    rb"""\s*(?:<\?xml version=["']1\.0["'](?: encoding=["'](?i:utf-8)["'])?[^>?]*\?>)?\s*<sst[\s>]""",
)
# ECMA-376 part 1, section 22.9.2.19 (ST_Xstring): a character that XML cannot hold stands as its UTF-16 number.
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_XML_SPACES = " \t\r\n"


def unescaped(text: str) -> str:
    """The text with `_x000D_` and its like as the characters that they stand for."""
    if "_x" not in text:
        return text
    told = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return told.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class RichText:
    """Puts a text together from its runs; how it is pronounced (`rPh`) is passed over by the stream."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._keeps_spaces = False

    def begin(self, attributes: Attributes) -> None:
        """A run's text begins."""
        self._keeps_spaces = keeps_spaces(attributes)

    def add(self, text: str) -> None:
        """A run's text ends."""
        self._parts.append(unescaped(text if self._keeps_spaces else text.strip(_XML_SPACES)))

    def take(self) -> str:
        """The text so far; the next one begins."""
        text = "".join(self._parts)
        self._parts = []
        return text


def shared_strings(package: Package, part: str | None) -> list[str]:
    """The texts that cells of all sheets share, in their order."""
    strings: list[str] = []
    if part is None:
        return strings
    rich = RichText()
    ends = {"t": rich.add, "si": lambda _: strings.append(rich.take())}
    with package.open(part) as file:
        XmlStream({"t": rich.begin}, ends, ("rPh",)).read(file, part)
    return strings


def are_plain(package: Package, part: str) -> bool:
    """Are the shared strings in UTF-8, with neither comments nor CDATA nor a document type?"""
    with package.open(part) as file:
        block = file.read(_BLOCK)
        is_plain = bool(_PLAIN_HEAD.match(block))
        while is_plain and block:
            is_plain = b"<!" not in block
            block = block[-1:] + more if (more := file.read(_BLOCK)) else b""
    return is_plain

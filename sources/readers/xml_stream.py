"""The XML of large parts, read as it streams by: no entities, no network, no document type, whatever the encoding."""

from collections.abc import Callable, Mapping
from typing import IO
from xml.parsers import expat

from sources.errors import damaged
from sources.readers.package import document_type_refused

Attributes = dict[str, str]
Started = Callable[[Attributes], None]
Ended = Callable[[str], None]

_BLOCK = 1 << 18
_SPACE = "http://www.w3.org/XML/1998/namespace}space"
# Markup compatibility (ECMA-376 part 3): of alternatives, the one for programs that know no extension is read.
_CHOICE = "http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"


class XmlStream:
    """Calls back for the elements in the namespace of the root, by their local names.

    starts: called with the attributes. ends: called with the text of the element, or of the last element inside that
    has one. Elements named in `skipped` are passed over with all inside.
    """

    def __init__(self, starts: Mapping[str, Started], ends: Mapping[str, Ended], skipped: tuple[str, ...] = ()) -> None:
        self._local_starts, self._local_ends, self._local_skipped = starts, ends, skipped
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._text: list[str] = []
        self._skipping = 0

    def read(self, file: IO[bytes], part: str) -> None:
        """Read the part to its end; raises Unreadable where it is no XML or declares a document type."""

        def refuse(*_: object) -> None:
            raise document_type_refused(part)

        self._parser.StartDoctypeDeclHandler = refuse
        self._parser.StartElementHandler = self._root
        try:
            while block := file.read(_BLOCK):
                self._parser.Parse(block)
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise damaged(error) from error

    def _root(self, name: str, attributes: Attributes) -> None:
        space = name.rpartition("}")[0]
        prefix = f"{space}}}" if space else ""
        self._starts = {f"{prefix}{local}": call for local, call in self._local_starts.items()}
        self._ends = {f"{prefix}{local}": call for local, call in self._local_ends.items()}
        self._skipped = {f"{prefix}{local}" for local in self._local_skipped} | {_CHOICE}
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._start(name, attributes)

    def _start(self, name: str, attributes: Attributes) -> None:
        if self._skipping or name in self._skipped:
            self._skipping += 1
            return
        if self._text:
            del self._text[:]
        call = self._starts.get(name)
        if call:
            call(attributes)

    def _end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        call = self._ends.get(name)
        if call:
            call("".join(self._text))
            del self._text[:]


def keeps_spaces(attributes: Attributes) -> bool:
    """Do leading and trailing spaces belong to the text of the element?"""
    return attributes.get(_SPACE) == "preserve"

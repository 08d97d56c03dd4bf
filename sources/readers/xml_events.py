"""XML as it streams by, by expat: no entities, no network, whatever encoding the file declares."""

from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat

from sources.errors import Unreadable

Attributes = dict[str, str]
Starts = Mapping[str, Callable[[Attributes], object]]
Ends = Mapping[str, Callable[[], object]]

_BLOCK = 1 << 18


class XmlEvents:
    """Calls back where elements start and end; names are `namespace}local`.

    text: the pieces of character data; who needs it clears it where an element starts and joins it where it ends.
    skipped: elements that are passed over with all that is inside.
    """

    def __init__(self, starts: Starts, ends: Ends, skipped: frozenset[str] = frozenset()) -> None:
        self.text: list[str] = []
        self._starts = {**starts, **dict.fromkeys(skipped, self.skip)}
        self._ends = ends
        self._skipping = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse
        self._listen()

    def read(self, file: IO[bytes]) -> Iterator[None]:
        """Read the file; gives control back after each block. Raises Unreadable for what is no XML or may be a trap."""
        try:
            block = file.read(_BLOCK).lstrip(b" \t\r\n")  # scripts leave blank lines before the declaration
            while block:
                self._parser.Parse(block)
                yield
                block = file.read(_BLOCK)
            self._parser.Parse(b"", True)
            yield
        except expat.ExpatError as error:
            raise _trap(str(error)) from error

    def skip(self, _: Attributes) -> None:
        """Take nothing until the element ends that just began."""
        self._skipping = 1
        self._parser.StartElementHandler = self._skip_start
        self._parser.EndElementHandler = self._skip_end
        self._parser.CharacterDataHandler = None

    def _listen(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self.text.append

    def _start(self, name: str, attributes: Attributes) -> None:
        if call := self._starts.get(name):
            call(attributes)

    def _end(self, name: str) -> None:
        if call := self._ends.get(name):
            call()

    def _skip_start(self, *_: object) -> None:
        self._skipping += 1

    def _skip_end(self, _: str) -> None:
        self._skipping -= 1
        if not self._skipping:
            self._listen()


def _refuse(*_: object) -> None:
    raise _trap("it declares a document type, as no spreadsheet program does")


def _trap(told: str) -> Unreadable:
    return Unreadable(f"The spreadsheet is damaged or unsafe ({told}). Ask its sender for a new copy.")

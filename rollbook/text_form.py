"""How a text file is written: its encoding, its delimiter and its quotation mark."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextForm:
    """What a profile says of a text file, or what was taken for one that was read.

    encoding: as Python names it. delimiter: one character. quote: one character, '' where none is used.
    None: not said, so it is found from the file.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None


UNSAID = TextForm()

"""Text: outer blanks go; inner control characters, errors' texts and what is too long are told."""

import re
import unicodedata
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.cleaned import BLANK, Cleaned, Verdict, judge_odd, texts

BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# Soft hyphen, zero-width characters, marks of writing direction, byte order mark: they come along with copied text.
INVISIBLE = (
    "\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff"
)
TRIMMED = BLANKS + INVISIBLE
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"

# What a spreadsheet program writes into a CSV where the cell held an error.
ERROR_TEXTS = frozenset(
    "#N/A #DIV/0! #REF! #VALUE! #NAME? #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #GETTING_DATA".split()
)
# What sheets write where there is no grade, date, time or answer: there `#N/A` is a text, not the error of a cell.
NO_VALUE = frozenset(["", "?", "na", "n/a", "#n/a", "null", "none", "nan", "nat", "-", "--", "\u2013", "\u2014"])

_CONTROLS = {0: "NUL", 7: "BEL", 8: "backspace", 9: "tab", 10: "line break", 13: "line break", 27: "ESC", 127: "DEL"}
_FOLDED_AWAY = str.maketrans("", "", "_-./():#" + DASHES + TRIMMED)


def fold(text: str) -> str:
    """The text without case, accents, blanks and `_ - . / ( ) : #`: how headers and words are compared."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_FOLDED_AWAY)


def trim(text: str) -> str:
    """The text composed (NFC), without outer blanks and invisible characters."""
    return unicodedata.normalize("NFC", text).strip(TRIMMED)


def clean_text(cells: pd.Series, max_length: int) -> Cleaned:
    """Trim and compose (NFC) texts; line breaks and tabs inside may stay, other control characters may not.

    Codes: `cell.error` (an error's text, as `#REF!`), `cell.control_character`, `value.too_long` (in characters).
    """
    array = trim_all(texts(cells))
    if (characters_of(array) == ord("\r")).any():
        array = pc.replace_substring_regex(array, "\r\n?", "\n")
    odd = odd_texts(array, max_length, line_breaks=True)
    return judge_odd(array, odd, partial(judge_text, max_length=max_length, line_breaks=True), cells.index)


def trim_all(array: pa.Array) -> pa.Array:
    """`trim` for a whole array; what is blank then is null."""
    # Up to U+02FF, which begins with CB in UTF-8, every character is composed.
    if characters_of(array).max(initial=0) > 0xCB:
        array = pc.utf8_normalize(array, "NFC")
    trimmed = pc.utf8_trim(array, characters=TRIMMED)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)


def judge_text(text: str, max_length: int, line_breaks: bool = False) -> Verdict:
    """The verdict on one trimmed text; `line_breaks` (and tabs) may stand inside."""
    if not text:
        return BLANK
    if text.upper() in ERROR_TEXTS:
        return Verdict(code="cell.error")
    if found := re.search(_refused(line_breaks), text):
        detail = f"{_named(found[0])} is character {found.start() + 1}"
        return Verdict(code="cell.control_character", detail=detail)
    if len(text) > max_length:
        return Verdict(code="value.too_long", detail=f"{len(text)} characters, {max_length} fit")
    return Verdict(text)


def odd_texts(array: pa.Array, max_length: int, line_breaks: bool = False) -> pa.Array:
    """A mask of the texts that `judge_text` might refuse, found on the whole array."""
    odd = pa.array(np.zeros(len(array), dtype=bool))
    if (pc.max(pc.binary_length(array)).as_py() or 0) > max_length:
        odd = pc.or_(odd, pc.greater(pc.utf8_length(array), max_length))
    codes = characters_of(array)
    if (codes == ord("#")).any():
        odd = pc.or_(odd, pc.starts_with(array, "#"))
    # U+0080 to U+009F begin with C2 in UTF-8.
    if codes.min(initial=0xFF) < ord(" ") or (codes == 0x7F).any() or (codes == 0xC2).any():
        odd = pc.or_(odd, pc.match_substring_regex(array, _refused(line_breaks)))
    return odd


def characters_of(array: pa.Array) -> np.ndarray:
    """All of the array's characters as the bytes of their UTF-8: one look at them spares a look at every cell."""
    _, offsets, content = array.buffers()
    if content is None or len(array) == 0:
        return np.empty(0, dtype=np.uint8)
    bounds = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(content, dtype=np.uint8)[bounds[0] : bounds[-1]]


def _refused(line_breaks: bool) -> str:
    """The pattern of control characters, written with the characters themselves: re and Arrow's RE2 both read it."""
    return "[\x00-\x08\x0b-\x1f\x7f-\x9f]" if line_breaks else "[\x00-\x1f\x7f-\x9f]"


def _named(character: str) -> str:
    known = _CONTROLS.get(ord(character))
    return f"U+{ord(character):04X}" + (f" ({known})" if known else "")

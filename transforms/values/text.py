"""Text cells: outer spaces are removed; control characters, error values and texts that are too long are reported."""

import re
import unicodedata
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_odd, texts
from transforms.values.lookalikes import FOREIGN, lookalike
from transforms.values.normalize import DASHES, TRIMMED, characters_of, shown_all
from transforms.values.placeholders import DITTO, DITTOS, placeholders, without

# What a spreadsheet program writes into a CSV where the cell held an error.
ERROR_TEXTS = frozenset(
    "#N/A #DIV/0! #REF! #VALUE! #NAME? #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #GETTING_DATA".split()
)
# What sheets write where there is no grade, date, time or answer: there `#N/A` is a text, not the error of a cell.
NO_VALUE = frozenset(["", "?", "na", "n/a", "#n/a", "null", "none", "nan", "nat", "-", "--", "\u2013", "\u2014"])

_CONTROLS = {0: "NUL", 7: "BEL", 8: "backspace", 9: "tab", 10: "line break", 13: "line break", 27: "ESC", 127: "DEL"}
# What Greek, Cyrillic and Armenian letters begin with in UTF-8.
FIRST_ALIKE = 0xCD
_FOLDED_AWAY = str.maketrans("", "", "_-./():#" + DASHES + TRIMMED)


def fold(text: str) -> str:
    """The text without case, accents, blanks and `_ - . / ( ) : #`: how headers and words are compared."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_FOLDED_AWAY)


def mark_key(text: str) -> str:
    """How marks are compared: without case and without the selector that makes a tick an emoji."""
    return text.casefold().replace("\ufe0f", "").strip()


# The texts by which courses and groups are found: a letter of another script in them makes another course.
MATCHED = frozenset(["course_name", "group_name"])


def clean_text(cells: pd.Series, max_length: int, matched: bool = False, own_script: bool = False) -> Cleaned:
    """Texts as `normalize.shown` has them; line breaks and tabs inside may stay, other controls may not.

    Codes: `cell.error` (an error's text, as `#REF!`), `cell.control_character`, `value.too_long` (in characters); of a
    name that rows are `matched` by also `value.lookalike`, `cell.ditto` and, of a formula that stands as text (`=B2`),
    `cell.error`; `TBC` or `n/a` is a blank there.
    own_script: as `transforms.values.lookalikes.own_script` says.
    """
    array = shown_all(trim_all(texts(cells)))
    if (characters_of(array) == ord("\r")).any():
        array = pc.replace_substring_regex(array, "\r\n?", "\n")
    odd = odd_texts(array, max_length, line_breaks=True)
    if matched:
        array, repeated = without(array, placeholders(array, learner=False))
        odd = pc.or_(pc.or_(odd, repeated), pc.starts_with(array, "="))
    if not matched or not ((characters_of(array) >= FIRST_ALIKE).any() or pc.any(odd).as_py()):
        return judge_odd(array, odd, partial(judge_text, max_length=max_length, line_breaks=True), cells.index)
    odd = pc.or_(odd, pc.match_substring_regex(array, FOREIGN))
    judge = partial(_judge_name, max_length=max_length, own_script=own_script)
    return judge_odd(array, odd, judge, cells.index)


def _judge_name(text: str, max_length: int, own_script: bool) -> CellVerdict:
    if text.lower() in DITTOS:
        return CellVerdict(code=DITTO)
    if text.startswith("="):
        return CellVerdict(code="cell.error")
    found = judge_text(text, max_length, line_breaks=True)
    character = lookalike(text, own_script, signs=False) if found.value else None
    return CellVerdict(code="value.lookalike", detail=character) if character else found


def trim_all(array: pa.Array) -> pa.Array:
    """`trim` for a whole array; what is blank then is null."""
    # Up to U+02FF, which begins with CB in UTF-8, every character is composed.
    if characters_of(array).max(initial=0) > 0xCB:
        array = pc.utf8_normalize(array, "NFC")
    trimmed = pc.utf8_trim(array, characters=TRIMMED)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)


def judge_text(text: str, max_length: int, line_breaks: bool = False) -> CellVerdict:
    """The verdict on one trimmed text; `line_breaks` (and tabs) may stand inside."""
    if not text:
        return BLANK
    if text.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    if found := re.search(_refused(line_breaks), text):
        detail = f"{_named(found[0])} is character {found.start() + 1}"
        return CellVerdict(code="cell.control_character", detail=detail)
    if len(text) > max_length:
        return CellVerdict(code="value.too_long", detail=f"{len(text)} characters, {max_length} fit")
    return CellVerdict(text)


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


def _refused(line_breaks: bool) -> str:
    """The pattern of control characters, written with the characters themselves: re and Arrow's RE2 both read it."""
    return "[\x00-\x08\x0b-\x1f\x7f-\x9f]" if line_breaks else "[\x00-\x1f\x7f-\x9f]"


def _named(character: str) -> str:
    known = _CONTROLS.get(ord(character))
    return f"U+{ord(character):04X}" + (f" ({known})" if known else "")

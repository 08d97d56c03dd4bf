"""How values are compared: the one normalization of identities, in sheets, reference data and destinations alike.

Characters that a reader cannot see or tell apart are brought to one spelling (docs/identities.md). What only
looks the same, such as a Cyrillic letter in a Latin word, stays as it is: `lookalikes` names it.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from html.entities import html5

import idna
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.cleaner import text_series, texts

SPACES = (
    " \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u2800\u3000"
    "\u115f\u1160\u3164\uffa0"
)
BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029" + SPACES
# Soft hyphen, zero-width space, word joiner, byte order mark: they come along with copied text and mean nothing.
NOTHING = "\xad\u034f\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2065\ufeff\ufff9\ufffa\ufffb"
# Joiners, direction and variant of the characters beside them: a shown text keeps them, no identity does.
MARKS = (
    "\u061c\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d"
    "\u206e\u206f\u180b\u180c\u180d\u180f"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0)]))
)
INVISIBLE = NOTHING + MARKS
TRIMMED = BLANKS + INVISIBLE
DASHES = "\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2796\ufe58\ufe63\uff0d"
_APOSTROPHES = "\u2018\u2019\u201b\u02bc\u02b9\u2032\uff07`\xb4"
_QUOTES = (
    "''",
    '""',
    "\u201c\u201d",
    "\u201e\u201c",
    "\u201e\u201d",
    "\xab\xbb",
    "\xbb\xab",
    "\u2039\u203a",
    "\u203a\u2039",
)

_SHOWN = str.maketrans({**dict.fromkeys(NOTHING, None), **dict.fromkeys(SPACES, " ")})
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(INVISIBLE, None),
        **dict.fromkeys(SPACES, " "),
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(_APOSTROPHES, "'"),
        **dict.fromkeys("\u2044\u2215", "/"),
    }
)
# What every identity is written without, or with a plain character in its place.
REWRITTEN = frozenset(map(chr, _PLAIN))
# `&amp;nbsp;` was encoded twice.
_ENTITY = re.compile(r"&(?:amp;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PERCENT_SPACE = re.compile(r"(?:%20|%09|%0[AaDd]|%[Cc]2%[Aa]0|%[Ee]2%80%8[Bb])+")
_WORD = re.compile(r"[^\W\d_]+")


def shown(text: str) -> str:
    """A text for people: composed (NFC), HTML entities decoded, kinds of space plain, what means nothing gone."""
    if "&" in text:
        text = _decoded(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_SHOWN))
    return text.strip(TRIMMED)


def trim(text: str) -> str:
    """The text composed (NFC), without leading and trailing spaces and invisible characters."""
    return unicodedata.normalize("NFC", text).strip(TRIMMED)


def identity(text: str) -> str:
    """An ID as it is stored and compared; case counts, and so do leading zeros.

    Invisible characters go; kinds of space, dash and apostrophe, full-width forms and the digits of all scripts become
    plain ones; quotation marks around it, and spaces at its ends, go.
    """
    return _bare(_PERCENT_SPACE.sub(" ", plain(text)))


def _bare(text: str) -> str:
    """The text with single spaces, none at its ends, without the quotation marks around it."""
    text = re.sub(" {2,}", " ", text).strip(TRIMMED)
    while len(text) > 2 and text[0] + text[-1] in _QUOTES:
        text = text[1:-1].strip(TRIMMED)
    # A single one in front is how a spreadsheet program marks a number as text.
    return text[1:].strip(TRIMMED) if text.startswith("'") and len(text) > 1 and "'" not in text[1:] else text


def unquoted(text: str) -> str:
    """As `identity`, of an address: `%20` is no space there, but what no address holds."""
    return _bare(plain(text))


def address(text: str) -> str:
    """An e-mail address as it is stored and compared: as an ID, but without case, its domain in Unicode."""
    name, at, domain = lower(unquoted(text)).rpartition("@")
    domain = domain.replace("\u3002", ".")
    return name + at + (_unicode_domain(domain) if "xn--" in domain else domain)


def comparable(name: str) -> str:
    """A course's or group's name as it is compared: without case, surplus spaces and compatibility forms.

    Accents and punctuation stay: `Level 1.1` is not `Level 11`, `C#` is not `C`; `ß` is not `ss`.
    """
    if not name.isascii() or "&" in name:
        name = unicodedata.normalize("NFKC", plain(name))
    return " ".join(lower(name).split())


def plain(text: str) -> str:
    """The text with plain letters, digits, spaces and dashes, nothing invisible, entities decoded; case stays."""
    text = _plain_characters(text)
    return _plain_characters(_decoded(text)) if "&" in text else text


def _plain_characters(text: str) -> str:
    if text.isascii():
        return text
    text = "".join(map(_plain_character, unicodedata.normalize("NFC", text.translate(_PLAIN))))
    return unicodedata.normalize("NFC", text.translate(_PLAIN))


def lower(text: str) -> str:
    """Lower case, word by word: a final sigma at a word's end, whatever stands behind the word; `ß` stays."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _WORD.sub(lambda word: word[0].lower(), text))


def same_address(one: str | None, other: str | None) -> bool:
    """Do two texts say one e-mail address? A blank says none."""
    return bool(one and other) and address(one or "") == address(other or "")


@cache
def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    # A number in disguise may be a footnote's: it is told, not read.
    return character if category in ("No", "Nl") else unicodedata.normalize("NFKC", character)


def _decoded(text: str) -> str:
    """HTML entities decoded, those that were encoded twice too."""
    return _ENTITY.sub(_entity, _ENTITY.sub(_entity, text))


def _entity(found: re.Match[str]) -> str:
    name = found[1]
    if not name.startswith("#"):
        return html5.get(name + ";", found[0])
    code = int(name[1:]) if name[1].isdecimal() else int(f"0{name[1:]}", 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]


def _unicode_domain(domain: str) -> str:
    try:
        return str(idna.decode(domain))
    except idna.IDNAError:
        return domain


# For whole columns


def rewritten(array: pa.Array, odd: pa.Array, rewrite: Callable[[str], str]) -> pa.Array:
    """The texts with those where `odd` (a mask) is true rewritten, distinct ones once; what is blank then is null."""
    odd = pc.fill_null(odd, False)
    if not pc.any(odd).as_py():
        return array
    encoded = pc.dictionary_encode(array.filter(odd))
    written = pa.array([rewrite(text) or None for text in encoded.dictionary.to_pylist()], array.type)
    return pc.replace_with_mask(array, odd, written.take(encoded.indices))


def identities(array: pa.Array) -> pa.Array:
    """`identity` of each of the texts; what is blank is null."""
    return rewritten(array, may_be_rewritten(array), identity)


def addresses(cells: pd.Series) -> pd.Series:
    """`address` of each text of a column of texts (`str`), missing ones missing."""
    array = pc.ascii_lower(texts(cells))
    odd = pc.or_(may_be_rewritten(array), pc.match_substring(array, "xn--"))
    return text_series(rewritten(array, odd, address), cells.index)


def may_be_rewritten(array: pa.Array) -> pa.Array:
    """A mask of the texts that `identity` might change, found on the whole array."""
    content = bytes_of(array)
    shapes = [shape for sign, shape in _REWRITTEN.items() if sign in content]
    shapes += [r"[^\x00-\x7f]"] * (not content.isascii())
    if not shapes:
        return pa.array(np.zeros(len(array), dtype=bool))
    return pc.match_substring_regex(array, "|".join(shapes))


# Which character in a column makes it worth looking for what.
_REWRITTEN = {
    b" ": r"^ | $|  ",
    b"\t": r"^\s|\s$",
    b"&": "&",
    b"%": "%",
    b"'": "^'|'$",
    b'"': '^"|"$',
    b"`": "`",
}


def shown_all(array: pa.Array) -> pa.Array:
    """`shown` of each of the texts; what is blank is null."""
    content = bytes_of(array)
    shapes = [_ODD_SHOWN] if not content.isascii() and any(sign in content for sign in _ODD_BYTES) else []
    shapes += ["&"] if b";" in content and b"&" in content else []
    return rewritten(array, pc.match_substring_regex(array, "|".join(shapes)), shown) if shapes else array


_ODD_SHOWN = f"[{NOTHING}{SPACES[1:]}]"
# What these characters begin with in UTF-8.
_ODD_BYTES = sorted({c.encode()[:1] for c in NOTHING + SPACES[1:]})


def bytes_of(array: pa.Array) -> bytes:
    """All of the array's characters in UTF-8: what does not stand in them stands in no cell."""
    return characters_of(array).tobytes()


def characters_of(array: pa.Array) -> np.ndarray:
    """All of the array's characters as the bytes of their UTF-8: one look at them spares a look at every cell."""
    _, offsets, content = array.buffers()
    if content is None or len(array) == 0:
        return np.empty(0, dtype=np.uint8)
    bounds = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(content, dtype=np.uint8)[bounds[0] : bounds[-1]]


def begins(array: pa.Array, pairs: Sequence[str]) -> np.ndarray:
    """A mask of the texts that begin with one of these pairs of ASCII letters, by two looks at the array's bytes."""
    _, offsets, content = array.buffers()
    if content is None or not len(content):
        return np.zeros(len(array), dtype=bool)
    codes = np.frombuffer(content, dtype=np.uint8)
    bounds = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    first = np.minimum(bounds[:-1], len(codes) - 1)
    second = np.minimum(bounds[:-1] + 1, len(codes) - 1)
    wanted = np.zeros(1 << 16, dtype=bool)
    wanted[[ord(pair[0]) << 8 | ord(pair[1]) for pair in pairs]] = True
    found: np.ndarray = wanted[codes[first].astype(np.uint16) << 8 | codes[second]] & (np.diff(bounds) > 1)
    return found

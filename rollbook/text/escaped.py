r"""Letters that a program wrote with signs of ASCII, and that nobody read back before a text came here: `J+APY-rgen`.

UTF-7 (`+APY-`) and HZ (`~{VP~}`) for whole files, encoded words (`=?utf-8?Q?=C3=B6?=`) and quoted printable (`=C3=B6`)
of mails, `%C3%B6` of addresses, `\u00f6` of JSON.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from rollbook.text.misread import Misread

# Letters of Europe and the Near East, with what stands between them; kana; Chinese; Korean.
_MEANT = re.compile(
    "[\xa0-\u017f\u0218-\u021b\u2010-\u2044\u20ac]+|[\u0386-\u03ce]+|[\u0400-\u045f\u0490\u0491]+|[\u05d0-\u05ea]+"
    "|[\u0621-\u0652]+|[\u0e01-\u0e4e]+|[\u3041-\u30ff\u4e00-\u9fff]+|[\uac00-\ud7a3]+"
)
# So many bits of the last sign of UTF-7 may be left over, all of them 0.
_LEFT_OVER = 6


def escaped_in(text: str) -> Iterator[Misread]:
    """The parts that say letters beyond ASCII for sure. A `+` in an address and a `%` in a link are what they say."""
    for pattern, read in _READ.items():
        if (pattern is _UTF_7 and "@" in text) or (pattern is _PERCENT and "://" in text):
            continue
        for found in pattern.finditer(text):
            meant = read(found[0])
            if meant and _MEANT.fullmatch("".join(c for c in meant if not c.isascii())):
                yield Misread(found[0], found.start(), meant)


def _utf_7(text: str) -> str | None:
    signs = text.strip("+-")
    over = len(signs) * 6 % 16
    whole = base64.b64decode(signs + "A" * (-len(signs) % 4))
    spare = int.from_bytes(whole, "big") >> (len(whole) * 8 - len(signs) * 6)
    if over >= _LEFT_OVER or spare & ((1 << over) - 1):
        return None
    meant = _decoded(whole[: len(signs) * 6 // 16 * 2], "utf-16-be")
    return meant if meant and not any(map(str.isascii, meant)) and _is_common(meant) else None


def _is_common(text: str) -> bool:
    """Characters of Chinese, Japanese and Korean are those of the standards: others are words of plain letters."""
    if text[0] < "\u3041":
        return True
    return any(text.encode(name, "ignore").decode(name) == text for name in ("gb2312", "euc_jp", "euc_kr"))


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _hexadecimal(text: str) -> str | None:
    return _decoded(bytes.fromhex(text.replace("=", "").replace("%", "")), "utf-8")


def _json(text: str) -> str | None:
    return _decoded(bytes.fromhex(text.replace("\\u", "").replace("\\U", "")), "utf-16-be")


def _encoded_word(text: str) -> str | None:
    from email.errors import HeaderParseError  # few texts need it, and every command reads some
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, binascii.Error):
        return None


_UTF_7 = re.compile(r"\+[A-Za-z0-9+/]{3,}-?")
_PERCENT = re.compile(r"(?:%[C-F][0-9A-F](?:%[89AB][0-9A-F])+)+", re.IGNORECASE)
_READ: dict[re.Pattern[str], Callable[[str], str | None]] = {
    _UTF_7: _utf_7,
    re.compile(r"~\{(?:[!-}][!-~])+~\}"): lambda text: _decoded(text.encode(), "hz"),
    re.compile(r"=\?[\w-]+\?[QqBb]\?[^?\s]+\?="): _encoded_word,
    re.compile(r"(?:=[C-F][0-9A-F](?:=[89AB][0-9A-F])+)+"): _hexadecimal,
    _PERCENT: _hexadecimal,
    re.compile(r"(?:\\[uU][0-9a-fA-F]{4})+"): _json,
}
# Signs of which one stands in every text that has such a part, and those texts, as `re` and RE2 understand it.
SIGNS = (b"+", b"~{", b"=?", b"=C", b"=D", b"=E", b"%C", b"%D", b"%E", b"%c", b"%d", b"%e", b"\\u", b"\\U")
MAY_BE_ESCAPED = r"\+[A-Za-z0-9+/]{3}|~\{|=\?|[=%][C-Fc-f][0-9A-Fa-f][=%]|\\[uU][0-9a-fA-F]{4}"
